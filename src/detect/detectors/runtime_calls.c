/* runtime_calls.c - what Tetragon's events only tell by the place of an argument, or together with earlier ones.
 * spec: ptrace(2): the request comes first; GuardDuty user guide, ProcessInjection.Ptrace, PtraceAntiDebugging,
 * NewBinaryExecuted and NewLibraryLoaded: made or changed since the container started, and then run or loaded. */
#include "detect/detectors.h"
#include "detect/detectors/listed.h"

enum { PTRACE_TRACEME = 0, PTRACE_POKETEXT = 4, PTRACE_POKEDATA = 5, PTRACE_SETREGS = 13, PTRACE_SETFPREGS = 15 };

static bool is_ptrace(const struct event *ev) { return str_ends(event_get(ev, FIELD_SUBRESOURCE), STR("sys_ptrace")); }

static bool is_debugger(struct str program)
{
    return str_ends(program, STR("/gdb")) || str_ends(program, STR("/strace")) || str_ends(program, STR("/ltrace"));
}

static const char *const ptrace_types[] = { "DefenseEvasion:Runtime/ProcessInjection.Ptrace", "DefenseEvasion:Runtime/PtraceAntiDebugging", NULL };

static bool inspect_ptrace(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    const struct json *args = json_path(json_parse(ev->arena, ev->raw, NULL), "process_kprobe.args");
    const struct json *first = args ? args->child : NULL;
    int64_t request = -1;
    if (first == NULL || !(json_int(json_get(first, STR("int_arg")), &request) || json_int(json_get(first, STR("long_arg")), &request))) {
        return false;
    }
    const bool guards = request == PTRACE_TRACEME && !is_debugger(event_get(ev, FIELD_PROCESS));
    const bool writes = request == PTRACE_POKETEXT || request == PTRACE_POKEDATA || request == PTRACE_SETREGS || request == PTRACE_SETFPREGS;
    listed_type(verdict, ptrace_types[writes ? 0 : 1]);
    verdict->why = writes ? STR("it wrote into another process by ptrace") : STR("it has itself traced, so that no debugger can");
    return guards || writes;
}

const struct detector RUNTIME_PTRACE = {
    .detection = {
        .id = STR_INIT("runtime-ptrace"),
        .type = STR_INIT("DefenseEvasion:Runtime/ProcessInjection.Ptrace"),
        .severity = 5,
        .resource = STR_INIT("Instance"),
        .title = STR_INIT("A process used ptrace in a way that attackers do (${resource})."),
        .description = STR_INIT("A process of ${resource} did it: ${why}."),
    },
    .types = ptrace_types,
    .source = SOURCE_TETRAGON,
    .when = { { FIELD_ACTION, "process_kprobe" } },
    .wants = is_ptrace,
    .inspect = inspect_ptrace,
};

/* Of one container: the files written last. */
enum { WRITTEN_MAX = 24 };
struct written {
    uint64_t files[WRITTEN_MAX]; /* hashes of paths; 0: none */
    uint32_t next;
};

static bool is_call(const struct event *ev, const char *function) { return str_ends(event_get(ev, FIELD_SUBRESOURCE), str_of(function)); }

/* spec: Linux, MAY_WRITE is 2; Tetragon writes arguments without blanks. */
static bool is_write(const struct event *ev)
{
    return is_call(ev, "security_path_truncate") || is_call(ev, "security_inode_create") ||
           (is_call(ev, "security_file_permission") && str_search(ev->raw, STR("\"int_arg\":2")) != STR_MISSING);
}

static bool is_exec(const struct event *ev) { return str_equal(event_get(ev, FIELD_ACTION), STR("process_exec")); }

static bool is_load(const struct event *ev)
{
    return str_equal(event_get(ev, FIELD_ACTION), STR("process_loader")) || is_call(ev, "security_mmap_file");
}

static bool is_library(struct str path) { return str_ends(path, STR(".so")) || str_search(path, STR(".so.")) != STR_MISSING; }

static bool is_of_container(const struct event *ev)
{
    return event_get(ev, FIELD_CONTAINER).len > 0 && (is_write(ev) || is_exec(ev) || (is_load(ev) && is_library(event_get(ev, FIELD_KEY))));
}

static bool was_written(const struct written *written, uint64_t file)
{
    bool found = false;
    for (size_t i = 0; i < WRITTEN_MAX; i++) {
        found = found || written->files[i] == file;
    }
    return found;
}

static const char *const drift_types[] = { "Execution:Runtime/NewBinaryExecuted", "Execution:Runtime/NewLibraryLoaded", NULL };

static bool inspect_drift(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    struct written *written = memory;
    (void)intel;
    const bool write = is_write(ev);
    const struct str path = is_exec(ev) ? event_get(ev, FIELD_PROCESS) : event_get(ev, FIELD_KEY);
    const uint64_t file = str_hash(path) | 1;
    const bool known = was_written(written, file);
    if (write && !known && path.len > 0) {
        written->files[written->next++ % WRITTEN_MAX] = file;
    }
    listed_type(verdict, drift_types[is_exec(ev) ? 0 : 1]);
    verdict->why = str_format(ev->arena, "%" STR_FMT " was written in the container before", STR_ARG(path));
    return !write && known;
}

const struct detector RUNTIME_DRIFT = {
    .detection = {
        .id = STR_INIT("runtime-drift"),
        .type = STR_INIT("Execution:Runtime/NewBinaryExecuted"),
        .severity = 5,
        .resource = STR_INIT("Container"),
        .title = STR_INIT("A container runs a file that its image did not hold (${resource})."),
        .description = STR_INIT("A process of ${resource} did it: ${why}."),
    },
    .types = drift_types,
    .source = SOURCE_TETRAGON,
    .wants = is_of_container,
    .key = FIELD_CONTAINER,
    .memory = sizeof(struct written),
    .inspect = inspect_drift,
};
