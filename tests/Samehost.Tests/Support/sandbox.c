/* Runs a program in a sandbox: sandbox RESTRICTION... -- PROGRAM ARGUMENT...
   no-unix, no-netlink   socket(2) refuses the family, as RestrictAddressFamilies= of systemd.exec(5) has it
   connect=N, bind=N     the call fails with this errno (seccomp(2))
   landlock              no new socket files, and no abstract names of processes outside (landlock(7)) */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's headers may be older than the kernel. */
struct ruleset { uint64_t handled_fs, handled_net, scoped; };
#define MAKE_SOCK (1ULL << 9)
#define SCOPE_ABSTRACT (1ULL << 0)
#define CREATE_RULESET 444
#define RESTRICT_SELF 446

static void fail(const char *what)
{
    fprintf(stderr, "sandbox: %s: %s\n", what, strerror(errno));
    exit(125);
}

static void refuse(long call, int family, int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | (family ? BPF_JEQ : BPF_JGE) | BPF_K, family, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        fail("seccomp");
}

int main(int count, char **words)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        fail("no_new_privs");
    int i = 1;
    for (; i < count && strcmp(words[i], "--"); i++) {
        const char *word = words[i];
        if (!strcmp(word, "no-unix"))
            refuse(SYS_socket, AF_UNIX, EAFNOSUPPORT);
        else if (!strcmp(word, "no-netlink"))
            refuse(SYS_socket, AF_NETLINK, EAFNOSUPPORT);
        else if (!strncmp(word, "connect=", 8))
            refuse(SYS_connect, 0, atoi(word + 8));
        else if (!strncmp(word, "bind=", 5))
            refuse(SYS_bind, 0, atoi(word + 5));
        else if (!strcmp(word, "landlock")) {
            struct ruleset rules = { MAKE_SOCK, 0, SCOPE_ABSTRACT };
            int ruleset = syscall(CREATE_RULESET, &rules, sizeof rules, 0);
            if (ruleset < 0 || syscall(RESTRICT_SELF, ruleset, 0) < 0)
                fail("landlock");
        } else {
            errno = EINVAL;
            fail(word);
        }
    }
    if (i + 1 >= count) {
        errno = EINVAL;
        fail("no program");
    }
    execvp(words[i + 1], words + i + 1);
    fail(words[i + 1]);
}
