/* filter.c - metric filters and subscription filters: put, listed, deleted, tried out. */
#include "match/log_filter.h"

#include "svc/logs/destination.h"

/* spec: CloudWatch Logs quotas. */
enum { METRIC_FILTERS_MAX = 100, SUBSCRIPTIONS_MAX = 2, DIMENSIONS_MAX = 3, LIST_NORMAL = 50 };

static struct err check_pattern(struct request *rq, struct str pattern)
{
    struct log_filter *filter = NULL;
    TRY(log_filter_compile(&rq->ctx, pattern, &filter));
    log_filter_free(filter);
    return ERR_OK;
}

static struct err limit_exceeded(struct request *rq)
{
    return fail(&rq->ctx, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
}

/* Room for one more of a kind, unless it is there already. */
static struct err check_room(struct request *rq, const struct group *group, struct str kind, struct str name, size_t most)
{
    const struct rows rows = logs_rows(rq);
    struct items items = { NULL, 0 };
    TRY(logs_row_items_of_group(&rows, kind, group->id, &items));
    for (size_t i = 0; i < items.count; i++) {
        if (str_equal(items.items[i].name, name)) {
            return ERR_OK;
        }
    }
    return items.count < most ? ERR_OK : limit_exceeded(rq);
}

/* Events that come from now on are shown to the filters. */
static struct err start_pump(struct request *rq, const struct group *group)
{
    const struct rows rows = logs_rows(rq);
    return logs_row_pump_start(&rows, group->id, group->next_block);
}

static struct err refuse_transformed(struct request *rq, bool transformed, struct str criteria)
{
    if (transformed) {
        return fail(&rq->ctx, &LOGS_INVALID_OPERATION_EXCEPTION, "applyOnTransformedLogs: log transformers are not implemented by Yagura.");
    }
    return criteria.len ? fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "fieldSelectionCriteria is not implemented by Yagura.") : ERR_OK;
}

/* spec: MetricTransformation: the value is a number or a field of the pattern; dimensions are fields, and exclude a default. */
static struct err check_transformation(struct request *rq, const struct logs_metric_transformation *t)
{
    double number = 0;
    const struct fault *fault = &LOGS_INVALID_PARAMETER_EXCEPTION;
    if (!str_starts(t->metric_value, STR("$")) && !str_to_double(t->metric_value, &number)) {
        return fail(&rq->ctx, fault, "Invalid metric transformation: metricValue %" STR_FMT " must be a number or the name of a field of "
                    "the pattern that starts with $.", STR_ARG(t->metric_value));
    }
    if (str_starts(t->metric_namespace, STR("AWS/"))) { /* CloudWatch would take none of its data */
        return fail(&rq->ctx, fault, "Invalid metric transformation: metricNamespace can't begin with AWS/, which is reserved for services.");
    }
    if (t->dimensions.count > 0 && t->default_value.set) {
        return fail(&rq->ctx, fault, "Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
    }
    if (t->dimensions.count > DIMENSIONS_MAX) {
        return fail(&rq->ctx, fault, "Invalid metric transformation: a metric transformation can have at most %d dimensions.", DIMENSIONS_MAX);
    }
    for (size_t i = 0; i < t->dimensions.count; i++) {
        if (!str_starts(t->dimensions.items[i].value, STR("$"))) {
            return fail(&rq->ctx, fault, "Invalid metric transformation: the value of dimension %" STR_FMT " must be a field of the pattern "
                        "that starts with $.", STR_ARG(t->dimensions.items[i].key));
        }
    }
    return ERR_OK;
}

struct err logs_put_metric_filter(struct request *rq, const struct logs_put_metric_filter_in *in, struct logs_put_metric_filter_out *out)
{
    (void)out;
    struct group group = { .name = STR_NONE };
    void *known = NULL;
    TRY(check_pattern(rq, in->filter_pattern));
    TRY(check_transformation(rq, &in->metric_transformations.items[0]));
    TRY(refuse_transformed(rq, in->apply_on_transformed_logs.v, in->field_selection_criteria));
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_class_allows(rq, &group, "PutMetricFilter"));
    TRY(check_room(rq, &group, KIND_METRIC_FILTER, in->filter_name, METRIC_FILTERS_MAX));
    const struct item_name name = { KIND_METRIC_FILTER, in->filter_name, group.id };
    TRY(logs_item_load(rq, name, LOGS_SHAPE_METRIC_FILTER, &known));
    const struct logs_metric_filter filter = {
        .filter_name = in->filter_name, .filter_pattern = in->filter_pattern, .metric_transformations = in->metric_transformations,
        .creation_time = SOME(known ? ((struct logs_metric_filter *)known)->creation_time.v : rq->ctx.now_ms),
        .log_group_name = group.name, .apply_on_transformed_logs = SOME(false),
    };
    TRY(logs_item_save(rq, name, LOGS_SHAPE_METRIC_FILTER, &filter));
    return start_pump(rq, &group);
}

static struct err delete_filter(struct request *rq, struct str kind, struct str group_name, struct str name, const char *words)
{
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    struct items metrics = { NULL, 0 }, subscriptions = { NULL, 0 };
    bool found = false;
    TRY(logs_group_need(rq, group_name, &group));
    TRY(logs_row_item_delete(&rows, kind, name, group.id, &found));
    if (!found) {
        return fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified %s filter does not exist.", words);
    }
    TRY(logs_row_items_of_group(&rows, KIND_METRIC_FILTER, group.id, &metrics));
    TRY(logs_row_items_of_group(&rows, KIND_SUBSCRIPTION, group.id, &subscriptions));
    return metrics.count + subscriptions.count ? ERR_OK : logs_row_pump_stop(&rows, group.id);
}

