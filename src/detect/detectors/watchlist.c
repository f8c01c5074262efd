/* watchlist.c - calls from addresses that stand on a list: Tor exit nodes, known bad hosts, a customer's own list.
 * spec: GuardDuty user guide, the TorIPCaller, MaliciousIPCaller and MaliciousIPCaller.Custom types of IAM and S3. Calls that
 * only look are Recon or Discovery; what the others are called differs by list and family. */
#include "detect/detectors.h"
#include "detect/detectors/listed.h"

enum { LOOKS, READS, CHANGES };

static bool is_data(const struct event *ev)
{
    return str_equal(event_get(ev, FIELD_SERVICE), STR("s3.amazonaws.com")) && str_equal(event_get(ev, FIELD_CATEGORY), STR("Data"));
}

static bool on_management(const struct event *ev)
{
    return !is_data(ev) && !str_equal(event_get(ev, FIELD_IDENTITY), STR("AWSService"));
}

static bool on_data(const struct event *ev) { return is_data(ev); }

static int kind_of(const struct event *ev)
{
    const struct str action = event_get(ev, FIELD_ACTION);
    if (is_data(ev)) {
        const bool looks = str_starts(action, STR("List")) || str_starts(action, STR("Head")) || str_ends(action, STR("Acl"));
        return looks ? LOOKS : str_equal(action, STR("GetObject")) || str_equal(action, STR("CopyObject")) ? READS : CHANGES;
    }
    return str_equal(event_get(ev, FIELD_READ_ONLY), STR("true")) || str_starts(action, STR("List")) ||
                   str_starts(action, STR("Describe")) || str_starts(action, STR("Get"))
               ? LOOKS : CHANGES;
}

static bool on_list(const struct event *ev, const struct intel *intel, unsigned lists, const char *const *types, struct verdict *verdict)
{
    listed_type(verdict, types[kind_of(ev)]);
    return listed_address(ev, intel, lists, verdict);
}

#define WATCH(name_, id_, list_, wants_, resource_, path_, severity_, looks_, reads_, changes_)                            \
    static const char *const types_##name_[] = { looks_, reads_, changes_, NULL };                                         \
    static bool inspect_##name_(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)  \
    {                                                                                                                      \
        (void)memory;                                                                                                      \
        return on_list(ev, intel, list_, types_##name_, verdict);                                                          \
    }                                                                                                                      \
    const struct detector name_ = {                                                                                        \
        .detection = {                                                                                                     \
            .id = STR_INIT(id_),                                                                                           \
            .type = STR_INIT(changes_),                                                                                    \
            .severity = severity_,                                                                                         \
            .resource = STR_INIT(resource_),                                                                               \
            .name = STR_INIT(path_),                                                                                       \
            .title = STR_INIT("${eventName} was called from the listed address ${source}."),                               \
            .description = STR_INIT("${caller} called ${eventName} of ${eventSource} from ${source}: ${why}."),            \
        },                                                                                                                 \
        .types = types_##name_,                                                                                            \
        .source = SOURCE_CLOUDTRAIL,                                                                                       \
        .attempts = true,                                                                                                  \
        .needs = list_,                                                                                                    \
        .wants = wants_,                                                                                                   \
        .inspect = inspect_##name_,                                                                                        \
    }

WATCH(WATCH_TOR_IAM, "tor-caller", INTEL_TOR, on_management, "AccessKey", "", 5, "Recon:IAMUser/TorIPCaller",
      "UnauthorizedAccess:IAMUser/TorIPCaller", "UnauthorizedAccess:IAMUser/TorIPCaller");
WATCH(WATCH_THREAT_IAM, "malicious-caller", INTEL_MALICIOUS_CALLER, on_management, "AccessKey", "", 5, "Recon:IAMUser/MaliciousIPCaller",
      "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "UnauthorizedAccess:IAMUser/MaliciousIPCaller");
WATCH(WATCH_CUSTOM_IAM, "malicious-caller-custom", INTEL_CUSTOM, on_management, "AccessKey", "", 5,
      "Recon:IAMUser/MaliciousIPCaller.Custom", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
      "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom");
WATCH(WATCH_TOR_S3, "tor-caller-s3", INTEL_TOR, on_data, "S3Bucket", "requestParameters.bucketName", 8, "Discovery:S3/TorIPCaller",
      "UnauthorizedAccess:S3/TorIPCaller", "UnauthorizedAccess:S3/TorIPCaller");
WATCH(WATCH_THREAT_S3, "malicious-caller-s3", INTEL_MALICIOUS_CALLER, on_data, "S3Bucket", "requestParameters.bucketName", 8,
      "Discovery:S3/MaliciousIPCaller", "Exfiltration:S3/MaliciousIPCaller", "Impact:S3/MaliciousIPCaller");
WATCH(WATCH_CUSTOM_S3, "malicious-caller-custom-s3", INTEL_CUSTOM, on_data, "S3Bucket", "requestParameters.bucketName", 8,
      "Discovery:S3/MaliciousIPCaller.Custom", "UnauthorizedAccess:S3/MaliciousIPCaller.Custom",
      "UnauthorizedAccess:S3/MaliciousIPCaller.Custom");

/* spec: GuardDuty user guide, CredentialAccess:IAMUser/CompromisedCredentials: AWS knows which keys leaked; here a list of
 * their ids says so (INTEL_LEAKED). */
static bool inspect_leaked(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    return listed_key(ev, intel, INTEL_LEAKED, verdict);
}

const struct detector WATCH_LEAKED_KEY = {
    .detection = {
        .id = STR_INIT("leaked-key"),
        .type = STR_INIT("CredentialAccess:IAMUser/CompromisedCredentials"),
        .severity = 8,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("An access key that leaked was used to call ${eventName}."),
        .description = STR_INIT("${caller} called ${eventName} of ${eventSource} from ${source} with a key that leaked: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .attempts = true,
    .needs = INTEL_LEAKED,
    .inspect = inspect_leaked,
};
