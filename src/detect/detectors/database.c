/* database.c - logins to PostgreSQL and MySQL that came from a listed address, or after a run of failed ones.
 * spec: GuardDuty user guide, RDS login activity types. Our own readings: a run is 10 failures of one address with at most
 * 10 minutes between two of them, and the login follows within 10 minutes. MySQL's general log writes "Connect" before it
 * knows whether the password is right, and then, when it isn't, "Access denied": such a login counts once the same address
 * shows up again and wasn't denied in between, and is never told as a success by a list. */
#include "detect/detectors.h"
#include "detect/detectors/listed.h"

#define WINDOW_MS ((int64_t)10 * 60 * 1000)
enum { RUN = 10 };

static bool is_action(const struct event *ev, const char *action) { return str_equal(event_get(ev, FIELD_ACTION), str_of(action)); }

static bool is_failure(const struct event *ev) { return str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure")); }

static bool is_probe(const struct event *ev) { return is_action(ev, "probe"); }

/* Yet to be denied, perhaps. */
static bool is_tentative(const struct event *ev) { return is_action(ev, "Connect"); }

static bool is_login(const struct event *ev)
{
    return is_action(ev, "connection authorized") || is_action(ev, "CONNECT");
}

static bool is_attempt(const struct event *ev)
{
    const bool attempt = (is_failure(ev) && !is_probe(ev)) || is_login(ev) || is_tentative(ev);
    return attempt && event_get(ev, FIELD_IP).len > 0;
}

/* Of one address. */
struct tries {
    int64_t last_ms; /* of its failures */
    uint64_t database;
    uint32_t failures;
    bool tentative;
};

static bool is_near(int64_t a, int64_t b)
{
    const int64_t most = a > b ? a : b;
    const int64_t least = a > b ? b : a;
    return least > INT64_MIN + WINDOW_MS && most - WINDOW_MS <= least;
}

static void count_failure(struct tries *tries, const struct event *ev)
{
    tries->tentative = false;
    tries->failures = is_near(tries->last_ms, ev->at_ms) && tries->failures < UINT32_MAX ? tries->failures + 1 : 1;
    tries->last_ms = tries->failures > 1 && tries->last_ms > ev->at_ms ? tries->last_ms : ev->at_ms;
}

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    struct tries *tries = memory;
    (void)intel;
    const uint64_t database = str_hash(event_get(ev, FIELD_LOG_GROUP));
    if (tries->database != database) {
        *tries = (struct tries){ .database = database };
    }
    if (is_failure(ev)) {
        count_failure(tries, ev);
        return false;
    }
    const bool certain = !is_tentative(ev) || tries->tentative;
    tries->tentative = is_tentative(ev);
    if (!certain || tries->failures < RUN || !is_near(tries->last_ms, ev->at_ms)) {
        return false;
    }
    verdict->why = str_format(ev->arena, "the address had failed %u times within minutes before", tries->failures);
    *tries = (struct tries){ .database = database };
    return true;
}

const struct detector DATABASE_BRUTE_FORCE = {
    .detection = {
        .id = STR_INIT("database-brute-force"),
        .type = STR_INIT("CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce"),
        .severity = 8,
        .resource = STR_INIT("RDSDBInstance"),
        .title = STR_INIT("A login to the database ${resource} succeeded after many that failed."),
        .description = STR_INIT("${caller} logged in to the database ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_POSTGRESQL,
    .also = 1u << SOURCE_MYSQL,
    .attempts = true,
    .wants = is_attempt,
    .key = FIELD_IP,
    .memory = sizeof(struct tries),
    .inspect = inspect,
};

static bool has_address(const struct event *ev) { return event_get(ev, FIELD_IP).len > 0 && (is_failure(ev) || is_login(ev)); }

enum { PROBED, FAILED, LOGGED_IN };

static bool on_list(const struct event *ev, const struct intel *intel, unsigned lists, const char *const *types, struct verdict *verdict)
{
    listed_type(verdict, types[is_probe(ev) ? PROBED : is_failure(ev) ? FAILED : LOGGED_IN]);
    return listed_address(ev, intel, lists, verdict);
}

#define WATCH(name_, id_, list_, kind_)                                                                                    \
    static const char *const types_##name_[] = { "Discovery:RDS/" kind_, "CredentialAccess:RDS/" kind_ ".FailedLogin",     \
                                                 "CredentialAccess:RDS/" kind_ ".SuccessfulLogin", NULL };                 \
    static bool inspect_##name_(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)  \
    {                                                                                                                      \
        (void)memory;                                                                                                      \
        return on_list(ev, intel, list_, types_##name_, verdict);                                                          \
    }                                                                                                                      \
    const struct detector name_ = {                                                                                        \
        .detection = {                                                                                                     \
            .id = STR_INIT(id_),                                                                                           \
            .type = STR_INIT("CredentialAccess:RDS/" kind_ ".FailedLogin"),                                                \
            .severity = 5,                                                                                                 \
            .resource = STR_INIT("RDSDBInstance"),                                                                         \
            .title = STR_INIT("The database ${resource} was reached from the listed address ${source}."),                  \
            .description = STR_INIT("${caller} came to the database ${resource} from ${source}: ${why}."),                 \
        },                                                                                                                 \
        .types = types_##name_,                                                                                            \
        .source = SOURCE_POSTGRESQL,                                                                                       \
        .also = 1u << SOURCE_MYSQL,                                                                                        \
        .attempts = true,                                                                                                  \
        .needs = list_,                                                                                                    \
        .wants = has_address,                                                                                              \
        .inspect = inspect_##name_,                                                                                        \
    }

WATCH(DATABASE_TOR, "tor-caller-database", INTEL_TOR, "TorIPCaller");
WATCH(DATABASE_THREAT, "malicious-caller-database", INTEL_MALICIOUS_CALLER, "MaliciousIPCaller");
