/* Function URLs and links to code: what Lambda serves beside its API. */
#include "app/lambda_parts.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "svc/lambda/url_payload.h"

#define URL_PATH "/_yagura/lambda-url/"

/* One request to a function URL, in its exchange's arena. */
struct visit {
    struct lambda *lambda;
    struct net_exchange *exchange;
    struct afterwards_job job;
    struct request rq;
    struct lambda_url url;
    struct url_request request;
    struct identity *identity; /* NULL: nobody signed */
    struct http_response response;
};

static void answer_text(struct net_exchange *exchange, uint16_t status, struct str type, struct str body)
{
    struct http_response response = { .status = status, .body = body };
    http_response_add(net_arena(exchange), &response, STR("Content-Type"), type);
    net_answer(exchange, &response);
}

static void answer_message(struct visit *visit, uint16_t status, struct str body)
{
    http_response_add(visit->rq.ctx.arena, &visit->response, STR("Content-Type"), STR("application/json"));
    visit->response.status = status;
    visit->response.body = body;
}

static void forbid(struct visit *visit)
{
    http_response_add(visit->rq.ctx.arena, &visit->response, STR("x-amzn-ErrorType"), STR("AccessDeniedException"));
    answer_message(visit, 403, STR("{\"Message\":\"Forbidden. For troubleshooting Function URL authorization issues, see: "
                                   "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html\"}"));
}

static struct err identify(struct visit *visit, struct worker *worker)
{
    struct ctx *ctx = &visit->rq.ctx;
    const struct http_request *http = visit->request.http;
    struct sigv4_claim claim = { .at_ms = 0 };
    TRY(sigv4_parse(ctx, http, &claim));
    TRY(identity_find(ctx, worker->identities, worker->db, visit->lambda->options.vault, claim.access_key, claim.token, &visit->identity));
    TRY(sigv4_verify(ctx, worker->keys, &claim, http, visit->identity->credential.secret));
    if (!visit->identity->credential.active || !str_equal(claim.service, STR("lambda"))) {
        return fail(ctx, &FAULT_INVALID, "not signed for lambda");
    }
    visit->rq.caller = visit->identity->credential.principal;
    visit->rq.caller_tags = visit->identity->tags;
    visit->rq.caller_tag_count = visit->identity->tag_count;
    visit->rq.account = visit->rq.caller.account;
    visit->request.caller = &visit->rq.caller;
    return ERR_OK;
}

/* Judged as an operation that the API's model lacks: Invoke's input, another action, and the kind of URL as a condition key,
 * which svc/lambda/guard.c takes from the invocation type. */
static struct err judge(struct visit *visit, struct worker *worker)
{
    struct request *rq = &visit->rq;
    struct operation *operation = ARENA_NEW(rq->ctx.arena, struct operation);
    const struct lambda_invoke_in in = { .function_name = visit->url.resource, .invocation_type = visit->url.config.auth_type };
    for (size_t i = 0; i < LAMBDA_MODEL.operation_count; i++) {
        if (strcmp(LAMBDA_MODEL.operations[i].name, "Invoke") == 0) {
            *operation = LAMBDA_MODEL.operations[i];
        }
    }
    operation->name = "InvokeFunctionUrl";
    operation->action = LAMBDA_URL_ACTION;
    operation->keys = NULL;
    rq->service = &LAMBDA_MODEL;
    rq->operation = operation;
    rq->protocol = PROTOCOL_REST_JSON;
    rq->db = worker->db;
    return authorise(worker->memory, rq, &in, visit->identity);
}

/* The call, or a fault when this request may not make it. */
static struct err admit(struct visit *visit, struct lambda_call *call, bool *found)
{
    struct ctx *ctx = &visit->rq.ctx;
    struct worker *worker = worker_here(inside_workers(visit->lambda->inside));
    TRY(worker_connect(ctx, worker));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    struct err err = lambda_url_find(ctx, worker->db, visit->request.id, &visit->url, found);
    store_rollback(worker->db);
    TRY(err);
    if (!*found) {
        return ERR_OK;
    }
    visit->rq.account = visit->url.account;
    visit->rq.region = visit->url.region;
    if (str_equal(visit->url.config.auth_type, STR("AWS_IAM"))) {
        TRY(identify(visit, worker));
    }
    TRY(store_begin(ctx, worker->db, STORE_READ));
    err = judge(visit, worker);
    if (!err.fault) {
        err = lambda_settle(ctx, worker->db, visit->url.account, visit->url.region, visit->url.name, visit->url.qualifier, call);
    }
    store_rollback(worker->db);
    return err;
}

static void answer_failed(struct visit *visit)
{
    http_response_add(visit->rq.ctx.arena, &visit->response, STR("Content-Type"), STR("application/json"));
    visit->response.status = 502;
    visit->response.body = STR("Internal Server Error");
}

static void answer_fault(struct visit *visit, struct err err)
{
    answer_message(visit, err.fault->http, err.fault->http == 429 ? STR("{\"Message\":\"Rate Exceeded.\"}")
                                                                  : STR("{\"Message\":\"Internal Server Error\"}"));
}

/* spec: Lambda developer guide, response streaming for function URLs: status and headers come as JSON, ended by eight NUL bytes, where
 * the function says so by the type of its answer. One that answers at once is treated as in BUFFERED mode. */
