// Measures how long a program runs, from its start to its end, COUNT times; its output is discarded.
//   run COUNT PROGRAM ARGUMENT...
// Prints the median of the times.
#include "spawning.h"

int main(int argc, char **argv)
{
    int count = argc < 3 ? 0 : atoi(argv[1]);
    if (count < 1)
        return 2;
    long long *times = calloc(count, sizeof *times);
    for (int i = 0; i < count; i++) {
        long long since = now();
        int status;
        if (waitpid(spawn(argv + 2), &status, 0) < 0)
            die("waitpid");
        times[i] = now() - since;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "%s did not end well\n", argv[2]);
            return 1;
        }
    }
    printf("result nanoseconds=%lld\n", median(times, count));
    return 0;
}
