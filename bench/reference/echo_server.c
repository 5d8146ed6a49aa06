// Echoes whatever it is sent, for any number of connections, on one thread and one epoll(7) set: the server to be as fast as.
//   echo_server PATH
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BATCH = 256, BUFFER = 4096 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

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

// Clients wait for each answer, so an answer always fits into the send buffer and a short write is an error.
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
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), set = epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || set < 0)
        die("socket");
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0)
        die("listen");
    watch(set, listener);
    puts("ready");
    fflush(stdout);
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