struct err logs_delete_metric_filter(struct request *rq, const struct logs_delete_metric_filter_in *in, struct logs_delete_metric_filter_out *out)
{
    (void)out;
    return delete_filter(rq, KIND_METRIC_FILTER, in->log_group_name, in->filter_name, "metric");
}

static bool is_asked_for(void *argument, const void *value)
{
    const struct logs_describe_metric_filters_in *in = argument;
    const struct logs_metric_filter *filter = value;
    const struct logs_metric_transformation *t = &filter->metric_transformations.items[0];
    return (in->log_group_name.ptr == NULL || str_equal(in->log_group_name, filter->log_group_name))
        && (in->metric_name.ptr == NULL || str_equal(in->metric_name, t->metric_name))
        && (in->metric_namespace.ptr == NULL || str_equal(in->metric_namespace, t->metric_namespace));
}

struct err logs_describe_metric_filters(struct request *rq, const struct logs_describe_metric_filters_in *in, struct logs_describe_metric_filters_out *out)
{
    struct logs_describe_metric_filters_in asked = *in;
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_METRIC_FILTER, .shape = LOGS_SHAPE_METRIC_FILTER, .prefix = in->filter_name_prefix,
                                    .token = in->next_token, .limit = logs_page_size(in->limit, LIST_NORMAL),
                                    .wanted = is_asked_for, .argument = &asked };
    struct group group = { .name = STR_NONE };
    if ((in->metric_name.ptr == NULL) != (in->metric_namespace.ptr == NULL)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "metricName and metricNamespace must be specified together.");
    }
    if (in->log_group_name.ptr) {
        TRY(logs_group_need(rq, in->log_group_name, &group));
    }
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->metric_filters = (struct logs_metric_filters){ values.items, values.count };
    return ERR_OK;
}

struct err logs_test_metric_filter(struct request *rq, const struct logs_test_metric_filter_in *in, struct logs_test_metric_filter_out *out)
{
    struct log_filter *filter = NULL;
    TRY(log_filter_compile(&rq->ctx, in->filter_pattern, &filter));
    out->matches.items = ARENA_ARRAY(rq->ctx.arena, struct logs_metric_filter_match_record, in->log_event_messages.count);
    for (size_t i = 0; i < in->log_event_messages.count; i++) {
        const struct str message = in->log_event_messages.items[i];
        const struct log_filter_value *values = NULL;
        if (!log_filter_test(filter, rq->ctx.arena, message)) {
            continue;
        }
        const size_t count = log_filter_values(filter, rq->ctx.arena, message, &values);
        struct logs_metric_filter_match_record *match = &out->matches.items[out->matches.count++];
        *match = (struct logs_metric_filter_match_record){ SOME((int64_t)i + 1), message,
                                                           { ARENA_ARRAY(rq->ctx.arena, struct logs_extracted_values_entry, count), count } };
        for (size_t n = 0; n < count; n++) {
            match->extracted_values.items[n] = (struct logs_extracted_values_entry){ values[n].name, values[n].value };
        }
    }
    log_filter_free(filter);
    return ERR_OK;
}

struct err logs_put_subscription_filter(struct request *rq, const struct logs_put_subscription_filter_in *in, struct logs_put_subscription_filter_out *out)
{
    (void)out;
    struct group group = { .name = STR_NONE };
    void *known = NULL;
    TRY(check_pattern(rq, in->filter_pattern));
    TRY(refuse_transformed(rq, in->apply_on_transformed_logs.v, in->field_selection_criteria));
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_class_allows(rq, &group, "PutSubscriptionFilter"));
    TRY(check_room(rq, &group, KIND_SUBSCRIPTION, in->filter_name, SUBSCRIPTIONS_MAX));
    TRY(destination_check(rq, &group, in));
    const struct item_name name = { KIND_SUBSCRIPTION, in->filter_name, group.id };
    TRY(logs_item_load(rq, name, LOGS_SHAPE_SUBSCRIPTION_FILTER, &known));
    const struct logs_subscription_filter filter = {
        .filter_name = in->filter_name, .log_group_name = group.name, .filter_pattern = in->filter_pattern,
        .destination_arn = in->destination_arn, .role_arn = in->role_arn,
        .distribution = in->distribution.ptr ? in->distribution : STR("ByLogStream"), .apply_on_transformed_logs = SOME(false),
        .creation_time = SOME(known ? ((struct logs_subscription_filter *)known)->creation_time.v : rq->ctx.now_ms),
    };
    TRY(logs_item_save(rq, name, LOGS_SHAPE_SUBSCRIPTION_FILTER, &filter));
    return start_pump(rq, &group);
}

struct err logs_delete_subscription_filter(struct request *rq, const struct logs_delete_subscription_filter_in *in, struct logs_delete_subscription_filter_out *out)
{
    (void)out;
    return delete_filter(rq, KIND_SUBSCRIPTION, in->log_group_name, in->filter_name, "subscription");
}

static bool is_of_group(void *argument, const void *value)
{
    return str_equal(*(const struct str *)argument, ((const struct logs_subscription_filter *)value)->log_group_name);
}

struct err logs_describe_subscription_filters(struct request *rq, const struct logs_describe_subscription_filters_in *in,
                                              struct logs_describe_subscription_filters_out *out)
{
    struct group group = { .name = STR_NONE };
    struct str name = in->log_group_name;
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_SUBSCRIPTION, .shape = LOGS_SHAPE_SUBSCRIPTION_FILTER, .prefix = in->filter_name_prefix,
                                    .token = in->next_token, .limit = logs_page_size(in->limit, LIST_NORMAL),
                                    .wanted = is_of_group, .argument = &name };
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->subscription_filters = (struct logs_subscription_filters){ values.items, values.count };
    return ERR_OK;
}
