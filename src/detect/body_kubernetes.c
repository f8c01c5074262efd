/* body_kubernetes.c - who asked what of a cluster's API server, from an audit event.
 * spec: GuardDuty API reference, EksClusterDetails, KubernetesDetails, KubernetesApiCallAction; Kubernetes API, PodSpec. */
#include "detect/body_parts.h"

enum { LIST_MAX = 10 };

static struct str cluster_of(const struct event *ev) { return body_of_log_group(ev, STR("/aws/eks/")); }

static void name(const struct event *ev, const struct detection *detection, struct verdict *verdict)
{
    (void)detection;
    const struct str cluster = cluster_of(ev);
    body_default(&verdict->resource, cluster.len > 0 ? cluster : STR("unnamed"));
    body_default(&verdict->resource_type, STR("EKSCluster"));
}

static struct str arn_of(const struct event *ev, const struct finding *finding)
{
    const struct str cluster = cluster_of(ev);
    if (cluster.len == 0) {
        return STR_NONE;
    }
    return str_format(ev->arena, "arn:aws:eks:%" STR_FMT ":%" STR_FMT ":cluster/%" STR_FMT, STR_ARG(finding->region),
                      STR_ARG(finding->account), STR_ARG(cluster));
}

static void write_texts(struct json_writer *w, struct str key, const struct json *list)
{
    if (list == NULL || list->kind != JSON_ARRAY || list->child == NULL) {
        return;
    }
    json_key(w, key);
    json_open_array(w);
    size_t count = 0;
    for (const struct json *j = list->child; j && count < LIST_MAX; j = j->next, count++) {
        json_str(w, record_short(w->text.arena, json_text(j), RECORD_TEXT_MAX));
    }
    json_close_array(w);
}

