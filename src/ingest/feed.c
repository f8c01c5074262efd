#include "ingest/feed.h"

struct feed feed_of(struct inflate *in, uint64_t start)
{
    return (struct feed){ .in = in, .start = start, .base = start, .window = STR("") };
}

struct feed feed_of_text(struct str text, uint64_t base)
{
    return (struct feed){ .window = text, .base = base, .ended = true };
}

uint64_t feed_offset(const struct feed *feed)
{
    return feed->base + feed->at;
}

struct str feed_rest(const struct feed *feed)
{
    return (struct str){ feed->window.ptr + feed->at, feed->window.len - feed->at };
}

bool feed_full(const struct feed *feed)
{
    return feed->in && !feed->ended && feed->window.len - feed->at >= INFLATE_WINDOW_MAX;
}

/* Doubling, so that a record which is scanned again each time costs no more than twice its length. */
bool feed_grow(struct feed *feed)
{
    const size_t kept = feed->window.len - feed->at;
    if (feed->ended || kept >= INFLATE_WINDOW_MAX) {
        return false;
    }
    size_t have = kept;
    while (have <= kept * 2 && inflate_more(feed->in, have)) {
        have = inflate_window(feed->in).len;
    }
    feed->ended = have <= kept * 2 && have < INFLATE_WINDOW_MAX;
    feed->window = inflate_window(feed->in);
    feed->base = feed->start + inflate_offset(feed->in);
    feed->at = 0;
    feed->declared = false;
    return have > kept;
}

struct str feed_ahead(struct feed *feed, size_t count)
{
    while (feed->window.len - feed->at < count && feed_grow(feed)) {
    }
    return str_slice(feed_rest(feed), 0, count);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool feed_peek(struct feed *feed, char *c)
{
    do {
        while (feed->at < feed->window.len) {
            *c = feed->window.ptr[feed->at];
            if (!is_space(*c)) {
                return true;
            }
            feed->at++;
        }
    } while (feed_grow(feed));
    return false;
}

void feed_skip_line(struct feed *feed)
{
    do {
        const struct str rest = feed_rest(feed);
        const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
        if (end) {
            feed->at += (size_t)(end - rest.ptr) + 1;
            return;
        }
        feed->at = feed->window.len;
    } while (feed_grow(feed));
}

enum extent_verdict feed_skip_value(struct feed *feed, size_t depth)
{
    struct extent extent = { .depth = depth };
    size_t used = 0;
    enum extent_verdict verdict = EXTENT_OPEN;
    do {
        verdict = extent_follow(&extent, feed_rest(feed), &used);
        feed->at += used;
    } while (verdict == EXTENT_OPEN && feed_grow(feed));
    return verdict;
}
