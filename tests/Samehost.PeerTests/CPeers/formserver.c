/* A stream server for one client that sends lines. It answers each in a given form.
   usage: formserver PATH FORM SIZE PIECE
   FORM block: a zero-filled block of SIZE bytes with the answer and its newline at the front; bare: the same without the newline;
   line: the answer and its newline; nul: the answer, its newline and a NUL; end: as line, but without a newline, and then the end;
   burst: nothing until the client has ended its first line, then SIZE answers at once, and no others.
   Each is written PIECE bytes at a time, or whole when PIECE is 0. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static size_t piece;

static void put(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, piece > 0 && piece < count ? piece : count);
        if (written < 0)
            return; /* a client that has read its last answer may leave before the zeros behind it */
        bytes += written;
        count -= written;
    }
}

static void put_many(int client, size_t count)
{
    char *all;
    size_t length;
    FILE *text = open_memstream(&all, &length);
    for (size_t number = 1; number <= count; number++)
        fprintf(text, "answer %zu\n", number);
    fclose(text);
    put(client, all, length);
    free(all);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *form = argc == 5 ? argv[2] : "";
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client;
    size_t size = strtoul(argv[3], NULL, 10), room = 0, lines = 0;
    char *line = NULL, *answer = malloc((1 << 21) + size);
    ssize_t length;
    FILE *input;

    signal(SIGPIPE, SIG_IGN);
    piece = strtoul(argv[4], NULL, 10);
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 5) < 0) {
        perror("formserver");
        return 1;
    }
    client = accept(listener, NULL, NULL);
    input = fdopen(client, "r");
    while ((length = getline(&line, &room, input)) > 0) {
        char *text = line + (line[0] == 0); /* the NUL that ended the line before */
        if (*text == 0)
            continue;
        printf("Receive: %s", text);
        fflush(stdout);
        length = sprintf(answer, "Hi, %s", text);
        memset(answer + length, 0, size);
        if (strcmp(form, "burst") == 0) {
            if (lines++ == 0)
                put_many(client, size);
        } else if (strcmp(form, "block") == 0) {
            put(client, answer, size);
        } else if (strcmp(form, "bare") == 0) {
            answer[length - 1] = 0;
            put(client, answer, size);
        } else if (strcmp(form, "end") == 0) {
            put(client, answer, length - 1);
            break;
        } else {
            put(client, answer, length + (strcmp(form, "nul") == 0));
        }
    }
    puts("client quit");
    unlink(argv[1]);
    return 0;
}
