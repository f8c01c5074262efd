/* stream.c - log streams: made, listed, deleted. */
#include "svc/logs/group.h"

enum { LIST_NORMAL = 50 };

struct err logs_create_log_stream(struct request *rq, const struct logs_create_log_stream_in *in, struct logs_create_log_stream_out *out)
{
    (void)out;
    struct group group = { .name = STR_NONE };
    struct stream stream = { .name = STR_NONE };
    const struct rows rows = logs_rows(rq);
    bool found = false;
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_row_stream(&rows, group.id, in->log_stream_name, &stream, &found));
    if (found) {
        return fail(&rq->ctx, &LOGS_RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified log stream already exists");
    }
    stream = (struct stream){ .name = in->log_stream_name, .number = group.next_stream++, .created_ms = rq->ctx.now_ms };
    TRY(logs_row_group_put(&rows, &group));
    return logs_row_stream_put(&rows, group.id, &stream);
}

struct err logs_delete_log_stream(struct request *rq, const struct logs_delete_log_stream_in *in, struct logs_delete_log_stream_out *out)
{
    (void)out;
    struct group group = { .name = STR_NONE };
    struct stream stream = { .name = STR_NONE };
    const struct rows rows = logs_rows(rq);
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_stream_need(rq, &group, in->log_stream_name, &stream));
    if (group.protected) {
        return fail(&rq->ctx, &LOGS_VALIDATION_EXCEPTION, "The log group of the specified log stream has deletion protection enabled. "
                    "Disable it with PutLogGroupDeletionProtection before you delete the log stream.");
    }
    return logs_row_stream_delete(&rows, &group, &stream);
}

static struct opt_long time_or_none(int64_t ms)
{
    return (struct opt_long){ .set = ms > 0, .v = ms };
}

/* spec: DescribeLogStreams: storedBytes of a stream is deprecated and always zero. */
static struct logs_log_stream shown(struct request *rq, struct str group_arn, const struct stream *stream)
{
    return (struct logs_log_stream){
        .log_stream_name = stream->name,
        .creation_time = SOME(stream->created_ms),
        .first_event_timestamp = time_or_none(stream->first_ms),
        .last_event_timestamp = time_or_none(stream->last_ms),
        .last_ingestion_time = time_or_none(stream->ingested_ms),
        .upload_sequence_token = stream->last_ms ? logs_sequence_token(rq, stream->ingested_ms) : STR_NONE,
        .arn = str_format(rq->ctx.arena, "%" STR_FMT ":log-stream:%" STR_FMT, STR_ARG(group_arn), STR_ARG(stream->name)),
        .stored_bytes = SOME(0),
    };
}

/* "TIME NAME" */
static struct err page_place(struct request *rq, struct str token, struct stream_query *query)
{
    struct str after = STR_NONE, name = STR_NONE;
    TRY(logs_page_start(rq, token, &after));
    const struct str time = str_cut(after, ' ', &name);
    if (after.ptr && !str_to_int(time, &query->last_ms)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    }
    query->after = after.ptr ? name : STR_NONE;
    return ERR_OK;
}

struct err logs_describe_log_streams(struct request *rq, const struct logs_describe_log_streams_in *in, struct logs_describe_log_streams_out *out)
{
    struct group group = { .name = STR_NONE };
    struct streams streams = { NULL, 0 };
    const int64_t limit = logs_page_size(in->limit, LIST_NORMAL);
    struct stream_query query = { .descending = in->descending.v, .prefix = in->log_stream_name_prefix,
                                  .by_time = str_equal(in->order_by, STR("LastEventTime")) };
    if (query.by_time && query.prefix.ptr) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    TRY(logs_group_need_either(rq, in->log_group_name, in->log_group_identifier, &group));
    TRY(page_place(rq, in->next_token, &query));
    const struct rows rows = { &rq->ctx, rq->db, group.account, group.region };
    TRY(logs_row_streams(&rows, group.id, &query, limit + 1, &streams));
    const struct str arn = logs_group_arn(rq, &group);
    out->log_streams.items = ARENA_ARRAY(rq->ctx.arena, struct logs_log_stream, streams.count);
    for (size_t i = 0; i < streams.count && (query.prefix.ptr == NULL || str_starts(streams.items[i].name, query.prefix)); i++) {
        if (i == (size_t)limit) {
            const struct stream *last = &streams.items[i - 1];
            out->next_token = logs_page_token(rq, str_format(rq->ctx.arena, "%lld %" STR_FMT, (long long)last->last_ms, STR_ARG(last->name)));
            return ERR_OK;
        }
        out->log_streams.items[out->log_streams.count++] = shown(rq, arn, &streams.items[i]);
    }
    return ERR_OK;
}
