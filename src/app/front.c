#include "app/front.h"

#include <stdio.h>

#include "app/afterwards.h"
#include "app/commands.h"
#include "app/finished.h"
#include "app/key_use.h"
#include "app/lambda.h"
#include "app/metrics.h"
#include "app/source_table.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "services.h"
#include "svc/request.h"
#include "svc/sts/sts.h"
#include "wire/chunked.h"
#include "wire/codec.h"
#include "wire/sigv4.h"
#include "wire/virtual_host.h"

struct front {
    struct front_options options;
    struct wire_router *router;
    struct inside *inside;
    struct afterwards *afterwards;
};

/* One request under way. It lives in the exchange's arena; one thread has it at a time. */
struct call {
    struct front *front;
    struct net_exchange *exchange;
    struct http_request http;
    struct sigv4_claim claim;
    struct wire_match match;
    struct request rq;
    struct inside_door door;
    struct identity *identity; /* only until the thread takes its next request, unless it is kept */
    bool kept;
    void *in;
    void *out;
    int64_t started_us;
    struct store_job job;
    struct afterwards_job later;
    struct err err;
    struct http_response response; /* waits for the journal */
    struct journal_wait recorded;
};

struct front *front_open(const struct front_options *options)
{
    struct front *front = memory_new(sizeof(*front));
    front->options = *options;
    front->router = wire_router_open(SERVICE_MODELS, SERVICE_MODEL_COUNT);
    front->afterwards = afterwards_open();
    front->inside = inside_open(&(struct inside_options){ options->store, options->writer, options->vault, options->home_account,
                                                          options->region, options->check_answers, options->journal, options->blobs });
    return front;
}

void front_close(struct front *front)
{
    if (front == NULL) {
        return;
    }
    afterwards_close(front->afterwards);
    inside_close(front->inside);
    wire_router_close(front->router);
    memory_free(front);
}

struct inside *front_inside(struct front *front)
{
    return front->inside;
}

/* With a connection. */
static struct err worker_of_thread(struct ctx *ctx, struct front *front, struct worker **out)
{
    *out = worker_here(inside_workers(front->inside));
    return worker_connect(ctx, *out);
}

static void count_answer(const struct call *call, uint16_t status)
{
    const enum metric outcome = status >= 500 ? METRIC_REQUESTS_SERVER_ERROR
        : status >= 400                       ? METRIC_REQUESTS_CLIENT_ERROR
                                              : METRIC_REQUESTS_OK;
    metric_add(outcome, 1);
    metric_add(METRIC_REQUEST_MICROSECONDS, clock_monotonic_us() - call->started_us);
}

static void note(struct call *call, uint16_t status)
{
    audit_note(&call->door.notes, &(const struct finished){ .rq = &call->rq, .in = call->in, .out = call->out,
                                                            .err = call->err, .status = status },
               http_header_find(&call->http, STR("host")));
}

static void finish(struct call *call, uint16_t status)
{
    count_answer(call, status);
    finished_call(&(const struct finished){ .rq = &call->rq, .in = call->in, .out = call->err.fault ? NULL : call->out,
                                            .err = call->err, .status = status, .started_us = call->started_us });
}

/* For tests: what breaks its model goes out as a failure that none of them can miss. */
static void check_answer(struct call *call)
{
    const struct str broken = wire_check_output(&call->rq.ctx, call->match.operation->output, call->out);
    if (broken.ptr) {
        call->err = fail(&call->rq.ctx, &FAULT_INTERNAL, "the answer breaks its model: %" STR_FMT, STR_ARG(broken));
    }
}

static void keep_identity(struct call *call)
{
    if (!call->kept) {
        identity_keep(call->identity);
        call->kept = true;
    }
}

/* The shape of the members that go out beside the message; NULL: there are none. */
static const struct shape *detail_shape(const struct call *call)
{
    const struct service_model *service = call->match.service;
    const struct fault *fault = call->rq.detail.fault;
    for (size_t i = 0; fault && fault == call->err.fault && service && service->faults[i]; i++) {
        if (service->faults[i] == fault) {
            return service->fault_shapes[i];
        }
    }
    return NULL;
}

