#include "svc/guardduty/tag.h"

#include "svc/guardduty/detector.h"
#include "svc/guardduty/filter.h"
#include "svc/guardduty/list.h"
#include "svc/guardduty/rows_malware.h"
#include "svc/guardduty/rows_publish.h"

enum { TAGS_MAX = 50 }; /* spec: AWS General Reference, tag naming limits */

struct err tag_get_all(struct request *rq, struct str resource, struct guardduty_tag_map *out)
{
    struct tag_row *rows = NULL;
    size_t count = 0;
    TRY(rows_tag_list(rows_of(rq), resource, &rows, &count));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_tag_map_entry, count + 1);
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->items[i] = (struct guardduty_tag_map_entry){ rows[i].tag, rows[i].value };
    }
    return ERR_OK;
}

struct err tag_put_all(struct request *rq, struct str resource, const struct guardduty_tag_map *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (str_equal_nocase(str_slice(tags->items[i].key, 0, 4), STR("aws:"))) {
            return detector_refuse(&rq->ctx, "tags");
        }
        TRY(rows_tag_put(rows_of(rq), resource, tags->items[i].key, tags->items[i].value));
    }
    struct guardduty_tag_map all = { NULL, 0 };
    TRY(tag_get_all(rq, resource, &all));
    if (all.count > TAGS_MAX) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because a resource can have at most %d tags.", TAGS_MAX);
    }
    return ERR_OK;
}

/* A thing below a detector: filter/NAME, publishingDestination/ID or a list: ipset/ID, … */
static struct err need_below(struct request *rq, struct str path)
{
    struct str name = STR_NONE;
    const struct str kind = str_cut(path, '/', &name);
    struct filter_row filter = { .rank = 0 };
    struct destination_row destination = { .failed_ms = 0 };
    bool found = false;
    if (str_equal(kind, STR("publishingDestination"))) {
        TRY(rows_destination_get(rows_of(rq), name, &destination, &found));
        return found ? ERR_OK : detector_refuse(&rq->ctx, "resourceArn");
    }
    return str_equal(kind, STR("filter")) ? filter_need(rq, name, &filter) : list_need(rq, path);
}

/* The part after arn:PARTITION:guardduty:REGION:ACCOUNT: of something that the caller has in this region. */
static struct err resource_of(struct request *rq, struct str arn, struct str *out)
{
    const struct str start = str_format(rq->ctx.arena, "arn:%" STR_FMT ":guardduty:%" STR_FMT ":%" STR_FMT ":",
                                        STR_ARG(rq->partition), STR_ARG(rq->region), STR_ARG(rq->account));
    struct str rest = STR_NONE, below = STR_NONE;
    struct detector_row detector = { .enabled = false };
    struct plan_row plan = { .created_ms = 0 };
    bool found = false;
    *out = str_starts(arn, start) ? str_from(arn, start.len) : STR("");
    const struct str kind = str_cut(*out, '/', &rest);
    if (str_equal(kind, STR("malware-protection-plan"))) {
        TRY(rows_plan_get(rows_of(rq), rest.ptr ? rest : STR(""), &plan, &found));
        return found ? ERR_OK : detector_refuse(&rq->ctx, "resourceArn");
    }
    if (!str_equal(kind, STR("detector"))) {
        return detector_refuse(&rq->ctx, "resourceArn");
    }
    TRY(detector_need(rq, str_cut(rest, '/', &below), &detector));
    return below.ptr ? need_below(rq, below) : ERR_OK;
}

struct err guardduty_tag_resource(struct request *rq, const struct guardduty_tag_resource_in *in,
                                  struct guardduty_tag_resource_out *out)
{
    (void)out;
    struct str resource = STR_NONE;
    TRY(resource_of(rq, in->resource_arn, &resource));
    return tag_put_all(rq, resource, &in->tags);
}

struct err guardduty_untag_resource(struct request *rq, const struct guardduty_untag_resource_in *in,
                                    struct guardduty_untag_resource_out *out)
{
    (void)out;
    struct str resource = STR_NONE;
    TRY(resource_of(rq, in->resource_arn, &resource));
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(rows_tag_delete(rows_of(rq), resource, in->tag_keys.items[i]));
    }
    return ERR_OK;
}

struct err guardduty_list_tags_for_resource(struct request *rq, const struct guardduty_list_tags_for_resource_in *in,
                                            struct guardduty_list_tags_for_resource_out *out)
{
    struct str resource = STR_NONE;
    TRY(resource_of(rq, in->resource_arn, &resource));
    return tag_get_all(rq, resource, &out->tags);
}
