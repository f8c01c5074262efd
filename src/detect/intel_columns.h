/* intel_columns.h - lines, and the columns of one; quotes around a column are taken off. */
#ifndef YAGURA_DETECT_INTEL_COLUMNS_H
#define YAGURA_DETECT_INTEL_COLUMNS_H

#include "base/str.h"

enum { COLUMNS_MAX = 64 };

struct columns {
    struct str items[COLUMNS_MAX];
    size_t count;
};

/* Further columns are left out. */
static inline void columns_cut(struct str line, char separator, struct columns *out)
{
    out->count = 0;
    size_t at = 0;
    while (at <= line.len && out->count < COLUMNS_MAX) {
        while (at < line.len && line.ptr[at] == ' ') {
            at++;
        }
        const bool quoted = at < line.len && line.ptr[at] == '"';
        const size_t start = quoted ? at + 1 : at;
        size_t end = start;
        while (end < line.len && line.ptr[end] != (quoted ? '"' : separator)) {
            end++;
        }
        out->items[out->count++] = str_trim(str_slice(line, start, end - start));
        const size_t next = str_find(str_from(line, end), separator);
        at = next == STR_MISSING ? line.len + 1 : end + next + 1;
    }
}

static inline struct str columns_at(const struct columns *columns, size_t at)
{
    return at < columns->count ? columns->items[at] : STR_NONE;
}

#endif
