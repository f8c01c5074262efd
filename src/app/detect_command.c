/* detect_command.c - yagura detect: findings from log files, with no server. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/detect_output.h"
#include "app/known.h"
#include "app/progress.h"
#include "app/rule_options.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/queue.h"
#include "detect/engine.h"
#include "detect/learn/learn.h"
#include "ingest/run.h"

enum { FINDINGS_MOST = 100000, TROUBLES_SHOWN = 20, TROUBLES_KEPT = 100 };
enum { STATUS_CLEAN = 0, STATUS_FOUND = 1, STATUS_USAGE = 2, STATUS_SKIPPED = 3, STATUS_FAILED = 4 };

struct detection {
    struct ctx *ctx;
    const struct settings *settings;
    double threshold;
    struct known known;
    struct engine *engine;
    struct learn *learn;
    struct projection *projection;
    struct reader *reader;
    struct findings *findings;
    struct progress progress;
    FILE *out;
    struct str troubles[TROUBLES_KEPT];
    struct detect_run run;
};

static void take_finding(void *self, const struct finding *finding)
{
    struct detection *detection = self;
    if (finding->severity >= detection->threshold) {
        findings_add(detection->findings, finding);
    }
}

static bool take_note(void *self, const struct finding *finding)
{
    struct detection *detection = self;
    return finding->severity < detection->threshold || findings_note(detection->findings, finding);
}

static void take_event(void *self, const struct event *ev)
{
    struct detection *detection = self;
    const struct engine_sink sink = { detection, take_finding };
    engine_inspect(detection->engine, ev, &sink);
}

static void take_progress(void *self, const struct ingest_progress *progress)
{
    struct detection *detection = self;
    progress_update(&detection->progress, progress->bytes_read, progress->bytes_inflated,
                    reader_counts(detection->reader).records);
}

static void *open_examiner(const void *self)
{
    return engine_examiner_open(self);
}

static void close_examiner(void *scratch)
{
    engine_examiner_close(scratch);
}

static bool may_hold(const void *self, void *scratch, const struct event *ev)
{
    return engine_examine(self, scratch, ev);
}

static void read_files(struct detection *detection, const struct ingest_files *files, const struct ingest_sink *sink)
{
    const struct settings *settings = detection->settings;
    const struct ingest_question question = { detection->engine, open_examiner, close_examiner, may_hold };
    const struct ingest_watch watch = { detection, take_progress };
    detection->progress = progress_begin(!settings->no_progress, files->total_size);
    ingest_run(detection->reader, files, settings->threads ? (size_t)settings->threads : thread_cores(), sink, &question, &watch);
    progress_clear(&detection->progress);
}

static void expect_events(void *self, const struct event *events, size_t count)
{
    struct detection *detection = self;
    engine_expect(detection->engine, events, count);
}

/* Every one is counted, the first ones are told at once, some more are kept for the triage page. */
static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct detection *detection = self;
    struct detect_run *run = &detection->run;
    run->skipped++;
    if (run->skipped > TROUBLES_KEPT) {
        return;
    }
    const struct str line = str_format(detection->ctx->arena, "%" STR_FMT " at byte %" PRIu64 ": %s", STR_ARG(trouble->file),
                                       trouble->offset, trouble->reason);
    detection->troubles[run->trouble_count++] = line;
    if (run->skipped <= TROUBLES_SHOWN) {
        progress_clear(&detection->progress);
        fprintf(stderr, "skipped: %" STR_FMT "\n", STR_ARG(table_clean(detection->ctx->arena, line)));
    }
    if (run->skipped == TROUBLES_SHOWN) {
        fputs("skipped: … further ones are only counted\n", stderr);
    }
}

/* What is found in logs to learn from is of no interest. */
static void ignore_finding(void *self, const struct finding *finding)
{
    (void)self;
    (void)finding;
}

static bool ignore_all(void *self, const struct finding *finding)
{
    (void)self;
    (void)finding;
    return true;
}

static void learn_event(void *self, const struct event *ev)
{
    struct detection *detection = self;
    engine_inspect(detection->engine, ev, &(struct engine_sink){ detection, ignore_finding });
}

static struct err open_model(struct detection *detection)
{
    const struct str path = detection->settings->model;
    if (path.len > 0) {
        return learn_load(detection->ctx, str_cstr(detection->ctx->arena, path), &detection->learn);
    }
    detection->learn = learn_open(NULL);
    return ERR_OK;
}

