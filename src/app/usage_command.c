/* usage_command.c - yagura usage: what trails deliver, by selector and source, and what less of it would save. */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/json.h"
#include "svc/cloudtrail/usage.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* Sums of one trail. */
struct total {
    int64_t events, bytes;         /* as they are selected */
    int64_t files, stored;         /* as they lie in the bucket */
    int64_t other_events, other_bytes; /* data events of buckets that aren't sensitive */
    int64_t old_files, old_stored; /* files beyond the retention asked about */
    int64_t first_day_ms;
};

struct look {
    const struct settings *settings;
    struct arena *arena;
    struct trail_usages rows;
    int64_t now_ms;
};

static bool same_trail(const struct trail_usage *a, const struct trail_usage *b)
{
    return str_equal(a->account, b->account) && str_equal(a->region, b->region) && str_equal(a->name, b->name);
}

static bool is_file(const struct trail_usage *row)
{
    return str_equal(row->category, TRAIL_USAGE_FILE);
}

static bool is_sensitive(const struct look *look, struct str bucket)
{
    for (size_t i = 0; i < look->settings->sensitive.count; i++) {
        if (str_equal(look->settings->sensitive.items[i], bucket)) {
            return true;
        }
    }
    return false;
}

static void add_to_total(const struct look *look, const struct trail_usage *row, struct total *total)
{
    const bool old = row->day_ms < look->now_ms - look->settings->retention_days * DAY_MS;
    total->first_day_ms = total->first_day_ms == 0 || row->day_ms < total->first_day_ms ? row->day_ms : total->first_day_ms;
    if (is_file(row)) {
        total->files += row->events;
        total->stored += row->bytes;
        total->old_files += old ? row->events : 0;
        total->old_stored += old ? row->bytes : 0;
        return;
    }
    const bool other = row->bucket.len > 0 && !is_sensitive(look, row->bucket);
    total->events += row->events;
    total->bytes += row->bytes;
    total->other_events += other ? row->events : 0;
    total->other_bytes += other ? row->bytes : 0;
}

/* Days are joined: one row for each kind. */
static struct trail_usages joined(const struct look *look)
{
    struct trail_usages out = { ARENA_ARRAY(look->arena, struct trail_usage, look->rows.count), 0 };
    for (size_t i = 0; i < look->rows.count; i++) {
        const struct trail_usage *row = &look->rows.items[i];
        size_t at = out.count;
        while (at > 0 && !(same_trail(&out.items[at - 1], row) && str_equal(out.items[at - 1].selector, row->selector)
                           && str_equal(out.items[at - 1].category, row->category) && str_equal(out.items[at - 1].source, row->source)
                           && str_equal(out.items[at - 1].bucket, row->bucket))) {
            at = same_trail(&out.items[at - 1], row) ? at - 1 : 0; /* rows of a trail stand together */
        }
        if (at > 0) {
            out.items[at - 1].events += row->events;
            out.items[at - 1].bytes += row->bytes;
        } else {
            out.items[out.count++] = *row;
        }
    }
    return out;
}

static struct total total_of(const struct look *look, const struct trail_usage *trail)
{
    struct total total = { .events = 0 };
    for (size_t i = 0; i < look->rows.count; i++) {
        if (same_trail(&look->rows.items[i], trail)) {
            add_to_total(look, &look->rows.items[i], &total);
        }
    }
    return total;
}

static struct str trail_text(struct arena *arena, const struct trail_usage *row)
{
    return str_format(arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT, STR_ARG(row->account), STR_ARG(row->region), STR_ARG(row->name));
}

static int64_t percent(int64_t part, int64_t whole)
{
    return whole > 0 ? (int64_t)(100.0 * (double)part / (double)whole + 0.5) : 0;
}

/* What the bytes of events come to in the bucket, where they are packed. */
static int64_t as_stored(const struct total *total, int64_t bytes)
{
    return total->bytes > 0 ? (int64_t)((double)total->stored * ((double)bytes / (double)total->bytes)) : 0;
}

static struct str number(struct arena *arena, int64_t n)
{
    return str_format(arena, "%lld", (long long)n);
}

static bool print_rows(const struct look *look, const struct trail_usages *kinds)
{
    static const char *const columns[] = { "trail", "selector", "category", "source", "bucket", "events", "bytes", "percent" };
    struct table table = table_new(look->arena);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&table, columns[i], i >= 5);
    }
    for (size_t i = 0; i < kinds->count; i++) {
        const struct trail_usage *row = &kinds->items[i];
        if (!is_file(row)) {
            table_cell(&table, trail_text(look->arena, row));
            table_cell(&table, row->selector);
            table_cell(&table, row->category);
            table_cell(&table, row->source);
            table_cell(&table, row->bucket);
            table_cell(&table, number(look->arena, row->events));
            table_cell(&table, number(look->arena, row->bytes));
            table_cell(&table, number(look->arena, percent(row->bytes, total_of(look, row).bytes)));
        }
    }
    return table_print(&table, look->settings->format, stdout);
}

