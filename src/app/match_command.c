/* match_command.c - yagura match: which records of logs an EventBridge pattern or Sigma rules hold for, and why.
 *
 * Records are read as yagura detect reads them, and JSON objects of no known format as they stand. Rules are asked of every
 * record, whatever their logsource. A pattern sees EventBridge's own events whole. */
#include <inttypes.h>

#include "app/commands.h"
#include "app/match_rules.h"
#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "base/queue.h"
#include "ingest/run.h"

enum { STATUS_NONE = 0, STATUS_FOUND = 1, STATUS_USAGE = 2, STATUS_SKIPPED = 3, STATUS_FAILED = 4 };
enum { RECORD_SHOWN = 160, TROUBLES_SHOWN = 20 };

struct search {
    struct ctx *ctx;
    const struct settings *settings;
    struct match_rules rules;
    struct reader *reader;
    struct progress progress;
    struct table table;
    bool lines; /* matching records as they are, one a line */
    uint64_t matched;
};

/* --- what is found --- */

static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct search *search = self;
    if (reader_counts(search->reader).skipped > TROUBLES_SHOWN) {
        return;
    }
    progress_clear(&search->progress);
    fprintf(stderr, "skipped: %" STR_FMT " at byte %" PRIu64 ": %s\n", STR_ARG(table_clean(search->ctx->arena, trouble->file)),
            trouble->offset, trouble->reason);
}

static void take_missing_file(void *self, const struct ingest_trouble *trouble)
{
    struct search *search = self;
    search->rules.unreadable++;
    take_trouble(self, trouble);
}

/* A JSON record as it is, but for line feeds, which stand between values alone; other text as a JSON string. */
static void print_line(const struct event *ev)
{
    struct str line = ev->raw;
    if (!str_starts(line, STR("{"))) {
        struct json_writer w = json_writer_new(ev->arena);
        json_str(&w, line);
        line = json_done(&w);
    }
    for (size_t i = 0; i < line.len; i++) {
        const char c = line.ptr[i];
        putchar(c == '\n' || c == '\r' ? ' ' : c);
    }
    putchar('\n');
}

static struct str place_of(const struct event *ev)
{
    return str_format(ev->arena, "%" STR_FMT ":%" PRIu64, STR_ARG(ev->file), ev->offset);
}

static void add_hits(struct search *search, const struct event *ev, const struct match_verdict *verdict)
{
    const bool table = str_equal(search->settings->format, STR("table"));
    const struct str place = place_of(ev);
    for (size_t i = 0; i < verdict->count; i++) {
        table_cell(&search->table, place);
        table_cell(&search->table, verdict->hits[i].title);
        table_cell(&search->table, table ? str_slice(ev->raw, 0, RECORD_SHOWN) : ev->raw);
    }
}

static void add_reason(struct search *search, struct str place, struct str title, bool matched, struct str why)
{
    table_cell(&search->table, place);
    table_cell(&search->table, title);
    table_cell(&search->table, matched ? STR("match") : STR("miss"));
    table_cell(&search->table, why);
}

/* Every rule, and correlations when they are complete. */
static void add_reasons(struct search *search, const struct event *ev, const struct match_verdict *verdict)
{
    struct ctx ctx = ctx_new(ev->arena, ev->at_ms);
    const struct str place = place_of(ev);
    for (size_t i = 0; i < search->rules.count; i++) {
        struct match_explanation why = { .words = STR_NONE };
        if (!match_explain_last(&ctx, search->rules.scratch, (uint32_t)i, &why).fault) {
            add_reason(search, place, search->rules.titles[i], why.matched, why.words);
        }
    }
    for (size_t i = 0; i < verdict->count; i++) {
        if (verdict->hits[i].why.ptr) {
            add_reason(search, place, verdict->hits[i].title, true, verdict->hits[i].why);
        }
    }
}

static void take_event(void *self, const struct event *ev)
{
    struct search *search = self;
    const struct match_verdict verdict = match_rules_ask(&search->rules, ev);
    search->matched += verdict.count > 0;
    if (search->settings->explain) {
        add_reasons(search, ev, &verdict);
    } else if (!search->lines) {
        add_hits(search, ev, &verdict);
    } else if (verdict.count > 0) {
        print_line(ev);
    }
}

/* --- the command --- */

static void take_progress(void *self, const struct ingest_progress *progress)
{
    struct search *search = self;
    progress_update(&search->progress, progress->bytes_read, progress->bytes_inflated, reader_counts(search->reader).records);
}

