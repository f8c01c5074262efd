#include "svc/logs/export.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "s3_model.h"
#include "svc/door.h"
#include "svc/logs/item.h"
#include "wire/codec.h"

enum { LIST_NORMAL = 50, ACTIVE_LOOK = 1000, EVERYWHERE_MAX = 1000 };

#define KIND_EXPORT STR("export-task")
#define KIND_EXPORT_PREFIX STR("export-prefix")
#define PENDING STR("PENDING")

static bool is_active(const struct logs_export_task *task)
{
    const struct str code = task->status->code;
    return str_equal(code, PENDING) || str_equal(code, STR("RUNNING")) || str_equal(code, STR("PENDING_CANCEL"));
}

/* spec: CreateExportTask: each account can have one active task at a time. */
static struct err check_none_active(struct request *rq)
{
    const struct rows rows = logs_rows(rq);
    struct items items = { NULL, 0 };
    TRY(logs_row_items(&rows, KIND_EXPORT, NULL, ACTIVE_LOOK, &items));
    for (size_t i = 0; i < items.count; i++) {
        void *task = NULL;
        TRY(wire_json_read(&rq->ctx, LOGS_SHAPE_EXPORT_TASK, items.items[i].document, &task));
        if (is_active(task)) {
            return fail(&rq->ctx, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
        }
    }
    return ERR_OK;
}

/* spec: user guide, "Export log data to Amazon S3": the bucket's policy lets the service read its ACL and put objects. */
static struct err ask_bucket(struct request *rq, const struct group *group, struct str bucket)
{
    const struct s3_get_bucket_acl_in in = { .bucket = bucket };
    const struct door_call call = {
        .service = "s3", .operation = "GetBucketAcl", .in = &in, .as = DOOR_AS_SERVICE,
        .principal = str_format(rq->ctx.arena, "logs.%" STR_FMT ".amazonaws.com", STR_ARG(rq->region)),
        .source_arn = str_format(rq->ctx.arena, "%" STR_FMT ":*", STR_ARG(logs_group_arn(rq, group))),
    };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    return err.fault == NULL || err.fault->http >= 500
               ? err
               : fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "GetBucketAcl call on the given bucket failed. Please check if CloudWatch "
                      "Logs has been granted permission to perform this operation.");
}

static struct err save(struct request *rq, int64_t group, const struct logs_export_task *task, struct str prefix)
{
    const struct rows rows = logs_rows(rq);
    TRY(logs_item_save(rq, (struct item_name){ KIND_EXPORT, task->task_id, group }, LOGS_SHAPE_EXPORT_TASK, task));
    const struct item item = { .name = task->task_id, .group = group, .document = prefix };
    return prefix.ptr ? logs_row_item_put(&rows, KIND_EXPORT_PREFIX, &item) : ERR_OK;
}

struct err logs_create_export_task(struct request *rq, const struct logs_create_export_task_in *in, struct logs_create_export_task_out *out)
{
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_class_allows(rq, &group, "CreateExportTask"));
    if (in->from.v >= in->to.v) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The start time (from) must be less than the end time (to).");
    }
    TRY(check_none_active(rq));
    TRY(ask_bucket(rq, &group, in->destination));
    const struct logs_export_task_status status = { .code = PENDING };
    const struct logs_export_task_execution_info info = { .creation_time = SOME(rq->ctx.now_ms) };
    const struct logs_export_task task = {
        .task_id = random_uuid(&rq->ctx), .task_name = in->task_name, .log_group_name = group.name, .from = in->from, .to = in->to,
        .destination = in->destination, .destination_prefix = in->destination_prefix.ptr ? in->destination_prefix : STR("exportedlogs"),
        .status = &status, .execution_info = &info,
    };
    out->task_id = task.task_id;
    return save(rq, group.id, &task, in->log_stream_name_prefix);
}

static bool is_asked_for(void *argument, const void *value)
{
    const struct logs_describe_export_tasks_in *in = argument;
    const struct logs_export_task *task = value;
    return (in->task_id.ptr == NULL || str_equal(in->task_id, task->task_id))
        && (in->status_code.ptr == NULL || str_equal(in->status_code, task->status->code));
}

struct err logs_describe_export_tasks(struct request *rq, const struct logs_describe_export_tasks_in *in, struct logs_describe_export_tasks_out *out)
{
    struct logs_describe_export_tasks_in asked = *in;
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_EXPORT, .shape = LOGS_SHAPE_EXPORT_TASK, .token = in->next_token,
                                    .limit = logs_page_size(in->limit, LIST_NORMAL), .wanted = is_asked_for, .argument = &asked };
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->export_tasks = (struct logs_export_tasks){ values.items, values.count };
    return ERR_OK;
}

static struct err read_task(const struct rows *rows, struct str id, struct item *item, struct logs_export_task **out)
{
    struct items items = { NULL, 0 };
    void *task = NULL;
    TRY(logs_row_items(rows, KIND_EXPORT, &(const struct item){ .name = id, .group = -1 }, 1, &items));
    if (items.count == 1 && str_equal(items.items[0].name, id)) {
        *item = items.items[0];
        TRY(wire_json_read(rows->ctx, LOGS_SHAPE_EXPORT_TASK, item->document, &task));
    }
    *out = task;
    return ERR_OK;
}

