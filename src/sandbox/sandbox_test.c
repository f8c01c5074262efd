#include "sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/plan.h"
#include "tests/test.h"

/* This test program is its own helper. */
__attribute__((constructor)) static void be_helper(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], SANDBOX_COMMAND) == 0) {
        sandbox_helper();
    }
}

struct heard {
    struct text text;
    uint64_t memory;
    struct sandbox *sandbox;
    size_t connections;
    struct sandbox_end end;
};

static void hear_bytes(void *self, struct str bytes)
{
    struct heard *heard = self;
    if (heard->text.len < 1 << 20) {
        text_add(&heard->text, bytes);
    }
}

static void hear_printed(void *self)
{
    struct heard *heard = self;
    sandbox_drain(heard->sandbox, hear_bytes, heard);
}

static void hear_accepted(void *self, size_t listen, int fd)
{
    struct heard *heard = self;
    (void)listen;
    heard->connections++;
    dprintf(fd, "hello from outside\n");
    close(fd);
}

static void hear_memory(void *self, uint64_t bytes)
{
    struct heard *heard = self;
    heard->memory = bytes;
}

/* Runs a shell script inside; what it printed and how it ended. */
static struct heard run(struct arena *arena, const char *script, struct sandbox_options options)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct heard heard = { .text = text_new(arena) };
    const char *const arguments[] = { "/bin/bash", "-c", script, NULL };
    const char *const environment[] = { "PATH=/usr/bin:/bin", "WHERE=/var/task", NULL };
    const char *folder = test_folder(arena);
    const char *root = str_cstr(arena, str_format(arena, "%s/root", folder));
    const char *scratch = str_cstr(arena, str_format(arena, "%s/tmp", folder));
    const char *task = str_cstr(arena, str_format(arena, "%s/task", folder));
    const struct sandbox_bind binds[] = { { task, "/var/task" } };
    const struct sandbox_listen listens[] = { { "127.0.0.1", 9001 }, { "192.0.2.9", 5432 } };
    mkdir(root, 0755);
    mkdir(scratch, 0777);
    mkdir(task, 0755);
    options.helper = "/proc/self/exe";
    options.arguments = arguments;
    options.environment = environment;
    options.folder = "/var/task";
    options.root = root;
    options.scratch = scratch;
    options.binds = binds;
    options.bind_count = 1;
    options.listens = listens;
    options.listen_count = options.host_network ? 0 : 2;
    options.memory = options.memory ? options.memory : (uint64_t)128 << 20;
    options.temporary = options.temporary ? options.temporary : (uint64_t)1 << 20;
    options.processes = options.processes ? options.processes : 32;
    CHECK_OK(sandbox_start(&ctx, &options, &heard.sandbox));
    sandbox_attend(heard.sandbox, &(struct sandbox_ears){ hear_printed, hear_accepted, hear_memory, &heard }, &heard.end);
    return heard;
}

static unsigned end(struct heard *heard)
{
    const unsigned missing = sandbox_missing(heard->sandbox);
    sandbox_close(heard->sandbox);
    return missing;
}

TEST(a_program_prints_and_ends_with_its_status)
{
    struct heard heard = run(arena, "echo $WHERE; pwd; exit 7", (struct sandbox_options){ .host_network = true });
    CHECK_INT(heard.end.status, 7);
    if (!(end(&heard) & SANDBOX_NO_ROOT)) {
        CHECK_STR(text_str(&heard.text), "/var/task\n/var/task\n");
    }
}

TEST(nothing_of_the_machine_can_be_seen_or_changed)
{
    struct heard heard = run(arena, "ls /home /root /etc/shadow 2>&1 | grep -c .; touch /usr/x /var/task/x /x /etc/x 2>/dev/null || echo fast;"
                                    "ls /proc | grep -c '^[0-9]'; id -u; hostname; touch /tmp/x && echo scratch",
                             (struct sandbox_options){ .processes = 64 });
    if (!(end(&heard) & (SANDBOX_NO_ROOT | SANDBOX_NO_PROCESS))) {
        CHECK(str_search(text_str(&heard.text), STR("fast")) != STR_MISSING);
        CHECK(str_search(text_str(&heard.text), STR("993\nlambda\nscratch\n")) != STR_MISSING);
    }
}

