/* put.c - PutLogEvents. spec: CloudWatch Logs API reference, PutLogEvents, for each limit below. */
#include "svc/logs/group.h"

#define SPAN_MAX_MS DAY_MS
#define TOO_NEW_MS ((int64_t)2 * 60 * 60 * 1000)
#define TOO_OLD_MS (14 * DAY_MS)

struct str logs_sequence_token(struct request *rq, int64_t at_ms)
{
    return str_format(rq->ctx.arena, "49%014lld%040lld", (long long)at_ms, 0LL);
}

static struct err check_batch(struct request *rq, const struct logs_input_log_events *events, int64_t *bytes)
{
    const struct fault *fault = &LOGS_INVALID_PARAMETER_EXCEPTION;
    *bytes = 0;
    for (size_t i = 0; i < events->count; i++) {
        *bytes += (int64_t)events->items[i].message.len + BLOCK_EVENT_OVERHEAD;
        if (i > 0 && events->items[i].timestamp.v < events->items[i - 1].timestamp.v) {
            return fail(&rq->ctx, fault, "Log events in a single PutLogEvents request must be in chronological order.");
        }
    }
    if (*bytes > BLOCK_BYTES_MAX) {
        return fail(&rq->ctx, fault, "Upload too large: %lld bytes exceeds limit of %d", (long long)*bytes, BLOCK_BYTES_MAX);
    }
    if (events->items[events->count - 1].timestamp.v - events->items[0].timestamp.v > SPAN_MAX_MS) {
        return fail(&rq->ctx, fault, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    }
    return ERR_OK;
}

/* Which of the events count: [start, end). What is left out stands in the answer. */
struct accepted {
    size_t start, end;
    struct logs_rejected_log_events_info *rejected; /* NULL: none */
};

static struct logs_rejected_log_events_info *rejected_of(struct request *rq, struct accepted *accepted)
{
    accepted->rejected = accepted->rejected ? accepted->rejected : ARENA_NEW(rq->ctx.arena, struct logs_rejected_log_events_info);
    return accepted->rejected;
}

static struct accepted accept(struct request *rq, const struct group *group, const struct logs_input_log_events *events)
{
    struct accepted accepted = { 0, events->count, NULL };
    const int64_t oldest_ms = logs_oldest_ms(rq, group);
    size_t old = 0, expired = 0;
    while (old < events->count && events->items[old].timestamp.v < rq->ctx.now_ms - TOO_OLD_MS) {
        old++;
    }
    while (expired < events->count && events->items[expired].timestamp.v < oldest_ms) {
        expired++;
    }
    while (accepted.end > 0 && events->items[accepted.end - 1].timestamp.v > rq->ctx.now_ms + TOO_NEW_MS) {
        accepted.end--;
    }
    if (old > 0) {
        rejected_of(rq, &accepted)->too_old_log_event_end_index = (struct opt_int)SOME((int32_t)old);
    }
    if (expired > 0) {
        rejected_of(rq, &accepted)->expired_log_event_end_index = (struct opt_int)SOME((int32_t)expired);
    }
    if (accepted.end < events->count) {
        rejected_of(rq, &accepted)->too_new_log_event_start_index = (struct opt_int)SOME((int32_t)accepted.end);
    }
    accepted.start = old > expired ? old : expired;
    return accepted;
}

static struct err keep(struct request *rq, struct group *group, const struct stream *stream, const struct logs_input_log_event *events,
                       size_t count)
{
    const struct rows rows = { &rq->ctx, rq->db, group->account, group->region };
    struct block_event *copies = ARENA_ARRAY(rq->ctx.arena, struct block_event, count);
    struct block block = { .stream = stream->number, .ingested_ms = rq->ctx.now_ms, .events = (int64_t)count,
                           .first_ms = events[0].timestamp.v, .last_ms = events[count - 1].timestamp.v };
    for (size_t i = 0; i < count; i++) {
        copies[i] = (struct block_event){ events[i].timestamp.v, events[i].message };
        block.bytes += (int64_t)events[i].message.len + BLOCK_EVENT_OVERHEAD;
    }
    block.data = block_write(rq->ctx.arena, copies, count);
    TRY(logs_block_seal(rq, group, &block));
    TRY(logs_row_block_number(&rows, group->id, &block, &block.number));
    TRY(logs_row_block_put(&rows, group->id, &block));
    return logs_row_stream_grew(&rows, group->id, &block);
}

/* Sequence tokens are taken and not looked at. spec: they are no longer needed, and PutLogEvents always accepts. */
struct err logs_put_log_events(struct request *rq, const struct logs_put_log_events_in *in, struct logs_put_log_events_out *out)
{
    struct group group = { .name = STR_NONE };
    struct stream stream = { .name = STR_NONE };
    int64_t bytes = 0;
    TRY(check_batch(rq, &in->log_events, &bytes));
    TRY(logs_group_need(rq, in->log_group_name, &group));
    TRY(logs_stream_need(rq, &group, in->log_stream_name, &stream));
    const struct accepted accepted = accept(rq, &group, &in->log_events);
    if (accepted.start < accepted.end) {
        TRY(keep(rq, &group, &stream, in->log_events.items + accepted.start, accepted.end - accepted.start));
    }
    out->rejected_log_events_info = accepted.rejected;
    out->next_sequence_token = logs_sequence_token(rq, rq->ctx.now_ms);
    return ERR_OK;
}
