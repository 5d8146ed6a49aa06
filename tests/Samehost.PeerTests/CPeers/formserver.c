/* A stream server for one client that sends lines. It answers each in a given form.
   usage: formserver PATH FORM SIZE PIECE
   FORM block: a zero-filled block of SIZE bytes with the answer and its newline at the front; bare: the same without the newline;
   line: the answer and its newline; nul: the answer, its newline and a NUL; end: as line, but without a newline, and then the end;
   burst: nothing until the client has ended its first line, then SIZE answers at once, and no others.
   Each is written PIECE bytes at a time, or whole when PIECE is 0. */
#include "form.h"

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
    int listener = read_arguments(argc, argv), client;
    size_t room = 0, lines = 0;
    char *line = NULL, *answer = malloc((1 << 21) + size);
    ssize_t length;
    FILE *input;

    signal(SIGPIPE, SIG_IGN); /* a client that has read its last answer may close before the zeros after it are written */
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 5) < 0) {
        perror("formserver");
        return 1;
    }
    client = accept(listener, NULL, NULL);
    input = fdopen(client, "r");
    while ((length = getline(&line, &room, input)) > 0) {
        char *text = line + (line[0] == 0); /* without the NUL that ended the line before */
        if (*text == 0)
            continue;
        printf("Receive: %s", text);
        fflush(stdout);
        length = sprintf(answer, "Hi, %s", text);
        memset(answer + length, 0, size);
        if (form_is("burst")) {
            if (lines++ == 0)
                put_many(client, size);
        } else if (form_is("block")) {
            put(client, answer, size);
        } else if (form_is("bare")) {
            answer[length - 1] = 0;
            put(client, answer, size);
        } else if (form_is("end")) {
            put(client, answer, length - 1);
            break;
        } else {
            put(client, answer, length + form_is("nul"));
        }
    }
    puts("client quit");
    unlink(argv[1]);
    return 0;
}