/* With a reader of its own: what lies in both places is judged all the same. */
static void warm_up(struct detection *detection, const struct reader_fields *fields)
{
    const struct path_list *paths = &detection->settings->warm_up;
    if (paths->count == 0) {
        return;
    }
    const struct ingest_sink sink = { detection, learn_event, take_trouble, expect_events };
    struct reader *reader = reader_open(fields, detection->projection);
    reader_want(reader, engine_sources(detection->engine));
    detection->reader = reader;
    engine_ask_first(detection->engine, ignore_all, detection);
    const struct ingest_files files = ingest_files_find(detection->ctx->arena, paths->items, paths->count, &sink);
    read_files(detection, &files, &sink);
    const struct learn_counts counts = learn_counts(detection->learn);
    fprintf(stderr, "learned from %" PRIu64 " records in %" PRIu64 " files: %" PRIu64 " entities of %" PRIu64 " accounts\n",
            reader_counts(reader).records, files.count, counts.entities, counts.accounts);
    reader_close(reader);
    detection->reader = NULL;
}

static struct err open_engine(struct detection *detection)
{
    struct ctx *ctx = detection->ctx;
    TRY(known_open(ctx, detection->settings, &detection->known));
    TRY(open_model(detection));
    struct engine_options options = { .intel = detection->known.intel, .interfaces = detection->known.interfaces, .learn = detection->learn };
    TRY(rule_options_read(ctx, &detection->settings->rules, detection->settings->mapping, &options));
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    const struct err err = engine_open(ctx, &options, builder, &detection->engine);
    detection->projection = projection_end(builder);
    TRY(err);
    warm_up(detection, &fields);
    detection->reader = reader_open(&fields, detection->projection);
    reader_want(detection->reader, engine_sources(detection->engine));
    detection->findings = findings_open(FINDINGS_MOST);
    engine_ask_first(detection->engine, take_note, detection);
    return ERR_OK;
}

static void close_engine(struct detection *detection)
{
    reader_close(detection->reader);
    if (detection->projection) {
        projection_free(detection->projection);
    }
    engine_close(detection->engine);
    learn_close(detection->learn);
    known_close(&detection->known);
    findings_close(detection->findings);
}

static void read_logs(struct detection *detection)
{
    const struct settings *settings = detection->settings;
    const struct ingest_sink sink = { detection, take_event, take_trouble, expect_events };
    const struct ingest_files files =
        ingest_files_find(detection->ctx->arena, settings->arguments.items, settings->arguments.count, &sink);
    const int64_t started = clock_monotonic_us();
    read_files(detection, &files, &sink);

    const struct reader_counts counts = reader_counts(detection->reader);
    struct detect_run *run = &detection->run;
    run->seconds = (double)(clock_monotonic_us() - started) / 1e6;
    run->files = files.count;
    run->records = counts.records;
    run->duplicates = counts.duplicates;
    run->bytes = counts.bytes;
    run->troubles = detection->troubles;
}

static void gather_findings(struct detection *detection)
{
    struct detect_run *run = &detection->run;
    run->language = detection->settings->language;
    run->findings = findings_list(detection->findings, detection->ctx->arena, &run->count);
    for (size_t i = 0; i < run->count; i++) {
        run->by_severity[severity_of(run->findings[i].severity)]++;
    }
}

/* "1200 vpcflow, 30 dns": when there is more than CloudTrail. */
static void tell_sources(const struct detection *detection)
{
    const struct reader_counts counts = reader_counts(detection->reader);
    const char *separator = "records of ";
    if (counts.by_source[SOURCE_CLOUDTRAIL] == counts.records) {
        return;
    }
    for (int source = SOURCE_CLOUDTRAIL; source < SOURCE_COUNT; source++) {
        if (counts.by_source[source] > 0) {
            fprintf(stderr, "%s%s: %" PRIu64, separator, source_name((enum source)source), counts.by_source[source]);
            separator = ", ";
        }
    }
    fputs("\n", stderr);
}

static void tell_summary(const struct detection *detection)
{
    const struct detect_run *run = &detection->run;
    const double megabytes = (double)run->bytes / 1e6;
    const uint64_t dropped = findings_dropped(detection->findings);
    fprintf(stderr, "%" PRIu64 " files, %" PRIu64 " records, %" PRIu64 " duplicates, %" PRIu64 " skipped; %.1f MB in %.2f s (%.0f MB/s)\n",
            run->files, run->records, run->duplicates, run->skipped, megabytes, run->seconds,
            run->seconds > 0 ? megabytes / run->seconds : 0);
    tell_sources(detection);
    fprintf(stderr, "%zu findings: %zu critical, %zu high, %zu medium, %zu low\n", run->count,
            run->by_severity[SEVERITY_CRITICAL], run->by_severity[SEVERITY_HIGH], run->by_severity[SEVERITY_MEDIUM],
            run->by_severity[SEVERITY_LOW]);
    if (dropped > 0) {
        fprintf(stderr, "more than %d different findings: %" PRIu64 " occurrences of further ones are left out\n", FINDINGS_MOST,
                dropped);
    }
}

