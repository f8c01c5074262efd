#include "svc/lambda/event.h"

#include "base/clock.h"
#include "base/json.h"
#include "svc/lambda/name.h"
#include "wire/codec.h"

/* spec: Lambda developer guide, asynchronous invocation: two retries, six hours; throttled ones come again for as long. */
enum { RETRIES_DEFAULT = 2, AGE_DEFAULT_S = 21600, THROTTLE_PAUSE_MS = 1000 };

struct err lambda_event_keep(struct ctx *ctx, struct store_conn *db, const struct lambda_call *call)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("region"), call->region);
    json_member_str(&w, STR("arn"), call->arn);
    json_member_str(&w, STR("clientContext"), call->client_context);
    json_close_object(&w);
    const struct lambda_rows rows = { ctx, db, call->account, call->region };
    const struct event_row row = { .id = call->request_id, .call = json_done(&w), .payload = call->payload,
                                   .created_ms = ctx->now_ms, .next_ms = ctx->now_ms };
    return rows_event_put(rows, &row);
}

struct err lambda_event_again(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event, int64_t pause_ms)
{
    const struct lambda_rows rows = { ctx, db, event->account, event->region };
    const struct event_row row = { .id = event->id, .call = STR(""), .payload = STR(""), .tries = event->tries,
                                   .created_ms = event->created_ms, .next_ms = clock_now_ms() + pause_ms };
    return rows_event_put(rows, &row);
}

struct err lambda_event_over(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event)
{
    return rows_event_delete((struct lambda_rows){ ctx, db, event->account, event->region }, event->id);
}

struct err lambda_event_due(struct ctx *ctx, struct store_conn *db, size_t limit, struct lambda_owed **out, size_t *count)
{
    struct event_row *rows = NULL;
    TRY(rows_event_due(ctx, db, clock_now_ms(), limit, &rows, count));
    *out = ARENA_ARRAY(ctx->arena, struct lambda_owed, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        const struct json *call = json_parse(ctx->arena, rows[i].call, NULL);
        (*out)[i] = (struct lambda_owed){
            .account = rows[i].account, .id = rows[i].id, .region = json_text(json_get(call, STR("region"))),
            .arn = json_text(json_get(call, STR("arn"))), .client_context = json_text(json_get(call, STR("clientContext"))),
            .payload = rows[i].payload, .tries = rows[i].tries, .created_ms = rows[i].created_ms,
        };
    }
    return ERR_OK;
}

static struct err config_of(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event, struct function_row *row,
                            const struct lambda_function_event_invoke_config **out)
{
    struct function_name name = { 0 };
    struct str body = STR_NONE;
    void *value = NULL;
    *out = NULL;
    TRY(name_read(ctx, event->account, event->region, event->arn, STR_NONE, &name));
    const struct lambda_rows rows = { ctx, db, name.account, name.region };
    TRY(name_need(rows, &name, row));
    TRY(rows_extra_get(rows, name.name, ITEM_EVENT, name.qualifier.ptr ? name.qualifier : STR("$LATEST"), &body));
    if (body.ptr) {
        TRY(wire_json_read(ctx, LAMBDA_SHAPE_FUNCTION_EVENT_INVOKE_CONFIG, body, &value));
        *out = value;
    }
    return ERR_OK;
}

static struct str destination_of(const struct lambda_function_event_invoke_config *config, bool success)
{
    const struct lambda_destination_config *destinations = config ? config->destination_config : NULL;
    if (destinations == NULL) {
        return STR_NONE;
    }
    if (success) {
        return destinations->on_success ? destinations->on_success->destination : STR_NONE;
    }
    return destinations->on_failure ? destinations->on_failure->destination : STR_NONE;
}

struct err lambda_event_decide(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event, enum lambda_event_end end,
                               int64_t retry_pause_ms, struct lambda_event_plan *out)
{
    const struct lambda_function_event_invoke_config *config = NULL;
    struct function_row row = { .number = 0 };
    *out = (struct lambda_event_plan){ .next = EVENT_OVER };
    if (end == EVENT_GONE || config_of(ctx, db, event, &row, &config).fault) {
        return ERR_OK; /* the function is no more: nobody is owed anything */
    }
    const int64_t retries = config && config->maximum_retry_attempts.set ? config->maximum_retry_attempts.v : RETRIES_DEFAULT;
    const int64_t age_s = config && config->maximum_event_age_in_seconds.set ? config->maximum_event_age_in_seconds.v : AGE_DEFAULT_S;
    const int64_t pause_ms = end == EVENT_THROTTLED ? THROTTLE_PAUSE_MS : retry_pause_ms * event->tries;
    const bool old = clock_now_ms() + pause_ms - event->created_ms > age_s * 1000;
    if (end != EVENT_SUCCESS && !old && (end == EVENT_THROTTLED || event->tries <= retries)) {
        *out = (struct lambda_event_plan){ .next = EVENT_AGAIN, .pause_ms = pause_ms };
        return ERR_OK;
    }
    out->condition = end == EVENT_SUCCESS ? STR("Success") : old ? STR("EventAgeExceeded") : STR("RetriesExhausted");
    out->destination = destination_of(config, end == EVENT_SUCCESS);
    out->role = row.config.role;
    return ERR_OK;
}

static struct str raw_or_null(struct ctx *ctx, struct str text)
{
    return text.ptr && json_parse(ctx->arena, text, NULL) ? text : STR("null");
}

/* spec: Lambda developer guide, destinations: the record's form. */
struct str lambda_event_record(struct ctx *ctx, const struct lambda_owed *event, const struct lambda_event_plan *plan,
                               const struct lambda_outcome *outcome, struct str version)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("version"), STR("1.0"));
    json_member_str(&w, STR("timestamp"), clock_format_iso8601_ms(ctx->arena, clock_now_ms()));
    json_key(&w, STR("requestContext"));
    json_open_object(&w);
    json_member_str(&w, STR("requestId"), event->id);
    json_member_str(&w, STR("functionArn"), str_search(event->arn, STR(":function:")) != STR_MISSING && version.ptr
                    ? str_format(ctx->arena, "%" STR_FMT "%s%" STR_FMT, STR_ARG(event->arn), str_ends(event->arn, version) ? "" : ":",
                                 STR_ARG(str_ends(event->arn, version) ? STR("") : version)) : event->arn);
    json_member_str(&w, STR("condition"), plan->condition);
    json_member_int(&w, STR("approximateInvokeCount"), event->tries + (str_equal(plan->condition, STR("Success")) ? 1 : 0));
    json_close_object(&w);
    json_key(&w, STR("requestPayload"));
    json_raw(&w, raw_or_null(ctx, event->payload));
    json_key(&w, STR("responseContext"));
    json_open_object(&w);
    json_member_int(&w, STR("statusCode"), 200);
    json_member_str(&w, STR("executedVersion"), version);
    json_member_str(&w, STR("functionError"), outcome->error);
    json_close_object(&w);
    json_key(&w, STR("responsePayload"));
    json_raw(&w, raw_or_null(ctx, outcome->payload));
    json_close_object(&w);
    return json_done(&w);
}
