/* event_config.c - how asynchronous invocations are retried, and whom their ends are told. */
#include "svc/lambda/function.h"
#include "wire/codec.h"

static struct err missing(struct request *rq, const struct function_name *name)
{
    return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The function %" STR_FMT " doesn't have an EventInvokeConfig",
                STR_ARG(name_arn(&rq->ctx, name)));
}

/* Without a qualifier $LATEST is meant, and says so. */
static struct err need(struct request *rq, struct str function, struct str qualifier, struct function_name *name)
{
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, function, qualifier, name));
    name->qualifier = name->qualifier.ptr ? name->qualifier : STR("$LATEST");
    return name_need(name_rows(rq, name), name, &row).fault
        ? fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The function doesn't exist.") : ERR_OK;
}

static struct err read_config(struct request *rq, const struct function_name *name, struct lambda_function_event_invoke_config *out, bool *found)
{
    struct str body = STR_NONE;
    void *value = NULL;
    TRY(rows_extra_get(name_rows(rq, name), name->name, ITEM_EVENT, name->qualifier, &body));
    *found = body.ptr != NULL;
    if (*found) {
        TRY(wire_json_read(&rq->ctx, LAMBDA_SHAPE_FUNCTION_EVENT_INVOKE_CONFIG, body, &value));
        memcpy(out, value, sizeof(*out));
    }
    return ERR_OK;
}

static bool is_told_by_aws(struct str arn)
{
    static const char *const services[] = { "arn:aws:sqs:", "arn:aws:sns:", "arn:aws:events:", "arn:aws:s3:", "kafka:" };
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        if (str_starts(arn, str_of(services[i]))) {
            return true;
        }
    }
    return false;
}

static struct str shown_target(struct ctx *ctx, const char *word, bool there, struct str arn)
{
    return there ? str_format(ctx->arena, "%s(destination=%" STR_FMT ")", word, STR_ARG(arn)) : STR("null");
}

static struct err wrong_destination(struct request *rq, const struct lambda_destination_config *config)
{
    const struct lambda_on_success *success = config->on_success;
    const struct lambda_on_failure *failure = config->on_failure;
    return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The provided destination config DestinationConfig(onSuccess=%" STR_FMT
                ", onFailure=%" STR_FMT ") is invalid.",
                STR_ARG(shown_target(&rq->ctx, "OnSuccess", success != NULL, success ? success->destination : STR_NONE)),
                STR_ARG(shown_target(&rq->ctx, "OnFailure", failure != NULL, failure ? failure->destination : STR_NONE)));
}

/* Only functions can be told: other targets are not there yet. */
static struct err check_destination(struct request *rq, const struct function_name *name, const struct lambda_destination_config *config,
                                    struct str arn)
{
    struct function_name target = { 0 };
    struct function_row row = { .number = 0 };
    const struct str start = str_format(rq->ctx.arena, "arn:aws:lambda:%" STR_FMT ":", STR_ARG(name->region));
    if (arn.len == 0) {
        return ERR_OK;
    }
    if (!str_starts(arn, STR("arn:aws:lambda:"))) {
        return is_told_by_aws(arn) ? fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Yagura has no queues, topics, buses or "
                    "buckets to tell yet: the destination can only be a function, not %" STR_FMT, STR_ARG(arn)) : wrong_destination(rq, config);
    }
    if (!str_starts(arn, start) || name_of(rq, arn, STR_NONE, &target).fault
        || name_need(name_rows(rq, &target), &target, &row).fault) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The destination ARN %" STR_FMT " is invalid.", STR_ARG(arn));
    }
    if (str_equal(target.name, name->name)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "You can't specify the function as a destination for itself.");
    }
    return ERR_OK;
}

static struct err check_destinations(struct request *rq, const struct function_name *name, const struct lambda_destination_config *config)
{
    if (config == NULL) {
        return ERR_OK;
    }
    TRY(check_destination(rq, name, config, config->on_success ? config->on_success->destination : STR_NONE));
    return check_destination(rq, name, config, config->on_failure ? config->on_failure->destination : STR_NONE);
}

