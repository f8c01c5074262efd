/* kubernetes_unusual.c - a Kubernetes user reads secrets, enters pods, deploys or gives rights unlike its habits.
 * spec: GuardDuty user guide, EKS audit log types, AnomalousBehavior. Every answered call is learned per user; judged are the
 * calls such types are about. Our own reading of unusual: the user has never (or hardly) made this kind of call, and either the
 * cluster has not, or something else is new to the user as well: namespace, network, client or image. The cluster's own
 * accounts (nodes, controllers, EKS) are learned and not judged: their habits change with every upgrade. */
#include "detect/detectors.h"
#include "detect/detectors/among.h"
#include "detect/detectors/listed.h"
#include "detect/learn/learn.h"

enum subject { SECRETS, RIGHTS, EXEC, WORKLOAD, BINDING, ROLE, PRIVILEGED, MOUNT, NOTHING };

static const char *const types[] = {
    [SECRETS] = "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed",
    [RIGHTS] = "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked",
    [EXEC] = "Execution:Kubernetes/AnomalousBehavior.ExecInPod",
    [WORKLOAD] = "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed",
    [BINDING] = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated",
    [ROLE] = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated",
    [PRIVILEGED] = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",
    [MOUNT] = "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
    [NOTHING] = NULL,
};

static enum subject subject_of(const struct event *ev)
{
    const struct str verb = event_get(ev, FIELD_ACTION);
    const struct str resource = event_get(ev, FIELD_RESOURCE);
    const struct str part = event_get(ev, FIELD_SUBRESOURCE);
    const bool writes = AMONG(verb, "create", "update", "patch");
    if (AMONG(part, "exec", "attach")) {
        return EXEC;
    }
    if (part.len > 0) {
        return NOTHING;
    }
    if (str_equal(resource, STR("secrets"))) {
        return AMONG(verb, "get", "list", "watch") ? SECRETS : NOTHING;
    }
    if (AMONG(resource, "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews")) {
        return RIGHTS;
    }
    if (!writes) {
        return NOTHING;
    }
    if (AMONG(resource, "pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs", "replicationcontrollers")) {
        return WORKLOAD;
    }
    return AMONG(resource, "rolebindings", "clusterrolebindings") ? BINDING : AMONG(resource, "roles", "clusterroles") ? ROLE : NOTHING;
}

static bool is_answered(const struct event *ev)
{
    const struct str code = event_get(ev, FIELD_STATUS);
    return event_get(ev, FIELD_USER_NAME).len > 0 && code.len == 3 && (code.ptr[0] == '2' || str_equal(code, STR("101")));
}

static bool is_of_the_cluster(struct str user)
{
    return (str_starts(user, STR("system:")) && !str_starts(user, STR("system:serviceaccount:"))) ||
           str_starts(user, STR("system:serviceaccount:kube-system:")) || str_starts(user, STR("eks:"));
}

/* --- what a workload asks for --- */

