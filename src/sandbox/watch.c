#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 20 };

struct watch {
    struct plan *plan;
    int program;      /* its process */
    int signals;
    uint64_t most;    /* memory */
    bool frozen;
    bool out_of_memory;
    bool ended;
    int status;
};

static void tell(const struct plan_message *message, const int *fds, size_t fd_count)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * SANDBOX_LISTENS_MAX)];
        struct cmsghdr aligned;
    } control = { .bytes = { 0 } };
    union {
        const struct plan_message *asked;
        void *bytes; /* sendmsg only reads it */
    } body = { message };
    struct iovec piece = { body.bytes, sizeof(*message) };
    struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1 };
    if (fd_count > 0) {
        head.msg_control = control.bytes;
        head.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.aligned = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                                            .cmsg_len = CMSG_LEN(sizeof(int) * fd_count) };
        memcpy(CMSG_DATA(&control.aligned), fds, sizeof(int) * fd_count);
    }
    (void)!sendmsg(PLAN_CHANNEL, &head, MSG_NOSIGNAL);
}

static void give_up(const char *what)
{
    struct plan_message message = { .word = PLAN_FAILED };
    snprintf(message.reason, sizeof(message.reason), "%s: %s", what, strerror(errno));
    tell(&message, NULL, 0);
    _exit(127);
}

static unsigned who_to_be(const struct plan *plan, bool privileged)
{
    if (plan->missing & SANDBOX_NO_IDENTITY) {
        return 0;
    }
    if (plan->missing & SANDBOX_NO_USER) {
        return privileged ? OUTSIDE_USER : 0;
    }
    return INSIDE_USER;
}

static void look_around(struct plan *plan, bool privileged)
{
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0) {
        plan->missing |= SANDBOX_NO_LANDLOCK;
    }
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) != 0 && errno != EFAULT) {
        plan->missing |= SANDBOX_NO_SECCOMP;
    }
    if (who_to_be(plan, privileged) == 0) {
        plan->missing |= SANDBOX_NO_IDENTITY;
    }
}

/* {port:0} in arguments and environment is the port of the first listener. */
static void tell_ports(struct plan *plan, const uint16_t *ports)
{
    for (size_t i = 0; i < plan->listen_count; i++) {
        char mark[40], port[8];
        snprintf(mark, sizeof(mark), "{port:%zu}", i);
        snprintf(port, sizeof(port), "%u", (unsigned)ports[i]);
        plan_replace(plan, mark, port);
    }
}

static void build(struct plan *plan, bool privileged)
{
    struct plan_message message = { .word = PLAN_READY };
    int fds[SANDBOX_LISTENS_MAX];
    const bool apart = !plan->numbers.host_network && !(plan->missing & SANDBOX_NO_NETWORK);
    if (apart && !inside_network()) {
        give_up("the network inside can't be set up");
    }
    if (!(plan->missing & SANDBOX_NO_ROOT) && !inside_mount(plan)) {
        plan->missing |= SANDBOX_NO_ROOT;
    }
    if (plan->missing & SANDBOX_NO_ROOT) {
        if (privileged && chown(plan->scratch, OUTSIDE_USER, OUTSIDE_USER) != 0) {
            plan->missing |= SANDBOX_NO_IDENTITY; /* a container that has one user only */
        }
        inside_translate(plan);
    }
    (void)!sethostname("lambda", 6);
    look_around(plan, privileged);
    if (!inside_listen(plan, fds, message.ports)) {
        give_up("a listener inside can't be opened");
    }
    tell_ports(plan, message.ports);
    message.missing = plan->missing;
    tell(&message, fds, plan->listen_count);
    for (size_t i = 0; i < plan->listen_count; i++) {
        close(fds[i]);
    }
}

