/* tag.c - tags of alarms and dashboards. */
#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/dashboard.h"

enum { TAGS_MAX = 50 };

struct err cloudwatch_tags_put(struct request *rq, struct str arn, struct cloudwatch_tag_list tags)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct tags all = { NULL, 0 };
    for (size_t i = 0; i < tags.count; i++) {
        if (str_equal_nocase(str_slice(tags.items[i].key, 0, 4), STR("aws:"))) {
            return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "Tag keys can't start with aws:, which is reserved for AWS.");
        }
        TRY(cloudwatch_row_tag_put(&rows, arn, tags.items[i].key, tags.items[i].value));
    }
    TRY(cloudwatch_row_tags(&rows, arn, &all));
    return all.count <= TAGS_MAX
        ? ERR_OK : fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "A resource can have at most %d tags.", TAGS_MAX);
}

static struct err find(struct request *rq, struct str arn, bool *found)
{
    const struct rows rows = cloudwatch_rows(rq);
    const struct str alarm_name = cloudwatch_alarm_name(&rows, rq->ctx.arena, arn);
    const struct str dashboard_name = cloudwatch_dashboard_name(&rows, rq->ctx.arena, arn);
    struct dashboard dashboard = { .name = STR_NONE };
    struct alarm alarm = { .name = STR_NONE };
    if (dashboard_name.ptr) {
        return cloudwatch_row_dashboard_get(&rows, dashboard_name, &dashboard, found);
    }
    return alarm_name.ptr ? cloudwatch_row_alarm_get(&rows, alarm_name, &alarm, found) : ERR_OK;
}

static struct err need_resource(struct request *rq, struct str arn)
{
    bool found = false;
    if (!str_starts(arn, STR("arn:"))) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid ARN: %" STR_FMT, STR_ARG(arn));
    }
    TRY(find(rq, arn, &found));
    return found ? ERR_OK : fail(&rq->ctx, &CLOUDWATCH_RESOURCE_NOT_FOUND_EXCEPTION, "%" STR_FMT " does not exist.", STR_ARG(arn));
}

struct err cloudwatch_tag_resource(struct request *rq, const struct cloudwatch_tag_resource_in *in, struct cloudwatch_tag_resource_out *out)
{
    (void)out;
    TRY(need_resource(rq, in->resource_arn));
    return cloudwatch_tags_put(rq, in->resource_arn, in->tags);
}

struct err cloudwatch_untag_resource(struct request *rq, const struct cloudwatch_untag_resource_in *in,
                                     struct cloudwatch_untag_resource_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    TRY(need_resource(rq, in->resource_arn));
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(cloudwatch_row_tag_delete(&rows, in->resource_arn, in->tag_keys.items[i]));
    }
    return ERR_OK;
}

/* AWS answers an empty list for what isn't there. */
struct err cloudwatch_list_tags_for_resource(struct request *rq, const struct cloudwatch_list_tags_for_resource_in *in,
                                             struct cloudwatch_list_tags_for_resource_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct tags tags = { NULL, 0 };
    TRY(cloudwatch_row_tags(&rows, in->resource_arn, &tags));
    out->tags.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_tag, tags.count + 1);
    for (size_t i = 0; i < tags.count; i++) {
        out->tags.items[out->tags.count++] = (struct cloudwatch_tag){ tags.items[i].key, tags.items[i].value };
    }
    return ERR_OK;
}