static struct err write_status(const struct rows *rows, const struct item *item, struct logs_export_task *task, struct str code, struct str message)
{
    const bool over = !str_equal(code, STR("RUNNING")) && !str_equal(code, PENDING);
    const struct logs_export_task_status status = { code, message };
    struct logs_export_task_execution_info info = *task->execution_info;
    struct json_writer w = json_writer_new(rows->ctx->arena);
    struct item changed = *item;
    info.completion_time = (struct opt_long){ over, over ? rows->ctx->now_ms : 0 };
    task->status = &status;
    task->execution_info = &info;
    wire_json_write(&w, LOGS_SHAPE_EXPORT_TASK, task);
    changed.document = json_done(&w);
    return logs_row_item_put(rows, KIND_EXPORT, &changed);
}

struct err logs_cancel_export_task(struct request *rq, const struct logs_cancel_export_task_in *in, struct logs_cancel_export_task_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct item item = { .name = STR_NONE };
    struct logs_export_task *task = NULL;
    TRY(read_task(&rows, in->task_id, &item, &task));
    if (task == NULL) {
        return fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified export task does not exist.");
    }
    if (!is_active(task)) {
        return fail(&rq->ctx, &LOGS_INVALID_OPERATION_EXCEPTION, "The specified export task is no longer running.");
    }
    return write_status(&rows, &item, task, STR("CANCELLED"), STR("Cancelled by user"));
}

/* --- for the thread that does them --- */

struct err logs_export_next(struct ctx *ctx, struct store_conn *db, struct logs_export *out, bool *found)
{
    const struct rows rows = { ctx, db, STR_NONE, STR_NONE };
    struct items items = { NULL, 0 };
    *found = false;
    TRY(logs_row_items_everywhere(&rows, KIND_EXPORT, EVERYWHERE_MAX, &items));
    for (size_t i = 0; i < items.count && !*found; i++) {
        const struct item *item = &items.items[i];
        const struct rows theirs = { ctx, db, item->account, item->region };
        struct item prefix = { .name = STR_NONE };
        void *task = NULL;
        bool has_prefix = false;
        TRY(wire_json_read(ctx, LOGS_SHAPE_EXPORT_TASK, item->document, &task));
        if (!is_active(task)) {
            continue;
        }
        TRY(logs_row_item(&theirs, KIND_EXPORT_PREFIX, item->name, item->group, &prefix, &has_prefix));
        *out = (struct logs_export){ item->account, item->region, item->group, has_prefix ? prefix.document : STR_NONE, task };
        *found = true;
    }
    return ERR_OK;
}

struct err logs_export_mark(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct str code, struct str message,
                            bool *cancelled)
{
    const struct rows rows = { ctx, db, export->account, export->region };
    struct item item = { .name = STR_NONE };
    struct logs_export_task *task = NULL;
    TRY(read_task(&rows, export->task->task_id, &item, &task));
    *cancelled = task == NULL || !is_active(task);
    return *cancelled ? ERR_OK : write_status(&rows, &item, task, code, message);
}

struct err logs_export_open(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct logs_batch *out, bool *found)
{
    const struct rows rows = { ctx, db, export->account, export->region };
    *out = (struct logs_batch){ .next_block = 0 };
    TRY(logs_row_group_of_id(&rows, export->group, &out->group, found));
    if (!*found) {
        return ERR_OK;
    }
    out->arn = str_format(ctx->arena, "arn:aws:logs:%" STR_FMT ":%" STR_FMT ":log-group:%" STR_FMT, STR_ARG(export->region),
                          STR_ARG(export->account), STR_ARG(out->group.name));
    return logs_row_keys(&rows, export->group, &out->keys, &out->key_count);
}

struct err logs_export_streams(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct streams *out)
{
    enum { STREAMS_MAX = 100000 };
    const struct rows rows = { ctx, db, export->account, export->region };
    const struct logs_export_task *task = export->task;
    struct streams all = { NULL, 0 };
    TRY(logs_row_streams(&rows, export->group, &(const struct stream_query){ .prefix = export->stream_prefix }, STREAMS_MAX, &all));
    *out = (struct streams){ ARENA_ARRAY(ctx->arena, struct stream, all.count + 1), 0 };
    for (size_t i = 0; i < all.count; i++) {
        const struct stream *stream = &all.items[i];
        const bool named = export->stream_prefix.ptr == NULL || str_starts(stream->name, export->stream_prefix);
        if (named && stream->last_ms >= task->from.v && stream->first_ms > 0 && stream->first_ms < task->to.v) {
            out->items[out->count++] = *stream;
        }
    }
    return ERR_OK;
}

/* spec: user guide, "Export log data to Amazon S3": each line begins with the event's time. */
struct err logs_export_page(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, const struct logs_batch *opened,
                            const struct stream *stream, struct place *at, struct text *lines, bool *more)
{
    enum { PAGE = 10000 };
    struct request rq = { .ctx = *ctx, .db = db };
    struct search_result found = { .events = NULL };
    const struct search search = { .group = &opened->group, .stream = stream->number, .from_ms = export->task->from.v,
                                   .until_ms = export->task->to.v, .start = *at, .limit = PAGE, .opened = opened };
    TRY(logs_search(&rq, &search, &found));
    for (size_t i = 0; i < found.count; i++) {
        text_add(lines, clock_format_iso8601_ms(ctx->arena, found.events[i].place.at_ms));
        text_add_char(lines, ' ');
        text_add(lines, found.events[i].message);
        text_add_char(lines, '\n');
    }
    *at = found.next;
    *more = found.more;
    return ERR_OK;
}