NO_RETURN static void become_program(struct plan *plan, bool privileged)
{
    const unsigned user = who_to_be(plan, privileged);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(nothing, 0) < 0 || dup2(PLAN_OUTPUT, 1) < 0 || dup2(PLAN_OUTPUT, 2) < 0) {
        give_up("output");
    }
    if (chdir(plan->folder) != 0) {
        give_up(plan->folder);
    }
    inside_identity(user, user == INSIDE_USER ? INSIDE_GROUP : OUTSIDE_USER);
    if (!(plan->missing & SANDBOX_NO_LANDLOCK) && !inside_landlock(plan, !(plan->missing & SANDBOX_NO_ROOT))) {
        give_up("Landlock");
    }
    if (!(plan->missing & SANDBOX_NO_SECCOMP) && !inside_seccomp()) {
        give_up("seccomp");
    }
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    inside_limits(plan); /* last: what came before may need memory that the program may not have */
    execve(plan->arguments[0], plan->arguments, plan->environment);
    char what[128];
    snprintf(what, sizeof(what), "fork/exec %s", plan->arguments[0]);
    give_up(what);
    _exit(127);
}

static bool has_processes(const struct watch *watch)
{
    return !(watch->plan->missing & SANDBOX_NO_PROCESS);
}

/* As process 1: everyone else in here. Otherwise the program's group; who left it is caught by waiting, as subreaper. */
static void signal_all(const struct watch *watch, int number)
{
    kill(has_processes(watch) ? -1 : -watch->program, number);
}

static void listen_to_server(struct watch *watch)
{
    struct plan_message message = { .word = 0 };
    const ssize_t size = recv(PLAN_CHANNEL, &message, sizeof(message), 0);
    if (size <= 0) {
        signal_all(watch, SIGKILL);
        _exit(0);
    }
    if (has_processes(watch) && (message.word == PLAN_FREEZE || message.word == PLAN_THAW)) {
        watch->frozen = message.word == PLAN_FREEZE;
        signal_all(watch, watch->frozen ? SIGSTOP : SIGCONT);
    }
}

static void reap(struct watch *watch)
{
    int status = 0;
    for (int process = 0; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (process == watch->program) {
            watch->ended = true;
            watch->status = status;
        }
    }
}

static void weigh(struct watch *watch)
{
    const uint64_t now = inside_memory(has_processes(watch) ? 0 : watch->program);
    if (now > watch->plan->numbers.memory) {
        watch->out_of_memory = true;
        signal_all(watch, SIGKILL);
    }
    if (now > watch->most) {
        watch->most = now;
        tell(&(struct plan_message){ .word = PLAN_MEMORY, .memory = now }, NULL, 0);
    }
}

static void tell_end(struct watch *watch)
{
    struct plan_message message = {
        .word = PLAN_ENDED,
        .status = WIFEXITED(watch->status) ? WEXITSTATUS(watch->status) : -1,
        .signal = WIFSIGNALED(watch->status) ? WTERMSIG(watch->status) : 0,
        .memory = watch->most,
        .out_of_memory = watch->out_of_memory,
    };
    signal_all(watch, SIGKILL);
    tell(&message, NULL, 0);
    _exit(0);
}

static void start_program(struct watch *watch, bool privileged)
{
    watch->program = fork();
    if (watch->program == 0) {
        become_program(watch->plan, privileged);
    }
    if (watch->program < 0) {
        give_up("fork");
    }
    close(PLAN_OUTPUT);
}

void inside_watch(struct plan *plan, bool privileged)
{
    struct watch watch = { .plan = plan };
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    watch.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    build(plan, privileged);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    start_program(&watch, privileged);
    struct pollfd both[] = { { PLAN_CHANNEL, POLLIN, 0 }, { watch.signals, POLLIN, 0 } };
    for (;;) {
        struct signalfd_siginfo ignored;
        poll(both, COUNT_OF(both), watch.frozen ? -1 : TICK_MS);
        if (both[0].revents) {
            listen_to_server(&watch);
        }
        while (read(watch.signals, &ignored, sizeof(ignored)) > 0) {
        }
        if (!watch.frozen) {
            weigh(&watch);
        }
        reap(&watch);
        if (watch.ended) {
            tell_end(&watch);
        }
    }
}
