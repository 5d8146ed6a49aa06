// From the start of a server program to the first byte of its first answer, for each of COUNT starts.
//   start COUNT PATH PROGRAM ARGUMENT...
// The server has to listen at PATH and to answer a line. Prints the median of the times.
#include "spawning.h"

static const long long PATIENCE = 10000000000LL;

// Retries until the server listens.
static int connect_when_there(const char *path, long long since)
{
    const struct timespec pause = {0, 50000};
    struct sockaddr_un address = address_of(path);
    for (int fd = socket_of(SOCK_STREAM);;) {
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        if (now() - since > PATIENCE)
            die("the server does not listen: connect");
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv)
{
    int count = argc < 4 ? 0 : atoi(argv[1]);
    if (count < 1)
        return 2;
    long long *times = calloc(count, sizeof *times);
    for (int i = 0; i < count; i++) {
        char answer;
        unlink(argv[2]);
        long long since = now();
        pid_t child = spawn(argv + 3);
        int fd = connect_when_there(argv[2], since);
        if (write(fd, "g1\n", 3) != 3 || read(fd, &answer, 1) != 1)
            die("the server does not answer");
        times[i] = now() - since;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(fd);
    }
    printf("result nanoseconds=%lld\n", median(times, count));
    return 0;
}
