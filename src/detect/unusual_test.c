/* What Kubernetes users and databases do, against thirty days of habit. */
#include "base/clock.h"
#include "detect/harness.h"

enum { HABIT_DAYS = 30 };
static const int64_t START_MS = INT64_C(1767254400000); /* 2026-01-01T08:00:00Z */

static struct str at(struct arena *arena, int day) { return clock_format_iso8601(arena, START_MS + day * INT64_C(86400000)); }

struct doing {
    const char *user, *verb, *resource, *part, *namespace, *address, *agent, *asked;
};

static struct str audit(struct arena *arena, int day, const struct doing *d)
{
    static int id;
    return str_format(arena,
                      "{\"kind\":\"Event\",\"auditID\":\"a-%d\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/api\",\"verb\":\"%s\",\"user\":"
                      "{\"username\":\"%s\"},\"sourceIPs\":[\"%s\"],\"userAgent\":\"%s\",\"objectRef\":{\"resource\":\"%s\",\"subresource\":"
                      "\"%s\",\"namespace\":\"%s\",\"name\":\"n\"},\"responseStatus\":{\"code\":200},\"requestObject\":%s,"
                      "\"requestReceivedTimestamp\":\"%" STR_FMT "\"}\n",
                      ++id, d->verb, d->user, d->address, d->agent, d->resource, d->part, d->namespace, d->asked ? d->asked : "{}",
                      STR_ARG(at(arena, day)));
}

static const struct doing usual = { "alice", "list", "pods", "", "shop", "192.0.2.5", "kubectl/1.31", NULL };
static const struct doing deploys = { "deployer", "create", "deployments", "", "shop", "192.0.2.9", "argocd/2",
                                      "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"r.example/web:1\"}]}}}}" };

/* The type found for what is done after the habit; "": none. */
static const char *after_habit(struct arena *arena, int days, const struct doing *doing)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int day = 0; day < days; day++) {
        harness_feed(harness, "log", audit(arena, day, &usual));
        harness_feed(harness, "log", audit(arena, day, &deploys));
    }
    CHECK_INT(harness->count, 0);
    harness_feed(harness, "log", audit(arena, days, doing));
    const char *type = harness->count > 0 ? str_cstr(arena, harness->found[0].type) : "";
    CHECK(harness->count == 0 || str_search(harness->found[0].json, STR("before done")) != STR_MISSING);
    harness_close(harness);
    return type;
}

#define POD(more) "{\"spec\":{\"containers\":[{\"image\":\"evil.example/x:1\"" more "}]"
static const struct {
    struct doing doing;
    const char *type;
} strange[] = {
    { { "alice", "list", "secrets", "", "shop", "198.51.100.7", "kubectl/1.31", NULL }, "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed" },
    { { "alice", "create", "selfsubjectrulesreviews", "", "", "198.51.100.7", "kubectl/1.31", NULL },
      "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked" },
    { { "alice", "create", "pods", "exec", "shop", "198.51.100.7", "kubectl/1.31", NULL }, "Execution:Kubernetes/AnomalousBehavior.ExecInPod" },
    { { "alice", "create", "pods", "", "shop", "198.51.100.7", "kubectl/1.31", POD("") "}}" }, "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed" },
    { { "alice", "create", "pods", "", "shop", "198.51.100.7", "kubectl/1.31", POD(",\"securityContext\":{\"privileged\":true}") "}}" },
      "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer" },
    { { "alice", "create", "pods", "", "shop", "198.51.100.7", "kubectl/1.31", POD("") ",\"volumes\":[{\"hostPath\":{\"path\":\"/etc\"}}]}}" },
      "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount" },
    { { "alice", "create", "rolebindings", "", "shop", "198.51.100.7", "kubectl/1.31", NULL },
      "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated" },
    { { "alice", "create", "clusterroles", "", "", "198.51.100.7", "kubectl/1.31", NULL }, "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated" },
};

TEST(what_a_user_never_did_is_a_hit_after_history_and_silent_without)
{
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        CHECK_STR(str_of(after_habit(arena, HABIT_DAYS, &strange[i].doing)), strange[i].type);
        CHECK_STR(str_of(after_habit(arena, 3, &strange[i].doing)), "");
        struct doing own = strange[i].doing;
        own.user = "system:node:ip-10-0-0-1";
        CHECK_STR(str_of(after_habit(arena, HABIT_DAYS, &own)), "");
    }
}

TEST(what_a_user_does_every_day_is_not)
{
    CHECK_STR(str_of(after_habit(arena, HABIT_DAYS, &usual)), "");
    CHECK_STR(str_of(after_habit(arena, HABIT_DAYS, &deploys)), "");
    struct doing newer = deploys;
    newer.asked = "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"r.example/web:2\"}]}}}}";
    CHECK_STR(str_of(after_habit(arena, HABIT_DAYS, &newer)), "");
}

static struct str login(struct arena *arena, int day, const char *user, const char *address, bool works)
{
    const struct str time = at(arena, day);
    return str_format(arena, "%.10s %.8s UTC:%s(4711):%s@orders:[42]:%s\n", time.ptr, time.ptr + 11, address, user,
                      works ? "LOG:  connection authorized: user=x database=orders"
                            : str_format(arena, "FATAL:  password authentication failed for user \"%s\"", user).ptr);
}

/* Severity of the finding of a type; 0: none. */
static int of_login(struct arena *arena, int days, const char *type, const char *user, const char *address, bool works)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int day = 0; day < days; day++) {
        harness_feed(harness, "log", login(arena, day, "x", "10.0.0.5", true));
    }
    CHECK_INT(harness->count, 0);
    harness_feed(harness, "log", login(arena, days, user, address, works));
    const int severity = harness_count(harness, type) == 1 ? (int)harness->found[0].severity : 0;
    harness_close(harness);
    return severity;
}

TEST(a_login_from_where_none_came_is_a_hit_after_history)
{
    const char *let_in = "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin";
    const char *failed = "CredentialAccess:RDS/AnomalousBehavior.FailedLogin";
    CHECK_INT(of_login(arena, HABIT_DAYS, let_in, "x", "198.51.100.7", true), 5);
    CHECK_INT(of_login(arena, HABIT_DAYS, failed, "root", "198.51.100.7", false), 2);
    CHECK_INT(of_login(arena, HABIT_DAYS, failed, "root", "10.0.9.7", false), 2);
    CHECK_INT(of_login(arena, HABIT_DAYS, let_in, "x", "10.0.0.5", true), 0);
    CHECK_INT(of_login(arena, HABIT_DAYS, let_in, "x", "10.0.9.7", true), 0);
    CHECK_INT(of_login(arena, HABIT_DAYS, failed, "x", "10.0.0.5", false), 0);
    CHECK_INT(of_login(arena, 3, let_in, "x", "198.51.100.7", true), 0);
    CHECK_INT(of_login(arena, 3, failed, "root", "198.51.100.7", false), 0);
}
