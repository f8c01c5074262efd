#include "app/front.h"

#include <stdio.h>
#include <stdatomic.h>

#include "app/commands.h"
#include "app/identity.h"
#include "app/key_use.h"
#include "app/metrics.h"
#include "app/source_table.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "crypto/random.h"
#include "services.h"
#include "svc/request.h"
#include "wire/chunked.h"
#include "wire/codec.h"
#include "wire/sigv4.h"
#include "wire/virtual_host.h"

static const struct fault ACCESS_DENIED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault ACCESS_DENIED_EXCEPTION = { "AccessDeniedException", NULL, NULL, 403 };

/* What one thread of the server owns. */
struct worker {
    struct store_conn *db;
    struct identity_cache *identities;
    struct sigv4_keys *keys;
    struct worker *next;
};

struct front {
    struct front_options options;
    struct wire_router *router;
    struct lock *lock; /* of workers */
    struct worker *workers;
    uint64_t serial; /* tells this front from a closed one whose workers a thread may remember */
};

/* One request under way. It lives in the exchange's arena; one thread has it at a time. */
struct call {
    struct front *front;
    struct net_exchange *exchange;
    struct http_request http;
    struct sigv4_claim claim;
    struct wire_match match;
    struct request rq;
    struct identity *identity; /* only until the thread takes its next request */
    void *in;
    void *out;
    int64_t started_us;
    struct store_job job;
    struct err err;
};

static _Atomic uint64_t next_serial = 1;

struct front *front_open(const struct front_options *options)
{
    struct front *front = memory_new(sizeof(*front));
    front->options = *options;
    front->router = wire_router_open(SERVICE_MODELS, SERVICE_MODEL_COUNT);
    front->lock = lock_open();
    front->serial = atomic_fetch_add(&next_serial, 1);
    return front;
}

void front_close(struct front *front)
{
    if (front == NULL) {
        return;
    }
    for (struct worker *worker = front->workers; worker;) {
        struct worker *next = worker->next;
        store_disconnect(worker->db);
        identity_cache_close(worker->identities);
        sigv4_keys_close(worker->keys);
        memory_free(worker);
        worker = next;
    }
    wire_router_close(front->router);
    lock_free(front->lock);
    memory_free(front);
}

static struct err worker_of_thread(struct ctx *ctx, struct front *front, struct worker **out)
{
    static _Thread_local struct worker *mine;
    static _Thread_local uint64_t serial;
    if (serial != front->serial) {
        struct store_conn *db = NULL;
        TRY(store_connect(ctx, front->options.store, &db));
        mine = memory_new(sizeof(*mine));
        mine->db = db;
        mine->identities = identity_cache_open();
        mine->keys = sigv4_keys_open();
        serial = front->serial;
        lock_take(front->lock);
        mine->next = front->workers;
        front->workers = mine;
        lock_give(front->lock);
    }
    *out = mine;
    return ERR_OK;
}

static void count_answer(const struct call *call, uint16_t status)
{
    const enum metric outcome = status >= 500 ? METRIC_REQUESTS_SERVER_ERROR
        : status >= 400                       ? METRIC_REQUESTS_CLIENT_ERROR
                                              : METRIC_REQUESTS_OK;
    metric_add(outcome, 1);
    metric_add(METRIC_REQUEST_MICROSECONDS, clock_monotonic_us() - call->started_us);
}

static void log_answer(const struct call *call, uint16_t status)
{
    const bool change = call->match.operation && call->match.operation->access == ACCESS_WRITE && status < 400;
    const enum log_level level = status == 501 ? LOG_WARN : status >= 500 ? LOG_ERROR : change ? LOG_INFO : LOG_DEBUG;
    log_write(level, &call->rq.ctx, "call",
              (const struct log_field[]){
                  LOG_STR("service", call->match.service ? str_of(call->match.service->name) : STR_NONE),
                  LOG_STR("operation", call->match.operation ? str_of(call->match.operation->name) : STR_NONE),
                  LOG_STR("caller", call->rq.caller.arn),
                  LOG_STR("source", call->http.remote),
                  LOG_STR("region", call->rq.region),
                  LOG_INT("status", status),
                  LOG_STR("error", call->err.fault ? str_of(call->err.fault->code) : STR_NONE),
                  LOG_STR("reason", call->err.fault ? str_of(call->rq.ctx.reason) : STR_NONE),
                  LOG_INT("microseconds", clock_monotonic_us() - call->started_us),
                  LOG_END,
              });
}

/* For tests: what breaks its model goes out as a failure that none of them can miss. */
static void check_answer(struct call *call)
{
    const struct str broken = wire_check_output(&call->rq.ctx, call->match.operation->output, call->out);
    if (broken.ptr) {
        call->err = fail(&call->rq.ctx, &FAULT_INTERNAL, "the answer breaks its model: %" STR_FMT, STR_ARG(broken));
    }
}

