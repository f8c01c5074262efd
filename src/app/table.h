/* table.h - rows for a person (aligned columns) or a program (csv, json, ndjson), from one description.
 *
 * Text that came from logs is cleaned of control characters in tables, and cells that a spreadsheet would run as a
 * formula get an apostrophe in csv. */
#ifndef YAGURA_APP_TABLE_H
#define YAGURA_APP_TABLE_H

#include <stdio.h>

#include "base/str.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct table {
    struct arena *arena;
    size_t columns;
    const char *names[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX]; /* numbers */
    struct str *cells;
    size_t count; /* of cells */
    size_t capacity;
};

struct table table_new(struct arena *arena);
void table_column(struct table *table, const char *name, bool right);
void table_cell(struct table *table, struct str value); /* row by row; copied */
/* format: "table", "csv", "json" or "ndjson"; false for any other. */
bool table_print(struct table *table, struct str format, FILE *out);
/* The length of the character at a place when it turns the direction of what follows, and so may make text look like another;
 * else 0. */
size_t table_turning(struct str s, size_t at);
/* s without control characters and escape sequences, for terminals. */
struct str table_clean(struct arena *arena, struct str s);

#endif
