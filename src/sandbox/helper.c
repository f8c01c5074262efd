#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_to(int process, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", process, name);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

/* Root lends one user that owns nothing outside; whoever else has only itself to lend. */
static bool map_identities(int process)
{
    char users[96], groups[96];
    if (geteuid() == 0) {
        snprintf(users, sizeof(users), "0 0 1\n%d %d 1\n", INSIDE_USER, OUTSIDE_USER);
        snprintf(groups, sizeof(groups), "0 0 1\n%d %d 1\n", INSIDE_GROUP, OUTSIDE_USER);
        return write_to(process, "uid_map", users) && write_to(process, "gid_map", groups);
    }
    snprintf(users, sizeof(users), "%d %u 1\n", INSIDE_USER, (unsigned)geteuid());
    snprintf(groups, sizeof(groups), "%d %u 1\n", INSIDE_GROUP, (unsigned)getegid());
    return write_to(process, "setgroups", "deny") && write_to(process, "uid_map", users)
        && write_to(process, "gid_map", groups);
}

/* A child in namespaces of its own. It waits for a byte at the gate: first its identities are mapped. */
static int separate(uint64_t flags, int gate[2])
{
    if (pipe2(gate, O_CLOEXEC) != 0) {
        return -1;
    }
    /* Not fork and unshare: a user namespace is refused to processes with threads, as sanitizers have them. */
    const int process = (int)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (process == 0) {
        char byte = 0;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) {
            _exit(1);
        }
        close(gate[0]);
        return 0;
    }
    close(gate[0]);
    if (process < 0) {
        close(gate[1]);
    }
    return process;
}

static int try_apart(uint64_t flags)
{
    int gate[2] = { -1, -1 };
    const int process = separate(flags, gate);
    if (process <= 0) {
        return process;
    }
    const bool mapped = !(flags & CLONE_NEWUSER) || map_identities(process);
    if (!mapped || write(gate[1], "", 1) != 1) {
        kill(process, SIGKILL);
        waitpid(process, NULL, 0);
        close(gate[1]);
        return -1;
    }
    close(gate[1]);
    return process;
}

/* As many namespaces as the host allows. 0 in the child. */
static int set_apart(struct plan *plan)
{
    const uint64_t network = plan->numbers.host_network ? 0 : CLONE_NEWNET;
    const uint64_t most = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | network;
    const unsigned none = SANDBOX_NO_USER | SANDBOX_NO_PROCESS | SANDBOX_NO_ROOT | (network ? (unsigned)SANDBOX_NO_NETWORK : 0U);
    const struct { uint64_t flags; unsigned missing; } ways[] = {
        { CLONE_NEWUSER | most, 0 }, { most, SANDBOX_NO_USER }, { 0, none },
    };
    int process = -1;
    for (size_t i = 0; i < COUNT_OF(ways) && process < 0; i++) {
        plan->missing = ways[i].missing;
        process = try_apart(ways[i].flags);
    }
    return process;
}

void sandbox_helper(void)
{
    static char message[PLAN_SIZE_MAX + 1];
    static struct plan plan;
    const bool privileged = geteuid() == 0;
    close_range(PLAN_OUTPUT + 1, ~0U, 0);
    fcntl(PLAN_CHANNEL, F_SETFD, FD_CLOEXEC);
    fcntl(PLAN_OUTPUT, F_SETFD, FD_CLOEXEC);
    const ssize_t size = recv(PLAN_CHANNEL, message, sizeof(message), 0);
    if (size <= 0 || !plan_read(message, (size_t)size, &plan)) {
        _exit(2);
    }
    const int process = set_apart(&plan);
    if (process < 0) {
        _exit(3);
    }
    if (process == 0) {
        inside_watch(&plan, privileged);
    }
    close(PLAN_CHANNEL);
    close(PLAN_OUTPUT);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
    }
    _exit(0);
}