static struct err save(struct request *rq, const struct function_name *name, struct lambda_function_event_invoke_config *config)
{
    struct lambda_destination_config *shown = ARENA_NEW(rq->ctx.arena, struct lambda_destination_config);
    struct json_writer w = json_writer_new(rq->ctx.arena);
    TRY(check_destinations(rq, name, config->destination_config));
    if (config->destination_config) {
        *shown = *config->destination_config;
    }
    shown->on_success = shown->on_success ? shown->on_success : ARENA_NEW(rq->ctx.arena, struct lambda_on_success);
    shown->on_failure = shown->on_failure ? shown->on_failure : ARENA_NEW(rq->ctx.arena, struct lambda_on_failure);
    config->destination_config = shown;
    config->function_arn = name_arn(&rq->ctx, name);
    config->last_modified = (struct opt_time)SOME(rq->ctx.now_ms);
    wire_json_write(&w, LAMBDA_SHAPE_FUNCTION_EVENT_INVOKE_CONFIG, config);
    return rows_extra_put(name_rows(rq, name), name->name, ITEM_EVENT, name->qualifier, json_done(&w));
}

struct err lambda_put_function_event_invoke_config(struct request *rq, const struct lambda_put_function_event_invoke_config_in *in,
                                                   struct lambda_put_function_event_invoke_config_out *out)
{
    struct function_name name = { 0 };
    TRY(need(rq, in->function_name, in->qualifier, &name));
    if (!in->maximum_retry_attempts.set && !in->maximum_event_age_in_seconds.set && in->destination_config == NULL) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "You must specify at least one of error handling or destination setting.");
    }
    struct lambda_function_event_invoke_config config = {
        .maximum_retry_attempts = in->maximum_retry_attempts, .maximum_event_age_in_seconds = in->maximum_event_age_in_seconds,
        .destination_config = in->destination_config,
    };
    TRY(save(rq, &name, &config));
    memcpy(out, &config, sizeof(config));
    return ERR_OK;
}

struct err lambda_update_function_event_invoke_config(struct request *rq, const struct lambda_update_function_event_invoke_config_in *in,
                                                      struct lambda_update_function_event_invoke_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_event_invoke_config config = { .last_modified = { .set = false } };
    bool found = false;
    TRY(need(rq, in->function_name, in->qualifier, &name));
    TRY(read_config(rq, &name, &config, &found));
    if (!found) {
        return missing(rq, &name);
    }
    config.maximum_retry_attempts = in->maximum_retry_attempts.set ? in->maximum_retry_attempts : config.maximum_retry_attempts;
    config.maximum_event_age_in_seconds =
        in->maximum_event_age_in_seconds.set ? in->maximum_event_age_in_seconds : config.maximum_event_age_in_seconds;
    config.destination_config = in->destination_config ? in->destination_config : config.destination_config;
    TRY(save(rq, &name, &config));
    memcpy(out, &config, sizeof(config));
    return ERR_OK;
}

struct err lambda_get_function_event_invoke_config(struct request *rq, const struct lambda_get_function_event_invoke_config_in *in,
                                                   struct lambda_get_function_event_invoke_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_event_invoke_config config = { .last_modified = { .set = false } };
    bool found = false;
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    name.qualifier = name.qualifier.ptr ? name.qualifier : STR("$LATEST");
    TRY(read_config(rq, &name, &config, &found));
    if (!found) {
        return missing(rq, &name);
    }
    memcpy(out, &config, sizeof(config));
    return ERR_OK;
}

struct err lambda_delete_function_event_invoke_config(struct request *rq, const struct lambda_delete_function_event_invoke_config_in *in,
                                                      struct lambda_delete_function_event_invoke_config_out *out)
{
    struct function_name name = { 0 };
    bool found = false;
    (void)out;
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    name.qualifier = name.qualifier.ptr ? name.qualifier : STR("$LATEST");
    TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_EVENT, name.qualifier, &found));
    return found ? ERR_OK : missing(rq, &name);
}

struct err lambda_list_function_event_invoke_configs(struct request *rq, const struct lambda_list_function_event_invoke_configs_in *in,
                                                     struct lambda_list_function_event_invoke_configs_out *out)
{
    struct function_name name = { 0 };
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(need(rq, in->function_name, STR_NONE, &name));
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(name_rows(rq, &name), name.name, ITEM_EVENT, &items, &count));
    out->function_event_invoke_configs.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_function_event_invoke_config, size + 1);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        if (after.ptr && str_compare(items[i].part, after) <= 0) {
            continue;
        }
        if (out->function_event_invoke_configs.count == size) {
            out->next_marker = function_page_token(rq, items[i - 1].part);
            break;
        }
        name.qualifier = items[i].part;
        TRY(read_config(rq, &name, &out->function_event_invoke_configs.items[out->function_event_invoke_configs.count++], &found));
    }
    return ERR_OK;
}
