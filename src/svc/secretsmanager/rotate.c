/* rotate.c - rotation configured, begun and cancelled.
 *
 * spec: RotateSecret; user guide, "Rotation by Lambda function". */
#include "crypto/random.h"
#include "lambda_model.h"
#include "svc/door.h"
#include "svc/secretsmanager/rotation.h"
#include "svc/secretsmanager/schedule.h"
#include "svc/secretsmanager/secret.h"

const struct secretsmanager_rotation_rules_type *secret_rules_out(struct request *rq, const struct secret *secret)
{
    if (secret->days == 0 && secret->schedule.ptr == NULL) {
        return NULL;
    }
    struct secretsmanager_rotation_rules_type *rules = ARENA_NEW(rq->ctx.arena, struct secretsmanager_rotation_rules_type);
    rules->automatically_after_days = (struct opt_long){ .set = secret->days > 0, .v = secret->days };
    rules->schedule_expression = secret->schedule;
    rules->duration = secret->duration;
    return rules;
}

void secret_rotation_plan(struct secret *secret, int64_t from_ms)
{
    struct schedule schedule = secret_schedule_of_days(secret->days);
    int64_t hours = 0;
    const bool planned = secret->days > 0 || (secret->schedule.ptr && secret_schedule_parse(secret->schedule, &schedule) == NULL);
    struct schedule_window window = { 0, 0 };
    if (planned && secret_schedule_duration(&schedule, secret->duration, &hours) == NULL) {
        window = secret_schedule_next(&schedule, hours, from_ms);
    }
    secret->opens_ms = window.opens_ms;
    secret->closes_ms = window.closes_ms;
}

void secret_rotation_put_off(struct request *rq, struct secret *secret)
{
    if (secret->rotates && secret->days > 0) {
        secret_rotation_plan(secret, rq->ctx.now_ms);
    }
}

static struct err bad_rules(struct request *rq, const char *why)
{
    return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "The rotation rules are invalid: %s.", why);
}

static struct err take_rules(struct request *rq, const struct secretsmanager_rotation_rules_type *rules, struct secret *secret)
{
    struct schedule schedule = { .every = 0 };
    int64_t hours = 0;
    if (rules == NULL) {
        return ERR_OK;
    }
    if (rules->automatically_after_days.set == (rules->schedule_expression.ptr != NULL)) {
        return bad_rules(rq, "set either AutomaticallyAfterDays or ScheduleExpression, not both");
    }
    schedule = secret_schedule_of_days(rules->automatically_after_days.v);
    const char *why = rules->schedule_expression.ptr ? secret_schedule_parse(rules->schedule_expression, &schedule) : NULL;
    why = why ? why : secret_schedule_duration(&schedule, rules->duration, &hours);
    if (why) {
        return bad_rules(rq, why);
    }
    secret->days = rules->automatically_after_days.v;
    secret->schedule = rules->schedule_expression;
    secret->duration = rules->duration;
    return ERR_OK;
}

/* An invocation that only asks whether it would be allowed. */
static struct err ask_lambda(struct request *rq, const struct secret *secret, enum door_as as)
{
    const struct lambda_invoke_in in = { .function_name = secret->function, .invocation_type = STR("DryRun") };
    const struct door_call call = { .service = "lambda", .operation = "Invoke", .in = &in, .as = as, .source_arn = secret->arn,
                                    .account = secret->account };
    const void *answer = NULL;
    return door_call(rq, &call, &answer);
}

/* spec: RotateSecret: the caller needs lambda:InvokeFunction, and Secrets Manager a word of the function's policy. */
static struct err judge_function(struct request *rq, const struct secret *secret)
{
    if (secret->function.len == 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION, "No Lambda rotation function ARN is associated with this secret.");
    }
    struct err err = ask_lambda(rq, secret, DOOR_AS_CALLER);
    if (!err.fault) {
        err = ask_lambda(rq, secret, DOOR_AS_SERVICE);
    }
    if (err.fault && err.fault->http < 500) {
        return fail(&rq->ctx, &SECRETSMANAGER_ACCESS_DENIED,
                    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the"
                    " principal secretsmanager.amazonaws.com.");
    }
    return err;
}

struct err secret_rotation_begin(const struct rows *rows, const struct secret *secret, struct str version, bool check_only)
{
    const struct rotation rotation = {
        .secret = secret->arn,
        .version = version,
        .proof = random_uuid(rows->ctx),
        .check_only = check_only,
        .step = check_only ? ROTATION_TEST : ROTATION_CREATE,
        .next_ms = rows->ctx->now_ms,
        .started_ms = rows->ctx->now_ms,
    };
    return secret_row_rotation_put(rows, &rotation);
}