static void answer(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct http_response response = { 0 };
    if (!call->err.fault && call->front->options.check_answers) {
        check_answer(call);
    }
    if (!call->err.fault) {
        wire_encode(ctx, &call->match, call->out, &response);
    } else if (call->match.service) {
        wire_encode_error(ctx, &call->match, call->err.fault, str_of(ctx->reason), &response);
    } else {
        wire_encode_unrouted_error(ctx, call->front->router, &call->http, call->claim.service, call->err.fault,
                                   str_of(ctx->reason), &response);
    }
    count_answer(call, response.status);
    log_answer(call, response.status);
    net_answer(call->exchange, &response);
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
    call->rq.account = call->rq.caller.account;
    note_use(call);
    return call->claim.payload >= SIGV4_CHUNKED ? unchunk(call, worker) : ERR_OK;
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
    if (signed_by.fault && !(anonymous && call->match.operation && call->match.operation->unsigned_ok)) {
        metric_add(METRIC_REQUESTS_REFUSED, 1);
        memcpy(ctx->reason, reason, sizeof(reason));
        return (struct err){ sigv4_fault(signed_by.fault, call->match.protocol, call->claim.service) };
    }
    TRY(found);
    call->rq.service = call->match.service;
    call->rq.operation = call->match.operation;
    return call->match.operation->handler ? ERR_OK : wire_unbuilt(ctx, &call->match);
}

static struct err denied(struct call *call, const struct policy_answer *answer, const char *action, struct str resource)
{
    struct ctx *ctx = &call->rq.ctx;
    const bool xml = call->match.protocol == PROTOCOL_QUERY || call->match.protocol == PROTOCOL_EC2
        || call->match.protocol == PROTOCOL_REST_XML;
    const struct str words =
        iam_denial(ctx, &call->rq.caller, str_of(action), resource, answer);
    metric_add(METRIC_REQUESTS_REFUSED, 1);
    return fail(ctx, xml ? &ACCESS_DENIED : &ACCESS_DENIED_EXCEPTION, "%" STR_FMT, STR_ARG(words));
}

static bool is_limited(const struct policy_question *question)
{
    bool limited = false;
    for (size_t i = 0; i < question->layer_count; i++) {
        const struct policy_layer *layer = &question->layers[i];
        const bool limits = layer->kind == LAYER_BOUNDARY || layer->kind == LAYER_SESSION;
        limited = limited || (limits && policy_weigh(question, layer).decision != POLICY_ALLOW);
    }
    return limited;
}

static struct policy_answer ask(struct call *call, const char *action, struct str resource)
{
    const struct iam_policies *policies = &call->identity->policies;
    struct request_context context = { .rq = &call->rq };
    const size_t count = policies->tag_count + call->identity->credential.tag_count;
    struct context_pair *tags = ARENA_ARRAY(call->rq.ctx.arena, struct context_pair, count);
    for (size_t i = 0; i < count; i++) {
        tags[i] = i < policies->tag_count ? policies->tags[i]
                                          : call->identity->credential.tags[i - policies->tag_count];
    }
    context.extra = tags;
    context.extra_count = count;
    const struct policy_question question = {
        .action = str_of(action),
        .resource = resource,
        .caller = request_caller(&call->rq),
        .lookup = request_lookup,
        .lookup_argument = &context,
        .layers = policies->layers,
        .layer_count = policies->layer_count,
    };
    const struct operation *operation = call->match.operation; /* NULL: a push */
    call->rq.limited = operation && iam_authority(operation) == AUTHORITY_TRUST && is_limited(&question);
    return policy_decide(&question);
}

/* IAM's own operations are judged by what is stored; the others by their input alone. */
static struct err resource_of(struct call *call, struct store_conn *db, struct str *resource)
{
    if (call->match.service != IAM.model) {
        *resource = request_resource(&call->rq, call->in);
        return ERR_OK;
    }
    TRY(store_begin(&call->rq.ctx, db, STORE_READ));
    call->rq.db = db;
    const struct err err = iam_resource(&call->rq, call->in, resource);
    store_rollback(db);
    return err;
}

static struct err authorise(struct call *call, struct store_conn *db)
{
    const enum iam_authority authority = iam_authority(call->match.operation);
    if (call->identity == NULL || authority == AUTHORITY_ALWAYS) {
        return ERR_OK;
    }
    if (call->identity->policies.all_allowed) {
        call->rq.identity_allows = true;
        return ERR_OK;
    }
    struct str resource = STR_NONE;
    TRY(resource_of(call, db, &resource));
    const struct policy_answer answer = ask(call, call->match.operation->action, resource);
    call->rq.identity_allows = answer.decision == POLICY_ALLOW;
    const bool handler_decides = authority == AUTHORITY_TRUST && answer.decision != POLICY_EXPLICIT_DENY;
    return call->rq.identity_allows || handler_decides ? ERR_OK : denied(call, &answer, call->match.operation->action, resource);
}

