// A 64-byte ping-pong over a local stream socket: what a round trip costs without any runtime in between.
//   pingpong server blocking|polling PATH
//   pingpong client blocking|polling PATH WARMUP_SECONDS SECONDS
// Polling never sleeps: it asks with MSG_DONTWAIT and gives the CPU away with sched_yield(2) between two questions.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, CLOCK_EVERY = 16 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

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

static void serve(int fd, const struct sockaddr_un *address, int polling)
{
    char message[MESSAGE];
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 || listen(fd, 1) < 0)
        die("listen");
    puts("ready");
    fflush(stdout);
    int client = accept(fd, NULL, NULL);
    if (client < 0)
        die("accept");
    while (take(client, message, polling))
        give(client, message);
}

static void ask(int fd, const struct sockaddr_un *address, int polling, long long warmup, long long length)
{
    char request[MESSAGE] = {0}, reply[MESSAGE];
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        die("connect");
    long long done = 0, start = 0, end = now() + warmup;
    for (;; done++) {
        if (done % CLOCK_EVERY == 0) {
            long long t = now();
            if (t >= end && start != 0) {
                printf("result roundtrips=%lld nanoseconds=%lld\n", done, t - start);
                return;
            }
            if (t >= end) {
                done = 0;
                start = t;
                end = t + length;
            }
        }
        memcpy(request, &done, sizeof done);
        give(fd, request);
        if (!take(fd, reply, polling) || memcmp(request, reply, MESSAGE) != 0) {
            fputs("the answer is not what was sent\n", stderr);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6)
        return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[3], sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), polling = strcmp(argv[2], "polling") == 0;
    if (fd < 0)
        die("socket");
    if (argc == 4)
        serve(fd, &address, polling);
    else
        ask(fd, &address, polling, atof(argv[4]) * 1e9, atof(argv[5]) * 1e9);
    return 0;
}