static void tell_trail(const struct look *look, const struct trail_usage *trail)
{
    const struct total total = total_of(look, trail);
    const struct settings *settings = look->settings;
    printf("\n%" STR_FMT ": %lld events (%lld bytes) in %lld files of %lld bytes since %.10s\n", STR_ARG(trail_text(look->arena, trail)),
           (long long)total.events, (long long)total.bytes, (long long)total.files, (long long)total.stored,
           clock_format_iso8601(look->arena, total.first_day_ms).ptr);
    if (settings->sensitive.count > 0 || total.other_events > 0) {
        printf("  without S3 data events of %s: %lld events and about %lld bytes in the bucket less (%lld %%)\n",
               settings->sensitive.count > 0 ? "buckets that aren't sensitive" : "any bucket (name those to keep with --sensitive)",
               (long long)total.other_events, (long long)as_stored(&total, total.other_bytes),
               (long long)percent(total.other_bytes, total.bytes));
    }
    if (settings->retention_days > 0) {
        printf("  kept for %lld days: %lld files and %lld bytes less (%lld %%)\n", (long long)settings->retention_days,
               (long long)total.old_files, (long long)total.old_stored, (long long)percent(total.old_stored, total.stored));
    }
}

static void write_row(struct json_writer *w, const struct trail_usage *row)
{
    json_open_object(w);
    json_member_str(w, STR("selector"), row->selector);
    json_member_str(w, STR("category"), row->category);
    json_member_str(w, STR("source"), row->source);
    json_member_str(w, STR("bucket"), row->bucket.len > 0 ? row->bucket : STR_NONE);
    json_member_int(w, STR("events"), row->events);
    json_member_int(w, STR("bytes"), row->bytes);
    json_close_object(w);
}

static void write_saving(struct json_writer *w, struct str key, int64_t count, struct str of, int64_t bytes, int64_t share)
{
    json_key(w, key);
    json_open_object(w);
    json_member_int(w, of, count);
    json_member_int(w, STR("storedBytes"), bytes);
    json_member_int(w, STR("percent"), share);
    json_close_object(w);
}

static void write_trail(const struct look *look, struct json_writer *w, const struct trail_usages *kinds, const struct trail_usage *trail)
{
    const struct total total = total_of(look, trail);
    json_open_object(w);
    json_member_str(w, STR("account"), trail->account);
    json_member_str(w, STR("region"), trail->region);
    json_member_str(w, STR("trail"), trail->name);
    json_member_str(w, STR("since"), str_slice(clock_format_iso8601(look->arena, total.first_day_ms), 0, 10));
    json_member_int(w, STR("events"), total.events);
    json_member_int(w, STR("bytes"), total.bytes);
    json_member_int(w, STR("files"), total.files);
    json_member_int(w, STR("storedBytes"), total.stored);
    json_key(w, STR("usage"));
    json_open_array(w);
    for (size_t i = 0; i < kinds->count; i++) {
        if (same_trail(&kinds->items[i], trail) && !is_file(&kinds->items[i])) {
            write_row(w, &kinds->items[i]);
        }
    }
    json_close_array(w);
    json_key(w, STR("savings"));
    json_open_object(w);
    write_saving(w, STR("onlySensitiveBuckets"), total.other_events, STR("events"), as_stored(&total, total.other_bytes),
                 percent(total.other_bytes, total.bytes));
    if (look->settings->retention_days > 0) {
        write_saving(w, STR("retention"), total.old_files, STR("files"), total.old_stored, percent(total.old_stored, total.stored));
    }
    json_close_object(w);
    json_close_object(w);
}

static bool is_first(const struct trail_usages *kinds, size_t at)
{
    return at == 0 || !same_trail(&kinds->items[at], &kinds->items[at - 1]);
}

static bool print(const struct look *look)
{
    const struct trail_usages kinds = joined(look);
    if (str_equal(look->settings->format, STR("json"))) {
        struct json_writer w = json_writer_new(look->arena);
        json_open_array(&w);
        for (size_t i = 0; i < kinds.count; i++) {
            if (is_first(&kinds, i)) {
                write_trail(look, &w, &kinds, &kinds.items[i]);
            }
        }
        json_close_array(&w);
        printf("%" STR_FMT "\n", STR_ARG(json_done(&w)));
        return true;
    }
    if (!print_rows(look, &kinds)) {
        return false;
    }
    for (size_t i = 0; i < kinds.count && str_equal(look->settings->format, STR("table")); i++) {
        if (is_first(&kinds, i)) {
            tell_trail(look, &kinds.items[i]);
        }
    }
    return true;
}

static struct err load(struct ctx *ctx, struct look *look)
{
    const struct settings *settings = look->settings;
    struct store *store = NULL;
    struct store_conn *db = NULL;
    const int64_t from_ms = ctx->now_ms - ctx->now_ms % DAY_MS - (settings->days - 1) * DAY_MS;
    struct err err = data_connect(ctx, settings->data, settings->store, &store, &db);
    if (!err.fault) {
        err = trail_usage_list(ctx, db, from_ms, &look->rows);
    }
    data_disconnect(store, db);
    return err;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    struct look look = { .settings = &settings, .arena = arena, .now_ms = ctx.now_ms };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (load(&ctx, &look).fault) {
        return command_failed(command, &ctx);
    }
    if (look.rows.count == 0) {
        fprintf(stderr, "yagura usage: no trail has delivered anything in these days (aws cloudtrail create-trail, start-logging)\n");
    }
    return print(&look) ? 0 : 2;
}

const struct command COMMAND_USAGE = {
    .name = "usage",
    .summary = "show what trails deliver, by selector and source, and what less of it would save",
    .usage = "yagura usage [options]",
    .examples = "  yagura usage\n"
                "  yagura usage --sensitive payroll --sensitive customers     keep data events of these buckets only\n"
                "  yagura usage --days 90 --retention 30                      what keeping files for 30 days would save\n"
                "  yagura usage --format json\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_USAGE,
    .run = run,
};