/* An answer that isn't sent after all holds its body no longer. */
static void drop_stream(struct call *call)
{
    const struct http_stream *stream = call->rq.extra.stream;
    call->rq.extra.stream = NULL;
    if (stream) {
        net_drop_stream(stream);
    }
}

/* What the call says beside its output or fault. */
static void add_extra(struct call *call)
{
    const struct answer_extra *extra = &call->rq.extra;
    for (size_t i = 0; i < extra->header_count; i++) {
        http_response_add(call->rq.ctx.arena, &call->response, extra->headers[i].name, extra->headers[i].value);
    }
    if (call->err.fault) {
        drop_stream(call);
        return;
    }
    call->response.status = extra->status ? extra->status : call->response.status;
    call->response.body = extra->body.ptr && !call->match.head ? extra->body : call->response.body;
    call->response.stream = extra->stream;
}

static void encode(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    const struct shape *detail = detail_shape(call);
    call->response = (struct http_response){ 0 };
    call->match.elements = call->rq.extra.elements;
    call->match.element_count = call->rq.extra.element_count;
    if (!call->err.fault) {
        wire_encode(ctx, &call->match, call->out, &call->response);
    } else if (detail) {
        wire_encode_error_value(ctx, &call->match, call->err.fault, detail, call->rq.detail.members, &call->response);
    } else if (call->match.service) {
        wire_encode_error(ctx, &call->match, call->err.fault, str_of(ctx->reason), &call->response);
    } else {
        wire_encode_unrouted_error(ctx, call->front->router, &call->http, call->claim.service, call->err.fault,
                                   str_of(ctx->reason), &call->response);
    }
    add_extra(call);
}

static void send_answer(struct call *call)
{
    struct identity *kept = call->kept ? call->identity : NULL; /* the call's memory goes with the answer */
    finish(call, call->response.status);
    net_answer(call->exchange, &call->response);
    identity_release(kept);
}

/* On the journal's thread. What can't be recorded isn't answered as if it had been. */
static void recorded(void *self, struct err result, const char *reason)
{
    struct call *call = self;
    if (result.fault) {
        call->err = fail(&call->rq.ctx, &FAULT_UNAVAILABLE, "the call can't be recorded: %s", reason);
        encode(call);
    }
    send_answer(call);
}

/* What was done before the transaction is of no use to a call that failed. */
static void undo(struct call *call)
{
    if (call->err.fault && call->rq.before.undo) {
        call->rq.before.undo(call->rq.before.self, &call->rq);
        call->rq.before.undo = NULL;
    }
}

static void answer(struct call *call)
{
    if (!call->err.fault && call->front->options.check_answers) {
        check_answer(call);
    }
    undo(call);
    encode(call);
    struct journal *journal = call->front->options.journal;
    if (journal && !call->door.notes.settled) {
        note(call, call->response.status);
        const struct journal_entry *entries = audit_entries(&call->door.notes, false);
        if (entries) {
            keep_identity(call);
            call->recorded = (struct journal_wait){ .done = recorded, .self = call };
            journal_append(journal, 0, entries, &call->recorded);
            return;
        }
    }
    send_answer(call);
}

/* The body that handlers see is the one inside the chunks, each of them checked. */
static struct err unchunk(struct call *call, struct worker *worker)
{
    struct hmac_key key = sigv4_signing_key(worker->keys, &call->claim, call->identity->credential.secret);
    struct chunked_body body = { 0 };
    const struct err err = chunked_decode(&call->rq.ctx, &call->claim,
                                          call->claim.payload == SIGV4_CHUNKED_UNSIGNED ? NULL : &key, &call->http, &body);
    memory_wipe(&key, sizeof(key));
    call->http.body = body.body;
    return err;
}

