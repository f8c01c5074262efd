/* lambda_url.c - links to code, and function URLs. */
#include "app/lambda_parts.h"

#include "base/clock.h"

static void answer_text(struct net_exchange *exchange, uint16_t status, struct str type, struct str body)
{
    struct http_response response = { .status = status, .body = body };
    http_response_add(net_arena(exchange), &response, STR("Content-Type"), type);
    net_answer(exchange, &response);
}

static void answer_code(struct lambda *lambda, struct net_exchange *exchange)
{
    struct ctx ctx = ctx_new(net_arena(exchange), clock_now_ms());
    struct worker *worker = worker_here(inside_workers(lambda->inside));
    struct str archive = STR_NONE;
    struct err err = worker_connect(&ctx, worker);
    if (!err.fault) {
        err = store_begin(&ctx, worker->db, STORE_READ);
    }
    if (!err.fault) {
        err = lambda_link_open(&ctx, worker->db, lambda->options.vault, net_request(exchange)->query, &archive);
        store_rollback(worker->db);
    }
    if (err.fault || archive.ptr == NULL) {
        answer_text(exchange, err.fault ? err.fault->http : 404, STR("text/plain"), str_format(ctx.arena, "%s\n", ctx.reason));
        return;
    }
    answer_text(exchange, 200, STR("application/zip"), archive);
}

bool lambda_serves(struct lambda *lambda, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    if (lambda == NULL || !str_equal(http->path, STR("/_yagura/lambda-code")) || !str_equal(http->method, STR("GET"))) {
        return false;
    }
    answer_code(lambda, exchange);
    return true;
}
