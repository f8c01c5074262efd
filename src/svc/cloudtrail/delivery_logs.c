/* delivery_logs.c - a trail's events to its log group: one stream for each account, in batches as PutLogEvents takes them.
 *
 * Its place in the journal is its own: a log group that is gone holds up no log files, nor they it. At least once: killed
 * between a batch and its commit, that batch comes again.
 * spec: CloudTrail user guide, "CloudWatch log group and log stream naming for CloudTrail"; CloudWatch Logs API reference,
 * PutLogEvents: at most 10,000 events, 1,048,576 bytes with 26 more for each, in the order of their time, within a day. */
#include "base/log.h"
#include "svc/cloudtrail/delivery_parts.h"

enum { READ_MAX = 1024, READ_BYTES = 4 << 20, STREAMS_MAX = 64, BATCH_BYTES = 1 << 20, EVENT_EXTRA = 26, EVENT_MAX = (1 << 18) - EVENT_EXTRA };
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct stream {
    struct str account;
    struct trail_log_event *events;
    size_t count;
};

struct sending {
    const struct delivery_options *options;
    struct store_conn *db;
    const struct trail_row *trail;
    struct delivery_row *row;
    int64_t end; /* of the journal, for this pass */
    struct trail_filter *filter;
    struct stream streams[STREAMS_MAX];
    size_t stream_count;
    bool others; /* events that were not caused by delivering */
    struct ctx ctx;
};

static struct stream *stream_of(struct ctx *ctx, struct sending *sending, struct str account)
{
    for (size_t i = 0; i < sending->stream_count; i++) {
        if (str_equal(sending->streams[i].account, account)) {
            return &sending->streams[i];
        }
    }
    if (sending->stream_count == STREAMS_MAX) {
        return NULL;
    }
    struct stream *stream = &sending->streams[sending->stream_count++];
    *stream = (struct stream){ .account = account, .events = ARENA_ARRAY(ctx->arena, struct trail_log_event, READ_MAX) };
    return stream;
}

/* By time; those of the same in the order in which they came. */
static void sort(struct trail_log_event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct trail_log_event event = events[i];
        size_t at = i;
        for (; at > 0 && events[at - 1].at_ms > event.at_ms; at--) {
            events[at] = events[at - 1];
        }
        events[at] = event;
    }
}

static struct str stream_name(struct arena *arena, const struct trail_row *trail, struct str account)
{
    return str_format(arena, "%" STR_FMT "%s%" STR_FMT "_CloudTrail_%" STR_FMT, STR_ARG(trail->organization),
                      trail->organization.len ? "_" : "", STR_ARG(account), STR_ARG(trail->region));
}

/* As many as one batch takes; events are never empty here. */
static size_t batch_size(const struct trail_log_event *events, size_t count)
{
    size_t bytes = 0, taken = 0;
    while (taken < count) {
        bytes += events[taken].text.len + EVENT_EXTRA;
        if (taken > 0 && (bytes > BATCH_BYTES || events[taken].at_ms - events[0].at_ms >= DAY_MS)) {
            return taken;
        }
        taken++;
    }
    return taken;
}

static struct err send_stream(struct ctx *ctx, struct sending *sending, struct stream *stream)
{
    const struct cloudtrail_trail *trail = sending->trail->trail;
    sort(stream->events, stream->count);
    for (size_t at = 0; at < stream->count;) {
        const size_t count = batch_size(stream->events + at, stream->count - at);
        TRY(sending->options->sink.log(sending->options->sink.self, ctx, &(const struct trail_log){
            .account = sending->trail->account, .region = sending->trail->region, .trail_arn = trail->trail_arn,
            .role_arn = trail->cloud_watch_logs_role_arn, .group_arn = trail->cloud_watch_logs_log_group_arn,
            .stream = stream_name(ctx->arena, sending->trail, stream->account), .events = stream->events + at, .count = count }));
        at += count;
    }
    stream->count = 0;
    return ERR_OK;
}