static void note_use(struct call *call)
{
    struct identity *identity = call->identity;
    const int64_t now_ms = call->rq.ctx.now_ms;
    if (identity->token.ptr == NULL && now_ms - identity->noted_ms >= KEY_USE_FRESH_MS) {
        identity->noted_ms = now_ms;
        key_use_note(call->front->options.writer, call->claim.access_key, call->claim.service, call->claim.region,
                     now_ms);
    }
}

static struct err identify(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    TRY(sigv4_parse(ctx, &call->http, &call->claim));
    call->rq.region = call->claim.region;
    TRY(identity_find(ctx, worker->identities, worker->db, call->front->options.vault, call->claim.access_key,
                      call->claim.token, &call->identity));
    if (!call->identity->credential.active) {
        return fail(ctx, &SIGV4_INVALID_CLIENT_TOKEN_ID, SIGV4_UNKNOWN_KEY_TEXT);
    }
    TRY(sigv4_verify(ctx, worker->keys, &call->claim, &call->http, call->identity->credential.secret));
    call->rq.caller = call->identity->credential.principal;
    call->rq.caller_tags = call->identity->tags;
    call->rq.caller_tag_count = call->identity->tag_count;
    call->rq.account = call->rq.caller.account;
    call->door.identity = call->identity;
    note_use(call);
    return call->claim.payload >= SIGV4_CHUNKED ? unchunk(call, worker) : ERR_OK;
}

static bool may_be_unsigned(const struct wire_match *match)
{
    return match->operation && (match->operation->unsigned_ok || authorise_service(match->service)->anonymous_ok);
}

/* Who signed comes first: whoever can't sign learns nothing about what there is. Unsigned calls are for the operations
 * whose model says so. */
static struct err recognise(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    const struct err signed_by = identify(call, worker);
    const bool anonymous = err_is(signed_by, &SIGV4_MISSING_AUTHENTICATION_TOKEN);
    char reason[sizeof(ctx->reason)];
    memcpy(reason, ctx->reason, sizeof(reason));
    if (call->claim.s3) {
        virtual_host_resolve(ctx->arena, &call->http);
    }
    const struct err found = wire_route(ctx, call->front->router, &call->http, call->claim.service, &call->match);
    if (signed_by.fault && !(anonymous && may_be_unsigned(&call->match))) {
        metric_add(METRIC_REQUESTS_REFUSED, 1);
        memcpy(ctx->reason, reason, sizeof(reason));
        return (struct err){ sigv4_fault(signed_by.fault, call->match.protocol, call->claim.service) };
    }
    TRY(found);
    call->rq.service = call->match.service;
    call->rq.operation = call->match.operation;
    call->rq.protocol = call->match.protocol;
    return call->match.operation->handler ? ERR_OK : wire_unbuilt(ctx, &call->match);
}

/* Refuses a call that finds no thread free: in the service's own words where its model has such a fault. */
static struct err too_many(struct call *call)
{
    static const struct fault throttling = { "ThrottlingException", NULL, NULL, 400 };
    const struct fault *fault = &throttling;
    for (const struct fault *const *known = call->match.operation->faults; *known; known++) {
        const struct str code = str_of((*known)->code);
        fault = str_equal(code, STR("TooManyRequestsException")) || str_equal(code, STR("ThrottlingException")) ? *known : fault;
    }
    return fail(&call->rq.ctx, fault, "Rate exceeded");
}

static void run_later(void *argument)
{
    struct call *call = argument;
    call->err = call->rq.after.run(call->rq.after.self, &call->rq, call->out);
    answer(call);
}

/* The transaction is over: answers, once what blocks is done. */
static void conclude(struct call *call)
{
    call->rq.db = NULL;
    if (!call->err.fault && call->rq.after.run) {
        keep_identity(call);
        call->later = (struct afterwards_job){ run_later, call };
        if (afterwards_push(call->front->afterwards, &call->later)) {
            return;
        }
        call->err = too_many(call);
    }
    answer(call);
}

