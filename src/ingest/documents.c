#include "ingest/documents.h"

#include "ingest/extent.h"

enum { WRAPPER_MAX = 64 };

struct splitter {
    struct str file;
    const struct documents_sink *sink;
    uint64_t base;        /* offset of the window */
    struct extent extent; /* of the object that the kept bytes begin with */
    size_t followed;      /* of its bytes */
    bool in_foreign;      /* the line is no object: skip to its end */
    bool at_end;          /* no further window comes */
};

static size_t skip_spaces(struct str s, size_t at)
{
    while (at < s.len && strchr(" \t\r\n", s.ptr[at]) && s.ptr[at] != '\0') {
        at++;
    }
    return at;
}

/* Behind {"Records":[, or 0. */
static size_t wrapper_length(struct str s)
{
    const struct str parts[] = { STR("{"), STR("\"Records\""), STR(":"), STR("[") };
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        at = skip_spaces(s, at);
        if (!str_starts(str_from(s, at), parts[i])) {
            return 0;
        }
        at += parts[i].len;
    }
    return at;
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '[' || c == ']' || c == '}';
}

static size_t skip_line(struct splitter *s, struct str window, size_t at)
{
    const size_t length = str_find(str_from(window, at), '\n');
    s->in_foreign = length == STR_MISSING;
    return s->in_foreign ? window.len : at + length + 1;
}

/* The object at `at`. False: its end isn't here yet. */
static bool take_object(struct splitter *s, struct str window, size_t *at)
{
    const struct str rest = str_from(window, *at);
    const size_t wrapper = s->followed == 0 ? wrapper_length(rest) : 0;
    size_t used = 0;
    if (wrapper > 0 || (s->followed == 0 && rest.len < WRAPPER_MAX && !s->at_end)) {
        *at += wrapper;
        return wrapper > 0;
    }
    const enum extent_verdict verdict = extent_follow(&s->extent, str_from(rest, s->followed), &used);
    used += s->followed;
    if (verdict == EXTENT_OPEN) {
        s->followed = rest.len;
        return false;
    }
    s->followed = 0;
    s->extent = (struct extent){ .depth = 0 };
    if (verdict == EXTENT_BROKEN) {
        s->sink->trouble(s->sink->self, s->file, s->base + *at, "malformed JSON");
        *at += used + 1 < rest.len ? used + 1 : rest.len;
        return true;
    }
    s->sink->document(s->sink->self, s->file, s->base + *at, str_slice(rest, 0, used));
    *at += used;
    return true;
}

/* Delivers what is whole; how much of the window is done with. */
static size_t take_window(struct splitter *s, struct str window)
{
    size_t at = s->in_foreign ? skip_line(s, window, 0) : 0;
    while (at < window.len) {
        if (is_between(window.ptr[at])) {
            at++;
        } else if (window.ptr[at] == '{') {
            if (!take_object(s, window, &at)) {
                break;
            }
        } else {
            s->sink->trouble(s->sink->self, s->file, s->base + at, "no JSON object");
            at = skip_line(s, window, at);
        }
    }
    return at;
}

void documents_read(struct inflate *in, struct str file, const struct documents_sink *sink)
{
    struct splitter s = { .file = file, .sink = sink };
    size_t kept = 0;
    while (inflate_more(in, kept)) {
        const struct str window = inflate_window(in);
        s.base = inflate_offset(in);
        kept = window.len - take_window(&s, window);
    }
    const struct str rest = inflate_window(in); /* what was kept */
    s.base = inflate_offset(in);
    s.at_end = true;
    if (inflate_trouble(in)) {
        sink->trouble(sink->self, file, s.base, inflate_trouble(in));
    } else if (kept >= INFLATE_WINDOW_MAX) {
        sink->trouble(sink->self, file, s.base, "an object is longer than 64 MiB");
        return;
    }
    const size_t done = take_window(&s, rest);
    if (done < rest.len) {
        sink->trouble(sink->self, file, s.base + done, "the last object is cut off");
    }
}
