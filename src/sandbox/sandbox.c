#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sandbox/plan.h"

enum { READY_MS = 10000, LEAVE_MS = 500, HIGH = 64, PIECE = 8192, PIECES_MAX = 64 };

struct sandbox {
    int process; /* the helper; 0: waited for */
    int channel;
    int output;
    int listeners[SANDBOX_LISTENS_MAX];
    size_t listen_count;
    uint16_t ports[SANDBOX_LISTENS_MAX];
    unsigned missing;
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Above those that the helper gets, so that putting one in place can't overwrite another. */
static bool lift(int *fd)
{
    const int high = fcntl(*fd, F_DUPFD_CLOEXEC, HIGH);
    close_fd(fd);
    *fd = high;
    return high >= 0;
}

static int spawn(const char *helper, int channel, int output, int *process)
{
    char name[] = "yagura", command[] = SANDBOX_COMMAND;
    char *const arguments[] = { name, command, NULL };
    char *const environment[] = { NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, channel, PLAN_CHANNEL);
    posix_spawn_file_actions_adddup2(&actions, output, PLAN_OUTPUT);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int code = posix_spawn(process, helper, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static bool wait_readable(int fd, int wait_ms)
{
    struct pollfd one = { fd, POLLIN, 0 };
    return poll(&one, 1, wait_ms) > 0;
}

/* A message and the descriptors with it. 0 at the end, -1 when there is none yet. */
static ssize_t hear(struct sandbox *sandbox, struct plan_message *message)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * SANDBOX_LISTENS_MAX)];
        struct cmsghdr aligned;
    } control = { .bytes = { 0 } };
    struct iovec piece = { message, sizeof(*message) };
    struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
    const ssize_t size = recvmsg(sandbox->channel, &head, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const struct cmsghdr *rights = size > 0 ? CMSG_FIRSTHDR(&head) : NULL;
    if (rights && rights->cmsg_type == SCM_RIGHTS && sandbox->listen_count == 0) {
        sandbox->listen_count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(sandbox->listeners, CMSG_DATA(rights), sandbox->listen_count * sizeof(int));
    }
    if (size > 0) {
        message->reason[sizeof(message->reason) - 1] = '\0';
    }
    return size;
}

static struct err await_ready(struct ctx *ctx, struct sandbox *sandbox)
{
    struct plan_message message = { .word = 0 };
    if (!wait_readable(sandbox->channel, READY_MS) || hear(sandbox, &message) <= 0) {
        return fail(ctx, &FAULT_UNAVAILABLE, "the sandbox did not come up");
    }
    if (message.word != PLAN_READY) {
        return fail(ctx, &FAULT_UNAVAILABLE, "the sandbox did not come up: %s", message.reason);
    }
    sandbox->missing = message.missing;
    memcpy(sandbox->ports, message.ports, sizeof(sandbox->ports));
    return ERR_OK;
}

static struct err launch(struct ctx *ctx, const struct sandbox_options *options, struct sandbox *sandbox)
{
    int pair[2] = { -1, -1 }, printed[2] = { -1, -1 };
    const struct str plan = plan_write(ctx->arena, options);
    if (plan.ptr == NULL) {
        return fail(ctx, &FAULT_INVALID, "environment and arguments are larger than %d bytes", PLAN_SIZE_MAX);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 || pipe2(printed, O_CLOEXEC) != 0
        || !lift(&pair[1]) || !lift(&printed[1])) {
        close_fd(&pair[0]);
        close_fd(&pair[1]);
        close_fd(&printed[0]);
        close_fd(&printed[1]);
        return fail(ctx, &FAULT_IO, "no descriptors for a sandbox: %s", strerror(errno));
    }
    sandbox->channel = pair[0];
    sandbox->output = printed[0];
    fcntl(sandbox->output, F_SETFL, O_NONBLOCK);
    const bool sent = send(sandbox->channel, plan.ptr, plan.len, MSG_NOSIGNAL) == (ssize_t)plan.len;
    const int code = sent ? spawn(options->helper, pair[1], printed[1], &sandbox->process) : errno;
    close_fd(&pair[1]);
    close_fd(&printed[1]);
    if (code != 0) {
        sandbox->process = 0;
        return fail(ctx, &FAULT_IO, "the sandbox can't be started: %s", strerror(code));
    }
    return await_ready(ctx, sandbox);
}

struct err sandbox_start(struct ctx *ctx, const struct sandbox_options *options, struct sandbox **out)
{
    struct sandbox *sandbox = memory_new(sizeof(*sandbox));
    sandbox->channel = sandbox->output = -1;
    const struct err err = launch(ctx, options, sandbox);
    if (err.fault) {
        sandbox_close(sandbox);
        return err;
    }
    *out = sandbox;
    return ERR_OK;
}

