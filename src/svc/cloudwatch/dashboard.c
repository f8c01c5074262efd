/* dashboard.c - PutDashboard, GetDashboard, ListDashboards, DeleteDashboards. */
#include "svc/cloudwatch/dashboard.h"

#include "svc/cloudwatch/alarm.h"

enum { NAME_MAX_LENGTH = 255, DELETED_MAX = 100, PAGE = 1000, BATCH = 200 };

static struct str arn_prefix(struct arena *arena, const struct rows *rows)
{
    return str_format(arena, "arn:%" STR_FMT ":cloudwatch::%" STR_FMT ":dashboard/", STR_ARG(cloudwatch_partition(rows->region)),
                      STR_ARG(rows->account));
}

struct str cloudwatch_dashboard_arn(struct arena *arena, const struct rows *rows, struct str name)
{
    return str_format(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(arn_prefix(arena, rows)), STR_ARG(name));
}

struct str cloudwatch_dashboard_name(const struct rows *rows, struct arena *arena, struct str arn)
{
    const struct str prefix = arn_prefix(arena, rows);
    return str_starts(arn, prefix) ? str_from(arn, prefix.len) : STR_NONE;
}

static bool is_name(struct str text, bool dots)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && !(dots && c == '.')) {
            return false;
        }
    }
    return true;
}

/* The line feed is AWS's. */
static struct err check_name(struct request *rq, struct str name)
{
    if (name.len == 0 || name.len > NAME_MAX_LENGTH) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The value for field DashboardName must be 1 to %d characters long.\n", NAME_MAX_LENGTH);
    }
    return is_name(name, false) ? ERR_OK
                                : fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                                       "The value for field DashboardName contains invalid characters. It can only contain "
                                       "alphanumerics, dash (-) and underscore (_).\n");
}

static struct err not_found(struct request *rq, struct str name)
{
    return fail(&rq->ctx, &CLOUDWATCH_DASHBOARD_NOT_FOUND_ERROR, "Dashboard %" STR_FMT " does not exist", STR_ARG(name));
}

/* spec: PutDashboard, Tags: those of a dashboard that exists already are ignored. */
struct err cloudwatch_put_dashboard(struct request *rq, const struct cloudwatch_put_dashboard_in *in,
                                    struct cloudwatch_put_dashboard_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct dashboard_problems problems = { .count = 0 };
    struct dashboard dashboard = { .name = STR_NONE };
    bool found = false;
    TRY(check_name(rq, in->dashboard_name));
    cloudwatch_dashboard_check(rq->ctx.arena, in->dashboard_body, &problems);
    if (problems.count > 0) {
        return fail(&rq->ctx, &CLOUDWATCH_DASHBOARD_INVALID_INPUT_ERROR,
                    "The dashboard body is invalid, there are %zu validation errors:\n%" STR_FMT, problems.count,
                    STR_ARG(json_done(&problems.shown)));
    }
    TRY(cloudwatch_row_dashboard_get(&rows, in->dashboard_name, &dashboard, &found));
    if (!found) {
        TRY(cloudwatch_tags_put(rq, cloudwatch_dashboard_arn(rq->ctx.arena, &rows, in->dashboard_name), in->tags));
    }
    dashboard = (struct dashboard){ in->dashboard_name, in->dashboard_body, rq->ctx.now_ms };
    out->dashboard_validation_messages.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_dashboard_validation_message, 1);
    return cloudwatch_row_dashboard_put(&rows, &dashboard);
}

struct err cloudwatch_get_dashboard(struct request *rq, const struct cloudwatch_get_dashboard_in *in,
                                    struct cloudwatch_get_dashboard_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct dashboard dashboard = { .name = STR_NONE };
    bool found = false;
    TRY(check_name(rq, in->dashboard_name));
    TRY(cloudwatch_row_dashboard_get(&rows, in->dashboard_name, &dashboard, &found));
    if (!found) {
        return not_found(rq, in->dashboard_name);
    }
    out->dashboard_arn = cloudwatch_dashboard_arn(rq->ctx.arena, &rows, dashboard.name);
    out->dashboard_body = dashboard.body;
    out->dashboard_name = dashboard.name;
    return ERR_OK;
}

static struct cloudwatch_dashboard_entry entry_of(const struct rows *rows, const struct dashboard *dashboard)
{
    return (struct cloudwatch_dashboard_entry){
        .dashboard_name = dashboard->name,
        .dashboard_arn = cloudwatch_dashboard_arn(rows->ctx->arena, rows, dashboard->name),
        .last_modified = SOME(dashboard->modified_ms),
        .size = SOME((int64_t)dashboard->body.len),
    };
}

struct err cloudwatch_list_dashboards(struct request *rq, const struct cloudwatch_list_dashboards_in *in,
                                      struct cloudwatch_list_dashboards_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    const struct str prefix = in->dashboard_name_prefix.ptr ? in->dashboard_name_prefix : STR("");
    struct dashboards batch = { NULL, BATCH };
    struct str place = STR("");
    if (prefix.len > NAME_MAX_LENGTH || !is_name(prefix, true)) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The value for field DashboardNamePrefix may have 255 alphanumerics, dots (.), dashes (-) and underscores (_).\n");
    }
    TRY(cloudwatch_page_place(rq, in->next_token, &place));
    out->dashboard_entries.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_dashboard_entry, PAGE);
    while (batch.count == BATCH) {
        TRY(cloudwatch_row_dashboards(&rows, place, BATCH, &batch));
        for (size_t i = 0; i < batch.count; i++) {
            if (!str_starts(batch.items[i].name, prefix)) {
                continue;
            }
            if (out->dashboard_entries.count == PAGE) {
                out->next_token = cloudwatch_page_token(rq, place);
                return ERR_OK;
            }
            out->dashboard_entries.items[out->dashboard_entries.count++] = entry_of(&rows, &batch.items[i]);
            place = batch.items[i].name;
        }
        place = batch.count > 0 ? batch.items[batch.count - 1].name : place;
    }
    return ERR_OK;
}

/* One that isn't there refuses the call, and all others stay. */
struct err cloudwatch_delete_dashboards(struct request *rq, const struct cloudwatch_delete_dashboards_in *in,
                                        struct cloudwatch_delete_dashboards_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    if (in->dashboard_names.count == 0 || in->dashboard_names.count > DELETED_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "DashboardNames must have 1 to %d names.", DELETED_MAX);
    }
    for (size_t i = 0; i < in->dashboard_names.count; i++) {
        const struct str name = in->dashboard_names.items[i];
        struct dashboard dashboard = { .name = STR_NONE };
        bool found = false;
        TRY(check_name(rq, name));
        TRY(cloudwatch_row_dashboard_get(&rows, name, &dashboard, &found));
        if (!found) {
            return not_found(rq, name);
        }
        TRY(cloudwatch_row_dashboard_delete(&rows, name));
        TRY(cloudwatch_row_tags_delete(&rows, cloudwatch_dashboard_arn(rq->ctx.arena, &rows, name)));
    }
    return ERR_OK;
}
