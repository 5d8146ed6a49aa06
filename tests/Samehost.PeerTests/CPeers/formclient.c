/* A stream client that sends each line of its input in a given form and waits for the answer, which ends in a NUL.
   usage: formclient PATH FORM SIZE PIECE
   FORM block: a zero-filled block of SIZE bytes with the line and its newline at the front; bare: the same without the newline;
   line: the line and its newline; nul: the line, its newline and a NUL; burst: all lines at once, without waiting.
   Each is written PIECE bytes at a time, or whole when PIECE is 0. A last line without a newline is the end of what is sent. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t piece;

static void put(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, piece > 0 && piece < count ? piece : count);
        if (written < 0)
            exit(1);
        bytes += written;
        count -= written;
    }
}

static void print_answer(int server)
{
    static char answer[1 << 21];
    size_t length = 0;
    do {
        ssize_t got = read(server, answer + length, sizeof answer - length);
        if (got <= 0)
            exit(1);
        length += got;
    } while (memchr(answer, 0, length) == NULL);
    fputs(answer, stdout);
    fflush(stdout);
}

/* Answers are printed by a child, or both sides would wait for the other to read. */
static int burst(int server)
{
    char *all = NULL;
    size_t room = 0;
    ssize_t length = getdelim(&all, &room, EOF, stdin);
    int status;
    if (fork() == 0) {
        FILE *answers = fdopen(server, "r");
        for (int next; (next = getc(answers)) != EOF;) {
            if (next != 0)
                putchar(next);
        }
        return 0;
    }
    put(server, all, length < 0 ? 0 : length);
    shutdown(server, SHUT_WR);
    wait(&status);
    return status;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *form = argc == 5 ? argv[2] : "";
    int server = socket(AF_UNIX, SOCK_STREAM, 0), in_blocks = strcmp(form, "block") == 0 || strcmp(form, "bare") == 0;
    size_t size = strtoul(argv[3], NULL, 10), room = 0;
    char *line = NULL, *block = malloc(size + 1);
    ssize_t length;

    piece = strtoul(argv[4], NULL, 10);
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("formclient");
        return 1;
    }
    if (strcmp(form, "burst") == 0)
        return burst(server);
    while ((length = getline(&line, &room, stdin)) > 0) {
        int complete = line[length - 1] == '\n';
        if (strcmp(form, "bare") == 0 && complete)
            length--;
        if (in_blocks) {
            memset(block, 0, size);
            memcpy(block, line, (size_t)length < size ? (size_t)length : size);
            put(server, block, size);
        } else {
            put(server, line, length + (strcmp(form, "nul") == 0)); /* getline leaves a NUL behind the line */
        }
        if (!complete)
            shutdown(server, SHUT_WR);
        print_answer(server);
    }
    return 0;
}
