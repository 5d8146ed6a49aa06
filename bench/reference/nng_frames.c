// cc: -lnng (Debian package libnng-dev)
// Messages of 64 bytes one way with nng, PUSH to PULL over its ipc transport.
//   nng_frames receive PATH WARMUP_SECONDS SECONDS
//   nng_frames send PATH
#include "reference.h"
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

enum { MESSAGE = 64, QUEUE = 1000 }; // the default queue length of ZeroMQ

static void check(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, nng_strerror(error));
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    char address[256], message[MESSAGE] = {0};
    snprintf(address, sizeof address, "ipc://%s", argv[2]);
    nng_socket socket;
    check(argc == 3 ? nng_push0_open(&socket) : nng_pull0_open(&socket), "open");
    check(nng_socket_set_int(socket, argc == 3 ? NNG_OPT_SENDBUF : NNG_OPT_RECVBUF, QUEUE), "queue");
    if (argc == 3) {
        check(nng_dial(socket, address, NULL, 0), "dial");
        for (int64_t number = 0;; number++) {
            memcpy(message, &number, sizeof number);
            check(nng_send(socket, message, MESSAGE, 0), "send");
        }
    }
    check(nng_listen(socket, address, NULL, 0), "listen");
    say("ready");
    struct timing timing = timing_of(argv[3], argv[4]);
    for (int64_t next = 0, before = 0; next % 256 != 0 || !counted(&timing, next, &before); next++) {
        int64_t number;
        size_t length = sizeof message;
        check(nng_recv(socket, message, &length, 0), "recv");
        memcpy(&number, message, sizeof number);
        if (length != MESSAGE || number != next)
            wrong("the message is not the one that was sent");
    }
    return 0;
}
