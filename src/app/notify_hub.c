#include "app/notify_hub.h"

#include "app/source_parts.h"
#include "base/clock.h"
#include "base/json.h"
#include "detect/asff.h"
#include "wire/sigv4.h"

enum { BATCH = 100 }; /* spec: BatchImportFindings takes so many */

static struct str batch_body(struct arena *arena, struct str region, const struct finding *findings, size_t count)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_key(&w, STR("Findings"));
    json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        asff_write(&w, &findings[i], json_parse(arena, findings[i].json, NULL), region);
    }
    json_close_array(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct err call(struct ctx *ctx, struct net_client *client, const struct notify_destination *to, struct str body,
                       struct http_response *response)
{
    struct source_keys keys = { .access_key = STR_NONE };
    enum source_keys_origin origin = KEYS_GIVEN;
    TRY(source_keys_find(ctx, ctx->arena, &keys, &origin));
    if (origin != KEYS_GIVEN) {
        return fail(ctx, &FAULT_UNAVAILABLE, "Security Hub needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
    }
    const struct sigv4_signer signer = { keys.access_key, keys.secret, keys.token, to->path, STR("securityhub") };
    const size_t at = str_search(to->base, STR("://"));
    const struct http_header headers[] = { { STR("Host"), str_from(to->base, at + 3) }, { STR("Content-Type"), STR("application/json") } };
    struct http_request request = { .method = STR("POST"), .path = STR("/findings/import"), .body = body, .headers = headers,
                                    .header_count = COUNT_OF(headers) };
    ctx->now_ms = clock_now_ms();
    sigv4_sign(ctx, &signer, &request);
    return net_client_call(ctx, client, to->base, &request, -1, response);
}

/* 200 even when single findings were refused. */
static struct err read_answer(struct ctx *ctx, const struct http_response *response)
{
    const struct json *answer = json_parse(ctx->arena, response->body, NULL);
    if (response->status != 200 || answer == NULL) {
        const struct str lower = json_text(json_get(answer, STR("message")));
        const struct str message = lower.ptr ? lower : json_text(json_get(answer, STR("Message")));
        return fail(ctx, &FAULT_UNAVAILABLE, "Security Hub answered %u: %" STR_FMT, (unsigned)response->status,
                    STR_ARG(notify_plain(ctx->arena, message, 300)));
    }
    const struct json *failed = json_get(answer, STR("FailedFindings"));
    if (failed && failed->child) {
        return fail(ctx, &FAULT_INVALID, "Security Hub refused %zu findings, the first with %" STR_FMT ": %" STR_FMT, failed->count,
                    STR_ARG(notify_plain(ctx->arena, json_text(json_get(failed->child, STR("ErrorCode"))), 60)),
                    STR_ARG(notify_plain(ctx->arena, json_text(json_get(failed->child, STR("ErrorMessage"))), 300)));
    }
    return ERR_OK;
}

struct err notify_hub_send(struct ctx *ctx, struct net_client *client, const struct notify_destination *to,
                           const struct notify_digest *digest)
{
    struct err refused = ERR_OK;
    for (size_t i = 0; i < digest->count; i += BATCH) {
        const size_t count = digest->count - i < BATCH ? digest->count - i : BATCH;
        struct http_response response;
        TRY(call(ctx, client, to, batch_body(ctx->arena, to->path, digest->findings + i, count), &response));
        const struct err err = read_answer(ctx, &response);
        if (err.fault && !err_is(err, &FAULT_INVALID)) {
            return err;
        }
        refused = err.fault ? err : refused; /* the others still go */
    }
    return refused;
}
