/* front_pages.c - what the front door answers by itself: health, metrics, token keys, pushes. */
#include "app/commands.h"
#include "app/front_parts.h"
#include "app/metrics.h"
#include "app/source_table.h"
#include "base/clock.h"
#include "base/log.h"
#include "svc/s3/cors_answer.h"
#include "svc/sts/sts.h"
#include "wire/virtual_host.h"

static void answer_text(struct net_exchange *exchange, uint16_t status, struct str type, struct str body)
{
    struct http_response response = { .status = status, .body = body };
    http_response_add(net_arena(exchange), &response, STR("Content-Type"), type);
    net_answer(exchange, &response);
}

/* Counters of this process, and what the store knows of the sources. */
static void answer_metrics(struct front *front, struct net_exchange *exchange)
{
    struct ctx ctx = ctx_new(net_arena(exchange), clock_now_ms());
    struct text text = text_new(ctx.arena);
    struct worker *worker = NULL;
    text_add(&text, metrics_text(ctx.arena));
    struct err err = front_worker(&ctx, front, &worker);
    if (!err.fault) {
        err = source_table_metrics(&ctx, worker->db, &text);
    }
    if (err.fault) {
        log_warn(&ctx, "figures of sources can't be read", LOG_STR("reason", str_of(ctx.reason)));
    }
    answer_text(exchange, 200, STR("text/plain; version=0.0.4"), text_str(&text));
}

/* For those who verify an account's web identity tokens. */
static void answer_token_keys(struct front *front, struct net_exchange *exchange, struct str account)
{
    struct ctx ctx = ctx_new(net_arena(exchange), clock_now_ms());
    struct worker *worker = NULL;
    struct str jwks = STR_NONE;
    struct err err = front_worker(&ctx, front, &worker);
    if (!err.fault) {
        err = store_begin(&ctx, worker->db, STORE_READ);
    }
    if (!err.fault) {
        err = sts_token_keys(&ctx, worker->db, account, &jwks);
        store_rollback(worker->db);
    }
    answer_text(exchange, err.fault ? 503 : 200, STR("application/json"), err.fault ? STR("{}\n") : jwks);
}

bool front_page(struct front *front, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    if (!str_starts(http->path, STR("/_yagura/"))) {
        return false;
    }
    const struct str page = str_from(http->path, sizeof("/_yagura/") - 1);
    if (!str_equal(http->method, STR("GET"))) {
        answer_text(exchange, 405, STR("text/plain"), STR("GET only\n"));
    } else if (str_equal(page, STR("health"))) {
        answer_text(exchange, 200, STR("application/json"),
                    STR("{\"status\":\"ok\",\"version\":\"" YAGURA_VERSION "\"}\n"));
    } else if (str_equal(page, STR("metrics"))) {
        answer_metrics(front, exchange);
    } else if (str_starts(page, STR("jwks/"))) {
        answer_token_keys(front, exchange, str_from(page, sizeof("jwks/") - 1));
    } else {
        answer_text(exchange, 404, STR("text/plain"), STR("there is /_yagura/health and /_yagura/metrics; with --push, POST /_yagura/push\n"));
    }
    return true;
}

/* Who may push: signed as service "yagura", allowed yagura:PutRecords. */
static struct err authorise_push(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(front_worker(ctx, call->front, &worker));
    TRY(front_identify(call, worker));
    TRY(front_take_body(call, worker));
    if (!str_equal(call->claim.service, STR("yagura"))) {
        return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to correct service: 'yagura'.");
    }
    const struct str resource = str_format(ctx->arena, "arn:aws:yagura:%" STR_FMT ":%" STR_FMT ":push",
                                           STR_ARG(call->rq.region), STR_ARG(call->rq.account));
    return authorise_action(&call->rq, call->identity, STR("yagura:PutRecords"), resource);
}

bool front_push(struct front *front, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    if (front->options.push == NULL || !str_equal(http->path, STR("/_yagura/push"))
        || !str_equal(http->method, STR("POST"))) {
        return false;
    }
    struct call *call = front_call(front, exchange);
    call->err = authorise_push(call);
    if (call->err.fault) {
        front_finish(call, call->err.fault->http);
        push_refuse(exchange, call->err, call->rq.ctx.reason);
        return true;
    }
    front_count(call, 200);
    push_take(front->options.push, exchange);
    return true;
}

static struct err preflight(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(front_worker(ctx, call->front, &worker));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    call->rq.db = worker->db;
    const struct err err = cors_preflight(&call->rq);
    store_rollback(worker->db);
    call->rq.db = NULL;
    return err;
}

/* Nobody signs it, and it is no call: it isn't recorded, as with AWS. */
bool front_preflight(struct front *front, struct net_exchange *exchange)
{
    if (!str_equal(net_request(exchange)->method, STR("OPTIONS"))) {
        return false;
    }
    struct call *call = front_call(front, exchange);
    struct ctx *ctx = &call->rq.ctx;
    struct http_response response = { .status = 200, .body = STR("") };
    virtual_host_resolve(ctx->arena, &call->http);
    const struct err err = preflight(call);
    const struct answer_extra *extra = &call->rq.extra;
    const struct wire_match match = { .protocol = PROTOCOL_REST_XML, .elements = extra->elements, .element_count = extra->element_count };
    if (err.fault) {
        wire_encode_error(ctx, &match, err.fault, str_of(ctx->reason), &response);
    } else {
        http_response_add(ctx->arena, &response, STR("x-amz-request-id"), ctx->request_id);
        http_response_add(ctx->arena, &response, STR("x-amz-id-2"), str_base64(ctx->arena, ctx->request_id));
    }
    for (size_t i = 0; i < extra->header_count; i++) {
        http_response_add(ctx->arena, &response, extra->headers[i].name, extra->headers[i].value);
    }
    front_count(call, response.status);
    net_answer(exchange, &response);
    return true;
}
