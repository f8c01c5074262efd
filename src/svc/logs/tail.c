#include "svc/logs/tail.h"

#include "crypto/random.h"
#include "svc/logs/group.h"
#include "svc/logs/unseal.h"
#include "wire/codec.h"
#include "wire/event_stream.h"

static const struct logs_tails *tails;

void logs_set_tails(const struct logs_tails *given)
{
    tails = given;
}

static struct err add_group(struct request *rq, struct str identifier, struct logs_tail *tail)
{
    struct group group = { .name = STR_NONE };
    if (!str_starts(identifier, STR("arn:"))) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "logGroupIdentifiers must be ARNs of log groups: %" STR_FMT, STR_ARG(identifier));
    }
    TRY(logs_group_need_either(rq, STR_NONE, identifier, &group));
    if (!str_equal(group.class, CLASS_STANDARD)) {
        return fail(&rq->ctx, &LOGS_INVALID_OPERATION_EXCEPTION, "Live Tail is not supported for log groups of class %" STR_FMT ".",
                    STR_ARG(group.class));
    }
    tail->groups[tail->group_count++] = (struct logs_feed){ group.account, group.region, group.id, group.next_block };
    return ERR_OK;
}

/* spec: StartLiveTail: streams can be named, by name or by prefix, where there is one group only. */
static struct err check_streams(struct request *rq, const struct logs_start_live_tail_in *in)
{
    const bool names = in->log_stream_names.count > 0, prefixes = in->log_stream_name_prefixes.count > 0;
    if (names && prefixes) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
    }
    return (names || prefixes) && in->log_group_identifiers.count > 1
               ? fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Log streams can be named for one log group only.")
               : ERR_OK;
}

struct err logs_start_live_tail(struct request *rq, const struct logs_start_live_tail_in *in, struct logs_start_live_tail_out *out)
{
    (void)out;
    struct log_filter *filter = NULL;
    struct http_stream *stream = ARENA_NEW(rq->ctx.arena, struct http_stream);
    struct logs_tail tail = { .account = rq->account, .request_id = rq->ctx.request_id, .session_id = random_uuid(&rq->ctx), .asked = in };
    TRY(check_streams(rq, in));
    for (size_t i = 0; i < in->log_group_identifiers.count && i < TAIL_GROUPS_MAX; i++) {
        TRY(add_group(rq, in->log_group_identifiers.items[i], &tail));
    }
    TRY(log_filter_compile(&rq->ctx, in->log_event_filter_pattern.ptr ? in->log_event_filter_pattern : STR(""), &filter));
    log_filter_free(filter);
    if (tails == NULL) {
        return fail(&rq->ctx, &FAULT_UNAVAILABLE, "this server has no live tail");
    }
    TRY(tails->open(tails->self, &rq->ctx, &tail, stream));
    rq->extra.stream = stream;
    request_header(rq, STR("Content-Type"), EVENT_STREAM_TYPE);
    return ERR_OK;
}

/* --- what a session tells --- */

/* spec: of a JSON service the first message is what an answer's body would be. */
void logs_tail_begin(struct text *out, const struct logs_tail *tail)
{
    const struct logs_start_live_tail_in *asked = tail->asked;
    const struct logs_live_tail_session_start start = {
        .request_id = tail->request_id, .session_id = tail->session_id, .log_group_identifiers = asked->log_group_identifiers,
        .log_stream_names = asked->log_stream_names, .log_stream_name_prefixes = asked->log_stream_name_prefixes,
        .log_event_filter_pattern = asked->log_event_filter_pattern,
    };
    struct json_writer w = json_writer_new(out->arena);
    wire_json_write(&w, LOGS_SHAPE_LIVE_TAIL_SESSION_START, &start);
    event_stream_event(out, STR("initial-response"), STR("{}"));
    event_stream_event(out, STR("sessionStart"), json_done(&w));
}

void logs_tail_timeout(struct text *out)
{
    event_stream_exception(out, STR("SessionTimeoutException"), STR("{\"message\":\"Session timed out after 3 hours\"}"));
}

static bool is_shown(const struct logs_start_live_tail_in *asked, struct str stream)
{
    for (size_t i = 0; i < asked->log_stream_names.count; i++) {
        if (str_equal(asked->log_stream_names.items[i], stream)) {
            return true;
        }
    }
    for (size_t i = 0; i < asked->log_stream_name_prefixes.count; i++) {
        if (str_starts(stream, asked->log_stream_name_prefixes.items[i])) {
            return true;
        }
    }
    return asked->log_stream_names.count + asked->log_stream_name_prefixes.count == 0;
}

void logs_tail_gather(struct ctx *ctx, const struct logs_tail *tail, struct log_filter *filter, const struct logs_batch *batch,
                      struct logs_tail_results *out)
{
    const struct str group = str_format(ctx->arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(batch->group.account), STR_ARG(batch->group.name));
    for (size_t i = 0; i < batch->blocks.count && !out->sampled; i++) {
        const struct block *block = &batch->blocks.items[i];
        struct block_reader reader = { .at_ms = 0 };
        struct block_event event = { .at_ms = 0 };
        const bool readable = is_shown(tail->asked, block->stream_name) && logs_batch_open(ctx, batch, block, &reader);
        while (readable && !out->sampled && block_next(&reader, &event)) {
            if (!log_filter_test(filter, ctx->arena, event.message)) {
                continue;
            }
            out->sampled = out->count == TAIL_RESULTS_MAX;
            if (!out->sampled) {
                out->items[out->count++] = (struct logs_live_tail_session_log_event){
                    .log_stream_name = block->stream_name, .log_group_identifier = group, .message = event.message,
                    .timestamp = SOME(event.at_ms), .ingestion_time = SOME(block->ingested_ms),
                };
            }
        }
    }
}

void logs_tail_update(struct text *out, const struct logs_tail_results *results)
{
    struct logs_live_tail_session_log_event *items = ARENA_ARRAY(out->arena, struct logs_live_tail_session_log_event, results->count + 1);
    const struct logs_live_tail_session_metadata metadata = { SOME(results->sampled) };
    const struct logs_live_tail_session_update update = { &metadata, { items, results->count } };
    struct json_writer w = json_writer_new(out->arena);
    memcpy(items, results->items, results->count * sizeof(*items));
    wire_json_write(&w, LOGS_SHAPE_LIVE_TAIL_SESSION_UPDATE, &update);
    event_stream_event(out, STR("sessionUpdate"), json_done(&w));
}
