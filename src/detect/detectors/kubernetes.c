/* kubernetes.c - calls to a cluster's API server by nobody in particular, and from addresses that stand on a list.
 * spec: GuardDuty user guide, EKS audit log types SuccessfulAnonymousAccess, TorIPCaller, MaliciousIPCaller(.Custom) of
 * CredentialAccess, DefenseEvasion, Discovery, Impact and Persistence. The guide names purposes, not calls; which call serves
 * which purpose is our own reading:
 * - to read secrets, or to be given a token or certificate, is CredentialAccess;
 * - to delete events is DefenseEvasion; other reading, and asking for one's own rights, Discovery;
 * - to delete anything else, to enter a pod or to reach through it is Impact; what stays behind is Persistence. */
#include "detect/detectors.h"
#include "detect/detectors/among.h"
#include "detect/detectors/listed.h"

enum purpose { CREDENTIALS, EVASION, DISCOVERY, IMPACT, PERSISTENCE, PURPOSES };

static enum purpose purpose_of(const struct event *ev)
{
    const struct str verb = event_get(ev, FIELD_ACTION);
    const struct str resource = event_get(ev, FIELD_RESOURCE);
    const struct str part = event_get(ev, FIELD_SUBRESOURCE);
    const bool reads = AMONG(verb, "get", "list", "watch", "head");
    if (str_equal(resource, STR("secrets")) || str_equal(part, STR("token")) || str_equal(resource, STR("certificatesigningrequests"))) {
        return !str_starts(verb, STR("delete")) ? CREDENTIALS : IMPACT;
    }
    if (AMONG(part, "exec", "attach", "portforward", "proxy")) {
        return IMPACT;
    }
    if (verb.len == 0 || reads || str_ends(resource, STR("accessreviews")) || str_ends(resource, STR("rulesreviews"))) {
        return DISCOVERY;
    }
    if (str_starts(verb, STR("delete"))) {
        return str_equal(resource, STR("events")) ? EVASION : IMPACT;
    }
    return PERSISTENCE;
}

/* An answer has a status; a call that was only received has none yet. */
static bool is_answered(const struct event *ev)
{
    const struct str code = event_get(ev, FIELD_STATUS);
    return code.len == 3 && (code.ptr[0] == '2' || str_equal(code, STR("101")));
}

/* spec: Kubernetes, API access: a call without credentials is of system:anonymous, in the group system:unauthenticated. */
static bool is_anonymous(const struct event *ev)
{
    return str_equal(event_get(ev, FIELD_USER_NAME), STR("system:anonymous")) && is_answered(ev);
}

/* spec: Kubernetes, default roles: system:public-info-viewer lets everyone read these. */
static bool is_health(struct str uri)
{
    struct str rest = STR_NONE;
    const struct str path = str_cut(uri, '?', &rest);
    return AMONG(path, "/version", "/version/") || str_starts(path, STR("/healthz")) || str_starts(path, STR("/livez")) ||
           str_starts(path, STR("/readyz"));
}

/* Load balancers and probes ask an open path of theirs, from within. */
static bool is_probe(const struct event *ev)
{
    const struct str agent = event_get(ev, FIELD_AGENT);
    return is_health(event_get(ev, FIELD_URI)) || str_starts(agent, STR("kube-probe/")) ||
           (str_starts(agent, STR("ELB-HealthChecker/")) && intel_is_private(event_get(ev, FIELD_IP)));
}

static const char *const anonymous_types[] = {
    "CredentialAccess:Kubernetes/SuccessfulAnonymousAccess", "DefenseEvasion:Kubernetes/SuccessfulAnonymousAccess",
    "Discovery:Kubernetes/SuccessfulAnonymousAccess", "Impact:Kubernetes/SuccessfulAnonymousAccess",
    "Persistence:Kubernetes/SuccessfulAnonymousAccess", NULL };

static bool inspect_anonymous(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    const enum purpose purpose = purpose_of(ev);
    listed_type(verdict, anonymous_types[purpose]);
    verdict->why = STR("the API server answered a call that came without credentials");
    return purpose != DISCOVERY || !is_probe(ev);
}

const struct detector KUBERNETES_ANONYMOUS = {
    .detection = {
        .id = STR_INIT("kubernetes-anonymous"),
        .type = STR_INIT("Discovery:Kubernetes/SuccessfulAnonymousAccess"),
        .severity = 5,
        .resource = STR_INIT("EKSCluster"),
        .title = STR_INIT("A call to the Kubernetes API of ${resource} succeeded for an anonymous user."),
        .description = STR_INIT("The anonymous user called ${verb} on ${requestURI} of ${resource} from ${source}: ${why}."),
    },
    .types = anonymous_types,
    .source = SOURCE_KUBERNETES,
    .wants = is_anonymous,
    .inspect = inspect_anonymous,
};

static bool on_list(const struct event *ev, const struct intel *intel, unsigned lists, const char *const *types, struct verdict *verdict)
{
    listed_type(verdict, types[purpose_of(ev)]);
    return listed_address(ev, intel, lists, verdict);
}

#define WATCH(name_, id_, list_, kind_)                                                                                    \
    static const char *const types_##name_[] = {                                                                           \
        "CredentialAccess:Kubernetes/" kind_, "DefenseEvasion:Kubernetes/" kind_, "Discovery:Kubernetes/" kind_,           \
        "Impact:Kubernetes/" kind_,           "Persistence:Kubernetes/" kind_,    NULL };                                  \
    static bool inspect_##name_(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)  \
    {                                                                                                                      \
        (void)memory;                                                                                                      \
        return on_list(ev, intel, list_, types_##name_, verdict);                                                          \
    }                                                                                                                      \
    const struct detector name_ = {                                                                                        \
        .detection = {                                                                                                     \
            .id = STR_INIT(id_),                                                                                           \
            .type = STR_INIT("Discovery:Kubernetes/" kind_),                                                               \
            .severity = 5,                                                                                                 \
            .resource = STR_INIT("EKSCluster"),                                                                            \
            .title = STR_INIT("The Kubernetes API of ${resource} was called from the listed address ${source}."),          \
            .description = STR_INIT("${caller} called ${verb} on ${requestURI} of ${resource} from ${source}: ${why}."),   \
        },                                                                                                                 \
        .types = types_##name_,                                                                                            \
        .source = SOURCE_KUBERNETES,                                                                                       \
        .attempts = true,                                                                                                  \
        .needs = list_,                                                                                                    \
        .inspect = inspect_##name_,                                                                                        \
    }

WATCH(KUBERNETES_TOR, "tor-caller-kubernetes", INTEL_TOR, "TorIPCaller");
WATCH(KUBERNETES_THREAT, "malicious-caller-kubernetes", INTEL_MALICIOUS_CALLER, "MaliciousIPCaller");
WATCH(KUBERNETES_CUSTOM, "malicious-caller-custom-kubernetes", INTEL_CUSTOM, "MaliciousIPCaller.Custom");
