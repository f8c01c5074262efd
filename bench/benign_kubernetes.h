/* benign_kubernetes.h - benign EKS audit logs of eight clusters.
 *
 * Controllers, kubelets and operators watch and update without pause; load balancers ask /healthz and /livez without a name, as
 * they may; people of four teams list, read logs, sometimes open a shell in pods of their own namespaces, and are refused in
 * others (2 of 100 calls); a deployment account creates and patches workloads, roles within namespaces and config maps; a
 * scanner lists everything once an hour. Secrets are read by controllers and by the deployment account. */
#ifndef YAGURA_BENCH_BENIGN_KUBERNETES_H
#define YAGURA_BENCH_BENIGN_KUBERNETES_H

#include "bench/benign.h"

static uint64_t audit_serial;

struct audit {
    const char *user, *groups, *verb, *resource, *group, *space, *name, *agent, *sub;
    uint32_t address, code;
};

static void write_audit(const struct audit *one, unsigned cluster, int64_t at)
{
    char clock[32];
    clock_text(at, clock);
    printf("{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\"auditID\":\"%08llx-1111-4000-8000-%012llx\",\"stage\":\"ResponseComplete\","
           "\"requestURI\":\"/%s%s/v1/namespaces/%s/%s/%s%s%s\",\"verb\":\"%s\",\"user\":{\"username\":\"%s\",\"groups\":[%s\"system:authenticated\"]},"
           "\"sourceIPs\":[\"%u.%u.%u.%u\"],\"userAgent\":\"%s\",\"objectRef\":{\"resource\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"apiGroup\":\"%s\","
           "\"apiVersion\":\"v1\"%s%s%s},\"responseStatus\":{\"code\":%u},\"requestReceivedTimestamp\":\"%s\",\"stageTimestamp\":\"%s\","
           "\"annotations\":{\"authorization.k8s.io/decision\":\"%s\",\"cluster\":\"c%u\"}}\n",
           (unsigned long long)(audit_serial >> 20), (unsigned long long)audit_serial, one->group[0] ? "apis/" : "api", one->group, one->space,
           one->resource, one->name, one->sub ? "/" : "", one->sub ? one->sub : "", one->verb, one->user, one->groups, one->address >> 24,
           one->address >> 16 & 255, one->address >> 8 & 255, one->address & 255, one->agent, one->resource, one->space, one->name, one->group,
           one->sub ? ",\"subresource\":\"" : "", one->sub ? one->sub : "", one->sub ? "\"" : "", one->code, clock, clock,
           one->code == 403 ? "forbid" : "allow", cluster);
    audit_serial++;
}

static void write_probe(unsigned cluster, int64_t at)
{
    static const char *const paths[] = { "healthz", "livez", "readyz", "version" };
    char clock[32];
    clock_text(at, clock);
    printf("{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\"auditID\":\"%08llx-1111-4000-8000-%012llx\",\"stage\":\"ResponseComplete\","
           "\"requestURI\":\"/%s\",\"verb\":\"get\",\"user\":{\"username\":\"system:anonymous\",\"groups\":[\"system:unauthenticated\"]},\"sourceIPs\":[\"10.%u.0.%u\"],"
           "\"userAgent\":\"ELB-HealthChecker/2.0\",\"responseStatus\":{\"code\":200},\"requestReceivedTimestamp\":\"%s\",\"stageTimestamp\":\"%s\","
           "\"annotations\":{\"authorization.k8s.io/decision\":\"allow\",\"cluster\":\"c%u\"}}\n",
           (unsigned long long)(audit_serial >> 20), (unsigned long long)audit_serial, ANY(paths), cluster, between(4, 9), clock, clock, cluster);
    audit_serial++;
}