static const struct json *any_child(const struct json *tree, bool (*is_it)(const struct json *member))
{
    for (const struct json *j = tree ? tree->child : NULL; j; j = j->next) {
        const struct json *found = is_it(j) ? j : any_child(j, is_it);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static bool is_privileged(const struct json *member) { return str_equal(member->key, STR("privileged")) && json_is_true(member); }

static bool is_sensitive_mount(const struct json *member)
{
    const struct str path = str_equal(member->key, STR("hostPath")) ? json_text(json_get(member, STR("path"))) : STR_NONE;
    return AMONG(path, "/", "/etc", "/root", "/home", "/proc", "/boot", "/dev", "/var/run", "/run", "/var/lib", "/var/lib/kubelet") ||
           str_starts(path, STR("/etc/")) || str_starts(path, STR("/proc/")) || str_starts(path, STR("/root/")) ||
           str_starts(path, STR("/var/lib/kubelet/")) || str_ends(path, STR("docker.sock")) || str_ends(path, STR("containerd.sock"));
}

static bool is_image(const struct json *member) { return str_equal(member->key, STR("image")) && member->kind == JSON_STRING; }

static enum subject kind_of_workload(const struct json *asked)
{
    return any_child(asked, is_privileged) ? PRIVILEGED : any_child(asked, is_sensitive_mount) ? MOUNT : WORKLOAD;
}

/* Without its tag or digest. */
static struct str image_of(const struct json *asked)
{
    const struct json *image = any_child(asked, is_image);
    struct str rest = STR_NONE;
    const struct str name = str_cut(json_text(image), '@', &rest);
    const size_t colon = str_find_last(name, ':');
    const size_t slash = str_find_last(name, '/');
    const bool tagged = colon != STR_MISSING && (slash == STR_MISSING || colon > slash);
    return tagged ? str_slice(name, 0, colon) : name;
}

/* --- habits --- */

static struct str client_of(const struct event *ev)
{
    struct str rest = STR_NONE;
    return str_cut(event_get(ev, FIELD_AGENT), '/', &rest);
}

static bool is_new(struct learn_rarity rarity) { return rarity.entity == LEARN_NEVER || rarity.entity == LEARN_RARE; }

/* What may be new to a user besides the call. */
enum { SPACE, NETWORK, CLIENT, IMAGE, BESIDES };
static const char *const besides[BESIDES] = { "namespace", "network", "client", "image" };
static const unsigned features[BESIDES] = { CLUSTER_NAMESPACE, CLUSTER_NETWORK, CLUSTER_AGENT, CLUSTER_IMAGE };

static struct str words(struct arena *arena, struct str user, struct str call, struct learn_rarity action, const struct str values[BESIDES],
                        const bool news[BESIDES])
{
    struct text text = text_new(arena);
    text_add_format(&text, "%" STR_FMT " has %s before done \"%" STR_FMT "\" on any of %u days", STR_ARG(user),
                    action.entity == LEARN_NEVER ? "never" : "hardly", STR_ARG(call), action.entity_history);
    for (size_t i = 0; i < BESIDES; i++) {
        if (news[i]) {
            text_add_format(&text, ", and the %s %" STR_FMT " is new to it", besides[i], STR_ARG(values[i]));
        }
    }
    return text_str(&text);
}

static bool gives_admin(const struct event *ev)
{
    const struct str asked = event_get(ev, FIELD_REQUEST);
    return str_search(asked, STR("\"name\":\"cluster-admin\"")) != STR_MISSING || str_search(asked, STR("\"name\":\"admin\"")) != STR_MISSING;
}

static bool judge(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel, struct verdict *verdict)
{
    struct learn_view view;
    const struct str user = event_get(ev, FIELD_USER_NAME);
    const struct str account = event_get(ev, FIELD_ACCOUNT);
    (void)memory;
    if (!learn_at(learning->learn, LEARN_CLUSTER, account.len > 0 ? account : STR("cluster"), user, ev->at_ms, &view)) {
        return false;
    }
    enum subject subject = subject_of(ev);
    const struct json *asked = subject == WORKLOAD ? json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL) : NULL;
    const struct str part = event_get(ev, FIELD_SUBRESOURCE);
    const struct str call = str_format(ev->arena, "%" STR_FMT " %" STR_FMT "%s%" STR_FMT, STR_ARG(event_get(ev, FIELD_ACTION)),
                                       STR_ARG(event_get(ev, FIELD_RESOURCE)), part.len > 0 ? "/" : "", STR_ARG(part));
    const struct str values[BESIDES] = { event_get(ev, FIELD_NAMESPACE), among_networks(ev, intel), client_of(ev), image_of(asked) };
    const struct learn_rarity action = learn_value(&view, CLUSTER_ACTION, call);
    bool news[BESIDES];
    bool more = action.account == LEARN_NEVER || action.account == LEARN_RARE;
    for (size_t i = 0; i < BESIDES; i++) {
        news[i] = learn_value(&view, features[i], values[i]).entity == LEARN_NEVER;
        more = more || news[i];
    }
    if (!view.judged || subject == NOTHING || is_of_the_cluster(user) || !is_new(action) || !more) {
        return false;
    }
    learn_distrust(&view);
    subject = subject == WORKLOAD ? kind_of_workload(asked) : subject;
    listed_type(verdict, types[subject]);
    verdict->severity = subject == BINDING && gives_admin(ev) ? 8 : verdict->severity;
    verdict->why = words(ev->arena, user, call, action, values, news);
    return true;
}

const struct detector KUBERNETES_UNUSUAL = {
    .detection = {
        .id = STR_INIT("kubernetes-unusual"),
        .type = STR_INIT("Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed"),
        .severity = 5,
        .resource = STR_INIT("EKSCluster"),
        .title = STR_INIT("${caller} used the Kubernetes API of ${resource} in an unusual way."),
        .description = STR_INIT("${caller} called ${verb} on ${requestURI} of ${resource} from ${source}, unlike its habits: ${why}."),
    },
    .types = types,
    .source = SOURCE_KUBERNETES,
    .learns = true,
    .wants = is_answered,
    .judge = judge,
};
