// Echoes received data, for any number of connections, on one thread and one epoll(7) set: the reference for echo servers.
//   echo_server PATH
#include "reference.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { BATCH = 256, BUFFER = 4096 };

static void watch(int set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void accept_all(int set, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        watch(set, fd);
    if (errno != EAGAIN)
        die("accept4");
}

// Clients wait for their answers, which therefore always fit into the send buffer: a short write is an error.
static void echo(int fd)
{
    char buffer[BUFFER];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n > 0 && send(fd, buffer, n, MSG_NOSIGNAL) == n)
        return;
    if (n < 0 && errno == EAGAIN)
        return;
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = listen_at(argv[1], 4096), set = epoll_create1(EPOLL_CLOEXEC);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    if (set < 0)
        die("epoll_create1");
    watch(set, listener);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(set, events, BATCH, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_all(set, listener);
            else
                echo(events[i].data.fd);
        }
    }
}