static void person_audit(unsigned cluster, int64_t at)
{
    static const char *const spaces[] = { "shop", "search", "billing", "data" };
    static const char *const resources[] = { "pods", "pods", "pods", "deployments", "services", "configmaps", "events", "jobs" };
    const unsigned who = falling(20);
    const bool foreign = odds(0.02), shell = !foreign && odds(0.03);
    char user[60], name[60];
    snprintf(user, sizeof(user), "colleague%u", who);
    snprintf(name, sizeof(name), "app-%05x", below(200));
    const char *resource = ANY(resources);
    const bool logs = !shell && strcmp(resource, "pods") == 0 && odds(0.5);
    write_audit(&(struct audit){ user, "\"team\",", shell ? "create" : logs || odds(0.5) ? "get" : "list", shell ? "pods" : resource,
        strcmp(resource, "deployments") == 0 && !shell ? "apps" : "", spaces[(who + foreign) % 4], name,
        "kubectl/v1.30.2 (linux/amd64) kubernetes/3968350", shell ? "exec" : logs ? "log" : NULL,
        0x51000000 + who * 65536 + below(4), foreign ? 403 : shell ? 101 : 200 }, cluster, at);
}

static void deploy_audit(unsigned cluster, int64_t at)
{
    static const char *const things[][2] = { { "deployments", "apps" }, { "deployments", "apps" }, { "configmaps", "" }, { "services", "" },
        { "secrets", "" }, { "rolebindings", "rbac.authorization.k8s.io" }, { "roles", "rbac.authorization.k8s.io" }, { "jobs", "batch" } };
    static const char *const spaces[] = { "shop", "search", "billing", "data" };
    static const char *const verbs[] = { "get", "get", "patch", "update", "create" };
    const char *const *thing = ANY(things);
    char name[60];
    snprintf(name, sizeof(name), "app-%u", below(60));
    write_audit(&(struct audit){ "deployer", "\"ci\",", ANY(verbs), thing[0], thing[1], ANY(spaces), name, "Helm/3.15.3", NULL,
        0x0a000000 + cluster * 65536 + below(40), 200 }, cluster, at);
}

static void machine_audit(unsigned cluster, int64_t at)
{
    static const struct {
        const char *user, *groups, *resource, *group, *space, *agent;
    } machines[] = {
        { "system:kube-controller-manager", "", "endpoints", "", "kube-system", "kube-controller-manager/v1.30.2" },
        { "system:kube-scheduler", "", "leases", "coordination.k8s.io", "kube-system", "kube-scheduler/v1.30.2" },
        { "system:serviceaccount:kube-system:coredns", "\"system:serviceaccounts\",", "services", "", "default", "coredns/1.11" },
        { "system:serviceaccount:monitoring:prometheus", "\"system:serviceaccounts\",", "pods", "", "shop", "prometheus/2.53" },
        { "system:serviceaccount:cert-manager:cert-manager", "\"system:serviceaccounts\",", "secrets", "", "shop", "cert-manager/1.15" },
        { "system:serviceaccount:argocd:controller", "\"system:serviceaccounts\",", "deployments", "apps", "billing", "argocd/2.12" },
        { "system:node:ip-10-0-1-7.internal", "\"system:nodes\",", "nodes", "", "", "kubelet/v1.30.2" },
        { "system:node:ip-10-0-1-9.internal", "\"system:nodes\",", "pods", "", "search", "kubelet/v1.30.2" },
    };
    static const char *const verbs[] = { "watch", "get", "list", "update", "patch" };
    const unsigned i = below(sizeof(machines) / sizeof(*machines));
    char name[60];
    snprintf(name, sizeof(name), "thing-%u", below(40));
    const char *verb = strcmp(machines[i].resource, "secrets") == 0 ? verbs[below(3)] : ANY(verbs);
    write_audit(&(struct audit){ machines[i].user, machines[i].groups, verb, machines[i].resource, machines[i].group, machines[i].space, name,
        machines[i].agent, NULL, 0x0a000000 + cluster * 65536 + i, 200 }, cluster, at);
}

void benign_kubernetes(uint64_t events)
{
    const double step = 30.0 * DAY / (double)events;
    double at = (double)FIRST_SECOND;
    audit_serial = bits() >> 20;
    for (uint64_t i = 0; i < events; i++, at += step) {
        const unsigned cluster = below(8);
        const double what = unit();
        const int64_t now = (int64_t)at, hour = now / HOUR % 24;
        if (what < 0.08) {
            write_probe(cluster, now);
        } else if (what < 0.14 && hour >= 6 && hour < 18 && !weekend(now)) {
            person_audit(cluster, now);
        } else if (what < 0.18) {
            deploy_audit(cluster, now);
        } else {
            machine_audit(cluster, now);
        }
    }
}

#endif
