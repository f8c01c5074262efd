#include "detect/harness.h"
#include "detect/intel.h"

static struct intel *listed(enum intel_list list, const char *address)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, list, str_of(address), &used);
    CHECK_INT(used, 1);
    return intel;
}

static struct str call(struct arena *arena, const char *user, const char *verb, const char *resource, const char *part, const char *code)
{
    return str_format(arena,
                      "{\"kind\":\"Event\",\"auditID\":\"a\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/api/v1/%s\",\"verb\":\"%s\","
                      "\"user\":{\"username\":\"%s\",\"groups\":[\"g\"]},\"sourceIPs\":[\"198.51.100.7\"],\"userAgent\":\"curl/8\","
                      "\"objectRef\":{\"resource\":\"%s\",\"subresource\":\"%s\",\"namespace\":\"default\",\"name\":\"n\"},"
                      "\"responseStatus\":{\"code\":%s},\"requestReceivedTimestamp\":\"2026-01-05T01:02:03Z\"}\n",
                      resource, verb, user, resource, part, code);
}

/* The type found for a call; "": none. */
static const char *found(struct arena *arena, const struct intel *intel, struct str record)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "audit", record);
    CHECK(harness->count <= 1);
    const char *type = harness->count == 1 ? str_cstr(arena, harness->found[0].type) : "";
    harness_close(harness);
    return type;
}

#define ANONYMOUS "system:anonymous"
enum { PURPOSES = 5 };
static const struct {
    const char *verb, *resource, *part, *code;
    size_t purpose;
} calls[] = {
    { "get", "secrets", "", "200", 0 },
    { "create", "serviceaccounts", "token", "201", 0 },
    { "deletecollection", "events", "", "200", 1 },
    { "list", "pods", "", "200", 2 },
    { "create", "selfsubjectaccessreviews", "", "201", 2 },
    { "delete", "pods", "", "200", 3 },
    { "create", "pods", "exec", "101", 3 },
    { "create", "clusterrolebindings", "", "201", 4 },
};

static void check_calls(struct arena *arena, const struct intel *intel, const char *user, const char *const types[PURPOSES])
{
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        const struct str record = call(arena, user, calls[i].verb, calls[i].resource, calls[i].part, calls[i].code);
        CHECK_STR(str_of(found(arena, intel, record)), types[calls[i].purpose]);
    }
}
static const char *const nothing[PURPOSES] = { "", "", "", "", "" };

TEST(an_answered_anonymous_call_is_named_by_what_it_serves)
{
    static const char *const types[PURPOSES] = {
        "CredentialAccess:Kubernetes/SuccessfulAnonymousAccess", "DefenseEvasion:Kubernetes/SuccessfulAnonymousAccess",
        "Discovery:Kubernetes/SuccessfulAnonymousAccess", "Impact:Kubernetes/SuccessfulAnonymousAccess",
        "Persistence:Kubernetes/SuccessfulAnonymousAccess",
    };
    check_calls(arena, NULL, ANONYMOUS, types);
    check_calls(arena, NULL, "alice", nothing);
}

TEST(an_anonymous_call_that_was_refused_or_asks_for_health_is_not)
{
    CHECK_STR(str_of(found(arena, NULL, call(arena, ANONYMOUS, "get", "secrets", "", "403"))), "");
    CHECK_STR(str_of(found(arena, NULL, call(arena, "alice", "get", "secrets", "", "200"))), "");
    CHECK_STR(str_of(found(arena, NULL, STR("{\"kind\":\"Event\",\"auditID\":\"a\",\"requestURI\":\"/readyz?verbose\",\"verb\":\"get\",\"user\":"
                                            "{\"username\":\"system:anonymous\"},\"sourceIPs\":[\"198.51.100.7\"],\"responseStatus\":{\"code\":200},"
                                            "\"requestReceivedTimestamp\":\"2026-01-05T01:02:03Z\"}\n"))), "");
    CHECK_STR(str_of(found(arena, NULL, STR("{\"kind\":\"Event\",\"auditID\":\"a\",\"stage\":\"RequestReceived\",\"requestURI\":\"/api\",\"verb\":\"get\",\"user\":"
                                            "{\"username\":\"system:anonymous\"},\"sourceIPs\":[\"198.51.100.7\"],"
                                            "\"requestReceivedTimestamp\":\"2026-01-05T01:02:03Z\"}\n"))), "");
}

static void check_list(struct arena *arena, enum intel_list list, const char *const types[PURPOSES])
{
    struct intel *there = listed(list, "198.51.100.7");
    struct intel *elsewhere = listed(list, "198.51.100.8");
    check_calls(arena, there, "alice", types);
    check_calls(arena, elsewhere, "alice", nothing);
    intel_close(there);
    intel_close(elsewhere);
}

