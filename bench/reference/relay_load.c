/* Sends through a relay and receives behind it: what bench/relay-vs-socat.sh times.
 *
 *   relay_load FROM TO total message one-way|round-trips
 *
 * A child listens at TO and reads (or echoes); the parent connects to FROM, which has to be relayed to TO. Prints MB/s or microseconds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    return name;
}

static void check(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void serve(int listener, size_t total, int echoes)
{
    static char buffer[1 << 18];
    size_t received = 0;
    int client = accept(listener, NULL, NULL);
    check(client, "accept");
    for (ssize_t got; (got = recv(client, buffer, sizeof buffer, 0)) > 0; received += got) {
        if (echoes)
            check(send(client, buffer, got, 0), "send");
    }
    if (received != total) {
        fprintf(stderr, "%zu bytes came instead of %zu\n", received, total);
        exit(1);
    }
    exit(0);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s FROM TO total message one-way|round-trips\n", argv[0]);
        return 2;
    }
    size_t message = strtoul(argv[4], NULL, 10), count = strtoul(argv[3], NULL, 10) / message;
    int echoes = strcmp(argv[5], "round-trips") == 0;
    struct sockaddr_un from = address(argv[1]), to = address(argv[2]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(argv[2]);
    check(bind(listener, (struct sockaddr *)&to, sizeof to), "bind");
    check(listen(listener, 5), "listen");
    if (fork() == 0)
        serve(listener, count * message, echoes);

    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    check(connect(client, (struct sockaddr *)&from, sizeof from), "connect");
    char *buffer = calloc(1, message);
    double start = now();
    for (size_t i = 0; i < count; i++) {
        check(send(client, buffer, message, 0), "send");
        for (size_t have = 0; echoes && have < message;) {
            ssize_t got = recv(client, buffer, message, 0);
            check(got > 0 ? 0 : -1, "recv");
            have += got;
        }
    }
    shutdown(client, SHUT_WR);
    recv(client, buffer, 1, 0); /* the end, once everything has been received */
    double took = now() - start;
    int status;
    wait(&status);
    if (echoes)
        printf("%.1f\n", took / count * 1e6);
    else
        printf("%.1f\n", count * message / took / 1e6);
    return status != 0;
}
