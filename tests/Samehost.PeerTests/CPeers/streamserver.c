/* A stream server as beginners write it: one client, one read a message, everything up to the first NUL is text.
   usage: streamserver PATH padded|once|stale
   padded: clears its buffers and writes whole blocks of 4,096 bytes; once: never clears, writes text and one NUL;
   stale: clears what it reads into before each read, never the answer, and writes that whole. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char in[4096], out[4096];

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int padded = argc == 3 && strcmp(argv[2], "padded") == 0, stale = argc == 3 && strcmp(argv[2], "stale") == 0;
    int listener, client;

    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 5) < 0) {
        perror("streamserver");
        return 1;
    }
    client = accept(listener, NULL, NULL);
    if (stale)
        memset(out, 0xa5, sizeof out); /* a buffer on the stack holds anything at first */
    for (;;) {
        if (padded || stale)
            memset(in, 0, sizeof in);
        if (read(client, in, sizeof in) <= 0)
            break;
        printf("Receive: %s", in); /* the newline is the client's */
        fflush(stdout);
        if (padded)
            memset(out, 0, sizeof out);
        snprintf(out, sizeof out, "Hi, %.4000s", in);
        if (write(client, out, padded || stale ? sizeof out : strlen(out) + 1) < 0)
            break;
    }
    puts("client quit");
    unlink(argv[1]);
    return 0;
}
