// A 64-byte ping-pong over a local stream socket: what a round trip costs without any runtime in between.
//   pingpong server blocking|polling PATH
//   pingpong client blocking|polling PATH WARMUP_SECONDS SECONDS
// Polling never sleeps: it receives with MSG_DONTWAIT and calls sched_yield(2) between two attempts.
#include "reference.h"

enum { MESSAGE = 64, CLOCK_EVERY = 16 };

// Returns 0 at the end of the stream.
static int take(int fd, char *message, int polling)
{
    int have = 0;
    while (have < MESSAGE) {
        ssize_t n = polling ? recv(fd, message + have, MESSAGE - have, MSG_DONTWAIT) : read(fd, message + have, MESSAGE - have);
        if (n == 0)
            return 0;
        if (n > 0)
            have += n;
        else if (polling && errno == EAGAIN)
            sched_yield();
        else if (errno != EINTR)
            die("read");
    }
    return 1;
}

static void give(int fd, const char *message)
{
    if (write(fd, message, MESSAGE) != MESSAGE)
        die("write");
}

static void serve(const char *path, int polling)
{
    char message[MESSAGE];
    int client = accept_one(listen_at(path, 1));
    while (take(client, message, polling))
        give(client, message);
}

static void ask(int fd, int polling, struct timing timing)
{
    char request[MESSAGE] = {0}, reply[MESSAGE];
    for (long long done = 0;; done++) {
        if (done % CLOCK_EVERY == 0) {
            long long t = now();
            enum phase phase = phase_at(&timing, t);
            if (phase == IS_OVER) {
                printf("result roundtrips=%lld nanoseconds=%lld\n", done, t - timing.start);
                return;
            }
            if (phase == BEGINS)
                done = 0;
        }
        memcpy(request, &done, sizeof done);
        give(fd, request);
        if (!take(fd, reply, polling) || memcmp(request, reply, MESSAGE) != 0)
            wrong("the answer is not what was sent");
    }
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6)
        return 2;
    int polling = strcmp(argv[2], "polling") == 0;
    if (argc == 4)
        serve(argv[3], polling);
    else
        ask(connect_to(argv[3]), polling, timing_of(argv[4], argv[5]));
    return 0;
}
