// Loads a web server over a local socket or TCP: every connection sends a GET request, waits for the whole answer and sends the next.
//   http_load PATH|PORT CONNECTIONS WARMUP_SECONDS SECONDS [close]
// With "close" each request has a connection of its own, which the server closes; CONNECTIONS of them are open at a time.
// Prints "measuring" when the warm-up is over, then one result line; latencies are nanoseconds, exact to about 3 %.
#include "latency.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

enum { ROOM = 4096, BATCH = 256 };

struct connection {
    int fd, have;
    long long sent_at;
    char answer[ROOM];
};

static const char *address;
static int set, close_each;

static int connect_to_server(void)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int is_tcp = address[0] != '/', fd = socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0)
        die("socket");
    strncpy(local.sun_path, address, sizeof local.sun_path - 1);
    tcp.sin_port = htons(atoi(address));
    if (is_tcp) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct linger at_once = {.l_onoff = 1}; // no TIME_WAIT: the ports would be used up
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (connect(fd, is_tcp ? (struct sockaddr *)&tcp : (struct sockaddr *)&local, is_tcp ? sizeof tcp : sizeof local) < 0)
        die("connect");
    return fd;
}

static void ask(struct connection *c)
{
    static const char keep[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const char once[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    c->sent_at = now();
    c->have = 0;
    if (close_each) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        c->fd = connect_to_server();
        if (epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &event) < 0)
            die("epoll_ctl");
    }
    size_t length = (close_each ? sizeof once : sizeof keep) - 1;
    if (send(c->fd, close_each ? once : keep, length, MSG_NOSIGNAL) != (ssize_t)length)
        die("send");
}

// Returns 1 when the whole answer has arrived: with "close", also the end of the connection.
static int receive(struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->have, ROOM - 1 - c->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        die("recv");
    c->have += n;
    c->answer[c->have] = 0;
    if (n == 0 && !close_each)
        wrong("the server closed a connection");
    if (close_each && n > 0)
        return 0;
    char *body = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\nContent-Length: ");
    if (body == NULL && !close_each)
        return 0;
    if (body == NULL || length == NULL || strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
        wrong("the answer is not 200 with a length");
    if (c->answer + c->have < body + 4 + atoi(length + 18)) {
        if (close_each)
            wrong("an answer was cut off");
        return 0;
    }
    if (close_each)
        close(c->fd);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    address = argv[1];
    close_each = argc > 5 && strcmp(argv[5], "close") == 0;
    set = epoll_create1(EPOLL_CLOEXEC);
    int count = atoi(argv[2]);
    struct connection *all = calloc(count, sizeof *all);
    if (all == NULL)
        die("calloc");
    for (int i = 0; i < count && !close_each; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = connect_to_server();
        if (epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &event) < 0)
            die("epoll_ctl");
    }
    for (int i = 0; i < count; i++)
        ask(&all[i]);
    struct timing timing = timing_of(argv[3], argv[4]);
    long long requests = 0, t = now();
    for (enum phase phase = GOES_ON; phase != IS_OVER; phase = phase_at(&timing, t)) {
        if (phase == BEGINS) {
            say("measuring");
            requests = 0;
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
            record(t - c->sent_at);
            requests++;
            ask(c);
        }
    }
    printf("result requests=%lld nanoseconds=%lld p50=%lld p99=%lld p999=%lld\n", requests, t - timing.start,
           percentile(requests, 0.50), percentile(requests, 0.99), percentile(requests, 0.999));
    return 0;
}