static struct err write_run(void *argument, struct store_conn *db)
{
    struct call *call = argument;
    call->rq.db = db;
    call->rq.writes = true;
    TRY(call->match.operation->handler(&call->rq, call->in, call->out));
    if (call->front->options.journal && !call->rq.after.run) { /* else it is recorded once that is done */
        note(call, call->match.operation->status);
        call->job.entries = audit_entries(&call->door.notes, true);
    }
    return ERR_OK;
}

static void write_done(void *argument, struct err result, const char *reason)
{
    struct call *call = argument;
    call->err = result;
    call->rq.writes = false;
    if (result.fault && call->door.notes.settled) { /* done, and undone by a commit that failed */
        call->door.notes = (struct audit_notes){ .first = NULL };
    }
    if (reason[0]) {
        snprintf(call->rq.ctx.reason, sizeof(call->rq.ctx.reason), "%s", reason);
    }
    if (!result.fault && (call->door.authority_changed || authorise_service(call->match.service)->changes_authority)) {
        iam_changed();
    }
    conclude(call);
}

/* True: the call is answered or will be; false: call->err is its answer, now. */
static bool hand_over(struct call *call)
{
    call->job = (struct store_job){ .run = write_run, .done = write_done, .argument = call };
    keep_identity(call);
    if (store_writer_push(call->front->options.writer, &call->job)) {
        return true;
    }
    call->err = fail(&call->rq.ctx, &FAULT_UNAVAILABLE, "the server is stopping");
    return false;
}

static struct err judge(struct call *call, struct worker *worker)
{
    TRY(authorise(worker->memory, &call->rq, call->in, call->identity));
    if (call->match.operation->access == ACCESS_READ) {
        return call->match.operation->handler(&call->rq, call->in, call->out);
    }
    const struct service *service = authorise_service(call->match.service);
    return service->before ? service->before(&call->rq, call->in) : ERR_OK;
}

/* Reads are judged and done in one transaction; writes are only judged in it, and done in the writer's. */
static struct err judge_and_read(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    TRY(store_begin(ctx, worker->db, STORE_READ));
    call->rq.db = worker->db;
    const struct err err = judge(call, worker);
    store_rollback(worker->db);
    return err;
}

static void run_before(void *argument)
{
    struct call *call = argument;
    call->err = call->rq.before.run(call->rq.before.self, &call->rq);
    if (call->err.fault || !hand_over(call)) {
        answer(call);
    }
}

/* What takes long first, on a thread that may wait. */
static void hand_over_later(struct call *call)
{
    call->rq.db = NULL;
    keep_identity(call);
    call->later = (struct afterwards_job){ run_before, call };
    if (!afterwards_push(call->front->afterwards, &call->later)) {
        call->err = too_many(call);
        answer(call);
    }
}

static struct err prepare(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(worker_of_thread(ctx, call->front, &worker));
    TRY(recognise(call, worker));
    access_use_note(worker->uses, call->front->options.writer, &call->rq);
    TRY(wire_decode(ctx, &call->match, &call->http, &call->in));
    call->out = arena_alloc(ctx->arena, call->match.operation->output->size);
    return judge_and_read(call, worker);
}

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
    struct err err = worker_of_thread(&ctx, front, &worker);
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
    struct err err = worker_of_thread(&ctx, front, &worker);
    if (!err.fault) {
        err = store_begin(&ctx, worker->db, STORE_READ);
    }
    if (!err.fault) {
        err = sts_token_keys(&ctx, worker->db, account, &jwks);
        store_rollback(worker->db);
    }
    answer_text(exchange, err.fault ? 503 : 200, STR("application/json"), err.fault ? STR("{}\n") : jwks);
}