/* Before anything is read, so that a long run does not end in front of a closed door. */
static struct err open_output(struct detection *detection)
{
    const struct str path = detection->settings->output;
    detection->out = path.ptr ? fopen(str_cstr(detection->ctx->arena, path), "wb") : stdout;
    if (detection->out == NULL) {
        return fail(detection->ctx, &FAULT_IO, "cannot write %" STR_FMT ": %s", STR_ARG(path), strerrordesc_np(errno));
    }
    return ERR_OK;
}

static struct err write_results(struct detection *detection)
{
    const bool named = detection->out != stdout;
    detect_output(detection->ctx->arena, &detection->run, detection->settings->format, !named && isatty(STDOUT_FILENO),
                  detection->out);
    bool failed = fflush(detection->out) != 0 || ferror(detection->out);
    const int reason = errno;
    failed = (named && fclose(detection->out) != 0) || failed;
    return failed ? fail(detection->ctx, &FAULT_IO, "cannot write the results: %s", strerrordesc_np(reason)) : ERR_OK;
}

static struct err check(struct ctx *ctx, const struct settings *settings, double *threshold)
{
    if (settings->arguments.count == 0) {
        return fail(ctx, &FAULT_INVALID, "name a log file or folder, or - for standard input; see yagura detect --help");
    }
    if (!detect_format_known(settings->format)) {
        return fail(ctx, &FAULT_INVALID, "--format takes table, json, ndjson, csv or html, not \"%" STR_FMT "\"",
                    STR_ARG(settings->format));
    }
    if (!severity_parse(settings->min_severity, threshold)) {
        return fail(ctx, &FAULT_INVALID, "--min-severity takes 1 to 10, low, medium, high or critical, not \"%" STR_FMT "\"",
                    STR_ARG(settings->min_severity));
    }
    if (!str_equal(settings->language, STR("en")) && !str_equal(settings->language, STR("ja"))) {
        return fail(ctx, &FAULT_INVALID, "--lang takes en or ja, not \"%" STR_FMT "\"", STR_ARG(settings->language));
    }
    return ERR_OK;
}

static struct err detect(struct detection *detection)
{
    TRY(open_engine(detection));
    TRY(open_output(detection));
    read_logs(detection);
    gather_findings(detection);
    const struct err err = write_results(detection);
    tell_summary(detection);
    TRY(err);
    const struct str model = detection->settings->save_model;
    return model.len > 0 ? learn_save(detection->ctx, detection->learn, str_cstr(detection->ctx->arena, model)) : ERR_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    struct detection *detection = ARENA_NEW(arena, struct detection);
    detection->ctx = &ctx;
    detection->settings = settings;
    if (check(&ctx, settings, &detection->threshold).fault) {
        command_failed(command, &ctx);
        return STATUS_USAGE;
    }
    const struct err err = detect(detection);
    close_engine(detection);
    if (err.fault) {
        command_failed(command, &ctx);
        return err_is(err, &FAULT_INVALID) ? STATUS_USAGE : STATUS_FAILED;
    }
    if (detection->run.skipped > 0) {
        return STATUS_SKIPPED;
    }
    return detection->run.count > 0 ? STATUS_FOUND : STATUS_CLEAN;
}

const struct command COMMAND_DETECT = {
    .name = "detect",
    .summary = "findings from CloudTrail and other logs in files and folders, with no server",
    .usage = "yagura detect [options] PATH...",
    .examples = "  yagura detect logs/\n"
                "  yagura detect --min-severity high --format ndjson logs/ | jq .type\n"
                "  yagura detect --format html --lang ja --output triage.html AWSLogs/\n"
                "  yagura detect --warm-up logs/2026/05 --save-model usual.model logs/2026/06\n"
                "  aws s3 cp s3://trail/key.json.gz - | yagura detect -\n"
                "\nexit status: 0 nothing found, 1 something found, 2 wrong usage, 3 some input was skipped, 4 failure\n",
    .groups = SETTINGS_FORMAT | SETTINGS_DETECT,
    .run = run,
};
