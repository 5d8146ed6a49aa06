// Loads an echo server: every connection sends 64 bytes, waits for the answer, checks it and sends the next.
//   echo_load PATH CONNECTIONS WARMUP_SECONDS SECONDS [MARK EVERY]
// MARK is r: every EVERYth request has a 1 in its ninth byte; or c: every request of every EVERYth connection has. The server is to
// be slow with these, and the latencies are those of the others, if there are any. Prints "measuring" when the warm-up
// is over, then one result line; latencies are nanoseconds, exact to about 3 %.
#include "latency.h"
#include <sys/epoll.h>

enum { MESSAGE = 64, BATCH = 256 };

struct connection {
    int fd;
    int have;
    long long sent_at;
    long long number;
    int is_slow;
    int is_marked;
    char reply[MESSAGE];
};

static long long mark_every, until_marked;

static void send_next(struct connection *c, long long at)
{
    char message[MESSAGE] = {0};
    c->number++;
    c->have = 0;
    c->sent_at = at;
    c->is_marked = c->is_slow || (mark_every > 0 && --until_marked == 0);
    if (until_marked <= 0)
        until_marked = mark_every;
    memcpy(message, &c->number, sizeof c->number);
    message[sizeof c->number] = c->is_marked;
    if (write(c->fd, message, MESSAGE) != MESSAGE)
        die("write");
}

// Returns 1 when the whole answer has arrived.
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
    if (memcmp(c->reply, &c->number, sizeof c->number) != 0)
        wrong("the answer is not what was sent");
    return 1;
}

static struct connection *connect_all(int set, const char *path, int count, int slow_every)
{
    struct connection *all = calloc(count, sizeof *all);
    if (all == NULL)
        die("calloc");
    for (int i = 0; i < count; i++) {
        all[i].fd = connect_to(path);
        all[i].is_slow = slow_every > 0 && i % slow_every == 0;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &event) < 0)
            die("epoll_ctl");
    }
    return all;
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7)
        return 2;
    int set = epoll_create1(EPOLL_CLOEXEC), count = atoi(argv[2]), by_request = argc == 7 && *argv[5] == 'r';
    until_marked = mark_every = by_request ? atoi(argv[6]) : 0;
    int slow_every = argc == 7 && !by_request ? atoi(argv[6]) : 0, all_are_slow = slow_every == 1;
    struct connection *all = connect_all(set, argv[1], count, slow_every);
    struct timing timing = timing_of(argv[3], argv[4]);
    long long requests = 0, others = 0, t = now();
    for (int i = 0; i < count; i++)
        send_next(&all[i], now());
    for (enum phase phase = GOES_ON; phase != IS_OVER; phase = phase_at(&timing, t)) {
        if (phase == BEGINS) {
            say("measuring");
            requests = others = 0;
            memset(histogram, 0, sizeof histogram);
        }
        struct epoll_event events[BATCH];
        int ready = epoll_wait(set, events, BATCH, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!receive(c))
                continue;
            t = now();
            requests++;
            if (!c->is_marked || all_are_slow) {
                record(t - c->sent_at);
                others++;
            }
            send_next(c, t);
        }
    }
    printf("result requests=%lld nanoseconds=%lld p50=%lld p99=%lld p999=%lld\n", requests, t - timing.start,
           percentile(others, 0.50), percentile(others, 0.99), percentile(others, 0.999));
    return 0;
}
