#include <unistd.h>

#include "app/source_parts.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/random.h"
#include "wire/xml.h"

enum { TRIES = 5, FIRST_PAUSE_MS = 200, ROLE_SPARE_MS = 5 * 60000 };

static const struct fault REFUSED = { "AccessDenied", NULL, NULL, 403 };

struct str source_host(struct str base)
{
    const size_t at = str_search(base, STR("://"));
    return str_from(base, at + 3);
}

struct str source_aws_base(struct ctx *ctx, const struct source *source, const char *service)
{
    const bool china = str_starts(source->uri.region, STR("cn-"));
    return str_format(ctx->arena, "https://%s.%" STR_FMT ".amazonaws.com%s", service, STR_ARG(source->uri.region),
                      china ? ".cn" : "");
}

static struct str deep_text(const struct xml *xml, struct str name)
{
    if (str_equal(xml_local_name(xml->name), name)) {
        return xml->text;
    }
    for (const struct xml *child = xml->child; child; child = child->next) {
        const struct str text = deep_text(child, name);
        if (text.ptr) {
            return text;
        }
    }
    return STR_NONE;
}

/* Code and message of an error, whatever the protocol; absent when there is none. */
static void read_error(struct arena *arena, struct str body, struct str *code, struct str *message)
{
    const struct xml *xml = xml_parse(arena, body, NULL);
    const struct json *json = xml ? NULL : json_parse(arena, body, NULL);
    *code = xml ? deep_text(xml, STR("Code")) : json_text(json_get(json, STR("__type")));
    *message = xml ? deep_text(xml, STR("Message")) : json_text(json_get(json, STR("message")));
    const size_t hash = str_find(*code, '#');
    *code = hash == STR_MISSING ? *code : str_from(*code, hash + 1);
}

static struct err refused(struct ctx *ctx, const struct source_call *call, const struct http_response *response)
{
    const struct http_request view = { .headers = response->headers, .header_count = response->header_count };
    const struct str region = http_header_find(&view, STR("x-amz-bucket-region"));
    const struct fault *fault = response->status == 404 ? &FAULT_MISSING
        : response->status == 403                       ? &REFUSED
        : response->status >= 500                       ? &FAULT_UNAVAILABLE
                                                        : &FAULT_INVALID;
    struct str code = STR_NONE, message = STR_NONE;
    read_error(ctx->arena, response->body, &code, &message);
    if (response->status == 301 && region.ptr) {
        return fail(ctx, fault, "%s: the bucket is in another region; add region=%" STR_FMT, call->what, STR_ARG(region));
    }
    return fail(ctx, fault, "%s: answered %u %" STR_FMT "%s%" STR_FMT, call->what, (unsigned)response->status, STR_ARG(code),
                message.len > 0 ? ": " : "", STR_ARG(message));
}

static bool is_worth_another_try(struct ctx *ctx, const struct http_response *response)
{
    struct str code = STR_NONE, message = STR_NONE;
    if (response->status >= 500 || response->status == 429) {
        return true;
    }
    if (response->status != 400 && response->status != 403) {
        return false;
    }
    read_error(ctx->arena, response->body, &code, &message);
    return str_search(code, STR("Throttl")) != STR_MISSING || str_equal(code, STR("SlowDown"))
        || str_equal(code, STR("RequestLimitExceeded")) || str_equal(code, STR("RequestTimeout"));
}

/* Twice as long after each try, and never the same for all. */
static void pause_before(struct source *source, int attempt)
{
    uint16_t chance = 0;
    random_bytes(&chance, sizeof(chance));
    const int64_t most = (int64_t)FIRST_PAUSE_MS << attempt;
    source_rest(source, most / 2 + most / 2 * chance / UINT16_MAX);
}

static struct err send_once(struct ctx *ctx, struct source *source, struct net_client *client, const struct source_keys *keys,
                            const struct source_call *call, struct http_response *response)
{
    struct http_request request = call->request;
    struct http_header *headers = ARENA_ARRAY(ctx->arena, struct http_header, request.header_count + 1);
    for (size_t i = 0; i < request.header_count; i++) {
        headers[i + 1] = request.headers[i];
    }
    headers[0] = (struct http_header){ STR("Host"), source_host(call->base) };
    request.headers = headers;
    request.header_count++;
    const struct sigv4_signer signer = { keys->access_key, keys->secret, keys->token, source->uri.region,
                                         str_of(call->service) };
    ctx->now_ms = clock_now_ms();
    sigv4_sign(ctx, &signer, &request);
    if (call->file >= 0 && (ftruncate(call->file, 0) != 0 || lseek(call->file, 0, SEEK_SET) != 0)) {
        return fail(ctx, &FAULT_IO, "%s: the file for it can't be used", call->what);
    }
    return net_client_call(ctx, client, call->base, &request, call->file, response);
}