/* The helper is left a moment to take its children with it. */
static void wait_for_helper(struct sandbox *sandbox)
{
    for (int i = 0; sandbox->process > 0 && i < LEAVE_MS; i++) {
        if (waitpid(sandbox->process, NULL, WNOHANG) != 0) {
            sandbox->process = 0;
            return;
        }
        clock_sleep_ms(1);
    }
    if (sandbox->process > 0) {
        kill(sandbox->process, SIGKILL);
        waitpid(sandbox->process, NULL, 0);
        sandbox->process = 0;
    }
}

void sandbox_close(struct sandbox *sandbox)
{
    if (sandbox == NULL) {
        return;
    }
    close_fd(&sandbox->channel);
    wait_for_helper(sandbox);
    close_fd(&sandbox->output);
    for (size_t i = 0; i < sandbox->listen_count; i++) {
        close_fd(&sandbox->listeners[i]);
    }
    memory_free(sandbox);
}

unsigned sandbox_missing(const struct sandbox *sandbox)
{
    return sandbox->missing;
}

uint16_t sandbox_port(const struct sandbox *sandbox, size_t listen)
{
    return sandbox->ports[listen];
}

/* False at the end. */
static bool take_message(struct sandbox *sandbox, const struct sandbox_ears *ears, struct sandbox_end *end)
{
    struct plan_message message = { .word = 0 };
    const ssize_t size = hear(sandbox, &message);
    if (size <= 0) {
        return size < 0 && errno == EAGAIN;
    }
    if (message.word == PLAN_FAILED) {
        memcpy(end->reason, message.reason, sizeof(end->reason));
    } else if (message.word == PLAN_MEMORY) {
        ears->memory(ears->self, message.memory);
    } else if (message.word == PLAN_ENDED) {
        end->status = message.status;
        end->signal = message.signal;
        end->out_of_memory = message.out_of_memory;
        return false;
    }
    return true;
}

static void take_connections(struct sandbox *sandbox, const struct pollfd *polled, const struct sandbox_ears *ears)
{
    for (size_t i = 0; i < sandbox->listen_count; i++) {
        const int fd = polled[i].revents & POLLIN ? accept4(sandbox->listeners[i], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
        if (fd >= 0) {
            ears->accepted(ears->self, i, fd);
        }
    }
}

void sandbox_attend(struct sandbox *sandbox, const struct sandbox_ears *ears, struct sandbox_end *end)
{
    struct pollfd polled[SANDBOX_LISTENS_MAX + 2];
    *end = (struct sandbox_end){ .status = -1, .signal = SIGKILL };
    polled[0] = (struct pollfd){ sandbox->channel, POLLIN, 0 };
    polled[1] = (struct pollfd){ sandbox->output, POLLIN, 0 };
    for (size_t i = 0; i < sandbox->listen_count; i++) {
        polled[i + 2] = (struct pollfd){ sandbox->listeners[i], POLLIN, 0 };
    }
    for (bool alive = true; alive;) {
        if (poll(polled, sandbox->listen_count + 2, -1) < 0) {
            continue;
        }
        if (polled[1].revents & POLLIN) {
            ears->printed(ears->self);
        } else if (polled[1].revents) {
            polled[1].fd = -1; /* all have closed it */
        }
        take_connections(sandbox, polled + 2, ears);
        alive = !polled[0].revents || take_message(sandbox, ears, end);
    }
    shutdown(sandbox->channel, SHUT_RDWR);
    wait_for_helper(sandbox);
    ears->printed(ears->self);
}

void sandbox_drain(struct sandbox *sandbox, void (*output)(void *self, struct str bytes), void *self)
{
    char piece[PIECE];
    for (int i = 0; i < PIECES_MAX; i++) {
        const ssize_t size = read(sandbox->output, piece, sizeof(piece));
        if (size <= 0) {
            return;
        }
        output(self, (struct str){ piece, (size_t)size });
    }
}

static void say(struct sandbox *sandbox, enum plan_word word)
{
    const struct plan_message message = { .word = (uint8_t)word };
    (void)!send(sandbox->channel, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void sandbox_kill(struct sandbox *sandbox)
{
    shutdown(sandbox->channel, SHUT_RDWR);
}

void sandbox_freeze(struct sandbox *sandbox)
{
    say(sandbox, PLAN_FREEZE);
}

void sandbox_thaw(struct sandbox *sandbox)
{
    say(sandbox, PLAN_THAW);
}
