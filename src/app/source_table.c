#include "app/source_table.h"

#include "app/table.h"
#include "base/clock.h"

enum { HOUR_MS = 3600000 };

static struct str number(struct arena *arena, int64_t value)
{
    return str_format(arena, "%lld", (long long)value);
}

static struct str moment(struct arena *arena, int64_t ms)
{
    return ms > 0 ? clock_format_iso8601(arena, ms) : STR("");
}

static int64_t gaps_of(const struct store_source_gap *gap)
{
    return gap->last_hour - gap->first_hour + 1 - gap->hours;
}

static struct err print(struct ctx *ctx, struct table *table, struct str format, FILE *out)
{
    if (!table_print(table, format, out)) {
        return fail(ctx, &FAULT_INVALID, "there is no format \"%" STR_FMT "\"; there are table, json, ndjson and csv",
                    STR_ARG(format));
    }
    return ERR_OK;
}

struct err source_table_print(struct ctx *ctx, struct store_conn *db, struct str format, FILE *out)
{
    static const char *const names[] = { "source", "objects", "bytes", "records", "skipped", "newest_event", "lag_seconds",
                                         "gap_hours", "looked", "error" };
    static const bool right[] = { false, true, true, true, true, false, true, true, false, false };
    struct table table = table_new(ctx->arena);
    struct store_source_row *rows = NULL;
    size_t count = 0;
    TRY(store_source_list(ctx, db, &rows, &count));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        table_column(&table, names[i], right[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct store_source_row *row = &rows[i];
        const struct store_source_counts *counts = &row->counts;
        const struct str cells[] = {
            row->name, number(ctx->arena, counts->objects), number(ctx->arena, counts->bytes),
            number(ctx->arena, counts->records), number(ctx->arena, counts->skipped), moment(ctx->arena, counts->newest_ms),
            number(ctx->arena, counts->lag_ms / 1000), number(ctx->arena, row->gaps), moment(ctx->arena, row->looked_ms),
            row->error,
        };
        for (size_t j = 0; j < COUNT_OF(cells); j++) {
            table_cell(&table, cells[j]);
        }
    }
    return print(ctx, &table, format, out);
}

/* Names of sources by id, for the other tables. */
static struct str name_of(const struct store_source_row *rows, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].id == id) {
            return rows[i].name;
        }
    }
    return STR("");
}

struct err source_table_gaps(struct ctx *ctx, struct store_conn *db, struct str format, FILE *out)
{
    static const char *const names[] = { "source", "account", "region", "type", "first_hour", "last_hour", "gap_hours" };
    struct table table = table_new(ctx->arena);
    struct store_source_row *rows = NULL;
    struct store_source_gap *gaps = NULL;
    size_t count = 0, gap_count = 0;
    TRY(store_source_list(ctx, db, &rows, &count));
    TRY(store_source_gaps(ctx, db, &gaps, &gap_count));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        table_column(&table, names[i], i + 1 == COUNT_OF(names));
    }
    for (size_t i = 0; i < gap_count; i++) {
        const struct store_source_gap *gap = &gaps[i];
        const struct str cells[] = { name_of(rows, count, gap->source), gap->account, gap->region, gap->type,
                                     moment(ctx->arena, gap->first_hour * HOUR_MS),
                                     moment(ctx->arena, gap->last_hour * HOUR_MS), number(ctx->arena, gaps_of(gap)) };
        for (size_t j = 0; j < COUNT_OF(cells); j++) {
            table_cell(&table, cells[j]);
        }
    }
    return print(ctx, &table, format, out);
}

/* A label's value. Keys of buckets may hold anything. */
static struct str label(struct arena *arena, struct str value)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < value.len; i++) {
        const char c = value.ptr[i];
        if (c == '"' || c == '\\') {
            text_add_char(&text, '\\');
        }
        text_add_char(&text, (unsigned char)c < 0x20 ? ' ' : c);
    }
    return text_str(&text);
}

static void add_family(struct text *out, const char *name, const char *kind, const char *help)
{
    text_add_format(out, "# HELP yagura_source_%s %s\n# TYPE yagura_source_%s %s\n", name, help, name, kind);
}

static const struct family {
    const char *name, *kind, *help;
    size_t offset;
    int64_t unit;
} families[] = {
#define ROW(member) offsetof(struct store_source_row, member)
    { "objects_total", "counter", "objects read", ROW(counts.objects), 1 },
    { "bytes_total", "counter", "bytes of the objects read", ROW(counts.bytes), 1 },
    { "records_total", "counter", "log records read", ROW(counts.records), 1 },
    { "skipped_total", "counter", "pieces of objects that could not be read", ROW(counts.skipped), 1 },
    { "newest_event_seconds", "gauge", "event time of the newest record", ROW(counts.newest_ms), 1000 },
    { "lag_seconds", "gauge", "how long the oldest object of the newest batch waited", ROW(counts.lag_ms), 1000 },
    { "missing", "gauge", "objects that were there at the last look and are not read", ROW(missing), 1 },
    { "looked_seconds", "gauge", "when the source was last looked at", ROW(looked_ms), 1000 },
};

static void add_rows(struct arena *arena, struct text *out, const struct store_source_row *rows, size_t count)
{
    for (size_t f = 0; f < COUNT_OF(families); f++) {
        add_family(out, families[f].name, families[f].kind, families[f].help);
        for (size_t i = 0; i < count; i++) {
            int64_t value = 0;
            memcpy(&value, (const char *)&rows[i] + families[f].offset, sizeof(value));
            text_add_format(out, "yagura_source_%s{source=\"%" STR_FMT "\"} %lld\n", families[f].name,
                            STR_ARG(label(arena, rows[i].name)), (long long)(value / families[f].unit));
        }
    }
    add_family(out, "failing", "gauge", "1: the last look met with trouble");
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "yagura_source_failing{source=\"%" STR_FMT "\"} %d\n", STR_ARG(label(arena, rows[i].name)),
                        rows[i].error.ptr != NULL);
    }
}

struct err source_table_metrics(struct ctx *ctx, struct store_conn *db, struct text *out)
{
    struct store_source_row *rows = NULL;
    struct store_source_gap *gaps = NULL;
    size_t count = 0, gap_count = 0;
    TRY(store_source_list(ctx, db, &rows, &count));
    TRY(store_source_gaps(ctx, db, &gaps, &gap_count));
    if (count == 0) {
        return ERR_OK;
    }
    add_rows(ctx->arena, out, rows, count);
    add_family(out, "gap_hours", "gauge", "hours without objects between the first and the last");
    for (size_t i = 0; i < gap_count; i++) {
        text_add_format(out, "yagura_source_gap_hours{source=\"%" STR_FMT "\",account=\"%" STR_FMT "\",region=\"%" STR_FMT
                        "\",type=\"%" STR_FMT "\"} %lld\n", STR_ARG(label(ctx->arena, name_of(rows, count, gaps[i].source))),
                        STR_ARG(label(ctx->arena, gaps[i].account)), STR_ARG(label(ctx->arena, gaps[i].region)),
                        STR_ARG(label(ctx->arena, gaps[i].type)), (long long)gaps_of(&gaps[i]));
    }
    return ERR_OK;
}