static struct err send(struct ctx *ctx, struct source *source, struct net_client *client, const struct source_keys *keys,
                       const struct source_call *call, struct http_response *response)
{
    struct err err = ERR_OK;
    for (int attempt = 0; attempt < TRIES; attempt++) {
        if (attempt > 0) {
            pause_before(source, attempt - 1);
        }
        if (source_stopping(source)) {
            return fail(ctx, &FAULT_UNAVAILABLE, "the server is stopping");
        }
        err = send_once(ctx, source, client, keys, call, response);
        if (!err.fault && response->status >= 200 && response->status < 300) {
            return ERR_OK;
        }
        if (!err.fault && !is_worth_another_try(ctx, response)) {
            return refused(ctx, call, response);
        }
        if (err.fault && !err_is(err, &FAULT_UNAVAILABLE)) {
            return err;
        }
    }
    return err.fault ? err : refused(ctx, call, response);
}

static void keep(struct source *source, struct kept_keys *place, const struct source_keys *keys)
{
    lock_take(source->lock);
    arena_reset(place->arena);
    place->keys = (struct source_keys){ str_copy(place->arena, keys->access_key), str_copy(place->arena, keys->secret),
                                        str_copy(place->arena, keys->token), keys->until_ms };
    lock_give(source->lock);
}

/* False: none yet, or they are about to end. */
static bool kept(struct ctx *ctx, struct source *source, const struct kept_keys *place, struct source_keys *out)
{
    lock_take(source->lock);
    const struct source_keys *keys = &place->keys;
    const bool fresh = keys->access_key.len > 0 && (keys->until_ms == 0 || keys->until_ms - clock_now_ms() > ROLE_SPARE_MS);
    *out = (struct source_keys){ str_copy(ctx->arena, keys->access_key), str_copy(ctx->arena, keys->secret),
                                 str_copy(ctx->arena, keys->token), keys->until_ms };
    lock_give(source->lock);
    return fresh;
}

/* spec: AWS STS API reference, AssumeRole. */
static struct err assume_role(struct ctx *ctx, struct source *source, struct net_client *client, const struct source_keys *own)
{
    const struct source_uri *uri = &source->uri;
    const struct http_header type = { STR("Content-Type"), STR("application/x-www-form-urlencoded; charset=utf-8") };
    struct text body = text_new(ctx->arena);
    text_add_format(&body, "Action=AssumeRole&Version=2011-06-15&RoleSessionName=yagura&RoleArn=%" STR_FMT,
                    STR_ARG(str_percent_encode(ctx->arena, uri->role, false)));
    if (uri->external_id.ptr) {
        text_add_format(&body, "&ExternalId=%" STR_FMT, STR_ARG(str_percent_encode(ctx->arena, uri->external_id, false)));
    }
    const struct source_call call = {
        .service = "sts", .base = uri->endpoint.ptr ? uri->endpoint : source_aws_base(ctx, source, "sts"), .file = -1,
        .request = { .method = STR("POST"), .path = STR("/"), .body = text_str(&body), .headers = &type, .header_count = 1 },
        .what = "assume the role",
    };
    struct http_response response;
    TRY(send(ctx, source, client, own, &call, &response));
    const struct xml *xml = xml_parse(ctx->arena, response.body, NULL);
    struct source_keys keys = { 0 };
    if (xml) {
        keys = (struct source_keys){ deep_text(xml, STR("AccessKeyId")), deep_text(xml, STR("SecretAccessKey")),
                                     deep_text(xml, STR("SessionToken")), 0 };
    }
    if (keys.access_key.len == 0 || keys.secret.len == 0 || keys.token.len == 0
        || !clock_parse_iso8601(deep_text(xml, STR("Expiration")), &keys.until_ms)) {
        return fail(ctx, &FAULT_INVALID, "assume the role: the answer holds no keys");
    }
    keep(source, &source->role, &keys);
    return ERR_OK;
}

static struct err own_keys(struct ctx *ctx, struct source *source, struct source_keys *keys)
{
    if (kept(ctx, source, &source->own, keys)) {
        return ERR_OK;
    }
    TRY(source_keys_fetch(ctx, source, keys));
    keep(source, &source->own, keys);
    return ERR_OK;
}

/* Fetchers may all find that keys are about to end: each asks for itself then, which does no harm. */
static struct err keys_of(struct ctx *ctx, struct source *source, struct net_client *client, struct source_keys *keys)
{
    if (source->uri.role.ptr == NULL) {
        return own_keys(ctx, source, keys);
    }
    if (kept(ctx, source, &source->role, keys)) {
        return ERR_OK;
    }
    struct source_keys own;
    TRY(own_keys(ctx, source, &own));
    TRY(assume_role(ctx, source, client, &own));
    return kept(ctx, source, &source->role, keys) ? ERR_OK : fail(ctx, &FAULT_INVALID, "assume the role: its keys have ended already");
}

struct err source_call(struct ctx *ctx, struct source *source, struct net_client *client, const struct source_call *call,
                       struct http_response *response)
{
    struct source_keys keys;
    TRY(keys_of(ctx, source, client, &keys));
    return send(ctx, source, client, &keys, call, response);
}
