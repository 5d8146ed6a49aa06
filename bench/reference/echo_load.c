// Loads an echo server: every connection sends 64 bytes, waits for the answer, checks it and sends the next.
//   echo_load PATH CONNECTIONS WARMUP_SECONDS SECONDS
// Prints "measuring" when the warm-up is over, then one result line; latencies are nanoseconds, exact to about 3 %.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, BATCH = 256, STEPS = 32, BUCKETS = 64 * STEPS };

struct connection {
    int fd;
    int have;
    long long sent_at;
    long long number;
    char reply[MESSAGE];
};

static long long histogram[BUCKETS];

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

// Buckets are linear below STEPS, then STEPS to each power of two.
static void record(long long ns)
{
    unsigned long long value = ns < 0 ? 0 : ns;
    if (value >= STEPS) {
        int shift = 63 - __builtin_clzll(value) - 5;
        value = (unsigned long long)shift * STEPS + (value >> shift);
    }
    histogram[value]++;
}

static long long percentile(long long total, double share)
{
    long long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (seen > 0 && seen >= total * share)
            return i < STEPS ? i : (long long)(i % STEPS + STEPS) << (i / STEPS - 1);
    }
    return 0;
}

static void send_next(struct connection *c, long long at)
{
    char message[MESSAGE] = {0};
    c->number++;
    c->have = 0;
    c->sent_at = at;
    memcpy(message, &c->number, sizeof c->number);
    if (write(c->fd, message, MESSAGE) != MESSAGE)
        die("write");
}

// Returns 1 when the whole answer is there.
static int receive(struct connection *c)
{
    ssize_t n = recv(c->fd, c->reply + c->have, MESSAGE - c->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        die(n == 0 ? "the server closed a connection" : "recv");
    c->have += n;
    if (c->have < MESSAGE)
        return 0;
    if (memcmp(c->reply, &c->number, sizeof c->number) != 0) {
        fputs("the answer is not what was sent\n", stderr);
        exit(1);
    }
    return 1;
}

static struct connection *connect_all(int set, const char *path, int count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    struct connection *all = calloc(count, sizeof *all);
    if (all == NULL)
        die("calloc");
    for (int i = 0; i < count; i++) {
        all[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (all[i].fd < 0 || connect(all[i].fd, (struct sockaddr *)&address, sizeof address) < 0)
            die("connect");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &event) < 0)
            die("epoll_ctl");
    }
    return all;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int set = epoll_create1(EPOLL_CLOEXEC), count = atoi(argv[2]), measuring = 0;
    struct connection *all = connect_all(set, argv[1], count);
    long long start = now(), end = start + (long long)(atof(argv[3]) * 1e9), requests = 0, t = start;
    for (int i = 0; i < count; i++)
        send_next(&all[i], now());
    for (;;) {
        struct epoll_event events[BATCH];
        int ready = epoll_wait(set, events, BATCH, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!receive(c))
                continue;
            t = now();
            record(t - c->sent_at);
            requests++;
            send_next(c, t);
        }
        if (t < end)
            continue;
        if (measuring)
            break;
        puts("measuring");
        fflush(stdout);
        measuring = 1;
        requests = 0;
        memset(histogram, 0, sizeof histogram);
        start = now();
        end = start + (long long)(atof(argv[4]) * 1e9);
    }
    printf("result requests=%lld nanoseconds=%lld p50=%lld p99=%lld p999=%lld\n", requests, t - start,
           percentile(requests, 0.50), percentile(requests, 0.99), percentile(requests, 0.999));
    return 0;
}