/* spec: SPECS: the version exists with AWSPENDING and without a value before the function is first invoked. */
static struct err begin_now(struct request *rq, const struct secret *secret, struct str token, struct str *version)
{
    const struct rows rows = secret_rows(rq, secret);
    bool added = false;
    TRY(secret_version_add(rq, secret, token, (struct value){ .text = false }, version, &added));
    TRY(secret_stage_move(rq, secret, STAGE_PENDING, *version));
    return secret_rotation_begin(&rows, secret, *version, false);
}

/* spec: RotateSecret, RotateImmediately false: testSecret runs with an AWSPENDING version that is removed afterwards. That it holds
 * the current value is our reading: so the function tests what works today. */
static struct err begin_test(struct request *rq, const struct secret *secret, struct str token, struct str *version)
{
    const struct rows rows = secret_rows(rq, secret);
    struct version current = { .id = STR_NONE };
    struct value value = { .text = false };
    bool found = false;
    bool added = false;
    TRY(secret_row_version_of_stage(&rows, secret->arn, STAGE_CURRENT, &current, &found));
    if (!found || current.value.ptr == NULL) {
        return ERR_OK;
    }
    TRY(secret_version_read(rq, secret, &current, &value));
    TRY(secret_version_add(rq, secret, token, value, version, &added));
    TRY(secret_stage_move(rq, secret, STAGE_PENDING, *version));
    return secret_rotation_begin(&rows, secret, *version, true);
}

/* *again: this very call came before. */
static struct err judge_pending(struct request *rq, const struct secret *secret, struct str token, bool *again)
{
    const struct rows rows = secret_rows(rq, secret);
    struct version pending = { .id = STR_NONE };
    struct version current = { .id = STR_NONE };
    struct version known = { .id = STR_NONE };
    bool is_pending = false;
    bool is_current = false;
    TRY(secret_row_version_of_stage(&rows, secret->arn, STAGE_PENDING, &pending, &is_pending));
    TRY(secret_row_version_of_stage(&rows, secret->arn, STAGE_CURRENT, &current, &is_current));
    if (token.ptr) {
        TRY(secret_row_version_find(&rows, secret->arn, token, &known, again));
    }
    if (!*again && is_pending && !(is_current && str_equal(pending.id, current.id))) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "A previous rotation isn't complete. That rotation will be reattempted.");
    }
    return ERR_OK;
}

static struct err refuse_external(struct request *rq, const struct secretsmanager_rotate_secret_in *in)
{
    return in->external_secret_rotation_metadata.count > 0 || in->external_secret_rotation_role_arn.ptr
        ? fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
               "Secrets held by partners of AWS can't be rotated by this server: leave out ExternalSecretRotationMetadata and"
               " ExternalSecretRotationRoleArn, and set RotationLambdaARN.")
        : ERR_OK;
}

struct err secretsmanager_rotate_secret(struct request *rq, const struct secretsmanager_rotate_secret_in *in,
                                        struct secretsmanager_rotate_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    bool again = false;
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(refuse_external(rq, in));
    TRY(take_rules(rq, in->rotation_rules, &secret));
    secret.function = in->rotation_lambda_arn.len > 0 ? in->rotation_lambda_arn : secret.function;
    TRY(judge_function(rq, &secret));
    TRY(judge_pending(rq, &secret, in->client_request_token, &again));
    out->arn = secret.arn;
    out->name = secret.name;
    out->version_id = in->client_request_token;
    if (again) {
        return ERR_OK;
    }
    secret.rotates = true;
    secret_rotation_plan(&secret, rq->ctx.now_ms);
    const bool now = !in->rotate_immediately.set || in->rotate_immediately.v;
    TRY((now ? begin_now : begin_test)(rq, &secret, in->client_request_token, &out->version_id));
    return secret_save(rq, &secret);
}

struct err secretsmanager_cancel_rotate_secret(struct request *rq, const struct secretsmanager_cancel_rotate_secret_in *in,
                                               struct secretsmanager_cancel_rotate_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct rotation rotation = { .version = STR_NONE };
    bool found = false;
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    TRY(secret_row_rotation_find(&rows, secret.arn, &rotation, &found));
    TRY(secret_row_rotation_delete(&rows, secret.arn));
    secret.rotates = false;
    out->arn = secret.arn;
    out->name = secret.name;
    out->version_id = found ? rotation.version : STR_NONE;
    return secret_save(rq, &secret);
}
