/* instance_credentials.c - the role session of an EC2 instance is used from somewhere else.
 * spec: GuardDuty user guide, UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS; the session of an
 * instance profile is named after the instance. Whether an address belongs to AWS is only known with a list of its ranges
 * (INTEL_AWS). Our own readings, each of one record and a short memory:
 * - the ranges are known, and the address is public and in none of them;
 * - the same temporary key was used from another address before (of the same family, not through a VPC endpoint);
 * - a person's session, or whoever had just sent a command to that very instance, works from this address within the hour,
 *   and no agent of an instance does: a stolen key is most often tried where the thief sits. */
#include "detect/detectors.h"

#define WINDOW_MS ((int64_t)60 * 60 * 1000)
enum { COMMANDED_MAX = 8 };

static bool is_instance_id(struct str s)
{
    if (!str_starts(s, STR("i-")) || s.len < 10) {
        return false;
    }
    for (size_t i = 2; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

static bool is_address(struct str s)
{
    const char last = s.len > 0 ? s.ptr[s.len - 1] : '-';
    return (last >= '0' && last <= '9') || str_find(s, ':') != STR_MISSING;
}

static bool has_own_address(const struct event *ev)
{
    return is_address(event_get(ev, FIELD_IP)) && event_get(ev, FIELD_INVOKED_BY).len == 0 &&
           event_get(ev, FIELD_VPC_ENDPOINT).len == 0;
}

/* The end of the name is looked at first: it sends nearly all others away. */
static bool is_instance(const struct event *ev)
{
    const struct str principal = event_get(ev, FIELD_PRINCIPAL);
    const size_t slash = str_find_last(principal, '/');
    return slash != STR_MISSING && is_instance_id(str_from(principal, slash + 1)) && record_session_name(ev).len > 0;
}

static bool is_instance_session(const struct event *ev) { return has_own_address(ev) && is_instance(ev); }

/* A key that is known, seen at an address that says where: a private one only says how the call was routed. */
static bool tells_where_a_key_is(const struct event *ev)
{
    return event_get(ev, FIELD_ACCESS_KEY).len > 0 && is_instance_session(ev) && !intel_is_private(event_get(ev, FIELD_IP));
}

static bool is_outside(const struct event *ev, const struct intel *intel)
{
    const struct str address = event_get(ev, FIELD_IP);
    return intel_has(intel, INTEL_AWS) && (intel_lists(intel, address) & INTEL_AWS) == 0;
}

/* Of one temporary key: where it was used first. */
struct home {
    int64_t at_ms;
    uint64_t address;
    bool six;
};

static bool moved(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    struct home *home = memory;
    const struct str address = event_get(ev, FIELD_IP);
    const struct home here = { ev->at_ms, str_hash(address), str_find(address, ':') != STR_MISSING };
    verdict->resource = record_session_name(ev);
    if (is_outside(ev, intel)) {
        verdict->why = STR("the address lies outside AWS");
        return true;
    }
    if (home->address == 0) {
        *home = here;
        return false;
    }
    const bool elsewhere = home->address != here.address && home->six == here.six;
    if (here.at_ms < home->at_ms) {
        *home = here;
    }
    verdict->why = STR("the same temporary key was used from another address before");
    return elsewhere;
}

const struct detector INSTANCE_KEY_MOVED = {
    .detection = {
        .id = STR_INIT("instance-key-moved"),
        .type = STR_INIT("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"),
        .severity = 8,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("Credentials of instance ${resource} were used from another address."),
        .description = STR_INIT("Credentials made for instance ${resource} by ${caller} were used from ${source} to call "
                                "${eventName}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_IDENTITY, "AssumedRole" } },
    .attempts = true,
    .wants = tells_where_a_key_is,
    .key = FIELD_ACCESS_KEY,
    .memory = sizeof(struct home),
    .inspect = moved,
};

/* Of one address: who works from it. */
struct address_use {
    int64_t person_ms;
    int64_t command_ms;
    uint64_t commanded[COMMANDED_MAX];
    bool is_person;
    bool is_agent; /* an instance's own agent calls from here: it is a home */
};

static bool is_command(struct str action)
{
    return str_equal(action, STR("SendCommand")) || str_equal(action, STR("StartSession")) ||
           str_equal(action, STR("SendSSHPublicKey")) || str_equal(action, STR("GetPasswordData"));
}

/* Console and multi-factor sessions of users: temporary keys (ASIA), which an instance never holds for a user. */
static bool is_person(const struct event *ev)
{
    return str_equal(event_get(ev, FIELD_IDENTITY), STR("IAMUser")) &&
           (str_starts(event_get(ev, FIELD_ACCESS_KEY), STR("ASIA")) || str_equal(event_get(ev, FIELD_ACTION), STR("ConsoleLogin")));
}

static bool tells_who_is_there(const struct event *ev)
{
    return has_own_address(ev) &&
           (is_person(ev) || is_command(event_get(ev, FIELD_ACTION)) || is_instance(ev));
}

static bool near(int64_t a, int64_t b) { return a - b <= WINDOW_MS && b - a <= WINDOW_MS; }

static void note_command(const struct event *ev, struct address_use *use)
{
    const struct json *request = json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL);
    const struct json *ids = json_get(request, STR("instanceIds"));
    const struct json *one = json_get(request, STR("instanceId"));
    one = one ? one : json_get(request, STR("target"));
    size_t count = 0;
    memset(use->commanded, 0, sizeof(use->commanded));
    for (const struct json *id = ids ? ids->child : NULL; id && count < COMMANDED_MAX; id = id->next) {
        use->commanded[count++] = str_hash(json_text(id));
    }
    if (count == 0 && json_text(one).len > 0) {
        use->commanded[0] = str_hash(json_text(one));
    }
    use->command_ms = ev->at_ms;
}

static bool was_commanded(const struct address_use *use, const struct event *ev)
{
    const uint64_t instance = str_hash(record_session_name(ev));
    bool found = false;
    for (size_t i = 0; i < COMMANDED_MAX; i++) {
        found = found || use->commanded[i] == instance;
    }
    return found && near(use->command_ms, ev->at_ms);
}

static bool at_thief(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    struct address_use *use = memory;
    if (!is_instance(ev)) {
        if (is_person(ev)) {
            use->person_ms = ev->at_ms;
            use->is_person = true;
        }
        if (is_command(event_get(ev, FIELD_ACTION))) {
            note_command(ev, use);
        }
        return false;
    }
    use->is_agent = use->is_agent || str_search(event_get(ev, FIELD_AGENT), STR("amazon-ssm-agent")) != STR_MISSING;
    const bool inside = (intel_lists(intel, event_get(ev, FIELD_IP)) & INTEL_AWS) != 0;
    const bool commanded = was_commanded(use, ev);
    const bool person = use->is_person && near(use->person_ms, ev->at_ms) && !inside;
    verdict->resource = record_session_name(ev);
    verdict->why = commanded ? STR("whoever had just sent a command to the instance works from the same address")
                             : STR("a person's session works from the same address");
    return !use->is_agent && (commanded || person);
}

const struct detector INSTANCE_KEY_AT_THIEF = {
    .detection = {
        .id = STR_INIT("instance-key-at-thief"),
        .type = STR_INIT("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"),
        .severity = 8,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("Credentials of instance ${resource} were used from another address."),
        .description = STR_INIT("Credentials made for instance ${resource} by ${caller} were used from ${source} to call "
                                "${eventName}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_IDENTITY, "AssumedRole" }, { FIELD_IDENTITY, "IAMUser" } },
    .attempts = true,
    .wants = tells_who_is_there,
    .key = FIELD_IP,
    .memory = sizeof(struct address_use),
    .inspect = at_thief,
};
