/* trail_read.c - what there is to know of trails. */
#include "base/clock.h"
#include "svc/cloudtrail/rows_delivery.h"
#include "svc/cloudtrail/trail.h"

struct err cloudtrail_get_trail(struct request *rq, const struct cloudtrail_get_trail_in *in, struct cloudtrail_get_trail_out *out)
{
    struct trail_row row = { .logging = false };
    TRY(trail_need(rq, in->name, &row));
    out->trail = trail_shown(&row);
    return ERR_OK;
}

/* Trails of the account; of its organisation too, which its members see by ARN. */
static struct err list_visible(struct request *rq, struct trail_row **out, size_t *count)
{
    struct trail_row *rows = NULL;
    size_t total = 0;
    const bool member = rq->caller_place.id.len > 0;
    TRY(trail_rows_list(&rq->ctx, rq->db, member ? STR_NONE : rq->account, &rows, &total));
    *count = 0;
    for (size_t i = 0; i < total; i++) {
        const bool shared = rows[i].organization.len > 0 && str_equal(rows[i].organization, rq->caller_place.id);
        if (str_equal(rows[i].account, rq->account) || shared) {
            rows[(*count)++] = rows[i];
        }
    }
    *out = rows;
    return ERR_OK;
}

static bool is_asked(const struct cloudtrail_trail_name_list *names, const struct trail_row *row)
{
    for (size_t i = 0; i < names->count; i++) {
        if (str_equal(names->items[i], row->name) || str_equal(names->items[i], row->trail->trail_arn)) {
            return true;
        }
    }
    return names->count == 0;
}

struct err cloudtrail_describe_trails(struct request *rq, const struct cloudtrail_describe_trails_in *in,
                                      struct cloudtrail_describe_trails_out *out)
{
    struct trail_row *rows = NULL;
    size_t count = 0;
    const bool shadows = !in->include_shadow_trails.set || in->include_shadow_trails.v;
    TRY(list_visible(rq, &rows, &count));
    out->trail_list.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_trail, count + 1);
    for (size_t i = 0; i < count; i++) {
        const bool home = str_equal(rows[i].region, rq->region);
        if ((home || (shadows && rows[i].trail->is_multi_region_trail.v)) && is_asked(&in->trail_name_list, &rows[i])) {
            out->trail_list.items[out->trail_list.count++] = *trail_shown(&rows[i]);
        }
    }
    return ERR_OK;
}

struct err cloudtrail_list_trails(struct request *rq, const struct cloudtrail_list_trails_in *in,
                                  struct cloudtrail_list_trails_out *out)
{
    struct trail_row *rows = NULL;
    size_t count = 0;
    if (in->next_token.len > 0) {
        return fail(&rq->ctx, &CLOUDTRAIL_UNSUPPORTED_OPERATION_EXCEPTION, "There are no further pages of trails.");
    }
    TRY(list_visible(rq, &rows, &count));
    out->trails.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_trail_info, count + 1);
    for (size_t i = 0; i < count; i++) {
        out->trails.items[out->trails.count++] = (struct cloudtrail_trail_info){ rows[i].trail->trail_arn, rows[i].name,
                                                                                   rows[i].region };
    }
    return ERR_OK;
}

static struct opt_time time_of(int64_t ms)
{
    return ms ? (struct opt_time)SOME(ms) : (struct opt_time){ .set = false };
}

static struct str text_of(struct request *rq, int64_t ms)
{
    return ms ? clock_format_iso8601(rq->ctx.arena, ms) : STR("");
}

struct err cloudtrail_get_trail_status(struct request *rq, const struct cloudtrail_get_trail_status_in *in,
                                       struct cloudtrail_get_trail_status_out *out)
{
    struct trail_row row = { .logging = false };
    struct delivery_row delivery = { .place = 0 };
    TRY(trail_need(rq, in->name, &row));
    TRY(trail_rows_delivery_get(&rq->ctx, rq->db, &row, &delivery));
    *out = (struct cloudtrail_get_trail_status_out){
        .is_logging = SOME(row.logging),
        .latest_delivery_error = delivery.error.len ? delivery.error : STR_NONE,
        .latest_delivery_time = time_of(delivery.delivered_ms),
        .latest_cloud_watch_logs_delivery_error = delivery.logs_error.len ? delivery.logs_error : STR_NONE,
        .latest_cloud_watch_logs_delivery_time = time_of(delivery.logs_ms),
        .start_logging_time = time_of(row.started_ms),
        .stop_logging_time = time_of(row.stopped_ms),
        .latest_digest_delivery_time = time_of(delivery.digest_ms),
        .latest_digest_delivery_error = delivery.digest_error.len ? delivery.digest_error : STR_NONE,
        .latest_delivery_attempt_time = text_of(rq, delivery.attempted_ms),
        .latest_notification_attempt_time = STR(""),
        .latest_notification_attempt_succeeded = STR(""),
        .latest_delivery_attempt_succeeded = text_of(rq, delivery.delivered_ms),
        .time_logging_started = text_of(rq, row.started_ms),
        .time_logging_stopped = text_of(rq, row.stopped_ms),
    };
    return ERR_OK;
}