TEST(a_call_from_a_listed_address_is_named_by_list_and_purpose)
{
    static const char *const tor[PURPOSES] = {
        "CredentialAccess:Kubernetes/TorIPCaller",
        "DefenseEvasion:Kubernetes/TorIPCaller",
        "Discovery:Kubernetes/TorIPCaller",
        "Impact:Kubernetes/TorIPCaller",
        "Persistence:Kubernetes/TorIPCaller",
    };
    static const char *const threat[PURPOSES] = {
        "CredentialAccess:Kubernetes/MaliciousIPCaller",
        "DefenseEvasion:Kubernetes/MaliciousIPCaller",
        "Discovery:Kubernetes/MaliciousIPCaller",
        "Impact:Kubernetes/MaliciousIPCaller",
        "Persistence:Kubernetes/MaliciousIPCaller",
    };
    static const char *const custom[PURPOSES] = {
        "CredentialAccess:Kubernetes/MaliciousIPCaller.Custom",
        "DefenseEvasion:Kubernetes/MaliciousIPCaller.Custom",
        "Discovery:Kubernetes/MaliciousIPCaller.Custom",
        "Impact:Kubernetes/MaliciousIPCaller.Custom",
        "Persistence:Kubernetes/MaliciousIPCaller.Custom",
    };
    check_list(arena, INTEL_TOR, tor);
    check_list(arena, INTEL_THREAT, threat);
    check_list(arena, INTEL_CUSTOM, custom);
}

TEST(a_finding_of_a_cluster_says_whose_it_is_who_called_and_what_runs_there)
{
    const struct str event = STR(
        "{\"kind\":\"Event\",\"auditID\":\"a\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/api/v1/namespaces/default/pods\",\"verb\":\"create\","
        "\"user\":{\"username\":\"system:anonymous\",\"groups\":[\"system:unauthenticated\"]},\"sourceIPs\":[\"198.51.100.7\"],\"userAgent\":\"curl/8\","
        "\"objectRef\":{\"resource\":\"pods\",\"namespace\":\"default\",\"name\":\"miner\"},\"responseStatus\":{\"code\":201},"
        "\"requestObject\":{\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"c\",\"image\":\"evil.example/xmrig\","
        "\"securityContext\":{\"privileged\":true},\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/host\"}]}],"
        "\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/\"}}]}},\"requestReceivedTimestamp\":\"2026-01-05T01:02:03Z\"}");
    struct json_writer w = json_writer_new(arena);
    json_str(&w, event);
    const struct str wrapped = str_format(arena, "{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"111122223333\",\"logGroup\":\"/aws/eks/prod/cluster\","
                                                 "\"logEvents\":[{\"id\":\"1\",\"timestamp\":1,\"message\":%" STR_FMT "}]}\n", STR_ARG(json_done(&w)));
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "audit", wrapped);
    CHECK_INT(harness->count, 1);
    CHECK_STR(harness->found[0].type, "Persistence:Kubernetes/SuccessfulAnonymousAccess");
    CHECK_STR(harness->found[0].account, "111122223333");
    CHECK_STR(harness->found[0].resource_id, "prod");
    const struct json *finding = json_parse(arena, harness->found[0].json, NULL);
    CHECK_STR(json_text(json_path(finding, "resource.resourceType")), "EKSCluster");
    CHECK_STR(json_text(json_path(finding, "resource.eksClusterDetails.arn")), "arn:aws:eks:us-east-1:111122223333:cluster/prod");
    CHECK_STR(json_text(json_path(finding, "resource.kubernetesDetails.kubernetesUserDetails.username")), "system:anonymous");
    const struct json *workload = json_path(finding, "resource.kubernetesDetails.kubernetesWorkloadDetails");
    CHECK_STR(json_text(json_get(workload, STR("name"))), "miner");
    CHECK(json_is_true(json_get(workload, STR("hostNetwork"))));
    CHECK_STR(json_text(json_get(json_get(workload, STR("containers"))->child, STR("imagePrefix"))), "evil.example");
    CHECK_STR(json_text(json_path(json_get(workload, STR("volumes"))->child, "hostPath.path")), "/");
    CHECK_STR(json_text(json_path(finding, "service.action.actionType")), "KUBERNETES_API_CALL");
    CHECK_STR(json_text(json_path(finding, "service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4")), "198.51.100.7");
    CHECK_STR(json_text(json_path(finding, "service.featureName")), "EKS_AUDIT_LOGS");
    harness_close(harness);
}
