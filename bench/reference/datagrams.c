// Datagrams of 64 bytes one way over a local datagram socket, in batches (sendmmsg, recvmmsg) or one by one.
//   datagrams receive|receive-each PATH WARMUP_SECONDS SECONDS
//   datagrams send|send-each PATH
// The receiver binds, checks every datagram and prints the result; the sender sends until the receiver has ended.
#include "reference.h"

enum { MESSAGE = 64, BATCH = 64 };

static char bytes[BATCH][MESSAGE];
static struct iovec vectors[BATCH];
static struct mmsghdr headers[BATCH];

static void exit_if_closed(int result, const char *what)
{
    if (result < 0 && (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET))
        exit(0);
    if (result < 0 && errno != EINTR)
        die(what);
}

static void send_all(int fd, const struct sockaddr_un *address, int batched)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        die("connect");
    for (int64_t number = 0;;) {
        if (!batched) {
            memcpy(bytes[0], &number, sizeof number);
            int sent = send(fd, bytes[0], MESSAGE, MSG_NOSIGNAL);
            exit_if_closed(sent, "send");
            number += sent == MESSAGE;
            continue;
        }
        for (int i = 0; i < BATCH; i++, number++)
            memcpy(bytes[i], &number, sizeof number);
        for (int sent = 0; sent < BATCH;) {
            int n = sendmmsg(fd, headers + sent, BATCH - sent, MSG_NOSIGNAL);
            exit_if_closed(n, "sendmmsg");
            if (n > 0)
                sent += n;
        }
    }
}

static void check(int index, int length, int64_t *next)
{
    int64_t number;
    memcpy(&number, bytes[index], sizeof number);
    if (length != MESSAGE || number != (*next)++)
        wrong("the datagram is not the one that was sent");
}

static void receive_all(int fd, const struct sockaddr_un *address, int batched, struct timing timing)
{
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        die("bind");
    say("ready");
    int64_t next = 0, before = 0;
    while (!counted(&timing, next, &before)) {
        if (batched) {
            int count = recvmmsg(fd, headers, BATCH, MSG_WAITFORONE, NULL);
            if (count < 0)
                die("recvmmsg");
            for (int i = 0; i < count; i++)
                check(i, headers[i].msg_len, &next);
        } else {
            check(0, recv(fd, bytes[0], MESSAGE, 0), &next);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){bytes[i], MESSAGE};
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    struct sockaddr_un address = address_of(argv[2]);
    int fd = socket_of(SOCK_DGRAM), batched = strstr(argv[1], "-each") == NULL;
    if (argc == 3)
        send_all(fd, &address, batched);
    else
        receive_all(fd, &address, batched, timing_of(argv[3], argv[4]));
    return 0;
}
