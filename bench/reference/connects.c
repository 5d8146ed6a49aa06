// Connections: the client connects, waits for the end of the stream and closes; the server accepts and closes.
//   connects server PATH
//   connects client PATH WARMUP_SECONDS SECONDS
#include "reference.h"

static void ask(const char *path, struct timing timing)
{
    for (long long done = 0;; done++) {
        long long t = now();
        enum phase phase = phase_at(&timing, t);
        if (phase == IS_OVER) {
            printf("result roundtrips=%lld nanoseconds=%lld\n", done, t - timing.start);
            return;
        }
        if (phase == BEGINS)
            done = 0;
        char byte;
        int fd = connect_to(path);
        if (read(fd, &byte, 1) != 0)
            wrong("the server did not close");
        close(fd);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    if (argc == 5)
        ask(argv[2], timing_of(argv[3], argv[4]));
    else
        for (int listener = listen_at(argv[2], 4096);;)
            close(accept_one(listener));
    return 0;
}
