/* database_unusual.c - logins to a database, or vain tries, by users and from networks it doesn't know.
 * spec: GuardDuty user guide, RDS login activity, AnomalousBehavior.SuccessfulLogin (low from a private source, medium from a
 * public one, high when failures from public sources are steady) and FailedLogin. Learned are logins that worked: whoever only
 * tries teaches nothing. Unusual is, by our own reading, a user together with a network neither of which the database knows, or a
 * known user from a public network unknown to it. */
#include "detect/detectors.h"
#include "detect/detectors/among.h"
#include "detect/detectors/listed.h"
#include "detect/learn/learn.h"

#define STEADY_MS ((int64_t)24 * 60 * 60 * 1000)
enum { STEADY = 20 };

static const char *const types[] = { "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
                                     "CredentialAccess:RDS/AnomalousBehavior.FailedLogin", NULL };

static bool is_failure(const struct event *ev) { return str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure")); }

/* Also MySQL's Connect, which may yet be denied: it is no login for us. */
static bool is_login(const struct event *ev)
{
    const struct str action = event_get(ev, FIELD_ACTION);
    const bool let_in = str_equal(action, STR("connection authorized")) || str_equal(action, STR("CONNECT"));
    const bool tried = is_failure(ev) && !str_equal(action, STR("probe"));
    return (let_in || tried) && event_get(ev, FIELD_USER_NAME).len > 0 && event_get(ev, FIELD_IP).len > 0;
}

/* Of one database: failures from public addresses. */
struct vain {
    int64_t first_ms;
    uint32_t count;
};

static bool steady(struct vain *vain, const struct event *ev, bool public, bool failed)
{
    if (ev->at_ms - vain->first_ms > STEADY_MS || ev->at_ms < vain->first_ms) {
        *vain = (struct vain){ ev->at_ms, 0 };
    }
    vain->count += public && failed && vain->count < UINT32_MAX;
    return vain->count >= STEADY;
}

static struct str database_of(const struct event *ev)
{
    const struct str group = event_get(ev, FIELD_LOG_GROUP);
    return group.len > 0 ? group : event_get(ev, FIELD_DATABASE).len > 0 ? event_get(ev, FIELD_DATABASE) : STR("database");
}

static bool judge(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel, struct verdict *verdict)
{
    struct learn_view view;
    const struct str account = event_get(ev, FIELD_ACCOUNT);
    const bool failed = is_failure(ev);
    const bool public = !intel_is_private(event_get(ev, FIELD_IP));
    const bool often = steady(memory, ev, public, failed);
    if (!learn_at(learning->learn, LEARN_DATABASE, account.len > 0 ? account : STR("databases"), database_of(ev), ev->at_ms, &view)) {
        return false;
    }
    view.learns = view.learns && !failed;
    const struct learn_rarity user = learn_value(&view, DATABASE_USER, event_get(ev, FIELD_USER_NAME));
    const struct learn_rarity network = learn_value(&view, DATABASE_NETWORK, among_networks(ev, intel));
    const bool stranger = user.entity == LEARN_NEVER && network.entity == LEARN_NEVER;
    if (!view.judged || !(stranger || (public && network.entity == LEARN_NEVER))) {
        return false;
    }
    if (!failed) {
        learn_distrust(&view);
    }
    listed_type(verdict, types[failed]);
    verdict->severity = failed ? 2 : !public ? 2 : often ? 8 : 5;
    verdict->why = str_format(ev->arena, "on %u days of logins none came from this network%s", network.entity_history,
                              stranger ? ", nor was this user among them" : "");
    return true;
}

const struct detector DATABASE_UNUSUAL = {
    .detection = {
        .id = STR_INIT("database-unusual"),
        .type = STR_INIT("CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin"),
        .severity = 5,
        .resource = STR_INIT("RDSDBInstance"),
        .title = STR_INIT("A login to the database ${resource} is unlike those before."),
        .description = STR_INIT("${caller} came to the database ${resource} from ${source}: ${why}."),
    },
    .types = types,
    .source = SOURCE_POSTGRESQL,
    .also = 1u << SOURCE_MYSQL,
    .learns = true,
    .attempts = true,
    .wants = is_login,
    .key = FIELD_LOG_GROUP,
    .memory = sizeof(struct vain),
    .judge = judge,
};
