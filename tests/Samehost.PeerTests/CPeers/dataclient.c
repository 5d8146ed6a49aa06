/* A datagram client as beginners write it: a line is a datagram without its newline, everything up to the first NUL is the answer.
   usage: dataclient PATH padded|once|stale OWNPATH
   padded: clears its buffers and sends whole blocks of 4,096 bytes; once: never clears, sends text and one NUL;
   stale: its buffer is cleared once, before the loop, and sent whole, with what earlier lines left behind the NUL. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char out[4096], in[4096];

int main(int argc, char **argv)
{
    struct sockaddr_un server = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
    int padded = argc == 4 && strcmp(argv[2], "padded") == 0, stale = argc == 4 && strcmp(argv[2], "stale") == 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);

    strncpy(server.sun_path, argv[1], sizeof server.sun_path - 1);
    strncpy(own.sun_path, argv[3], sizeof own.sun_path - 1);
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own) < 0) {
        perror("dataclient");
        return 1;
    }
    memset(out, 0, sizeof out);
    for (;;) {
        if (padded) {
            memset(out, 0, sizeof out);
            memset(in, 0, sizeof in);
        }
        if (fgets(out, sizeof out, stdin) == NULL)
            break;
        out[strcspn(out, "\n")] = 0;
        printf("now sending %s\n", out);
        fflush(stdout);
        if (sendto(descriptor, out, padded || stale ? sizeof out : strlen(out) + 1, 0, (struct sockaddr *)&server, sizeof server) < 0 ||
            recv(descriptor, in, sizeof in, 0) < 0) {
            perror("dataclient");
            unlink(own.sun_path);
            return 1;
        }
        puts(in);
        fflush(stdout);
    }
    unlink(own.sun_path);
    return 0;
}
