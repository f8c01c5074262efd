/* anomalous_behavior.c - a call that serves a tactic is made in a way unlike its caller and account: a joint score over what
 * was called, on what, from where, with what, when and how often (detect/learn/anomaly.h).
 * spec: GuardDuty user guide, IAM finding types and S3 finding types, ...AnomalousBehavior; anomaly details. */
#include "detect/catalogue.h"
#include "detect/detectors.h"
#include "detect/learn/anomaly.h"

static const char *const TYPES[] = {
    "CredentialAccess:IAMUser/AnomalousBehavior",
    "DefenseEvasion:IAMUser/AnomalousBehavior",
    "Discovery:IAMUser/AnomalousBehavior",
    "Exfiltration:IAMUser/AnomalousBehavior",
    "Impact:IAMUser/AnomalousBehavior",
    "InitialAccess:IAMUser/AnomalousBehavior",
    "Persistence:IAMUser/AnomalousBehavior",
    "PrivilegeEscalation:IAMUser/AnomalousBehavior",
    "Discovery:S3/AnomalousBehavior",
    "Exfiltration:S3/AnomalousBehavior",
    "Impact:S3/AnomalousBehavior.Delete",
    "Impact:S3/AnomalousBehavior.Permission",
    "Impact:S3/AnomalousBehavior.Write",
    "Impact:IAMUser/AnomalousModelInvocation",
    NULL,
};

static void take_severity(struct verdict *verdict)
{
    const struct catalogue_entry *entry = catalogue_find(verdict->type);
    verdict->severity = entry ? entry->severity : 0;
}

static bool first(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    const bool found = anomaly_inspect(learning->anomaly, learning->learn, ev, intel, verdict);
    take_severity(verdict);
    return found;
}

/* A call may serve two tactics: PutBucketPolicy is one of the caller's and one of the bucket's. */
static bool second(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    const bool found = anomaly_also(learning->anomaly, ev, verdict);
    take_severity(verdict);
    return found;
}

#define CONSTANT_PART(own_id)                                                                                        \
    .detection = {                                                                                                   \
        .id = STR_INIT(own_id),                                                                                      \
        .type = STR_INIT("Discovery:IAMUser/AnomalousBehavior"),                                                     \
        .severity = 2,                                                                                               \
        .resource = STR_INIT("AccessKey"),                                                                           \
        .title = STR_INIT("${caller} called ${eventName} in an unusual way."),                                       \
        .description = STR_INIT("${caller} called ${eventName} of ${eventSource} from ${source} unlike its habits: " \
                                "${why}."),                                                                          \
    },                                                                                                               \
    .types = TYPES, .source = SOURCE_CLOUDTRAIL, .learns = true, .attempts = true

const struct detector ANOMALOUS_BEHAVIOR = { CONSTANT_PART("anomalous-behavior"), .judge = first };
const struct detector ANOMALOUS_BEHAVIOR_ALSO = { CONSTANT_PART("anomalous-behavior-also"), .judge = second };
