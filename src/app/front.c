#include "app/front.h"

#include <stdio.h>

#include "app/audit_data.h"
#include "app/finished.h"
#include "app/front_form.h"
#include "app/front_parts.h"
#include "app/lambda.h"
#include "app/metrics.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "services.h"
#include "wire/virtual_host.h"

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

struct err front_worker(struct ctx *ctx, struct front *front, struct worker **out)
{
    *out = worker_here(inside_workers(front->inside));
    return worker_connect(ctx, *out);
}

void front_count(const struct call *call, uint16_t status)
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

void front_finish(struct call *call, uint16_t status)
{
    front_count(call, status);
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
        http_stream_close(stream);
    }
}

/* What the call says beside its output or fault. */
static void add_extra(struct call *call)
{
    const struct answer_extra *extra = &call->rq.extra;
    for (size_t i = 0; i < extra->header_count; i++) {
        http_response_set(call->rq.ctx.arena, &call->response, extra->headers[i].name, extra->headers[i].value);
    }
    if (call->err.fault) {
        drop_stream(call);
        return;
    }
    call->response.status = extra->status ? extra->status : call->response.status;
    call->response.body = extra->body.ptr && !call->match.head ? extra->body : call->response.body;
    call->response.stream = extra->stream;
}

/* A disk that takes no more: whoever calls may try again, whoever runs the server finds the reason in the log. */
static struct str reason_shown(struct call *call)
{
    if (!err_is(call->err, &FAULT_IO)) {
        return str_of(call->rq.ctx.reason);
    }
    call->err = (struct err){ &FAULT_UNAVAILABLE };
    return STR("The service can't store anything at present. Please try again later.");
}

static void encode(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    const struct shape *detail = detail_shape(call);
    call->response = (struct http_response){ 0 };
    if (call->form && !call->err.fault) {
        front_form_answer(call);
    }
    call->match.elements = call->rq.extra.elements;
    call->match.element_count = call->rq.extra.element_count;
    if (!call->err.fault) {
        wire_encode(ctx, &call->match, call->out, &call->response);
    } else if (detail) {
        wire_encode_error_value(ctx, &call->match, call->err.fault, detail, call->rq.detail.members, &call->response);
    } else if (call->match.service) {
        const struct str reason = reason_shown(call);
        wire_encode_error(ctx, &call->match, call->err.fault, reason, &call->response);
    } else {
        wire_encode_unrouted_error(ctx, call->front->router, &call->http, call->claim.service, call->err.fault,
                                   str_of(ctx->reason), &call->response);
    }
    add_extra(call);
}

static void send_answer(struct call *call)
{
    struct identity *kept = call->kept ? call->identity : NULL; /* the call's memory goes with the answer */
    front_finish(call, call->response.status);
    net_answer(call->exchange, &call->response);
    identity_release(kept);
}

/* What can't be recorded isn't answered as if it had been. */
static void answer_recorded(void *self)
{
    struct call *call = self;
    if (call->lost.fault) {
        call->err = call->lost;
        encode(call);
    }
    send_answer(call);
}

/* On the journal's thread, where many wait. */
static void recorded(void *self, struct err result, const char *reason)
{
    struct call *call = self;
    if (result.fault) {
        call->lost = fail(&call->rq.ctx, &FAULT_UNAVAILABLE, "the call can't be recorded: %s", reason);
    }
    net_continue(call->exchange, answer_recorded, call);
}

/* What was done before the transaction is of no use to a call that failed. */
static void undo(struct call *call)
{
    if (call->err.fault && call->rq.before.undo) {
        call->rq.before.undo(call->rq.before.self, &call->rq);
        call->rq.before.undo = NULL;
    }
}