static void stream_function(struct visit *visit, struct lambda_call *call)
{
    struct arena *arena = visit->rq.ctx.arena;
    struct lambda_stream *stream = NULL;
    struct lambda_outcome outcome = { .payload = STR_NONE };
    struct str prelude = STR_NONE, type = STR_NONE;
    const struct err err = stream_open(&visit->rq.ctx, visit->lambda, call, false, &stream);
    if (err.fault) {
        answer_fault(visit, err);
        return;
    }
    const bool streamed = stream_head(stream, arena, &prelude, &type, &outcome);
    if (outcome.error.ptr || (!streamed || prelude.ptr ? !url_response(arena, streamed ? prelude : outcome.payload, &visit->response) : false)) {
        answer_failed(visit);
        stream_leave(stream);
    } else if (!streamed) {
        stream_leave(stream);
    } else {
        struct http_stream *body = ARENA_NEW(arena, struct http_stream);
        if (prelude.ptr == NULL) {
            visit->response.status = 200;
            http_response_add(arena, &visit->response, STR("Content-Type"), type.len ? type : STR("application/octet-stream"));
        }
        *body = stream_body(stream);
        visit->response.stream = body;
    }
}

static void run_function(struct visit *visit, struct lambda_call *call)
{
    struct ctx *ctx = &visit->rq.ctx;
    struct lambda_outcome outcome = { .payload = STR_NONE };
    call->request_id = ctx->request_id;
    call->payload = url_event(ctx->arena, &visit->request);
    if (str_equal(visit->url.config.invoke_mode, STR("RESPONSE_STREAM"))) {
        stream_function(visit, call);
        return;
    }
    const struct err err = pool_invoke(visit->lambda, ctx, call, &outcome);
    if (err.fault) {
        answer_fault(visit, err);
    } else if (outcome.error.ptr || !url_response(ctx->arena, outcome.payload, &visit->response)) {
        answer_failed(visit);
    }
}

static void serve(void *self)
{
    struct visit *visit = self;
    struct lambda_call call = { .number = 0 };
    bool found = false;
    const struct err err = admit(visit, &call, &found);
    if (!err.fault && !found) {
        answer_message(visit, 404, STR("{\"Message\":null}"));
    } else if (found && url_cors(visit->rq.ctx.arena, visit->url.config.cors, visit->request.http, &visit->response)) {
        visit->response.status = 200; /* a preflight asks for nothing but leave */
    } else if (err.fault) {
        forbid(visit);
    } else {
        run_function(visit, &call);
    }
    http_response_add(visit->rq.ctx.arena, &visit->response, STR("x-amzn-RequestId"), visit->rq.ctx.request_id);
    net_answer(visit->exchange, &visit->response);
}

/* By path, or by host: ID.lambda-url.REGION.on.aws, .localhost or whatever name leads here. */
static bool find_id(const struct http_request *http, struct str *id, struct str *path)
{
    struct str rest = STR_NONE;
    const struct str host = http_header_find(http, STR("host"));
    if (str_starts(http->path, STR(URL_PATH))) {
        *id = str_cut(str_from(http->path, sizeof(URL_PATH) - 1), '/', &rest);
        *path = rest.ptr ? str_from(http->path, (size_t)(rest.ptr - http->path.ptr) - 1) : STR("/");
        return true;
    }
    *id = str_cut(host, '.', &rest);
    *path = http->path;
    return rest.ptr && str_starts(rest, STR("lambda-url."));
}

static void visit_url(struct lambda *lambda, struct net_exchange *exchange, struct str id, struct str path)
{
    struct arena *arena = net_arena(exchange);
    const struct http_request *http = net_request(exchange);
    struct visit *visit = ARENA_NEW(arena, struct visit);
    struct str port = STR_NONE;
    visit->lambda = lambda;
    visit->exchange = exchange;
    visit->rq = (struct request){
        .ctx = ctx_new(arena, clock_now_ms()), .vault = lambda->options.vault, .partition = STR("aws"), .source_ip = http->remote,
        .user_agent = http_header_find(http, STR("user-agent")), .tls = http->tls,
    };
    visit->rq.ctx.request_id = random_uuid(&visit->rq.ctx);
    visit->request = (struct url_request){ .http = http, .path = path, .id = id, .domain = str_cut(http_header_find(http, STR("host")), ':', &port),
                                           .request_id = visit->rq.ctx.request_id, .now_ms = visit->rq.ctx.now_ms };
    visit->job = (struct afterwards_job){ serve, visit };
    if (!afterwards_push(lambda->visits, &visit->job)) {
        answer_text(exchange, 429, STR("application/json"), STR("{\"Message\":\"Rate Exceeded.\"}"));
    }
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
    struct str id = STR_NONE, path = STR_NONE;
    if (lambda == NULL || !atomic_load(&lambda->ready)) {
        return false;
    }
    if (str_equal(http->path, STR("/_yagura/lambda-code")) && str_equal(http->method, STR("GET"))) {
        answer_code(lambda, exchange);
        return true;
    }
    if (!find_id(http, &id, &path)) {
        return false;
    }
    visit_url(lambda, exchange, id, path);
    return true;
}
