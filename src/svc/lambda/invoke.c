/* invoke.c - Invoke: settled within the transaction, run after it. */
#include "base/json.h"
#include "svc/lambda/function.h"
#include "wire/event_stream.h"

enum { EVENT_MAX = 1048576, SYNC_MAX = 6291456 };

static struct err reserved_of(struct lambda_rows rows, struct str name, int64_t *out)
{
    struct str body = STR_NONE;
    *out = -1;
    TRY(rows_extra_get(rows, name, ITEM_CONCURRENCY, STR(""), &body));
    if (body.ptr && !str_to_int(body, out)) {
        *out = -1;
    }
    return ERR_OK;
}

static struct err settle(struct ctx *ctx, struct store_conn *db, struct function_name name, bool draw, struct lambda_call *out)
{
    struct function_row row = { .number = 0 };
    const struct lambda_rows rows = { ctx, db, name.account, name.region };
    const struct str arn = name_arn(ctx, &name);
    name.qualifier = name.qualifier.ptr ? name.qualifier : STR("$LATEST"); /* refusals name it */
    TRY(draw ? name_draw(rows, &name, &row) : name_need(rows, &name, &row));
    *out = (struct lambda_call){
        .account = name.account, .region = name.region, .name = row.name, .number = row.number, .arn = arn,
        .revision = row.basis, .timeout_ms = (int64_t)row.config.timeout.v * 1000, .memory = row.config.memory_size.v,
        .request_id = ctx->request_id,
    };
    return reserved_of(rows, name.name, &out->reserved);
}

struct err lambda_settle(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct str function,
                         struct str qualifier, struct lambda_call *out)
{
    struct function_name name = { 0 };
    TRY(name_read(ctx, account, region, function, qualifier, &name));
    return settle(ctx, db, name, true, out);
}

struct err lambda_settle_first(struct ctx *ctx, struct store_conn *db, const struct function_name *name, struct lambda_call *out)
{
    return settle(ctx, db, *name, false, out);
}

static struct err check_payload(struct request *rq, const struct lambda_invoke_in *in, bool event)
{
    struct json_error error = { .reason = NULL };
    const size_t limit = event ? EVENT_MAX : SYNC_MAX;
    if (in->payload.len > limit) {
        return fail(&rq->ctx, &LAMBDA_REQUEST_TOO_LARGE_EXCEPTION, "%zu byte payload is too large for the %s invocation type (limit %zu bytes)",
                    in->payload.len, event ? "Event" : "RequestResponse", limit);
    }
    if (in->payload.len > 0 && json_parse(rq->ctx.arena, in->payload, &error) == NULL) {
        return fail(&rq->ctx, &LAMBDA_INVALID_REQUEST_CONTENT_EXCEPTION, "Could not parse request body into json: Could not parse payload "
                    "into json: %s at offset %zu", error.reason, error.offset);
    }
    return ERR_OK;
}

static struct err run(void *self, struct request *rq, void *out)
{
    const struct lambda_call *call = self;
    struct lambda_invoke_out *answer = out;
    struct lambda_outcome outcome = { .payload = STR_NONE };
    const struct lambda_runner *runner = lambda_runner;
    TRY(runner->invoke(runner->self, &rq->ctx, call, &outcome));
    answer->payload = outcome.payload;
    answer->function_error = outcome.error;
    answer->log_result = call->tail && outcome.tail.ptr ? str_base64(rq->ctx.arena, outcome.tail) : STR_NONE;
    return ERR_OK;
}

static struct err stream(void *self, struct request *rq, void *out)
{
    struct http_stream *body = ARENA_NEW(rq->ctx.arena, struct http_stream);
    const struct lambda_runner *runner = lambda_runner;
    (void)out;
    TRY(runner->stream(runner->self, &rq->ctx, self, body));
    rq->extra.stream = body;
    return ERR_OK;
}

static struct err keep(void *self, struct request *rq, void *out)
{
    const struct lambda_runner *runner = lambda_runner;
    (void)out;
    return runner->enqueue(runner->self, &rq->ctx, self);
}

static struct err prepare(struct request *rq, struct str function, struct str qualifier, struct lambda_call **out)
{
    *out = ARENA_NEW(rq->ctx.arena, struct lambda_call);
    if (lambda_runner == NULL) {
        return fail(&rq->ctx, &LAMBDA_SERVICE_EXCEPTION, "this server runs no functions");
    }
    return lambda_settle(&rq->ctx, rq->db, rq->account, rq->region, function, qualifier, *out);
}

static struct str executed_version(struct request *rq, const struct lambda_call *call)
{
    return call->number ? str_format(rq->ctx.arena, "%lld", (long long)call->number) : STR("$LATEST");
}

struct err lambda_invoke(struct request *rq, const struct lambda_invoke_in *in, struct lambda_invoke_out *out)
{
    struct lambda_call *call = NULL;
    const bool event = str_equal(in->invocation_type, STR("Event"));
    TRY(prepare(rq, in->function_name, in->qualifier, &call));
    TRY(check_payload(rq, in, event));
    if (str_equal(in->invocation_type, STR("DryRun"))) {
        out->status_code = (struct opt_int)SOME(204);
        return ERR_OK;
    }
    call->payload = in->payload.len > 0 ? in->payload : STR("{}");
    call->client_context = in->client_context;
    call->tail = str_equal(in->log_type, STR("Tail"));
    out->status_code.set = true;
    out->status_code.v = event ? 202 : 200;
    if (!event) {
        out->executed_version = executed_version(rq, call);
    }
    rq->after = (struct after){ event ? keep : run, call };
    return ERR_OK;
}

struct err lambda_invoke_with_response_stream(struct request *rq, const struct lambda_invoke_with_response_stream_in *in,
                                              struct lambda_invoke_with_response_stream_out *out)
{
    struct lambda_call *call = NULL;
    const struct lambda_invoke_in same = { .payload = in->payload };
    TRY(prepare(rq, in->function_name, in->qualifier, &call));
    TRY(check_payload(rq, &same, false));
    if (str_equal(in->invocation_type, STR("DryRun"))) {
        out->status_code = (struct opt_int)SOME(204);
        return ERR_OK;
    }
    call->payload = in->payload.len > 0 ? in->payload : STR("{}");
    call->client_context = in->client_context;
    call->tail = str_equal(in->log_type, STR("Tail"));
    out->status_code = (struct opt_int)SOME(200);
    out->executed_version = executed_version(rq, call);
    out->response_stream_content_type = EVENT_STREAM_TYPE;
    rq->after = (struct after){ stream, call };
    return ERR_OK;
}

struct err lambda_invoke_async(struct request *rq, const struct lambda_invoke_async_in *in, struct lambda_invoke_async_out *out)
{
    struct lambda_call *call = NULL;
    const struct lambda_invoke_in same = { .payload = in->invoke_args };
    TRY(prepare(rq, in->function_name, STR_NONE, &call));
    TRY(check_payload(rq, &same, true));
    call->payload = in->invoke_args.len > 0 ? in->invoke_args : STR("{}");
    out->status = (struct opt_int)SOME(202);
    rq->after = (struct after){ keep, call };
    return ERR_OK;
}
