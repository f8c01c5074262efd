#include "app/source_uri.h"

#include "wire/bucket.h"

enum { POLL_S = 60, POLL_MAX_S = 86400 };

static bool is_base(struct str s)
{
    const bool http = str_starts(s, STR("http://")) || str_starts(s, STR("https://"));
    const struct str host = str_from(s, str_search(s, STR("://")) + 3);
    return http && host.len > 0 && str_find(host, '/') == STR_MISSING && str_find(host, '@') == STR_MISSING;
}

static bool is_region(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return s.len > 0 && s.len <= 32;
}

/* "https://host/path" in two; false when it is none. */
static bool cut_url(struct str url, struct str *base, struct str *path)
{
    const size_t at = str_search(url, STR("://"));
    const size_t slash = at == STR_MISSING ? STR_MISSING : str_find(str_from(url, at + 3), '/');
    if (slash == STR_MISSING) {
        return false;
    }
    *base = str_slice(url, 0, at + 3 + slash);
    *path = str_from(url, base->len);
    return is_base(*base) && path->len > 1 && str_find(*path, '?') == STR_MISSING;
}

static struct err read_parameter(struct ctx *ctx, struct str name, struct str value, struct source_uri *out)
{
    if (str_equal(name, STR("region")) && is_region(value)) {
        out->region = value;
    } else if (str_equal(name, STR("endpoint")) && is_base(str_ends(value, STR("/")) ? str_slice(value, 0, value.len - 1) : value)) {
        out->endpoint = str_ends(value, STR("/")) ? str_slice(value, 0, value.len - 1) : value;
    } else if (str_equal(name, STR("role")) && str_starts(value, STR("arn:"))) {
        out->role = value;
    } else if (str_equal(name, STR("external-id")) && value.len > 0) {
        out->external_id = value;
    } else if (str_equal(name, STR("queue")) && cut_url(value, &out->queue_base, &out->queue_path)) {
        return ERR_OK;
    } else if (str_equal(name, STR("poll")) && str_to_int(value, &out->poll_s) && out->poll_s > 0
               && out->poll_s <= POLL_MAX_S) {
        return ERR_OK;
    } else {
        return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "=%" STR_FMT "\" is not one of region, endpoint (http[s]://host), "
                    "role (ARN), external-id, queue (http[s]://host/path) and poll (seconds)", STR_ARG(name), STR_ARG(value));
    }
    return ERR_OK;
}

static struct err read_parameters(struct ctx *ctx, struct str query, struct source_uri *out)
{
    for (struct str rest = query; rest.len > 0;) {
        struct str value = STR_NONE;
        const struct str name = str_cut(str_cut(rest, '&', &rest), '=', &value);
        if (value.ptr == NULL) {
            return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "\" has no value", STR_ARG(name));
        }
        TRY(read_parameter(ctx, name, str_percent_decode(ctx->arena, value, false), out));
    }
    return ERR_OK;
}

static struct err read_queue(struct ctx *ctx, struct str rest, struct source_uri *out)
{
    const struct str url = str_format(ctx->arena, "https://%" STR_FMT, STR_ARG(rest));
    if (!cut_url(url, &out->queue_base, &out->queue_path)) {
        return fail(ctx, &FAULT_INVALID, "expected sqs://HOST/ACCOUNT/NAME");
    }
    if (out->endpoint.ptr) {
        out->queue_base = out->endpoint;
    }
    out->name = str_format(ctx->arena, "sqs://%" STR_FMT, STR_ARG(rest));
    return ERR_OK;
}

static struct err read_bucket(struct ctx *ctx, struct str rest, struct source_uri *out)
{
    out->bucket = str_cut(rest, '/', &out->prefix);
    if (!bucket_name_fits(out->bucket)) {
        return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "\" can't be the name of a bucket", STR_ARG(out->bucket));
    }
    out->prefix = out->prefix.ptr ? out->prefix : STR("");
    out->name = str_format(ctx->arena, "s3://%" STR_FMT "%s%" STR_FMT, STR_ARG(rest), out->endpoint.ptr ? "?endpoint=" : "",
                           STR_ARG(out->endpoint));
    return ERR_OK;
}

static struct err read_uri(struct ctx *ctx, struct str uri, struct source_uri *out)
{
    struct str query = STR_NONE;
    const struct str head = str_cut(uri, '?', &query);
    if (str_equal(uri, STR("-"))) {
        out->kind = SOURCE_INPUT;
        out->name = STR("-");
        return ERR_OK;
    }
    if (str_starts(uri, STR("syslog://"))) {
        out->kind = SOURCE_SYSLOG;
        out->name = uri;
        out->address = str_from(uri, sizeof("syslog://") - 1);
        return ERR_OK;
    }
    TRY(read_parameters(ctx, query, out));
    if (str_starts(head, STR("s3://"))) {
        out->kind = SOURCE_BUCKET;
        return read_bucket(ctx, str_from(head, 5), out);
    }
    if (str_starts(head, STR("sqs://")) && out->queue_base.ptr == NULL) {
        out->kind = SOURCE_QUEUE;
        return read_queue(ctx, str_from(head, 6), out);
    }
    return fail(ctx, &FAULT_INVALID, "expected s3://BUCKET/PREFIX, sqs://HOST/PATH, syslog://HOST:PORT or -");
}

struct err source_uri_read(struct ctx *ctx, struct str uri, struct str region, struct source_uri *out)
{
    *out = (struct source_uri){ .region = region, .poll_s = POLL_S };
    const struct err err = read_uri(ctx, uri, out);
    if (err.fault) {
        const struct str reason = str_copy(ctx->arena, str_of(ctx->reason));
        return fail(ctx, &FAULT_INVALID, "--source %" STR_FMT ": %" STR_FMT, STR_ARG(uri), STR_ARG(reason));
    }
    return ERR_OK;
}