/* Our own pages; false: not one of them. */
static bool answer_house(struct front *front, struct net_exchange *exchange, const struct http_request *http)
{
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

size_t front_admit(void *self, struct net_exchange *exchange)
{
    const struct front *front = self;
    return lambda_body_limit(net_request(exchange), front->options.body_max);
}

void front_refuse(void *self, struct net_exchange *exchange, uint16_t status, struct str reason)
{
    static const struct fault faults[] = {
        { "BadRequest", NULL, NULL, 400 },
        { "RequestEntityTooLarge", NULL, NULL, 413 },
        { "RequestHeaderSectionTooLarge", NULL, NULL, 431 },
        { "ServiceUnavailable", NULL, NULL, 503 },
    };
    struct front *front = self;
    const struct http_request *http = net_request(exchange);
    struct ctx ctx = ctx_new(net_arena(exchange), clock_now_ms());
    struct http_response response = { 0 };
    const struct fault *fault = status == 413 ? &faults[1] : status == 431 ? &faults[2] : status == 503 ? &faults[3] : &faults[0];
    ctx.request_id = random_uuid(&ctx);
    wire_encode_unrouted_error(&ctx, front->router, http, STR_NONE, fault, reason, &response);
    metric_add(METRIC_REQUESTS_CLIENT_ERROR, 1);
    net_answer(exchange, &response);
}

/* A call under way, as it came. */
static struct call *call_new(struct front *front, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    struct arena *arena = net_arena(exchange);
    struct call *call = arena_alloc_raw(arena, sizeof(*call));
    *call = (struct call){
        .front = front,
        .exchange = exchange,
        .http = *http,
        .started_us = clock_monotonic_us(),
        .rq = {
            .ctx = { .arena = arena, .now_ms = clock_now_ms() },
            .vault = front->options.vault,
            .partition = STR("aws"),
            .region = front->options.region,
            .home_account = front->options.home_account,
            .http = &call->http,
            .source_ip = http->remote,
            .user_agent = http_header_find(http, STR("user-agent")),
            .tls = http->tls,
            .tls_version = http->tls_version,
            .tls_cipher = http->tls_cipher,
            .journal = front->options.journal,
            .blobs = front->options.blobs,
        },
    };
    call->rq.ctx.request_id = random_uuid(&call->rq.ctx);
    inside_door_open(&call->door, front->inside, NULL, &call->rq);
    return call;
}

/* Who may push: signed as service "yagura", allowed yagura:PutRecords. */
static struct err authorise_push(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(worker_of_thread(ctx, call->front, &worker));
    TRY(identify(call, worker));
    if (!str_equal(call->claim.service, STR("yagura"))) {
        return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to correct service: 'yagura'.");
    }
    const struct str resource = str_format(ctx->arena, "arn:aws:yagura:%" STR_FMT ":%" STR_FMT ":push",
                                           STR_ARG(call->rq.region), STR_ARG(call->rq.account));
    return authorise_action(&call->rq, call->identity, STR("yagura:PutRecords"), resource);
}

/* False: not a push. */
static bool answer_push(struct front *front, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    if (front->options.push == NULL || !str_equal(http->path, STR("/_yagura/push"))
        || !str_equal(http->method, STR("POST"))) {
        return false;
    }
    struct call *call = call_new(front, exchange);
    call->err = authorise_push(call);
    if (call->err.fault) {
        finish(call, call->err.fault->http);
        push_refuse(exchange, call->err, call->rq.ctx.reason);
        return true;
    }
    count_answer(call, 200);
    push_take(front->options.push, exchange);
    return true;
}

void front_handle(void *self, struct net_exchange *exchange)
{
    struct front *front = self;
    const struct http_request *http = net_request(exchange);
    if (answer_push(front, exchange) || lambda_serves(front->options.lambda, exchange) || answer_house(front, exchange, http)) {
        return;
    }
    struct call *call = call_new(front, exchange);
    call->err = prepare(call);
    const bool write = !call->err.fault && call->match.operation->access == ACCESS_WRITE;
    if (write && call->rq.before.run) {
        hand_over_later(call);
    } else if (!write || !hand_over(call)) {
        conclude(call);
    }
}
