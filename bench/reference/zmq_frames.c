// cc: -lzmq (Debian package libzmq3-dev)
// Messages of 64 bytes one way with ZeroMQ, PUSH to PULL over its ipc transport.
//   zmq_frames receive PATH WARMUP_SECONDS SECONDS
//   zmq_frames send PATH
#include "reference.h"
#include <zmq.h>

enum { MESSAGE = 64 };

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 5)
        return 2;
    char address[256], message[MESSAGE] = {0};
    snprintf(address, sizeof address, "ipc://%s", argv[2]);
    void *socket = zmq_socket(zmq_ctx_new(), argc == 3 ? ZMQ_PUSH : ZMQ_PULL);
    if (argc == 3) {
        if (zmq_connect(socket, address) < 0)
            die("zmq_connect");
        for (int64_t number = 0;; number++) {
            memcpy(message, &number, sizeof number);
            if (zmq_send(socket, message, MESSAGE, 0) != MESSAGE)
                die("zmq_send");
        }
    }
    if (zmq_bind(socket, address) < 0)
        die("zmq_bind");
    say("ready");
    struct timing timing = timing_of(argv[3], argv[4]);
    for (int64_t next = 0, before = 0; next % 256 != 0 || !counted(&timing, next, &before); next++) {
        int64_t number;
        int length = zmq_recv(socket, message, MESSAGE, 0);
        memcpy(&number, message, sizeof number);
        if (length != MESSAGE || number != next)
            wrong("the message is not the one that was sent");
    }
    return 0;
}
