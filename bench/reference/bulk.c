// Bytes one way over a local stream socket, in writes of one size: with the buffers that the kernel gives, or tuned.
//   bulk receive|receive-tuned SIZE PATH WARMUP_SECONDS SECONDS
//   bulk send|send-tuned SIZE PATH
// Tuned is a send buffer of 1 MiB, and polling with sched_yield(2) at both ends. A message of the result is a byte.
#include "reference.h"
#include <fcntl.h>

enum { SEND_BUFFER = 1 << 20, PERIOD = 251 };

// Byte number n of the stream is n % PERIOD, for any place at which a read begins.
static char *pattern(size_t size)
{
    char *bytes = malloc(size + PERIOD);
    if (bytes == NULL)
        die("malloc");
    for (size_t i = 0; i < size + PERIOD; i++)
        bytes[i] = i % PERIOD;
    return bytes;
}

static void tune(int fd)
{
    int bytes = SEND_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        die("setsockopt");
}

static void send_all(int fd, size_t size)
{
    const char *bytes = pattern(size);
    for (int64_t sent = 0;;) {
        ssize_t n = send(fd, bytes + sent % PERIOD, size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            exit(0);
        if (n < 0 && errno == EAGAIN)
            sched_yield();
        else if (n < 0)
            die("send");
        else
            sent += n;
    }
}

static void receive_all(int fd, size_t size, struct timing timing)
{
    char *buffer = malloc(size);
    int64_t received = 0, before = 0;
    if (buffer == NULL)
        die("malloc");
    while (!counted(&timing, received, &before)) {
        ssize_t n = read(fd, buffer, size);
        if (n < 0 && errno == EAGAIN) {
            sched_yield();
            continue;
        }
        if (n <= 0)
            die("read");
        if ((unsigned char)buffer[0] != received % PERIOD || (unsigned char)buffer[n - 1] != (received + n - 1) % PERIOD)
            wrong("the bytes are not those that were sent");
        received += n;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6)
        return 2;
    int fd = argc == 4 ? connect_to(argv[3]) : accept_one(listen_at(argv[3], 1));
    if (strstr(argv[1], "-tuned") != NULL)
        tune(fd);
    if (argc == 4)
        send_all(fd, atoi(argv[2]));
    else
        receive_all(fd, atoi(argv[2]), timing_of(argv[4], argv[5]));
    return 0;
}
