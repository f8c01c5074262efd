#include "detect/body.h"

#include "detect/body_parts.h"

enum { MEMBER_MAX = 1024 };

static const struct body *body_of(const struct event *ev)
{
    switch (ev->source) {
    case SOURCE_KUBERNETES:
        return &BODY_KUBERNETES;
    case SOURCE_POSTGRESQL:
    case SOURCE_MYSQL:
        return &BODY_DATABASE;
    case SOURCE_FALCO:
    case SOURCE_TETRAGON:
    case SOURCE_AUDITD:
        return &BODY_RUNTIME;
    case SOURCE_MALWARE:
        return &BODY_MALWARE;
    default:
        return NULL;
    }
}

void body_name(const struct event *ev, const struct detection *detection, struct verdict *verdict)
{
    const struct body *body = body_of(ev);
    if (body) {
        body->name(ev, detection, verdict);
    }
}

void body_fill(const struct event *ev, const struct finding *finding, struct verdict *verdict)
{
    const struct body *body = body_of(ev);
    if (body) {
        body->fill(ev, finding, verdict);
    }
}

bool body_has_no_call(const struct event *ev) { return body_of(ev) != NULL; }

void body_members(struct json_writer *w, const struct body_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (members[i].value.len > 0) {
            json_member_str(w, members[i].name, record_short(w->text.arena, members[i].value, MEMBER_MAX));
        }
    }
}

void body_number(struct json_writer *w, struct str name, struct str value)
{
    int64_t number = 0;
    if (str_to_int(value, &number)) {
        json_member_int(w, name, number);
    }
}

void body_time(struct json_writer *w, struct str name, int64_t ms)
{
    json_key(w, name);
    json_write_double(w, (double)ms / 1000);
}

void body_remote(struct json_writer *w, struct str source)
{
    const char last = source.len > 0 ? source.ptr[source.len - 1] : '-';
    const bool six = str_find(source, ':') != STR_MISSING;
    if (!six && (last < '0' || last > '9')) {
        return;
    }
    json_key(w, STR("remoteIpDetails"));
    json_open_object(w);
    BODY_MEMBERS(w, { six ? STR("ipAddressV6") : STR("ipAddressV4"), source });
    json_close_object(w);
}

void body_default(struct str *part, struct str value) { *part = part->len > 0 ? *part : value; }

struct str body_of_log_group(const struct event *ev, struct str prefix)
{
    const struct str group = event_get(ev, FIELD_LOG_GROUP);
    struct str rest = STR_NONE;
    return str_starts(group, prefix) ? str_cut(str_from(group, prefix.len), '/', &rest) : STR_NONE;
}
