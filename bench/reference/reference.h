// What every reference needs: an end with a message, the clock, an address, and the two phases of a measurement.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum phase { GOES_ON, BEGINS, IS_OVER };

struct timing {
    long long start, end, length;
};

static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

static inline void wrong(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline struct timing timing_of(const char *warmup_seconds, const char *seconds)
{
    return (struct timing){0, now() + (long long)(atof(warmup_seconds) * 1e9), atof(seconds) * 1e9};
}

// BEGINS once, when the warm-up has passed, and IS_OVER when the measurement has.
static inline enum phase phase_at(struct timing *timing, long long t)
{
    if (t < timing->end)
        return GOES_ON;
    if (timing->start != 0)
        return IS_OVER;
    timing->start = t;
    timing->end = t + timing->length;
    return BEGINS;
}

static inline void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

static inline struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

static inline int socket_of(int type)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    return fd;
}

static inline int listen_at(const char *path, int backlog)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket_of(SOCK_STREAM);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, backlog) < 0)
        die("listen");
    say("ready");
    return fd;
}

static inline int accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        die("accept4");
    return fd;
}

static inline int connect_to(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket_of(SOCK_STREAM);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    return fd;
}

// One-way rows: prints the result of a receiver when its time is over; counts from the end of the warm-up.
static inline int counted(struct timing *timing, int64_t messages, int64_t *before)
{
    long long t = now();
    enum phase phase = phase_at(timing, t);
    if (phase == BEGINS)
        *before = messages;
    if (phase == IS_OVER)
        printf("result messages=%lld nanoseconds=%lld allocated=0\n", (long long)(messages - *before), t - timing->start);
    return phase == IS_OVER;
}
