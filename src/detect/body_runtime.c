/* body_runtime.c - which process did it in which workload, from an event of Falco, Tetragon or auditd.
 * spec: GuardDuty API reference, RuntimeDetails, ContainerDetails, EksClusterDetails, EcsClusterDetails, NetworkConnectionAction,
 * DnsRequestAction; CloudWatch user guide, Container Insights: /aws/containerinsights/CLUSTER/LOG. A container that ECS started
 * is called ecs-TASK-…; one of Kubernetes has a namespace. */
#include "detect/body_parts.h"

#include "base/clock.h"
#include "detect/catalogue.h"

struct str body_cluster(const struct event *ev)
{
    const struct str group = body_of_log_group(ev, STR("/aws/containerinsights/"));
    const struct str own = ev->source == SOURCE_TETRAGON ? event_get(ev, FIELD_SERVICE) : STR_NONE;
    return own.len > 0 ? own : group.len > 0 ? group : STR("unnamed");
}

static bool in_container(const struct event *ev)
{
    const struct str id = event_get(ev, FIELD_CONTAINER);
    return id.len > 0 && !str_equal(id, STR("host"));
}

static bool in_kubernetes(const struct event *ev) { return event_get(ev, FIELD_NAMESPACE).len > 0; }

static bool in_ecs(const struct event *ev)
{
    return ev->source == SOURCE_FALCO && in_container(ev) && str_starts(event_get(ev, FIELD_NAME), STR("ecs-"));
}

static struct str host_of(const struct event *ev)
{
    const struct str host = event_get(ev, FIELD_HOST);
    return host.len > 0 ? host : STR("host");
}

/* The narrowest thing that has a name; the process keeps findings of one workload apart. */
static void name(const struct event *ev, const struct detection *detection, struct verdict *verdict)
{
    const struct str pod = event_get(ev, FIELD_NAME);
    const bool container = in_container(ev);
    const struct catalogue_entry *entry = catalogue_find(verdict->type.len > 0 ? verdict->type : detection->type);
    const bool acts = entry && entry->action_type.len > 0; /* spec: the types about traffic and names have the role ACTOR */
    body_default(&verdict->role, acts ? STR("ACTOR") : STR("TARGET"));
    if (in_kubernetes(ev) && pod.len > 0) {
        body_default(&verdict->resource, str_format(ev->arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(event_get(ev, FIELD_NAMESPACE)), STR_ARG(pod)));
    }
    if (ev->source != SOURCE_AUDITD && container) {
        body_default(&verdict->resource, pod);
        body_default(&verdict->resource, event_get(ev, FIELD_CONTAINER));
    }
    body_default(&verdict->resource, host_of(ev));
    body_default(&verdict->resource_type, in_kubernetes(ev) ? STR("EKSCluster") : in_ecs(ev) ? STR("ECSCluster")
                                                        : container         ? STR("Container") : STR("Instance"));
    body_default(&verdict->related, event_get(ev, FIELD_PROCESS));
}

/* "containerd://ID" in two. */
static void write_container(struct json_writer *w, const struct event *ev)
{
    const struct str id = event_get(ev, FIELD_CONTAINER);
    const size_t scheme = str_search(id, STR("://"));
    const struct str image = event_get(ev, FIELD_RESOURCE);
    const size_t slash = str_find_last(image, '/');
    BODY_MEMBERS(w, { STR("containerRuntime"), scheme == STR_MISSING ? STR_NONE : str_slice(id, 0, scheme) },
                 { STR("id"), scheme == STR_MISSING ? id : str_from(id, scheme + 3) },
                 { STR("name"), in_kubernetes(ev) ? STR_NONE : event_get(ev, FIELD_NAME) }, { STR("image"), image },
                 { STR("imagePrefix"), slash == STR_MISSING ? STR_NONE : str_slice(image, 0, slash) });
}

static void write_object(struct json_writer *w, struct str key, struct str name, struct str value)
{
    json_key(w, key);
    json_open_object(w);
    BODY_MEMBERS(w, { name, value });
    json_close_object(w);
}

