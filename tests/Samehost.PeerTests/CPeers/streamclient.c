/* A stream client as beginners write it: one line out, one read in, everything up to the first NUL is the answer.
   usage: streamclient PATH padded|once|stale
   padded: clears its buffers and writes whole blocks of 4,096 bytes; once: never clears, writes text and one NUL;
   stale: its buffer is cleared once, before the loop, and written whole, with what earlier lines left behind the NUL. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char out[4096], in[4096];

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int padded = argc == 3 && strcmp(argv[2], "padded") == 0, stale = argc == 3 && strcmp(argv[2], "stale") == 0;
    int server;

    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("streamclient");
        return 1;
    }
    memset(out, 0, sizeof out);
    for (;;) {
        if (padded) {
            memset(out, 0, sizeof out);
            memset(in, 0, sizeof in);
        }
        if (fgets(out, sizeof out, stdin) == NULL)
            return 0;
        if (write(server, out, padded || stale ? sizeof out : strlen(out) + 1) < 0 || read(server, in, sizeof in) <= 0) {
            fprintf(stderr, "server terminated prematurely\n");
            return 1;
        }
        fputs(in, stdout);
        fflush(stdout);
    }
}