static void write_user(struct json_writer *w, const struct json *record)
{
    const struct json *user = json_get(record, STR("user"));
    const struct json *impersonated = json_get(record, STR("impersonatedUser"));
    json_key(w, STR("kubernetesUserDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("username"), json_text(json_get(user, STR("username"))) }, { STR("uid"), json_text(json_get(user, STR("uid"))) });
    write_texts(w, STR("groups"), json_get(user, STR("groups")));
    write_texts(w, STR("sessionName"), json_path(user, "extra.sessionName"));
    if (impersonated) {
        json_key(w, STR("impersonatedUser"));
        json_open_object(w);
        BODY_MEMBERS(w, { STR("username"), json_text(json_get(impersonated, STR("username"))) });
        write_texts(w, STR("groups"), json_get(impersonated, STR("groups")));
        json_close_object(w);
    }
    json_close_object(w);
}

static void write_flag(struct json_writer *w, struct str key, const struct json *flag)
{
    if (flag && (flag->kind == JSON_TRUE || flag->kind == JSON_FALSE)) {
        json_member_bool(w, key, flag->kind == JSON_TRUE);
    }
}

static void write_mounts(struct json_writer *w, const struct json *mounts)
{
    json_key(w, STR("volumeMounts"));
    json_open_array(w);
    size_t count = 0;
    for (const struct json *j = mounts ? mounts->child : NULL; j && count < LIST_MAX; j = j->next, count++) {
        json_open_object(w);
        BODY_MEMBERS(w, { STR("name"), json_text(json_get(j, STR("name"))) }, { STR("mountPath"), json_text(json_get(j, STR("mountPath"))) });
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_container(struct json_writer *w, const struct json *container)
{
    const struct json *security = json_get(container, STR("securityContext"));
    const struct str image = json_text(json_get(container, STR("image")));
    const size_t slash = str_find_last(image, '/');
    json_open_object(w);
    BODY_MEMBERS(w, { STR("name"), json_text(json_get(container, STR("name"))) }, { STR("image"), image },
                 { STR("imagePrefix"), slash == STR_MISSING ? STR_NONE : str_slice(image, 0, slash) });
    write_mounts(w, json_get(container, STR("volumeMounts")));
    json_key(w, STR("securityContext"));
    json_open_object(w);
    write_flag(w, STR("privileged"), json_get(security, STR("privileged")));
    write_flag(w, STR("allowPrivilegeEscalation"), json_get(security, STR("allowPrivilegeEscalation")));
    json_close_object(w);
    json_close_object(w);
}

static void write_containers(struct json_writer *w, const struct json *containers)
{
    json_key(w, STR("containers"));
    json_open_array(w);
    size_t count = 0;
    for (const struct json *j = containers ? containers->child : NULL; j && count < LIST_MAX; j = j->next, count++) {
        write_container(w, j);
    }
    json_close_array(w);
}

static void write_volumes(struct json_writer *w, const struct json *volumes)
{
    json_key(w, STR("volumes"));
    json_open_array(w);
    size_t count = 0;
    for (const struct json *j = volumes ? volumes->child : NULL; j && count < LIST_MAX; j = j->next, count++) {
        const struct str path = json_text(json_path(j, "hostPath.path"));
        json_open_object(w);
        BODY_MEMBERS(w, { STR("name"), json_text(json_get(j, STR("name"))) });
        if (path.len > 0) {
            json_key(w, STR("hostPath"));
            json_open_object(w);
            BODY_MEMBERS(w, { STR("path"), path });
            json_close_object(w);
        }
        json_close_object(w);
    }
    json_close_array(w);
}

/* The pod's description in what was asked for or answered: of a pod itself, or of what makes pods. */
static const struct json *pod_spec(const struct json *record)
{
    static const char *const paths[] = { "responseObject.spec.template.spec", "requestObject.spec.template.spec",
                                         "responseObject.spec.jobTemplate.spec.template.spec",
                                         "requestObject.spec.jobTemplate.spec.template.spec", "responseObject.spec",
                                         "requestObject.spec" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct json *spec = json_path(record, paths[i]);
        if (json_get(spec, STR("containers"))) {
            return spec;
        }
    }
    return NULL;
}

static bool is_workload(struct str resource)
{
    static const char *const kinds[] = { "pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs",
                                         "replicationcontrollers" };
    bool is = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        is = is || str_equal(resource, str_of(kinds[i]));
    }
    return is;
}

static void write_workload(struct json_writer *w, const struct event *ev, const struct json *record)
{
    if (!is_workload(event_get(ev, FIELD_RESOURCE))) {
        return;
    }
    const struct json *spec = pod_spec(record);
    const struct str answered = json_text(json_path(record, "responseObject.metadata.name"));
    json_key(w, STR("kubernetesWorkloadDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("name"), event_get(ev, FIELD_NAME).len > 0 ? event_get(ev, FIELD_NAME) : answered },
                 { STR("type"), event_get(ev, FIELD_RESOURCE) },
                 { STR("uid"), json_text(json_path(record, "responseObject.metadata.uid")) },
                 { STR("namespace"), event_get(ev, FIELD_NAMESPACE) },
                 { STR("serviceAccountName"), json_text(json_get(spec, STR("serviceAccountName"))) });
    write_flag(w, STR("hostNetwork"), json_get(spec, STR("hostNetwork")));
    write_flag(w, STR("hostPID"), json_get(spec, STR("hostPID")));
    write_flag(w, STR("hostIPC"), json_get(spec, STR("hostIPC")));
    write_containers(w, json_get(spec, STR("containers")));
    write_volumes(w, json_get(spec, STR("volumes")));
    json_close_object(w);
}

static struct str resource_of(const struct event *ev, const struct finding *finding, const struct json *record)
{
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_key(&w, STR("eksClusterDetails"));
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("name"), finding->resource_id }, { STR("arn"), arn_of(ev, finding) });
    json_close_object(&w);
    if (event_get(ev, FIELD_ACCESS_KEY).len > 0) {
        json_key(&w, STR("accessKeyDetails"));
        json_open_object(&w);
        BODY_MEMBERS(&w, { STR("accessKeyId"), event_get(ev, FIELD_ACCESS_KEY) });
        json_close_object(&w);
    }
    json_key(&w, STR("kubernetesDetails"));
    json_open_object(&w);
    write_user(&w, record);
    write_workload(&w, ev, record);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static void write_checked(struct json_writer *w, const struct json *record)
{
    const struct json *asked = json_path(record, "requestObject.spec.resourceAttributes");
    json_key(w, STR("kubernetesPermissionCheckedDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("verb"), json_text(json_get(asked, STR("verb"))) }, { STR("resource"), json_text(json_get(asked, STR("resource"))) },
                 { STR("namespace"), json_text(json_get(asked, STR("namespace"))) });
    write_flag(w, STR("allowed"), json_path(record, "responseObject.status.allowed"));
    json_close_object(w);
}

static void write_role(struct json_writer *w, const struct event *ev, const struct json *record)
{
    const struct str resource = event_get(ev, FIELD_RESOURCE);
    const bool binding = str_ends(resource, STR("rolebindings"));
    const bool whole = json_path(record, "responseObject.metadata") != NULL;
    const struct json *object = json_get(record, whole ? STR("responseObject") : STR("requestObject"));
    json_key(w, binding ? STR("kubernetesRoleBindingDetails") : STR("kubernetesRoleDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("kind"), json_text(json_get(object, STR("kind"))) }, { STR("name"), json_text(json_path(object, "metadata.name")) },
                 { STR("uid"), json_text(json_path(object, "metadata.uid")) });
    if (binding) {
        BODY_MEMBERS(w, { STR("roleRefName"), json_text(json_path(object, "roleRef.name")) },
                     { STR("roleRefKind"), json_text(json_path(object, "roleRef.kind")) });
    }
    json_close_object(w);
}

static void write_call(struct json_writer *w, const struct event *ev, const struct json *record)
{
    json_key(w, STR("kubernetesApiCallAction"));
    json_open_object(w);
    BODY_MEMBERS(w, { STR("requestUri"), event_get(ev, FIELD_URI) }, { STR("verb"), event_get(ev, FIELD_ACTION) },
                 { STR("resource"), event_get(ev, FIELD_RESOURCE) }, { STR("subresource"), event_get(ev, FIELD_SUBRESOURCE) },
                 { STR("namespace"), event_get(ev, FIELD_NAMESPACE) }, { STR("resourceName"), event_get(ev, FIELD_NAME) },
                 { STR("userAgent"), event_get(ev, FIELD_AGENT) });
    write_texts(w, STR("sourceIPs"), json_get(record, STR("sourceIPs")));
    body_remote(w, event_get(ev, FIELD_IP));
    body_number(w, STR("statusCode"), event_get(ev, FIELD_STATUS));
    json_close_object(w);
}

static struct str action_of(const struct event *ev, const struct json *record)
{
    const struct str resource = event_get(ev, FIELD_RESOURCE);
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("KUBERNETES_API_CALL"));
    write_call(&w, ev, record);
    if (str_ends(resource, STR("accessreviews"))) {
        write_checked(&w, record);
    }
    if (str_ends(resource, STR("roles")) || str_ends(resource, STR("rolebindings"))) {
        write_role(&w, ev, record);
    }
    json_close_object(&w);
    return json_done(&w);
}

static void fill(const struct event *ev, const struct finding *finding, struct verdict *verdict)
{
    const struct json *record = json_parse(ev->arena, ev->raw, NULL);
    body_default(&verdict->resource_details, resource_of(ev, finding, record));
    body_default(&verdict->action, action_of(ev, record));
}

const struct body BODY_KUBERNETES = { name, fill };