static struct err run_handler(struct call *call, struct store_conn *db)
{
    call->rq.db = db;
    return call->match.operation->handler(&call->rq, call->in, call->out);
}

static struct err read_call(struct call *call, struct store_conn *db)
{
    TRY(store_begin(&call->rq.ctx, db, STORE_READ));
    const struct err err = run_handler(call, db);
    store_rollback(db);
    return err;
}

static struct err write_run(void *argument, struct store_conn *db)
{
    struct call *call = argument;
    return run_handler(call, db);
}

static void write_done(void *argument, struct err result, const char *reason)
{
    struct call *call = argument;
    call->err = result;
    if (reason[0]) {
        snprintf(call->rq.ctx.reason, sizeof(call->rq.ctx.reason), "%s", reason);
    }
    if (!result.fault && call->match.service == IAM.model) {
        iam_changed();
    }
    answer(call);
}

/* True: the call is answered or will be; false: call->err is its answer, now. */
static bool hand_over(struct call *call)
{
    call->job = (struct store_job){ .run = write_run, .done = write_done, .argument = call };
    /* A write must outlive this thread's next request, which may drop the cached identity the caller borrows from. */
    struct arena *arena = call->rq.ctx.arena;
    struct principal *caller = &call->rq.caller;
    struct str *const texts[] = { &caller->account, &caller->arn, &caller->id, &caller->name, &caller->session_name,
                                  &caller->access_key, &caller->session_policy, &caller->session_policy_arns,
                                  &caller->role_arn, &caller->source_identity };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    call->rq.account = caller->account;
    if (store_writer_push(call->front->options.writer, &call->job)) {
        return true;
    }
    call->err = fail(&call->rq.ctx, &FAULT_UNAVAILABLE, "the server is stopping");
    return false;
}

static struct err prepare(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(worker_of_thread(ctx, call->front, &worker));
    TRY(recognise(call, worker));
    TRY(wire_decode(ctx, &call->match, &call->http, &call->in));
    TRY(authorise(call, worker->db));
    call->out = arena_alloc(ctx->arena, call->match.operation->output->size);
    return call->match.operation->access == ACCESS_READ ? read_call(call, worker->db) : ERR_OK;
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
    } else {
        answer_text(exchange, 404, STR("text/plain"), STR("there is /_yagura/health and /_yagura/metrics; with --push, POST /_yagura/push\n"));
    }
    return true;
}

void front_refuse(void *self, struct net_exchange *exchange, uint16_t status, struct str reason)
{
    static const struct fault faults[] = {
        { "BadRequest", NULL, NULL, 400 },
        { "RequestEntityTooLarge", NULL, NULL, 413 },
        { "RequestHeaderSectionTooLarge", NULL, NULL, 431 },
    };
    struct front *front = self;
    const struct http_request *http = net_request(exchange);
    struct ctx ctx = ctx_new(net_arena(exchange), clock_now_ms());
    struct http_response response = { 0 };
    const struct fault *fault = status == 413 ? &faults[1] : status == 431 ? &faults[2] : &faults[0];
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
    struct call *call = ARENA_NEW(arena, struct call);
    call->front = front;
    call->exchange = exchange;
    call->http = *http;
    call->started_us = clock_monotonic_us();
    call->rq = (struct request){
        .ctx = ctx_new(arena, clock_now_ms()),
        .vault = front->options.vault,
        .partition = STR("aws"),
        .region = front->options.region,
        .home_account = front->options.home_account,
        .source_ip = http->remote,
        .user_agent = http_header_find(http, STR("user-agent")),
        .tls = http->tls,
    };
    call->rq.ctx.request_id = random_uuid(&call->rq.ctx);
    return call;
}

/* Who may push: signed as service "yagura", allowed yagura:PutRecords. */
static struct err authorise_push(struct call *call)
{
    static const char action[] = "yagura:PutRecords";
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(worker_of_thread(ctx, call->front, &worker));
    TRY(identify(call, worker));
    if (!str_equal(call->claim.service, STR("yagura"))) {
        return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to correct service: 'yagura'.");
    }
    const struct str resource = str_format(ctx->arena, "arn:aws:yagura:%" STR_FMT ":%" STR_FMT ":push",
                                           STR_ARG(call->rq.region), STR_ARG(call->rq.account));
    if (call->identity->policies.all_allowed) {
        return ERR_OK;
    }
    const struct policy_answer answer = ask(call, action, resource);
    return answer.decision == POLICY_ALLOW ? ERR_OK : denied(call, &answer, action, resource);
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
        count_answer(call, call->err.fault->http);
        log_answer(call, call->err.fault->http);
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
    if (answer_push(front, exchange) || answer_house(front, exchange, http)) {
        return;
    }
    struct call *call = call_new(front, exchange);
    call->err = prepare(call);
    const bool write = !call->err.fault && call->match.operation->access == ACCESS_WRITE;
    if (!write || !hand_over(call)) {
        answer(call);
    }
}
