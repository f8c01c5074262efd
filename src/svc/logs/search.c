#include "svc/logs/search.h"

#include <stdlib.h>

enum { ANSWER_MAX = 1 << 20, WORK_MAX = 32 << 20, PAGE_SMALL = 1 << 20, BLOCKS_FIRST = 16, BLOCKS_MAX = 1024 };

struct str place_text(struct arena *arena, struct place place)
{
    return str_format(arena, "3%015lld%020lld%020lld", (long long)place.at_ms, (long long)place.block, (long long)place.index);
}

bool place_read(struct str text, struct place *out)
{
    return text.len == 56 && text.ptr[0] == '3' && str_to_int(str_slice(text, 1, 15), &out->at_ms)
        && str_to_int(str_slice(text, 16, 20), &out->block) && str_to_int(str_slice(text, 36, 20), &out->index) && out->at_ms >= 0
        && out->block >= 0 && out->index >= 0;
}

static int order(const struct place *a, const struct place *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static int by_place(const void *a, const void *b)
{
    return order(&((const struct found_event *)a)->place, &((const struct found_event *)b)->place);
}

struct searcher {
    struct request *rq;
    const struct search *search;
    struct found_event *events; /* room for twice the limit */
    size_t count;
    bool full;                  /* the limit was reached once: */
    struct place edge;          /* nothing beyond this one is of interest */
    size_t work;
    struct logs_open_key key;
};

static bool is_of_interest(const struct searcher *s, const struct place *place)
{
    const struct search *search = s->search;
    if (place->at_ms < search->from_ms || place->at_ms >= search->until_ms) {
        return false;
    }
    if (search->descending) {
        return order(place, &search->start) < 0 && (!s->full || order(place, &s->edge) > 0);
    }
    return order(place, &search->start) >= 0 && (!s->full || order(place, &s->edge) < 0);
}

/* Keeps those nearest to the start, in order. */
static void settle(struct searcher *s)
{
    const size_t limit = s->search->limit;
    qsort(s->events, s->count, sizeof(*s->events), by_place);
    if (s->count <= limit) {
        return;
    }
    if (s->search->descending) {
        memmove(s->events, s->events + (s->count - limit), limit * sizeof(*s->events));
    }
    s->count = limit;
    s->full = true;
    s->edge = s->events[s->search->descending ? 0 : limit - 1].place;
}

static void add(struct searcher *s, const struct found_event *event)
{
    s->events[s->count++] = *event;
    if (s->count == 2 * s->search->limit) {
        settle(s);
    }
}

static bool is_named(const struct search *search, struct str stream)
{
    for (size_t i = 0; search->names && i < search->names->count; i++) {
        if (str_equal(search->names->items[i], stream)) {
            return true;
        }
    }
    return search->names == NULL || search->names->count == 0;
}

/* A block that ends before the start (going down: begins behind it) has been seen. */
static bool is_behind(const struct search *search, const struct block *block)
{
    const struct place edge = search->descending ? (struct place){ block->first_ms, block->number, 0 }
                                                 : (struct place){ block->last_ms, block->number, block->events - 1 };
    return search->descending ? order(&edge, &search->start) >= 0 : order(&edge, &search->start) < 0;
}

static bool is_wanted(void *argument, const struct block *block)
{
    const struct search *search = ((const struct searcher *)argument)->search;
    return !is_behind(search, block) && (search->prefix.ptr == NULL || str_starts(block->stream_name, search->prefix))
        && is_named(search, block->stream_name);
}

static struct err open_block(struct searcher *s, const struct block *block, struct block_reader *reader, bool *readable)
{
    struct str data = STR_NONE;
    if (s->search->opened) {
        *readable = logs_batch_open(&s->rq->ctx, s->search->opened, block, reader);
        return ERR_OK;
    }
    TRY(logs_block_unseal(s->rq, s->search->group, &s->key, block, &data));
    *readable = block_open(s->rq->ctx.arena, data, block->first_ms, reader);
    return ERR_OK;
}

static struct err look_into(struct searcher *s, const struct block *block)
{
    struct arena *arena = s->rq->ctx.arena;
    const struct arena_mark mark = arena_mark(arena);
    const size_t before = s->count;
    struct block_reader reader = { .at_ms = 0 };
    struct found_event event = { .place = { .block = block->number }, .stream = block->stream_name, .ingested_ms = block->ingested_ms };
    struct block_event next = { .at_ms = 0 };
    bool any = false, readable = false;
    TRY(open_block(s, block, &reader, &readable));
    if (!readable) {
        return fail(&s->rq->ctx, &FAULT_INTERNAL, "block %lld of log group %" STR_FMT " can't be read", (long long)block->number,
                    STR_ARG(s->search->group->name));
    }
    for (int64_t i = 0; block_next(&reader, &next); i++) {
        event.place.at_ms = next.at_ms;
        event.place.index = i;
        event.message = next.message;
        if (is_of_interest(s, &event.place) && (s->search->filter == NULL || log_filter_test(s->search->filter, arena, next.message))) {
            add(s, &event);
            any = true;
        }
    }
    if (!any && before == s->count && s->key.number == 0) { /* a key that was opened lies in the arena */
        arena_release(arena, mark);
    }
    return ERR_OK;
}

/* Where a block's events begin to matter: nothing of it, or of those behind it, comes before. */
static struct place front_of(const struct search *search, const struct block *block)
{
    return search->descending ? (struct place){ block->last_ms, block->number, INT64_MAX } : (struct place){ block->first_ms, block->number, 0 };
}

/* False: this block, and those behind it, are for the next answer. Whatever was read, an answer gets ahead. */
static bool goes_on(const struct searcher *s, const struct place *front)
{
    const bool down = s->search->descending;
    const bool beyond = s->full && (down ? order(front, &s->edge) <= 0 : order(front, &s->edge) >= 0);
    const bool ahead = down ? order(front, &s->search->start) < 0 : order(front, &s->search->start) > 0;
    return !beyond && !(ahead && s->work > WORK_MAX);
}

/* What lies beyond the front of blocks that weren't looked at must wait for them. */
static void cut_at(struct searcher *s, const struct place *front)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        const int side = order(&s->events[i].place, front);
        if (s->search->descending ? side > 0 : side < 0) {
            s->events[kept++] = s->events[i];
        }
    }
    s->count = kept;
}

