/* console_login.c - one IAM user signs in to the console from two countries at about the same time.
 * spec: GuardDuty user guide, UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B.
 * The guide gives no figure for "around the same time"; one hour is our own reading. Places are countries; an address whose
 * country is unknown says nothing. */
#include "detect/detectors.h"

#define WINDOW_MS ((int64_t)60 * 60 * 1000)
#define DISORDER_MS ((int64_t)7 * 24 * 60 * 60 * 1000)

struct last_login {
    int64_t at_ms;
    uint16_t country;
};

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    struct last_login *last = memory;
    const uint16_t country = intel_country(intel, event_get(ev, FIELD_IP));
    if (country == 0) {
        return false;
    }
    const struct last_login before = *last;
    const int64_t gap = ev->at_ms - before.at_ms; /* may be negative: logs arrive out of order */
    if (before.country == 0 || gap >= 0 || gap < -DISORDER_MS) { /* days later than this one: that time was absurd */
        *last = (struct last_login){ ev->at_ms, country };
    }
    verdict->why = str_format(ev->arena, "signed in from %c%c and from %c%c within an hour", before.country >> 8,
                              before.country & 0xFF, country >> 8, country & 0xFF);
    return before.country != 0 && before.country != country && gap <= WINDOW_MS && gap >= -WINDOW_MS;
}

const struct detector CONSOLE_LOGIN_WORLDWIDE = {
    .detection = {
        .id = STR_INIT("console-login-worldwide"),
        .type = STR_INIT("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"),
        .severity = 5,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("${caller} signed in to the console from far-apart places."),
        .description = STR_INIT("${caller} ${why}, the last time from ${source}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_ACTION, "ConsoleLogin" }, { FIELD_IDENTITY, "IAMUser" }, { FIELD_OUTCOME, "Success" } },
    .key = FIELD_PRINCIPAL,
    .memory = sizeof(struct last_login),
    .inspect = inspect,
};
