#include "detect/record.h"

static const struct json *walk(const struct json *at, struct str path)
{
    if (at == NULL || path.len == 0) {
        return at;
    }
    if (at->kind == JSON_ARRAY) {
        for (const struct json *element = at->child; element; element = element->next) {
            const struct json *found = walk(element, path);
            if (found) {
                return found;
            }
        }
        return NULL;
    }
    struct str rest = STR_NONE;
    const struct str key = str_cut(path, '.', &rest);
    return walk(json_get(at, key), rest);
}

const struct json *record_get(const struct json *record, struct str path) { return walk(record, path); }

struct str record_short(struct arena *arena, struct str text, size_t most)
{
    if (text.len <= most) {
        return text;
    }
    size_t len = most;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--; /* not within a character */
    }
    return str_format(arena, "%.*s…", (int)len, text.ptr);
}

struct str record_text(struct arena *arena, const struct json *record, struct str path)
{
    const struct json *value = walk(record, path);
    while (value && value->kind == JSON_ARRAY && value->count == 1) {
        value = value->child;
    }
    if (value == NULL || value->kind == JSON_NULL) {
        return STR_NONE;
    }
    if (value->kind == JSON_TRUE || value->kind == JSON_FALSE) {
        return value->kind == JSON_TRUE ? STR("true") : STR("false");
    }
    return record_short(arena, value->text, RECORD_TEXT_MAX);
}

struct str record_session_name(const struct event *ev)
{
    const struct str principal = event_get(ev, FIELD_PRINCIPAL);
    if (!str_equal(event_get(ev, FIELD_IDENTITY), STR("AssumedRole")) || str_search(principal, STR(":assumed-role/")) == STR_MISSING) {
        return STR_NONE;
    }
    return str_from(principal, str_find_last(principal, '/') + 1);
}

struct str record_caller_key(const struct event *ev)
{
    static const enum field order[] = { FIELD_ISSUER_ARN, FIELD_PRINCIPAL, FIELD_PRINCIPAL_ID, FIELD_ACCESS_KEY,
                                        FIELD_CALLER_ACCOUNT, FIELD_INVOKED_BY, FIELD_USER_NAME };
    const bool role = str_equal(event_get(ev, FIELD_IDENTITY), STR("AssumedRole"));
    for (size_t i = role ? 0 : 1; i < sizeof(order) / sizeof(order[0]); i++) {
        if (event_get(ev, order[i]).len > 0) {
            return event_get(ev, order[i]);
        }
    }
    return STR("unknown");
}

static struct str role_caller(struct arena *arena, const struct event *ev)
{
    const struct str session = record_session_name(ev);
    const struct str role = event_get(ev, FIELD_USER_NAME);
    const struct str name = role.len > 0 ? role : event_get(ev, FIELD_PRINCIPAL);
    return session.len > 0 ? str_format(arena, "role %" STR_FMT " (session %" STR_FMT ")", STR_ARG(name), STR_ARG(session))
                           : str_format(arena, "role %" STR_FMT, STR_ARG(name));
}

struct str record_caller(struct arena *arena, const struct event *ev)
{
    const struct str type = event_get(ev, FIELD_IDENTITY);
    const struct str name = event_get(ev, FIELD_USER_NAME);
    if (str_equal(type, STR("Root"))) {
        return STR("the root user");
    }
    if (str_equal(type, STR("AssumedRole"))) {
        return role_caller(arena, ev);
    }
    if (str_equal(type, STR("IAMUser")) && name.len > 0) {
        return str_format(arena, "IAM user %" STR_FMT, STR_ARG(name));
    }
    const struct str key = record_caller_key(ev);
    return type.len > 0 ? str_format(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(type), STR_ARG(key)) : key;
}

static struct str word(struct arena *arena, struct str name, const struct event *ev, const struct json *record,
                       const struct record_words *words)
{
    if (str_equal(name, STR("caller"))) {
        return record_caller(arena, ev);
    }
    if (str_equal(name, STR("source"))) {
        return event_get(ev, FIELD_IP);
    }
    if (str_equal(name, STR("resource"))) {
        return words->resource;
    }
    if (str_equal(name, STR("why"))) {
        return words->why;
    }
    return record_text(arena, record, name);
}

struct str record_fill(struct arena *arena, struct str pattern, const struct event *ev, const struct json *record,
                       const struct record_words *words)
{
    struct text out = text_new(arena);
    for (struct str rest = pattern; rest.len > 0;) {
        const size_t dollar = str_search(rest, STR("${"));
        text_add(&out, str_slice(rest, 0, dollar == STR_MISSING ? rest.len : dollar));
        const struct str inside = dollar == STR_MISSING ? STR_NONE : str_from(rest, dollar + 2);
        const size_t end = str_find(inside, '}');
        if (end == STR_MISSING) {
            break;
        }
        const struct str found = word(arena, str_slice(inside, 0, end), ev, record, words);
        const struct str value = record_short(arena, found, RECORD_TEXT_MAX);
        text_add(&out, value.len > 0 ? value : STR("(unknown)"));
        rest = str_from(inside, end + 1);
    }
    return text_str(&out);
}
