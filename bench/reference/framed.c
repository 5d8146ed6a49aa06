// Messages of 64 bytes behind a four-byte length, one way over a local stream socket, gathered in buffers of 64 KiB at both ends.
//   framed receive PATH WARMUP_SECONDS SECONDS
//   framed send PATH
// The receiver listens, checks every message and prints the result; the sender goes on until it is gone.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, PREFIX = 4, BUFFER = 65536 };

static char buffer[BUFFER];

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

static void flush(int fd, size_t used)
{
    for (size_t sent = 0; sent < used;) {
        ssize_t n = send(fd, buffer + sent, used - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EPIPE)
            exit(0);
        if (n < 0 && errno != EINTR)
            die("send");
        if (n > 0)
            sent += n;
    }
}

static void send_all(int fd, const struct sockaddr_un *address)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        die("connect");
    char message[MESSAGE] = {0};
    size_t used = 0;
    for (int64_t number = 0;; number++) {
        memcpy(message, &number, sizeof number);
        if (used + PREFIX + MESSAGE > BUFFER) {
            flush(fd, used);
            used = 0;
        }
        uint32_t length = MESSAGE;
        memcpy(buffer + used, &length, PREFIX);
        memcpy(buffer + used + PREFIX, message, MESSAGE);
        used += PREFIX + MESSAGE;
    }
}

// Takes the whole messages from the buffer; returns how many bytes they had.
static size_t take(size_t have, int64_t *next)
{
    size_t start = 0;
    while (have - start >= PREFIX) {
        uint32_t length;
        memcpy(&length, buffer + start, PREFIX);
        if (length > BUFFER - PREFIX)
            die("length");
        if (have - start - PREFIX < length)
            break;
        int64_t number;
        memcpy(&number, buffer + start + PREFIX, sizeof number);
        if (length != MESSAGE || number != (*next)++) {
            fputs("the message is not the one that was sent\n", stderr);
            exit(1);
        }
        start += PREFIX + length;
    }
    return start;
}

static void receive_all(int fd, const struct sockaddr_un *address, long long warmup, long long length)
{
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 || listen(fd, 1) < 0)
        die("listen");
    puts("ready");
    fflush(stdout);
    int client = accept(fd, NULL, NULL);
    if (client < 0)
        die("accept");
    long long start = 0, end = now() + warmup;
    int64_t next = 0, before = 0;
    for (size_t have = 0;;) {
        ssize_t n = read(client, buffer + have, BUFFER - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("read");
        have += n;
        size_t taken = take(have, &next);
        memmove(buffer, buffer + taken, have - taken);
        have -= taken;
        long long t = now();
        if (t >= end && start != 0) {
            printf("result messages=%lld nanoseconds=%lld allocated=0\n", (long long)(next - before), t - start);
            return;
        }
        if (t >= end) {
            before = next;
            start = t;
            end = t + length;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        die("socket");
    if (argc == 3)
        send_all(fd, &address);
    else
        receive_all(fd, &address, atof(argv[3]) * 1e9, atof(argv[4]) * 1e9);
    return 0;
}
