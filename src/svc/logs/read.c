/* read.c - GetLogEvents and FilterLogEvents. */
#include "svc/logs/search.h"

enum { LIMIT_NORMAL = 10000 };

static struct err bad_token(struct request *rq)
{
    return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
}

/* "f/3…/s" goes up from there, "b/3…/s" down. */
static bool read_token(struct str token, bool *descending, struct place *place)
{
    enum { AROUND = 4 };
    *descending = str_starts(token, STR("b/"));
    return (*descending || str_starts(token, STR("f/"))) && str_ends(token, STR("/s")) && token.len > AROUND
        && place_read(str_slice(token, 2, token.len - AROUND), place);
}

static struct str token_of(struct request *rq, char way, struct place place)
{
    return str_format(rq->ctx.arena, "%c/%" STR_FMT "/s", way, STR_ARG(place_text(rq->ctx.arena, place)));
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* spec: GetLogEvents: at the end of the stream it returns the token that was passed. */
static void tell_tokens(struct request *rq, const struct search *search, const struct search_result *found, struct str token,
                        struct logs_get_log_events_out *out)
{
    const bool down = search->descending;
    const struct place start = { later_of(search->from_ms, 0), 0, 0 };
    const struct place edge = found->more ? found->next : token.ptr ? search->start : start;
    struct place first = edge, behind = edge;
    if (found->count > 0) {
        const struct place last = found->events[found->count - 1].place;
        first = found->events[0].place;
        behind = (struct place){ last.at_ms, last.block, last.index + 1 };
    }
    out->next_forward_token = token.ptr && !down && found->count == 0 && !found->more ? token : token_of(rq, 'f', down || found->count ? behind : edge);
    out->next_backward_token = token.ptr && down && found->count == 0 && !found->more ? token : token_of(rq, 'b', first);
}

struct err logs_get_log_events(struct request *rq, const struct logs_get_log_events_in *in, struct logs_get_log_events_out *out)
{
    struct group group = { .name = STR_NONE };
    struct stream stream = { .name = STR_NONE };
    struct search_result found = { .events = NULL };
    TRY(logs_group_need_either(rq, in->log_group_name, in->log_group_identifier, &group));
    TRY(logs_class_allows(rq, &group, "GetLogEvents"));
    TRY(logs_stream_need(rq, &group, in->log_stream_name, &stream));
    struct search search = {
        .group = &group, .stream = stream.number, .descending = !in->start_from_head.v,
        .from_ms = later_of(in->start_time.set ? in->start_time.v : 0, logs_oldest_ms(rq, &group)),
        .until_ms = in->end_time.set ? in->end_time.v : INT64_MAX, .limit = (size_t)logs_page_size(in->limit, LIMIT_NORMAL),
    };
    search.start = search.descending ? (struct place){ INT64_MAX, 0, 0 } : (struct place){ 0, 0, 0 };
    if (in->next_token.ptr && !read_token(in->next_token, &search.descending, &search.start)) {
        return bad_token(rq);
    }
    TRY(logs_search(rq, &search, &found));
    out->events.items = ARENA_ARRAY(rq->ctx.arena, struct logs_output_log_event, found.count);
    out->events.count = found.count;
    for (size_t i = 0; i < found.count; i++) {
        const struct found_event *event = &found.events[i];
        out->events.items[i] = (struct logs_output_log_event){ SOME(event->place.at_ms), event->message, SOME(event->ingested_ms) };
    }
    tell_tokens(rq, &search, &found, in->next_token, out);
    return ERR_OK;
}

/* One stream by its name is looked for by its number. */
static struct err choose_streams(struct request *rq, const struct logs_filter_log_events_in *in, struct search *search)
{
    if (in->log_stream_names.count && in->log_stream_name_prefix.ptr) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    }
    for (size_t i = 0; i < in->log_stream_names.count; i++) {
        struct stream stream = { .name = STR_NONE };
        TRY(logs_stream_need(rq, search->group, in->log_stream_names.items[i], &stream));
        search->stream = in->log_stream_names.count == 1 ? stream.number : 0;
    }
    search->names = &in->log_stream_names;
    search->prefix = in->log_stream_name_prefix;
    return ERR_OK;
}

static struct err search_place(struct request *rq, struct str token, struct search *search)
{
    struct str text = STR_NONE;
    TRY(logs_page_start(rq, token, &text));
    return text.ptr == NULL || place_read(text, &search->start) ? ERR_OK : bad_token(rq);
}

static void show_found(struct request *rq, const struct search_result *found, struct logs_filter_log_events_out *out)
{
    out->events.items = ARENA_ARRAY(rq->ctx.arena, struct logs_filtered_log_event, found->count);
    out->events.count = found->count;
    for (size_t i = 0; i < found->count; i++) {
        const struct found_event *event = &found->events[i];
        out->events.items[i] = (struct logs_filtered_log_event){
            .log_stream_name = event->stream, .timestamp = SOME(event->place.at_ms), .message = event->message,
            .ingestion_time = SOME(event->ingested_ms), .event_id = place_text(rq->ctx.arena, event->place),
        };
    }
    out->searched_log_streams.items = ARENA_NEW(rq->ctx.arena, struct logs_searched_log_stream); /* spec: always empty now */
    out->next_token = found->more ? logs_page_token(rq, place_text(rq->ctx.arena, found->next)) : STR_NONE;
}

/* Events always come interleaved. spec: FilterLogEvents: so it is since 2019, whatever is asked. */
struct err logs_filter_log_events(struct request *rq, const struct logs_filter_log_events_in *in, struct logs_filter_log_events_out *out)
{
    struct group group = { .name = STR_NONE };
    struct search_result found = { .events = NULL };
    TRY(logs_group_need_either(rq, in->log_group_name, in->log_group_identifier, &group));
    TRY(logs_class_allows(rq, &group, "FilterLogEvents"));
    struct search search = {
        .group = &group, .from_ms = later_of(in->start_time.set ? in->start_time.v : 0, logs_oldest_ms(rq, &group)),
        .until_ms = in->end_time.set && in->end_time.v < INT64_MAX ? in->end_time.v + 1 : INT64_MAX,
        .limit = (size_t)logs_page_size(in->limit, LIMIT_NORMAL),
    };
    TRY(choose_streams(rq, in, &search));
    TRY(search_place(rq, in->next_token, &search));
    if (in->filter_pattern.len > 0) {
        TRY(log_filter_compile(&rq->ctx, in->filter_pattern, &search.filter));
    }
    const struct err err = logs_search(rq, &search, &found);
    log_filter_free(search.filter);
    TRY(err);
    show_found(rq, &found, out);
    return ERR_OK;
}
