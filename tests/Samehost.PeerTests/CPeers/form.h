/* What formclient and formserver share: arguments PATH FORM SIZE PIECE, the socket and its address, and writing in pieces. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *form;                                    /* FORM */
static size_t size;                                         /* SIZE, of a block or a number of answers */
static size_t piece;                                        /* PIECE, the bytes of a write; 0 for all at once */
static struct sockaddr_un address = { .sun_family = AF_UNIX }; /* PATH */

/* Reads the arguments and returns a stream socket. */
static int read_arguments(int argc, char **argv)
{
    form = argc == 5 ? argv[2] : "";
    size = strtoul(argv[3], NULL, 10);
    piece = strtoul(argv[4], NULL, 10);
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int form_is(const char *name)
{
    return strcmp(form, name) == 0;
}

/* Returns 0 when the peer has closed. */
static int put(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, piece > 0 && piece < count ? piece : count);
        if (written < 0)
            return 0;
        bytes += written;
        count -= written;
    }
    return 1;
}
