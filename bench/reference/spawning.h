// Starting programs, and the median of how long they took.
#include "reference.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static pid_t spawn(char **command)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child;
    errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
    if (errno != 0)
        die(command[0]);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static int by_size(const void *one, const void *other)
{
    long long a = *(const long long *)one, b = *(const long long *)other;
    return (a > b) - (a < b);
}

static long long median(long long *times, int count)
{
    qsort(times, count, sizeof *times, by_size);
    return times[count / 2];
}
