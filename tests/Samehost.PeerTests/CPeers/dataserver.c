/* A datagram server as beginners write it: everything up to the first NUL is text.
   usage: dataserver PATH padded|once|stale
   padded: clears its buffers and sends whole blocks of 4,096 bytes; once: never clears, sends text and one NUL;
   stale: clears what it receives into before each datagram, never the answer, and sends that whole. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static char in[4096], out[4096];

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX }, sender;
    int padded = argc == 3 && strcmp(argv[2], "padded") == 0, stale = argc == 3 && strcmp(argv[2], "stale") == 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);

    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("dataserver");
        return 1;
    }
    if (stale)
        memset(out, 0xa5, sizeof out); /* a buffer on the stack holds anything at first */
    for (;;) {
        socklen_t length = sizeof sender;
        if (padded || stale)
            memset(in, 0, sizeof in);
        if (padded)
            memset(out, 0, sizeof out);
        if (recvfrom(descriptor, in, sizeof in, 0, (struct sockaddr *)&sender, &length) < 0)
            return 1;
        snprintf(out, sizeof out, "Hi, %.4000s", in);
        printf("Receive: %s\nnow sending: %s\n", in, out);
        fflush(stdout);
        sendto(descriptor, out, padded || stale ? sizeof out : strlen(out) + 1, 0, (struct sockaddr *)&sender, length);
    }
}
