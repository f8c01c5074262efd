#include "svc/s3/listing.h"

enum { FIRST_BATCH = 64 };

struct str listing_shown(struct arena *arena, struct str text, bool url)
{
    return url && text.ptr ? str_percent_encode(arena, text, true) : text;
}

struct s3_common_prefix_list listing_prefixes(struct arena *arena, const struct listing *listing, bool url)
{
    struct s3_common_prefix_list list = { ARENA_ARRAY(arena, struct s3_common_prefix, listing->prefix_count + 1), listing->prefix_count };
    for (size_t i = 0; i < list.count; i++) {
        list.items[i].prefix = listing_shown(arena, listing->prefixes[i], url);
    }
    return list;
}

static size_t last_character(struct str text)
{
    size_t at = text.len - 1;
    while (at > 0 && ((unsigned char)text.ptr[at] & 0xC0) == 0x80) {
        at--;
    }
    return at;
}

static uint32_t decode(struct str character)
{
    const unsigned char first = (unsigned char)character.ptr[0];
    uint32_t point = character.len == 1 ? first : first & (0xFFU >> (character.len + 1));
    for (size_t i = 1; i < character.len; i++) {
        point = point << 6 | ((unsigned char)character.ptr[i] & 0x3FU);
    }
    return point;
}

static size_t encode(uint32_t point, char out[4])
{
    const size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(size == 1 ? point : (0xF00U >> size & 0xF0U) | point);
    return size;
}

/* The first text in the order of bytes that no longer begins with `prefix`; absent: there is none. Its last character is raised
 * as a code point: the store holds UTF-8 alone, whose order by bytes is that of code points. */
static struct str just_beyond(struct arena *arena, struct str prefix)
{
    for (struct str head = prefix; head.len > 0; head.len = last_character(head)) {
        const size_t at = last_character(head);
        const uint32_t point = decode(str_from(head, at));
        char *raised = arena_alloc(arena, at + 4);
        if (point < 0x10FFFF) {
            memcpy(raised, head.ptr, at);
            return (struct str){ raised, at + encode(point == 0xD7FF ? 0xE000 : point + 1, raised + at) };
        }
    }
    return STR_NONE;
}

struct search {
    struct request *rq;
    const struct listing_wish *wish;
    struct listing *out;
    struct object_range range;
};

static size_t found(const struct search *search)
{
    return search->out->count + search->out->prefix_count;
}

/* The key up to the delimiter behind the prefix; absent: it has none there. */
static struct str common_prefix(const struct listing_wish *wish, struct str key)
{
    const size_t at = wish->delimiter.len ? str_search(str_from(key, wish->prefix.len), wish->delimiter) : STR_MISSING;
    return at == STR_MISSING ? STR_NONE : str_slice(key, 0, wish->prefix.len + at + wish->delimiter.len);
}

/* A batch of rows, until one shows a new common prefix: the next batch begins beyond that. True: the page is full or over. */
static struct err take_batch(struct search *search, bool *over)
{
    struct listing *out = search->out;
    struct object_range *range = &search->range;
    struct object_row *rows = NULL;
    size_t count = 0;
    TRY(object_rows_list(&search->rq->ctx, search->rq->db, range, &rows, &count));
    *over = count < range->max;
    for (size_t i = 0; i < count; i++) {
        const struct str common = common_prefix(search->wish, rows[i].name);
        if (found(search) == (size_t)out->max) {
            out->truncated = *over = true;
            return ERR_OK;
        }
        if (common.ptr == NULL) {
            out->rows[out->count++] = rows[i];
            out->last = rows[i].name;
            out->last_version = rows[i].version;
            range->from = rows[i].name;
            range->after = !range->versions;
            range->from_place = rows[i].place;
            continue;
        }
        out->prefixes[out->prefix_count++] = out->last = common;
        out->last_version = STR_NONE;
        range->from = just_beyond(search->rq->ctx.arena, common);
        range->after = false;
        range->from_place = 0;
        *over = range->from.ptr == NULL;
        return ERR_OK;
    }
    range->max = LISTING_MAX + 1;
    return ERR_OK;
}

/* Where a page begins: behind what the last one showed, all of it where that was a common prefix. */
static void begin(struct search *search)
{
    const struct listing_wish *wish = search->wish;
    struct object_range *range = &search->range;
    struct arena *arena = search->rq->ctx.arena;
    const struct str after = wish->after.len ? wish->after : STR_NONE;
    const bool inside = after.ptr && str_starts(after, wish->prefix);
    const struct str common = inside ? common_prefix(wish, after) : STR_NONE;
    range->from = wish->prefix;
    if (common.ptr && (wish->folded || common.len == after.len)) {
        range->from = just_beyond(arena, common);
    } else if (after.ptr && str_compare(after, wish->prefix.ptr ? wish->prefix : STR("")) >= 0) {
        range->from = after;
        range->after = wish->after_place == 0;
        range->from_place = wish->after_place;
    }
}

struct err listing_find(struct request *rq, const struct listing_wish *wish, struct listing *out)
{
    struct search search = { .rq = rq, .wish = wish, .out = out };
    if (wish->max.set && wish->max.v < 0) {
        return s3_invalid_argument(rq, "maxKeys", str_format(rq->ctx.arena, "%d", (int)wish->max.v),
                                   "Argument maxKeys must be an integer between 0 and 2147483647");
    }
    *out = (struct listing){ .max = wish->max.set && wish->max.v < LISTING_MAX ? wish->max.v : LISTING_MAX };
    out->rows = ARENA_ARRAY(rq->ctx.arena, struct object_row, (size_t)out->max + 1);
    out->prefixes = ARENA_ARRAY(rq->ctx.arena, struct str, (size_t)out->max + 1);
    search.range = (struct object_range){ .bucket = wish->bucket, .versions = wish->versions,
                                          .to = just_beyond(rq->ctx.arena, wish->prefix),
                                          .max = wish->delimiter.len ? FIRST_BATCH : (size_t)out->max + 1 };
    begin(&search);
    for (bool over = out->max == 0 || (wish->after.len && search.range.from.ptr == NULL); !over;) {
        TRY(take_batch(&search, &over));
    }
    return ERR_OK;
}