void front_answer(struct call *call)
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
            call->recorded = (struct journal_wait){ .done = recorded, .self = call, .patient = call->handled_here };
            journal_append(journal, 0, entries, &call->recorded);
            return;
        }
    }
    send_answer(call);
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
    const struct err signed_by = front_identify(call, worker);
    const bool anonymous = err_is(signed_by, &SIGV4_MISSING_AUTHENTICATION_TOKEN);
    char reason[sizeof(ctx->reason)];
    memcpy(reason, ctx->reason, sizeof(reason));
    if (call->claim.s3) {
        virtual_host_resolve(ctx->arena, &call->http);
    }
    if (!signed_by.fault) {
        TRY(wire_unpack(ctx, call->front->router, call->claim.service, &call->http));
    }
    const struct err found = wire_route(ctx, call->front->router, &call->http, call->claim.service, &call->match);
    if (signed_by.fault && !(anonymous && may_be_unsigned(&call->match))) {
        metric_add(METRIC_REQUESTS_REFUSED, 1);
        memcpy(ctx->reason, reason, sizeof(reason));
        return front_bad_signature(call, signed_by.fault);
    }
    TRY(found);
    call->rq.service = call->match.service;
    call->rq.operation = call->match.operation;
    call->rq.protocol = call->match.protocol;
    call->body_waits = call->body_waits && front_streams(&call->match);
    TRY(call->body_waits || anonymous ? ERR_OK : front_take_body(call, worker));
    return call->match.operation->handler ? ERR_OK : wire_unbuilt(ctx, &call->match);
}

/* What SDKs of a protocol know to try again. */
static const struct fault *throttling(enum protocol protocol)
{
    static const struct fault json = { "ThrottlingException", NULL, NULL, 400 };
    static const struct fault query = { "Throttling", NULL, NULL, 400 };
    static const struct fault s3 = { "SlowDown", NULL, NULL, 503 };
    const bool form = protocol == PROTOCOL_QUERY || protocol == PROTOCOL_EC2;
    return protocol == PROTOCOL_REST_XML ? &s3 : form ? &query : &json;
}

/* Refuses a call that finds no thread free: in the service's own words where its model has such a fault. */
static struct err too_many(struct call *call)
{
    const struct fault *fault = throttling(call->rq.protocol);
    for (const struct fault *const *known = call->match.operation->faults; *known; known++) {
        const struct str code = str_of((*known)->code);
        fault = str_equal(code, STR("TooManyRequestsException")) || str_equal(code, STR("ThrottlingException")) ? *known : fault;
    }
    return fail(&call->rq.ctx, fault, "Rate exceeded");
}

static void run_later(void *argument)
{
    struct call *call = argument;
    call->handled_here = false;
    call->err = call->rq.after.run(call->rq.after.self, &call->rq, call->out);
    front_answer(call);
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
    front_answer(call);
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
    if (!result.fault && authorise_service(call->match.service)->changes_records) {
        audit_data_changed();
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
    store_pause(worker->db);
    return err;
}

static struct err take_body_later(struct call *call)
{
    return call->body_waits ? front_take_body(call, worker_here(inside_workers(call->front->inside))) : ERR_OK;
}

static void run_before(void *argument)
{
    struct call *call = argument;
    call->err = take_body_later(call);
    if (!call->err.fault && call->rq.before.run) {
        call->err = call->rq.before.run(call->rq.before.self, &call->rq);
    }
    if (call->err.fault || !hand_over(call)) {
        front_answer(call);
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
        front_answer(call);
    }
}

static struct err prepare(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(front_worker(ctx, call->front, &worker));
    TRY(front_form_is(call) ? front_form_take(call, worker) : recognise(call, worker));
    access_use_note(worker->uses, call->front->options.writer, &call->rq);
    TRY(wire_decode(ctx, &call->match, &call->http, &call->in));
    call->out = arena_alloc(ctx->arena, call->match.operation->output->size);
    return judge_and_read(call, worker);
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

struct call *front_call(struct front *front, struct net_exchange *exchange)
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

void front_handle(void *self, struct net_exchange *exchange)
{
    struct front *front = self;
    if (front_push(front, exchange) || lambda_serves(front->options.lambda, exchange) || front_page(front, exchange)
        || front_preflight(front, exchange)) {
        return;
    }
    struct call *call = front_call(front, exchange);
    call->err = prepare(call);
    const bool write = !call->err.fault && call->match.operation->access == ACCESS_WRITE;
    if (write && (call->rq.before.run || call->body_waits)) {
        hand_over_later(call);
    } else if (!write || !hand_over(call)) {
        call->handled_here = true;
        conclude(call);
    }
}

void front_rest(void *self)
{
    const struct front *front = self;
    const struct worker *worker = worker_here(inside_workers(front->inside));
    if (worker->db) {
        store_rest(worker->db);
    }
    if (front->options.journal) {
        journal_flush(front->options.journal);
    }
}
