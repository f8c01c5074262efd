#include "app/log_batch.h"

#include "base/log.h"
#include "kms_model.h"
#include "lambda_model.h"
#include "svc/cloudwatch/cloudwatch.h"

enum { TRY_AGAIN_FROM = 500, TOO_MANY = 429 };

static void warn(const char *words, const struct logs_batch *batch, struct str filter, struct str reason)
{
    log_write(LOG_WARN, NULL, words, (const struct log_field[]){
        LOG_STR("account", batch->group.account), LOG_STR("group", batch->group.name), LOG_STR("filter", filter), LOG_STR("reason", reason), LOG_END });
}

static struct str regional_principal(struct ctx *ctx, const struct logs_batch *batch)
{
    return str_format(ctx->arena, "logs.%" STR_FMT ".amazonaws.com", STR_ARG(batch->group.region));
}

void log_batch_open_keys(struct ctx *ctx, struct inside *inside, struct logs_batch *batch)
{
    for (size_t i = 0; i < batch->key_count; i++) {
        struct kms_encryption_context_type_entry pair = { STR("aws:logs:arn"), batch->arn };
        const struct kms_decrypt_in in = { .ciphertext_blob = batch->keys[i].sealed, .encryption_context = { &pair, 1 } };
        const struct inside_call call = {
            .service = "kms", .operation = "Decrypt", .in = &in, .account = batch->group.account, .region = batch->group.region,
            .principal = regional_principal(ctx, batch), .source_arn = batch->arn,
        };
        const void *answer = NULL;
        if (inside_call(ctx, inside, &call, &answer).fault) {
            warn("the key of a log group can't be used, and its filters don't see what it sealed", batch, STR_NONE, str_of(ctx->reason));
        } else {
            batch->keys[i].plain = ((const struct kms_decrypt_out *)answer)->plaintext;
        }
    }
}

/* --- functions --- */

static struct err invoke(struct ctx *ctx, struct inside *inside, const struct logs_batch *batch, const struct logs_messages *messages,
                         struct str payload)
{
    const struct str principals[] = { STR("logs.amazonaws.com"), regional_principal(ctx, batch) };
    const struct lambda_invoke_in in = { .function_name = messages->function, .invocation_type = STR("Event"), .payload = payload };
    const size_t tries = messages->role.ptr ? 1 : COUNT_OF(principals);
    struct err err = ERR_OK;
    for (size_t i = 0; i < tries; i++) {
        const struct inside_call call = {
            .service = "lambda", .operation = "Invoke", .in = &in, .account = messages->account, .region = messages->region,
            .principal = principals[i], .role_arn = messages->role, .session_name = STR("CloudWatchLogs"),
            .source_arn = str_format(ctx->arena, "%" STR_FMT ":*", STR_ARG(batch->arn)),
        };
        const void *answer = NULL;
        err = inside_call(ctx, inside, &call, &answer);
        if (err.fault == NULL) {
            return ERR_OK;
        }
    }
    return err;
}

static bool send(struct ctx *ctx, struct inside *inside, const struct logs_batch *batch, const struct logs_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        const struct err err = invoke(ctx, inside, batch, messages, messages->items[i]);
        if (err.fault == NULL) {
            continue;
        }
        warn("log events can't be sent to a function", batch, messages->filter->filter_name, str_of(ctx->reason));
        if (err.fault->http >= TRY_AGAIN_FROM || err.fault->http == TOO_MANY) {
            return false;
        }
    }
    return true;
}

bool log_batch_send(struct ctx *ctx, struct inside *inside, struct store_conn *db, const struct logs_batch *batch)
{
    for (size_t i = 0; i < batch->subscriptions.count; i++) {
        struct logs_messages messages = { .count = 0 };
        struct err err = store_begin(ctx, db, STORE_READ);
        if (!err.fault) {
            err = logs_batch_messages(ctx, db, batch, &batch->subscriptions.items[i], &messages);
            store_rollback(db);
        }
        if (err.fault) {
            warn("a subscription filter can't be used", batch, batch->subscriptions.items[i].name, str_of(ctx->reason));
        } else if (!send(ctx, inside, batch, &messages)) {
            return false;
        }
    }
    return true;
}

/* --- metrics --- */

static struct cloudwatch_metric_datum datum_of(struct ctx *ctx, const struct logs_metric_report *report, const struct logs_metric_datum *datum)
{
    struct cloudwatch_dimension *dimensions = ARENA_ARRAY(ctx->arena, struct cloudwatch_dimension, datum->dimension_count);
    struct cloudwatch_statistic_set *set = ARENA_NEW(ctx->arena, struct cloudwatch_statistic_set);
    for (size_t i = 0; i < datum->dimension_count; i++) {
        dimensions[i] = (struct cloudwatch_dimension){ datum->dimensions[i].key, datum->dimensions[i].value };
    }
    *set = (struct cloudwatch_statistic_set){ SOME(datum->count), SOME(datum->sum), SOME(datum->minimum), SOME(datum->maximum) };
    return (struct cloudwatch_metric_datum){
        .metric_name = report->transformation->metric_name, .timestamp = SOME(datum->minute_ms), .statistic_values = set,
        .dimensions = { datum->dimension_count ? dimensions : NULL, datum->dimension_count }, .unit = report->transformation->unit,
    };
}

static void add_count(struct ctx *ctx, const struct logs_batch *batch, const struct item *filter, struct log_counts *out)
{
    struct logs_metric_report report = { .count = 0 };
    if (logs_batch_metrics(ctx, batch, filter, &report).fault) {
        warn("a metric filter can't be used", batch, filter->name, str_of(ctx->reason));
        return;
    }
    struct cloudwatch_metric_datum *data = ARENA_ARRAY(ctx->arena, struct cloudwatch_metric_datum, report.count);
    for (size_t i = 0; i < report.count; i++) {
        data[i] = datum_of(ctx, &report, &report.data[i]);
    }
    if (report.count) {
        out->items[out->count++] = (struct log_count){
            batch, filter, { .namespace = report.transformation->metric_namespace, .metric_data = { data, report.count } },
        };
    }
}

struct log_counts log_batch_counts(struct ctx *ctx, const struct logs_batch *batch)
{
    struct log_counts out = { ARENA_ARRAY(ctx->arena, struct log_count, batch->metric_filters.count), 0 };
    for (size_t i = 0; i < batch->metric_filters.count; i++) {
        add_count(ctx, batch, &batch->metric_filters.items[i], &out);
    }
    return out;
}

struct err log_counts_put(struct ctx *ctx, struct store_conn *db, const struct log_counts *counts)
{
    for (size_t i = 0; i < counts->count; i++) {
        const struct log_count *one = &counts->items[i];
        const struct group *group = &one->batch->group;
        const struct err err = cloudwatch_count(ctx, db, group->account, group->region, &one->in);
        if (err.fault && err.fault->http >= TRY_AGAIN_FROM) {
            return err;
        }
        if (err.fault) {
            warn("what a metric filter counted can't be put into CloudWatch", one->batch, one->filter->name, str_of(ctx->reason));
        }
    }
    return ERR_OK;
}
