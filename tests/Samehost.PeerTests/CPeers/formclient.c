/* A stream client that sends each line of its input in a given form and waits for the answer, which ends in a NUL.
   usage: formclient PATH FORM SIZE PIECE
   FORM block: a zero-filled block of SIZE bytes with the line and its newline at the front; bare: the same without the newline;
   line: the line and its newline; nul: the line, its newline and a NUL; burst: all lines at once, without waiting.
   Each is written PIECE bytes at a time, or whole when PIECE is 0. A last line without a newline is the end of what is sent. */
#include "form.h"
#include <sys/wait.h>

static void put_or_exit(int server, const char *bytes, size_t count)
{
    if (!put(server, bytes, count))
        exit(1);
}

static void print_answer(int server)
{
    static char answer[1 << 21];
    size_t length = 0;
    do {
        ssize_t count = read(server, answer + length, sizeof answer - length);
        if (count <= 0)
            exit(1);
        length += count;
    } while (memchr(answer, 0, length) == NULL);
    fputs(answer, stdout);
    fflush(stdout);
}

/* A child prints the answers; otherwise both sides would wait for the other to read. */
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
    put_or_exit(server, all, length < 0 ? 0 : length);
    shutdown(server, SHUT_WR);
    wait(&status);
    return status;
}

int main(int argc, char **argv)
{
    int server = read_arguments(argc, argv), in_blocks = form_is("block") || form_is("bare");
    size_t room = 0;
    char *line = NULL, *block = malloc(size + 1);
    ssize_t length;

    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("formclient");
        return 1;
    }
    if (form_is("burst"))
        return burst(server);
    while ((length = getline(&line, &room, stdin)) > 0) {
        int complete = line[length - 1] == '\n';
        if (form_is("bare") && complete)
            length--;
        if (in_blocks) {
            memset(block, 0, size);
            memcpy(block, line, (size_t)length < size ? (size_t)length : size);
            put_or_exit(server, block, size);
        } else {
            put_or_exit(server, line, length + form_is("nul")); /* getline leaves a NUL behind the line */
        }
        if (!complete)
            shutdown(server, SHUT_WR);
        print_answer(server);
    }
    return 0;
}