/* Looks at one page of blocks. *stopped: at *front. */
static struct err walk_page(struct searcher *s, const struct blocks *blocks, size_t *size, bool *stopped, struct place *front)
{
    *size = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct block *block = &blocks->items[i];
        *front = front_of(s->search, block);
        *stopped = !goes_on(s, front);
        if (*stopped) {
            return ERR_OK;
        }
        if (block->data.ptr) {
            TRY(look_into(s, block));
            s->work += (size_t)block->bytes;
            *size += block->data.len;
        }
    }
    return ERR_OK;
}

static struct err walk(struct searcher *s, bool *stopped, struct place *front)
{
    const struct search *search = s->search;
    const struct rows rows = { &s->rq->ctx, s->rq->db, search->group->account, search->group->region };
    const bool down = search->descending;
    struct block_query query = {
        .group = search->group->id, .stream = search->stream, .span_ms = search->group->span_ms, .descending = down,
        .from_ms = down ? search->from_ms : search->start.at_ms,
        .until_ms = down && search->start.at_ms < search->until_ms ? search->start.at_ms + 1 : search->until_ms,
        .at_ms = down ? INT64_MAX : -1,
    };
    int64_t limit = BLOCKS_FIRST;
    bool whole = true;
    while (whole && !*stopped) {
        struct blocks blocks = { NULL, 0 };
        size_t size = 0;
        TRY(logs_row_blocks(&rows, &query, limit, is_wanted, s, &blocks));
        TRY(walk_page(s, &blocks, &size, stopped, front));
        whole = blocks.count == (size_t)limit;
        if (whole) {
            const struct block *last = &blocks.items[blocks.count - 1];
            query.at_ms = down ? last->last_ms : last->first_ms;
            query.at_block = last->number;
            limit = size < PAGE_SMALL && limit < BLOCKS_MAX ? limit * 2 : limit;
        }
    }
    return ERR_OK;
}

/* How many of those nearest to the start one answer takes. spec: GetLogEvents, FilterLogEvents: an answer has at most 1 MB. */
static size_t fitting(const struct searcher *s)
{
    size_t size = 0, kept = 0;
    while (kept < s->count) {
        size += s->events[s->search->descending ? s->count - 1 - kept : kept].message.len + BLOCK_EVENT_OVERHEAD;
        if (kept > 0 && size > ANSWER_MAX) {
            break;
        }
        kept++;
    }
    return kept;
}

static void limit_start(struct search *search)
{
    if (search->descending && search->start.at_ms >= search->until_ms) {
        search->start = (struct place){ search->until_ms, 0, 0 };
    } else if (!search->descending && search->start.at_ms < search->from_ms) {
        search->start = (struct place){ search->from_ms, 0, 0 };
    }
}

struct err logs_search(struct request *rq, const struct search *asked, struct search_result *out)
{
    struct search search = *asked;
    limit_start(&search);
    struct searcher s = { .rq = rq, .search = &search, .events = ARENA_ARRAY(rq->ctx.arena, struct found_event, 2 * search.limit) };
    struct place front = search.start;
    bool stopped = false;
    TRY(walk(&s, &stopped, &front));
    settle(&s);
    if (stopped) {
        cut_at(&s, &front);
    }
    const size_t count = fitting(&s);
    const bool trimmed = count < s.count || (s.full && s.count == search.limit);
    *out = (struct search_result){ .events = s.events + (search.descending ? s.count - count : 0), .count = count,
                                   .more = stopped || trimmed, .next = stopped ? front : search.start };
    if (count > 0 && (trimmed || !stopped)) {
        const struct place edge = out->events[search.descending ? 0 : count - 1].place;
        out->next = search.descending ? edge : (struct place){ edge.at_ms, edge.block, edge.index + 1 };
    }
    return ERR_OK;
}
