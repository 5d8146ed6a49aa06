// Keeps an echo server busy through one connection until it is killed: the server always has bytes to read from it.
//   flood PATH
#include "reference.h"

enum { UNDER_WAY = 65536, PIECE = 4096 };

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    static char bytes[PIECE];
    int fd = connect_to(argv[1]);
    say("flooding");
    for (long under_way = 0;;) {
        while (under_way + PIECE <= UNDER_WAY) {
            ssize_t sent = send(fd, bytes, PIECE, MSG_NOSIGNAL);
            if (sent < 0)
                die("send");
            under_way += sent;
        }
        ssize_t got = read(fd, bytes, PIECE);
        if (got <= 0)
            die("read");
        under_way -= got;
    }
}
