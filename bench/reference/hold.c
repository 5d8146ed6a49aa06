// Holds idle connections until it is killed.
//   hold PATH COUNT
#include "reference.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = atoi(argv[2]); i > 0; i--)
        connect_to(argv[1]);
    say("holding");
    pause();
    return 0;
}
