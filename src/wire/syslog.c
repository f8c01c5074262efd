#include "wire/syslog.h"

#include <ctype.h>

#include "base/clock.h"

enum { PRIORITY_MAX = 5, TIME_3164 = 15, TAG_MAX = 64, FIELDS_5424 = 5 };

/* "<34>" off the front; false when it isn't there. */
static bool cut_priority(struct str message, struct str *rest)
{
    const size_t end = str_find(str_slice(message, 0, PRIORITY_MAX), '>');
    if (end == STR_MISSING || end < 2 || message.ptr[0] != '<') {
        return false;
    }
    for (size_t i = 1; i < end; i++) {
        if (!isdigit((unsigned char)message.ptr[i])) {
            return false;
        }
    }
    *rest = str_from(message, end + 1);
    return true;
}

/* "-" or [id name="value"…]…, in which ] is escaped inside quotes. */
static struct str skip_structured(struct str s)
{
    if (str_starts(s, STR("-"))) {
        return str_from(s, 1);
    }
    size_t at = 0;
    while (at < s.len && s.ptr[at] == '[') {
        bool quoted = false;
        for (at++; at < s.len && (quoted || s.ptr[at] != ']'); at++) {
            at += quoted && s.ptr[at] == '\\';
            quoted ^= at < s.len && s.ptr[at] == '"' && (at == 0 || s.ptr[at - 1] != '\\');
        }
        at++;
    }
    return str_from(s, at < s.len ? at : s.len);
}

static struct str payload_5424(struct str rest)
{
    for (int i = 0; i < FIELDS_5424; i++) {
        str_cut(rest, ' ', &rest);
    }
    rest = skip_structured(rest);
    rest = str_starts(rest, STR(" ")) ? str_from(rest, 1) : rest;
    return str_starts(rest, STR("\xEF\xBB\xBF")) ? str_from(rest, 3) : rest;
}

static bool is_time_3164(struct str s)
{
    return s.len > TIME_3164 && isalpha((unsigned char)s.ptr[0]) && s.ptr[3] == ' ' && s.ptr[6] == ' ' && s.ptr[9] == ':'
        && s.ptr[12] == ':' && s.ptr[TIME_3164] == ' ';
}

static bool is_time_iso8601(struct str s)
{
    struct str rest = STR_NONE;
    int64_t ms = 0;
    return clock_parse_iso8601(str_cut(s, ' ', &rest), &ms) && rest.ptr;
}

/* "sshd[123]: " and the like; JSON has no such beginning. */
static struct str skip_tag(struct str s)
{
    size_t at = 0;
    while (at < s.len && at < TAG_MAX && (isalnum((unsigned char)s.ptr[at]) || strchr("-_./[]", s.ptr[at])) && s.ptr[at]) {
        at++;
    }
    const bool tag = at > 0 && s.ptr[0] != '[' && at < s.len && s.ptr[at] == ':';
    return tag ? str_trim(str_from(s, at + 1)) : s;
}

static struct str payload_3164(struct str rest)
{
    if (is_time_3164(rest)) {
        rest = str_from(rest, TIME_3164 + 1);
    } else if (is_time_iso8601(rest)) {
        str_cut(rest, ' ', &rest);
    } else {
        return rest;
    }
    if (str_starts(rest, STR("{"))) {
        return rest;
    }
    struct str after = STR_NONE;
    str_cut(rest, ' ', &after); /* the host */
    return after.ptr ? skip_tag(after) : rest;
}

struct str syslog_payload(struct str message)
{
    struct str rest = STR_NONE;
    if (!cut_priority(message, &rest)) {
        return message;
    }
    const struct str payload = str_starts(rest, STR("1 ")) ? payload_5424(str_from(rest, 2)) : payload_3164(rest);
    const bool cookie = str_starts(payload, STR("@cee:"));
    return cookie ? str_trim(str_from(payload, 5)) : payload;
}
