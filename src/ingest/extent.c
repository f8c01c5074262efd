#include "ingest/extent.h"

static void inside_string(struct extent *extent, char c)
{
    if (extent->escaped) {
        extent->escaped = false;
        return;
    }
    extent->escaped = c == '\\';
    extent->in_string = c != '"';
}

/* True when the value is closed by c. */
static bool outside_string(struct extent *extent, char c)
{
    if (c == '"') {
        extent->in_string = true;
        return false;
    }
    if (c == '{' || c == '[') {
        extent->depth++;
        extent->deepest = extent->depth > extent->deepest ? extent->depth : extent->deepest;
        return false;
    }
    if ((c == '}' || c == ']') && extent->depth > 0) {
        extent->depth--;
        return extent->depth == 0;
    }
    return false;
}

enum extent_verdict extent_follow(struct extent *extent, struct str piece, size_t *used)
{
    for (size_t i = 0; i < piece.len; i++) {
        const char c = piece.ptr[i];
        if (extent->in_string && c == '\n') {
            *used = i;
            return EXTENT_BROKEN;
        }
        if (extent->in_string) {
            inside_string(extent, c);
            continue;
        }
        if (outside_string(extent, c)) {
            *used = i + 1;
            return EXTENT_CLOSED;
        }
    }
    *used = piece.len;
    return EXTENT_OPEN;
}

size_t extent_depth(struct str s)
{
    struct extent extent = { .depth = 0 };
    size_t used = 0;
    extent_follow(&extent, s, &used);
    return extent.deepest;
}
