/* tetragon.c - events of Tetragon's JSON export: programs started and ended, calls its policies look at, connections, names.
 * spec: Tetragon documentation, events (process_exec, process_exit, process_kprobe, process_lsm, process_loader); process_connect and
 * process_dns as its enterprise edition exports them. A container's id begins with the runtime: "containerd://…". */
#include "ingest/format.h"

#define PROCESS(kind)                                                        \
    { FIELD_PROCESS, kind ".process.binary" },                               \
    { FIELD_COMMAND, kind ".process.arguments" },                            \
    { FIELD_EVENT_ID, kind ".process.exec_id" },                             \
    { FIELD_USER_NAME, kind ".process.uid" },                                \
    { FIELD_NAMESPACE, kind ".process.pod.namespace" },                      \
    { FIELD_NAME, kind ".process.pod.name" },                                \
    { FIELD_CONTAINER, kind ".process.pod.container.id" },                   \
    { FIELD_CONTAINER, kind ".process.docker" },                             \
    { FIELD_RESOURCE, kind ".process.pod.container.image.name" },            \
    { FIELD_HOST, "node_name" },                                             \
    { FIELD_SERVICE, "cluster_name" }

/* A command line begins with the program. */
static void name(struct event *ev, struct str action)
{
    struct str *fields = ev->fields;
    fields[FIELD_ACTION] = action;
    if (fields[FIELD_USER_NAME].len > 0) { /* it is a number */
        fields[FIELD_USER_NAME] = str_format(ev->arena, "uid %" STR_FMT, STR_ARG(fields[FIELD_USER_NAME]));
    }
    fields[FIELD_COMMAND] = fields[FIELD_COMMAND].len == 0
                                ? fields[FIELD_PROCESS]
                                : str_format(ev->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(fields[FIELD_PROCESS]), STR_ARG(fields[FIELD_COMMAND]));
}

static void finish_exec(struct event *ev) { name(ev, STR("process_exec")); }
static void finish_exit(struct event *ev) { name(ev, STR("process_exit")); }
static void finish_connect(struct event *ev) { name(ev, STR("process_connect")); }
static void finish_loader(struct event *ev)
{
    ev->fields[FIELD_EVENT_ID] = STR_NONE;
    name(ev, STR("process_loader"));
}

static void finish_dns(struct event *ev) { name(ev, STR("process_dns")); }

/* One process makes many calls: exec_id alone doesn't tell them apart. */
static void finish_kprobe(struct event *ev)
{
    ev->fields[FIELD_EVENT_ID] = STR_NONE;
    name(ev, STR("process_kprobe"));
}

/* "sha256:…" */
static void finish_lsm(struct event *ev)
{
    const struct str hash = ev->fields[FIELD_HASH];
    const size_t colon = str_find(hash, ':');
    ev->fields[FIELD_HASH] = colon == STR_MISSING ? hash : str_from(hash, colon + 1);
    ev->fields[FIELD_EVENT_ID] = STR_NONE;
    name(ev, STR("process_lsm"));
}

const struct json_format FORMAT_TETRAGON_EXEC = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_exec.process" },
    .times = { "time", "process_exec.process.start_time" },
    .paths = { PROCESS("process_exec") },
    .finish = finish_exec,
};

const struct json_format FORMAT_TETRAGON_EXIT = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_exit.process" },
    .times = { "time", "process_exit.time" },
    .paths = { PROCESS("process_exit"), { FIELD_STATUS, "process_exit.status" } },
    .finish = finish_exit,
};

const struct json_format FORMAT_TETRAGON_KPROBE = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_kprobe.process" },
    .times = { "time" },
    .paths = {
        PROCESS("process_kprobe"),
        { FIELD_SUBRESOURCE, "process_kprobe.function_name" },
        { FIELD_RULE, "process_kprobe.policy_name" },
        { FIELD_MESSAGE, "process_kprobe.message" },
        { FIELD_VERDICT, "process_kprobe.action" },
        { FIELD_KEY, "process_kprobe.args.file_arg.path" },
        { FIELD_KEY, "process_kprobe.args.path_arg.path" },
        { FIELD_IP, "process_kprobe.args.sock_arg.daddr" },
        { FIELD_PORT, "process_kprobe.args.sock_arg.dport" },
        { FIELD_TARGET_IP, "process_kprobe.args.sock_arg.saddr" },
        { FIELD_TARGET_PORT, "process_kprobe.args.sock_arg.sport" },
        { FIELD_PROTOCOL, "process_kprobe.args.sock_arg.protocol" },
    },
    .finish = finish_kprobe,
};

const struct json_format FORMAT_TETRAGON_LSM = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_lsm.process" },
    .times = { "time" },
    .paths = {
        PROCESS("process_lsm"),
        { FIELD_SUBRESOURCE, "process_lsm.function_name" },
        { FIELD_RULE, "process_lsm.policy_name" },
        { FIELD_KEY, "process_lsm.args.linux_binprm_arg.path" },
        { FIELD_KEY, "process_lsm.args.file_arg.path" },
        { FIELD_HASH, "process_lsm.ima_hash" },
    },
    .finish = finish_lsm,
};

const struct json_format FORMAT_TETRAGON_CONNECT = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_connect.process" },
    .times = { "time" },
    .paths = {
        PROCESS("process_connect"),
        { FIELD_IP, "process_connect.destination_ip" },
        { FIELD_PORT, "process_connect.destination_port" },
        { FIELD_TARGET_IP, "process_connect.source_ip" },
        { FIELD_TARGET_PORT, "process_connect.source_port" },
        { FIELD_PROTOCOL, "process_connect.protocol" },
    },
    .finish = finish_connect,
};

const struct json_format FORMAT_TETRAGON_DNS = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_dns.process" },
    .times = { "time" },
    .paths = {
        PROCESS("process_dns"),
        { FIELD_QUERY, "process_dns.dns.names[]" },
        { FIELD_ANSWERS, "process_dns.dns.ips" },
    },
    .finish = finish_dns,
};

const struct json_format FORMAT_TETRAGON_LOADER = {
    .source = SOURCE_TETRAGON,
    .marks = { "process_loader.process" },
    .times = { "time" },
    .paths = { PROCESS("process_loader"), { FIELD_KEY, "process_loader.path" } },
    .finish = finish_loader,
};