static void write_pod(struct json_writer *w, const struct event *ev)
{
    write_object(w, STR("eksClusterDetails"), STR("name"), body_cluster(ev));
    json_key(w, STR("kubernetesDetails"));
    json_open_object(w);
    json_key(w, STR("kubernetesWorkloadDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("name"), event_get(ev, FIELD_NAME) }, { STR("type"), STR("pods") }, { STR("namespace"), event_get(ev, FIELD_NAMESPACE) });
    json_key(w, STR("containers"));
    json_open_array(w);
    json_open_object(w);
    write_container(w, ev);
    json_close_object(w);
    json_close_array(w);
    json_close_object(w);
    json_close_object(w);
}

static void write_task(struct json_writer *w, const struct event *ev)
{
    json_key(w, STR("ecsClusterDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("name"), body_cluster(ev) });
    json_key(w, STR("taskDetails"));
    json_open_object(w);
    json_key(w, STR("containers"));
    json_open_array(w);
    json_open_object(w);
    write_container(w, ev);
    json_close_object(w);
    json_close_array(w);
    json_close_object(w);
    json_close_object(w);
}

static struct str resource_of(const struct event *ev)
{
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    if (in_kubernetes(ev)) {
        write_pod(&w, ev);
    } else if (in_ecs(ev)) {
        write_task(&w, ev);
    } else if (in_container(ev)) {
        json_key(&w, STR("containerDetails"));
        json_open_object(&w);
        write_container(&w, ev);
        json_close_object(&w);
    }
    if (!in_kubernetes(ev) || event_get(ev, FIELD_HOST).len > 0) {
        write_object(&w, STR("instanceDetails"), STR("instanceId"), host_of(ev));
    }
    json_close_object(&w);
    return json_done(&w);
}

static struct str base_name(struct str path)
{
    const size_t slash = str_find_last(path, '/');
    return slash == STR_MISSING ? path : str_from(path, slash + 1);
}

/* The event without what wraps it: {"process_exec":{…}}. */
static const struct json *inner_of(const struct event *ev, const struct json *record)
{
    return ev->source == SOURCE_TETRAGON ? json_get(record, event_get(ev, FIELD_ACTION)) : record;
}

/* record_text's paths have no escapes; Falco's keys have dots. */
static struct str falco_field(const struct json *record, const char *key)
{
    const struct json *fields = json_get(record, STR("output_fields"));
    const struct json *value = json_get(fields, str_of(key));
    return value && (value->kind == JSON_STRING || value->kind == JSON_NUMBER) ? value->text : STR_NONE;
}

struct process {
    struct str pid, cwd, user, parent, start;
};

static struct process process_of(const struct event *ev, const struct json *record)
{
    if (ev->source == SOURCE_FALCO) {
        return (struct process){ falco_field(record, "proc.pid"), falco_field(record, "proc.cwd"), falco_field(record, "user.uid"),
                                 falco_field(record, "proc.pname"), STR_NONE };
    }
    const struct json *inner = inner_of(ev, record);
    return (struct process){ record_text(ev->arena, inner, STR("process.pid")), record_text(ev->arena, inner, STR("process.cwd")),
                             record_text(ev->arena, inner, STR("process.uid")), record_text(ev->arena, inner, STR("parent.binary")),
                             record_text(ev->arena, inner, STR("process.start_time")) };
}

static void write_process(struct json_writer *w, const struct event *ev)
{
    const struct process process = process_of(ev, json_parse(ev->arena, ev->raw, NULL));
    const struct str path = event_get(ev, FIELD_PROCESS);
    json_key(w, STR("process"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("name"), base_name(path) }, { STR("executablePath"), path }, { STR("executableSha256"), event_get(ev, FIELD_HASH) },
                 { STR("pwd"), process.cwd }, { STR("user"), event_get(ev, FIELD_USER_NAME) });
    int64_t start_ms = 0;
    if (clock_parse_iso8601(process.start, &start_ms)) {
        body_time(w, STR("startTime"), start_ms);
    }
    body_number(w, STR("pid"), process.pid);
    body_number(w, STR("userId"), process.user);
    if (process.parent.len > 0) {
        json_key(w, STR("lineage"));
        json_open_array(w);
        json_open_object(w);
        BODY_MEMBERS(w, { STR("name"), base_name(process.parent) }, { STR("executablePath"), process.parent });
        json_close_object(w);
        json_close_array(w);
    }
    json_close_object(w);
}

static struct str runtime_of(const struct event *ev)
{
    const struct str command = event_get(ev, FIELD_COMMAND);
    const struct str title = ev->source == SOURCE_AUDITD ? event_get(ev, FIELD_MESSAGE) : STR_NONE; /* proctitle */
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    write_process(&w, ev);
    json_key(&w, STR("context"));
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("commandLineExample"), command.len > 0 ? command : title }, { STR("filePath"), event_get(ev, FIELD_KEY) });
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str connection_of(const struct event *ev)
{
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("NETWORK_CONNECTION"));
    json_key(&w, STR("networkConnectionAction"));
    json_open_object(&w);
    json_member_str(&w, STR("connectionDirection"), STR("OUTBOUND"));
    json_member_bool(&w, STR("blocked"), false);
    json_member_str(&w, STR("protocol"), STR("TCP"));
    body_remote(&w, event_get(ev, FIELD_IP));
    json_key(&w, STR("remotePortDetails"));
    json_open_object(&w);
    body_number(&w, STR("port"), event_get(ev, FIELD_PORT));
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str query_of(const struct event *ev)
{
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("DNS_REQUEST"));
    json_key(&w, STR("dnsRequestAction"));
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("domain"), event_get(ev, FIELD_QUERY) });
    json_member_bool(&w, STR("blocked"), false);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static void fill(const struct event *ev, const struct finding *finding, struct verdict *verdict)
{
    const struct catalogue_entry *entry = catalogue_find(finding->type);
    const struct str action = entry ? entry->action_type : STR_NONE;
    body_default(&verdict->resource_details, resource_of(ev));
    body_default(&verdict->runtime_details, runtime_of(ev));
    if (str_equal(action, STR("NETWORK_CONNECTION"))) {
        body_default(&verdict->action, connection_of(ev));
    }
    if (str_equal(action, STR("DNS_REQUEST"))) {
        body_default(&verdict->action, query_of(ev));
    }
}

const struct body BODY_RUNTIME = { name, fill };