static void read_all(struct search *search)
{
    const struct settings *settings = search->settings;
    const struct ingest_sink missing = { .self = search, .trouble = take_missing_file };
    const struct ingest_sink sink = { .self = search, .event = take_event, .trouble = take_trouble };
    const struct ingest_watch watch = { search, take_progress };
    const struct ingest_question question = match_rules_question(&search->rules);
    const struct ingest_files files =
        ingest_files_find(search->ctx->arena, settings->arguments.items, settings->arguments.count, &missing);
    search->progress = progress_begin(!settings->no_progress, files.total_size);
    ingest_run(search->reader, &files, settings->threads ? (size_t)settings->threads : thread_cores(), &sink,
               settings->explain ? NULL : &question, &watch);
    progress_clear(&search->progress);
    const struct reader_counts counts = reader_counts(search->reader);
    fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " matched, %" PRIu64 " repeated, %" PRIu64 " skipped\n", counts.records, search->matched,
            counts.duplicates, counts.skipped + search->rules.unreadable);
}

static struct err check(struct ctx *ctx, const struct settings *settings)
{
    static const struct str formats[] = { STR_INIT("table"), STR_INIT("json"), STR_INIT("ndjson"), STR_INIT("csv") };
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        known = known || str_equal(settings->format, formats[i]);
    }
    if (!known) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    if ((settings->pattern.ptr != NULL) == (settings->rule.count > 0)) {
        return fail(ctx, &FAULT_INVALID, "give either --pattern or --rule");
    }
    return settings->arguments.count > 0 ? ERR_OK : fail(ctx, &FAULT_INVALID, "name a file or folder, or - for standard input");
}

static struct err match(struct search *search)
{
    static const char *const columns[] = { "place", "rule", "verdict", "why", "record" };
    const bool explained = search->settings->explain;
    struct projection_builder *paths = projection_begin();
    const struct reader_fields fields = reader_project(paths);
    const struct err err = match_rules_open(search->ctx, search->settings, paths, &search->rules);
    search->rules.projection = projection_end(paths);
    TRY(err);
    search->reader = reader_open(&fields, search->rules.projection);
    reader_want(search->reader, UINT32_MAX);
    reader_take_strays(search->reader, search->settings->pattern.ptr ? READER_ENVELOPES_KEPT : READER_STRAYS_TAKEN);
    search->lines = str_equal(search->settings->format, STR("ndjson"));
    table_column(&search->table, columns[0], false);
    table_column(&search->table, columns[1], false);
    table_column(&search->table, columns[explained ? 2 : 4], false);
    if (explained) {
        table_column(&search->table, columns[3], false);
    }
    read_all(search);
    if (explained || !search->lines) {
        (void)table_print(&search->table, search->settings->format, stdout); /* check knows the formats */
    }
    return fflush(stdout) == 0 ? ERR_OK : fail(search->ctx, &FAULT_IO, "cannot write the results");
}

static int status_of(const struct search *search)
{
    const bool skipped = reader_counts(search->reader).skipped + search->rules.unreadable > 0;
    return skipped ? STATUS_SKIPPED : search->matched > 0 ? STATUS_FOUND : STATUS_NONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    if (check(&ctx, settings).fault) {
        command_failed(command, &ctx);
        return STATUS_USAGE;
    }
    struct search search = { .ctx = &ctx, .settings = settings, .table = table_new(arena) };
    const struct err err = match(&search);
    status = err.fault ? err_is(err, &FAULT_IO) ? STATUS_FAILED : STATUS_USAGE : status_of(&search);
    if (err.fault) {
        command_failed(command, &ctx);
    }
    reader_close(search.reader);
    match_rules_close(&search.rules);
    return status;
}

const struct command COMMAND_MATCH = {
    .name = "match",
    .summary = "records of logs that an EventBridge pattern or Sigma rules hold for, and why",
    .usage = "yagura match (--pattern JSON | --rule FILE) [options] PATH...",
    .examples = "  yagura match --pattern '{\"eventName\":[{\"prefix\":\"Delete\"}]}' --format ndjson AWSLogs/\n"
                "  yagura match --rule rules/ events.json.gz flow.log.zst\n"
                "  yagura match --rule rule.yml --mapping fields.yml app.ndjson\n"
                "  yagura match --rule rule.yml --explain - < record.json\n"
                "\nexit status: 0 nothing matched, 1 something did, 2 wrong usage, 3 some input was skipped, 4 failure\n",
    .groups = SETTINGS_FORMAT | SETTINGS_MATCH,
    .run = run,
};
