// Messages of 64 bytes behind a four-byte length, one way over a local stream socket, gathered in buffers of 64 KiB at both ends.
//   framed receive PATH WARMUP_SECONDS SECONDS
//   framed send PATH
// The receiver listens, checks every message and prints the result; the sender sends until the receiver has ended.
#include "reference.h"

enum { MESSAGE = 64, PREFIX = 4, BUFFER = 65536 };

static char buffer[BUFFER];

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

static void send_all(int fd)
{
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
            wrong("a length that no message has");
        if (have - start - PREFIX < length)
            break;
        int64_t number;
        memcpy(&number, buffer + start + PREFIX, sizeof number);
        if (length != MESSAGE || number != (*next)++)
            wrong("the message is not the one that was sent");
        start += PREFIX + length;
    }
    return start;
}

static void receive_all(int client, struct timing timing)
{
    int64_t next = 0, before = 0;
    for (size_t have = 0; !counted(&timing, next, &before);) {
        ssize_t n = read(client, buffer + have, BUFFER - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("read");
        have += n;
        size_t taken = take(have, &next);
        memmove(buffer, buffer + taken, have - taken);
        have -= taken;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    if (argc == 3)
        send_all(connect_to(argv[2]));
    int client = accept_one(listen_at(argv[2], 1));
    receive_all(client, timing_of(argv[3], argv[4]));
    return 0;
}