static struct err take(struct ctx *ctx, struct sending *sending, struct str payload)
{
    struct taken taken = { .at_ms = 0 };
    bool ours = false;
    if (!trail_filter_takes(ctx->arena, sending->filter, payload, &taken)) {
        return ERR_OK;
    }
    TRY(delivery_is_ours(ctx, sending->db, sending->options, sending->trail, taken.account, &ours));
    struct stream *stream = ours && payload.len <= EVENT_MAX ? stream_of(ctx, sending, taken.account) : NULL;
    if (stream) {
        stream->events[stream->count++] = (struct trail_log_event){ taken.at_ms, payload };
        sending->others = sending->others || !taken.own;
    }
    return ERR_OK;
}

static struct err commit_run(void *argument, struct store_conn *db)
{
    struct sending *sending = argument;
    return delivery_note(&sending->ctx, db, sending->trail, sending->row);
}

static struct err commit(struct ctx *ctx, struct sending *sending)
{
    sending->ctx = *ctx;
    const struct err err = store_writer_wait(&sending->ctx, sending->options->writer, commit_run, sending);
    memcpy(ctx->reason, sending->ctx.reason, sizeof(ctx->reason));
    return err;
}

/* One reading of the journal, sent and noted. What delivering itself caused waits for something else: it would never end. */
static struct err send_some(struct ctx *ctx, struct sending *sending, bool *more)
{
    struct journal_found *entries = ARENA_ARRAY(ctx->arena, struct journal_found, READ_MAX);
    journal_place next = 0;
    size_t count = 0;
    sending->others = false;
    TRY(journal_read(ctx, sending->options->journal, (journal_place)sending->row->logs_place, entries, READ_MAX, READ_BYTES, &count,
                     &next));
    *more = count == READ_MAX;
    while (count > 0 && (int64_t)entries[count - 1].at >= sending->end) {
        next = entries[--count].at;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(take(ctx, sending, entries[i].payload));
    }
    if (count > 0 && sending->stream_count > 0 && !sending->others && !*more) {
        return ERR_OK;
    }
    for (size_t i = 0; i < sending->stream_count; i++) {
        TRY(send_stream(ctx, sending, &sending->streams[i]));
    }
    sending->row->logs_ms = sending->others ? ctx->now_ms : sending->row->logs_ms;
    sending->row->logs_place = (int64_t)next;
    return ERR_OK;
}

static struct err forget(struct ctx *ctx, struct sending *sending)
{
    sending->row->logs_place = sending->row->logs_attempted_ms = 0;
    sending->row->logs_error = STR("");
    return commit(ctx, sending);
}

struct err delivery_logs(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                         const struct trail_row *trail, struct delivery_row *row, int64_t place, int64_t end, bool *again)
{
    struct sending *sending = ARENA_NEW(ctx->arena, struct sending);
    *sending = (struct sending){ .options = options, .db = db, .trail = trail, .row = row, .end = end };
    bool more = false;
    if (trail->trail->cloud_watch_logs_log_group_arn.len == 0) {
        return row->logs_place || row->logs_error.len ? forget(ctx, sending) : ERR_OK;
    }
    if (row->logs_place == 0 || row->logs_place > end) { /* beyond: of a journal that is no more */
        row->logs_place = row->logs_place == 0 && place > 0 ? place : 1;
    }
    if (!delivery_rested(options, row->logs_attempted_ms, ctx->now_ms) || end <= row->logs_place) {
        return ERR_OK;
    }
    const int64_t before = row->logs_place;
    TRY(trail_filter_open(ctx, trail, &sending->filter));
    const struct err err = send_some(ctx, sending, &more);
    trail_filter_close(sending->filter);
    row->logs_attempted_ms = more && !err.fault ? 0 : ctx->now_ms;
    row->logs_error = err.fault ? str_of(err.fault->code) : STR("");
    if (err.fault) {
        row->logs_place = before;
        log_warn(ctx, "a trail's events are not in its log group", LOG_STR("trail", trail->trail->trail_arn),
                 LOG_STR("reason", str_of(ctx->reason)));
    }
    *again = *again || (more && !err.fault);
    return commit(ctx, sending);
}