TEST(a_listener_inside_is_answered_from_outside_and_nothing_else_answers)
{
    struct heard heard = run(arena, "cat < /dev/tcp/127.0.0.1/9001; cat < /dev/tcp/192.0.2.9/5432;"
                                    "cat < /dev/tcp/192.0.2.10/80 || echo refused", (struct sandbox_options){ 0 });
    if (!(end(&heard) & SANDBOX_NO_NETWORK)) {
        CHECK_INT(heard.connections, 2);
        CHECK(str_search(text_str(&heard.text), STR("hello from outside\nhello from outside\n")) != STR_MISSING);
        CHECK(str_ends(text_str(&heard.text), STR("refused\n")));
    }
}

TEST(a_fork_bomb_is_bounded_and_dies_with_its_program)
{
    struct heard heard = run(arena, "for i in $(seq 200); do sleep 60 & done 2>/dev/null; exit 3",
                             (struct sandbox_options){ .processes = 24 });
    CHECK(heard.end.status > 0); /* bash gives up when it can't fork */
    (void)end(&heard);
}

TEST(a_memory_hog_is_killed)
{
    struct heard heard = run(arena, "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}",
                             (struct sandbox_options){ .memory = (uint64_t)64 << 20 });
    CHECK(heard.end.out_of_memory);
    CHECK_INT(heard.end.signal, 9);
    (void)end(&heard);
}

TEST(a_disk_filler_meets_the_end_of_its_disk)
{
    struct heard heard = run(arena, "head -c 9000000 /dev/zero > /tmp/big || echo full", (struct sandbox_options){ .temporary = 1 << 20 });
    CHECK(!(end(&heard) & SANDBOX_NO_ROOT) ? str_search(text_str(&heard.text), STR("full")) != STR_MISSING : true);
}

TEST(doors_into_the_kernel_are_shut)
{
    struct heard heard = run(arena, "unshare -r true || echo no-namespace; mount -t tmpfs x /tmp 2>&1 || echo no-mount;"
                                    "grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status", (struct sandbox_options){ 0 });
    const struct str said = text_str(&heard.text);
    if (!(end(&heard) & (SANDBOX_NO_SECCOMP | SANDBOX_NO_ROOT))) {
        CHECK(str_search(said, STR("no-namespace")) != STR_MISSING);
        CHECK(str_search(said, STR("no-mount")) != STR_MISSING);
        CHECK(str_search(said, STR("CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2")) != STR_MISSING);
    }
}

TEST(what_cannot_be_run_says_why)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct heard heard = { .text = text_new(arena) };
    const char *const arguments[] = { "/var/task/bootstrap", NULL };
    const char *const none[] = { NULL };
    const char *folder = test_folder(arena);
    const struct sandbox_options options = { .helper = "/proc/self/exe", .arguments = arguments, .environment = none, .folder = "/",
        .root = folder, .scratch = folder, .memory = 64 << 20, .temporary = 1 << 20, .processes = 8, .host_network = true };
    CHECK_OK(sandbox_start(&ctx, &options, &heard.sandbox));
    sandbox_attend(heard.sandbox, &(struct sandbox_ears){ hear_printed, hear_accepted, hear_memory, &heard }, &heard.end);
    CHECK_STR(str_of(heard.end.reason), "fork/exec /var/task/bootstrap: No such file or directory");
    (void)end(&heard);
}

TEST(a_plan_reads_back_as_it_was_written)
{
    static struct plan plan;
    const char *const words[] = { "a", "", "b c", NULL };
    const struct sandbox_options options = { .arguments = words, .environment = words, .folder = "/f", .root = "/r", .scratch = "/s",
        .memory = 5, .host_network = true };
    const struct str written = plan_write(arena, &options);
    char *message = arena_alloc(arena, written.len + 1);
    memcpy(message, written.ptr, written.len);
    CHECK(plan_read(message, written.len, &plan));
    CHECK_INT(plan.argument_count, 3);
    CHECK_STR(str_of(plan.arguments[2]), "b c");
    CHECK(plan.numbers.memory == 5 && plan.numbers.host_network);
    CHECK(!plan_read(message, written.len - 1, &plan));
}
