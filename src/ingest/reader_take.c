/* reader_take.c - one object out of a feed, and the way on when it can't be had. */
#include "ingest/reader_parts.h"
#include "ingest/extent.h"

static const char *malformed_reason(struct str looked_at)
{
    return extent_depth(looked_at) > READER_DEPTH_MAX ? READER_TOO_DEEP : "malformed JSON";
}

/* Behind a malformed element: its end, when that is followed by what may follow an element. */
static enum take resume_element(struct reader *reader, struct feed *feed)
{
    const struct str rest = feed_rest(feed);
    struct extent extent = { .depth = 0 };
    size_t used = 0;
    const enum extent_verdict verdict = extent_follow(&extent, rest, &used);
    reader->wasted += used;
    const struct str behind = str_trim(str_slice(rest, used, READER_AHEAD));
    if (verdict != EXTENT_CLOSED || (behind.len > 0 && behind.ptr[0] != ',' && behind.ptr[0] != ']')) {
        return TAKE_LOST;
    }
    feed->at += used;
    return TAKE_SKIPPED;
}

/* The input ended, or the window is full, inside the object. Outside of arrays its line tells its end: brackets that were
 * never closed must not swallow the records behind them. */
static enum take take_failed(struct reader *reader, struct feed *feed, bool is_element)
{
    reader->wasted += feed_rest(feed).len;
    if (feed_full(feed)) {
        reader_trouble(reader, feed_offset(feed), "a record longer than 64 MiB");
        return is_element && feed_skip_value(feed, 0) == EXTENT_CLOSED ? TAKE_SKIPPED : TAKE_LOST;
    }
    if (reader->growing && feed->in) {
        reader->pending = true;
        return TAKE_PENDING;
    }
    if (!feed->in || !inflate_trouble(feed->in)) {
        reader_trouble(reader, feed_offset(feed), "a record cut short by the end of the file");
    }
    return TAKE_LOST;
}

static bool scan_here(struct reader *reader, struct feed *feed, size_t *used)
{
    if (reader->declared != feed || !feed->declared) {
        scan_block(reader->scan, feed->window);
        reader->declared = feed;
        feed->declared = true;
    }
    return scan_next(reader->scan, feed->at, used);
}

/* Whether the trouble is that the text ends: inside a string or a bracket it lies at the end, inside a word before it. */
static bool is_cut(struct str rest, size_t trouble_at)
{
    const struct str tail = str_from(rest, trouble_at);
    return tail.len == 0 || str_starts(STR("true"), tail) || str_starts(STR("false"), tail) || str_starts(STR("null"), tail);
}

enum take reader_take(struct reader *reader, struct feed *feed, bool is_element, struct str *raw)
{
    size_t used = 0;
    while (!scan_here(reader, feed, &used)) {
        const struct str rest = feed_rest(feed);
        if (!is_cut(rest, used)) {
            reader->wasted += used;
            reader_trouble(reader, feed_offset(feed) + used, malformed_reason(str_slice(rest, 0, used + 1)));
            return is_element ? resume_element(reader, feed) : TAKE_LOST;
        }
        if (!feed_grow(feed)) {
            return take_failed(reader, feed, is_element);
        }
    }
    *raw = str_slice(feed_rest(feed), 0, used);
    feed->at += used;
    return TAKE_WHOLE;
}
