#include "svc/s3/cors.h"

bool cors_wildcard(struct str pattern, struct str text, bool ignore_case)
{
    const size_t star = str_find(pattern, '*');
    if (star == STR_MISSING) {
        return ignore_case ? str_equal_nocase(pattern, text) : str_equal(pattern, text);
    }
    const struct str before = str_slice(pattern, 0, star);
    const struct str after = str_from(pattern, star + 1);
    if (text.len < before.len + after.len) {
        return false;
    }
    const struct str head = str_slice(text, 0, before.len);
    const struct str tail = str_from(text, text.len - after.len);
    return ignore_case ? str_equal_nocase(head, before) && str_equal_nocase(tail, after)
                       : str_equal(head, before) && str_equal(tail, after);
}

static bool any_fits(const struct str *patterns, size_t count, struct str text, bool ignore_case)
{
    for (size_t i = 0; i < count; i++) {
        if (cors_wildcard(patterns[i], text, ignore_case)) {
            return true;
        }
    }
    return false;
}

static bool headers_fit(const struct s3_cors_rule *rule, struct str headers)
{
    struct str rest = headers.len ? headers : STR_NONE;
    while (rest.ptr) {
        const struct str name = str_trim(str_cut(rest, ',', &rest));
        if (name.len > 0 && !any_fits(rule->allowed_headers.items, rule->allowed_headers.count, name, true)) {
            return false;
        }
    }
    return true;
}

static bool has_method(const struct s3_cors_rule *rule, struct str method)
{
    for (size_t i = 0; i < rule->allowed_methods.count; i++) {
        if (str_equal(rule->allowed_methods.items[i], method)) {
            return true;
        }
    }
    return false;
}

const struct s3_cors_rule *cors_find(const struct s3_cors_rules *rules, const struct cors_request *request)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct s3_cors_rule *rule = &rules->items[i];
        if (any_fits(rule->allowed_origins.items, rule->allowed_origins.count, request->origin, false)
            && has_method(rule, request->method) && headers_fit(rule, request->headers)) {
            return rule;
        }
    }
    return NULL;
}

static struct str joined(struct arena *arena, const struct str *items, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, i ? STR(", ") : STR(""));
        text_add(&text, items[i]);
    }
    return text_str(&text);
}

/* As S3 gives them back: in small letters. */
static struct str asked_headers(struct arena *arena, struct str headers)
{
    struct text text = text_new(arena);
    struct str rest = headers.len ? headers : STR_NONE;
    while (rest.ptr) {
        const struct str name = str_trim(str_cut(rest, ',', &rest));
        text_add(&text, text.len && name.len ? STR(", ") : STR(""));
        text_add(&text, str_lower(arena, name));
    }
    return text_str(&text);
}

/* A rule that names "*" itself lets anyone in, without credentials. */
static bool names_anyone(const struct s3_cors_rule *rule)
{
    for (size_t i = 0; i < rule->allowed_origins.count; i++) {
        if (str_equal(rule->allowed_origins.items[i], STR("*"))) {
            return true;
        }
    }
    return false;
}

size_t cors_headers(struct arena *arena, const struct s3_cors_rule *rule, const struct cors_request *request,
                    struct http_header out[CORS_HEADERS_MAX])
{
    size_t count = 0;
    const bool anyone = names_anyone(rule);
    out[count++] = (struct http_header){ STR("Access-Control-Allow-Origin"), anyone ? STR("*") : request->origin };
    out[count++] = (struct http_header){ STR("Access-Control-Allow-Methods"),
                                         joined(arena, rule->allowed_methods.items, rule->allowed_methods.count) };
    if (request->headers.len) {
        out[count++] = (struct http_header){ STR("Access-Control-Allow-Headers"), asked_headers(arena, request->headers) };
    }
    if (rule->expose_headers.count) {
        out[count++] = (struct http_header){ STR("Access-Control-Expose-Headers"),
                                             joined(arena, rule->expose_headers.items, rule->expose_headers.count) };
    }
    if (rule->max_age_seconds.set) {
        out[count++] = (struct http_header){ STR("Access-Control-Max-Age"), str_format(arena, "%d", rule->max_age_seconds.v) };
    }
    if (!anyone) {
        out[count++] = (struct http_header){ STR("Access-Control-Allow-Credentials"), STR("true") };
    }
    out[count++] = (struct http_header){ STR("Vary"),
                                         STR("Origin, Access-Control-Request-Headers, Access-Control-Request-Method") };
    return count;
}
