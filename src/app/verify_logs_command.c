/* verify_logs_command.c - yagura verify-logs: were these CloudTrail logs changed? */
#include <stdio.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/table.h"
#include "app/verify_source.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/queue.h"

static void print_findings(struct ctx *ctx, const struct verify_report *report, struct str format)
{
    struct table table = table_new(ctx->arena);
    table_column(&table, "trouble", false);
    table_column(&table, "object", false);
    table_column(&table, "detail", false);
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct verify_finding *finding = &report->findings[i];
        table_cell(&table, str_of(verify_trouble_name(finding->trouble)));
        table_cell(&table, finding->object);
        table_cell(&table, finding->detail);
    }
    if (report->finding_count > 0 || !str_equal(format, STR("table"))) {
        table_print(&table, format, stdout);
    }
}

/* On standard error: results go to standard output. */
static void print_summary(struct ctx *ctx, const struct verify_report *report, int64_t took_us)
{
    if (report->digests == 0) {
        fprintf(stderr, "no digests here: log file validation may have been off, or this is not the bucket's or trail's folder\n");
        return;
    }
    fprintf(stderr, "%zu of %zu digests valid, %zu of %zu log files valid", report->digests_valid, report->digests,
            report->logs_valid, report->logs);
    if (report->from_ms) {
        fprintf(stderr, "; %s to %s", clock_format_iso8601(ctx->arena, report->from_ms).ptr,
                clock_format_iso8601(ctx->arena, report->to_ms).ptr);
    }
    fprintf(stderr, "; %.1f MB in %.2f s\n", (double)report->bytes / 1e6, (double)took_us / 1e6);
    if (report->beginnings > report->chains) {
        fprintf(stderr, "%zu chains begin anew: logging or validation was off before\n", report->beginnings - report->chains);
    }
    if (report->unsigned_digests > 0) {
        fprintf(stderr, "%zu digests without a signature to check: the copy lacks S3's metadata (KEY.metadata.json), and no later digest states it\n",
                report->unsigned_digests);
    }
}

static struct err read_key_files(struct ctx *ctx, const struct path_list *files, struct verify_key **keys, size_t *count)
{
    for (size_t i = 0; i < files->count; i++) {
        struct str json = STR_NONE;
        TRY(data_read(ctx, files->items[i], &json));
        const struct err err = verify_keys_read(ctx, json, keys, count);
        if (err.fault) {
            char reason[256];
            snprintf(reason, sizeof(reason), "%.200s", ctx->reason);
            return fail(ctx, err.fault, "%" STR_FMT ": %s; it should be what aws cloudtrail list-public-keys prints",
                        STR_ARG(files->items[i]), reason);
        }
    }
    return ERR_OK;
}

static struct err verify(struct ctx *ctx, const struct settings *settings, struct str where, struct verify_place **place,
                         struct verify_report *report)
{
    const size_t threads = settings->threads > 0 ? (size_t)settings->threads : thread_cores();
    const struct str *objects = NULL;
    struct verify_key *keys = NULL;
    size_t object_count = 0, key_count = 0;
    struct progress progress = progress_begin(!settings->no_progress, 0);
    TRY(verify_place_open(ctx, where, settings->region, threads, place, &objects, &object_count));
    TRY(read_key_files(ctx, &settings->public_keys, &keys, &key_count));
    if (settings->public_keys.count == 0) {
        TRY(verify_place_public_keys(ctx, *place, objects, object_count, &keys, &key_count));
    }
    const struct verify_source source = verify_place_source(*place);
    return verify_logs(ctx, &source, objects, object_count, keys, key_count, threads, &progress, report);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { .help = false };
    struct verify_place *place = NULL;
    struct verify_report report = { .findings = NULL };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (settings.arguments.count != 1) {
        fprintf(stderr, "yagura verify-logs: give one folder or s3://BUCKET/PREFIX\n");
        return 2;
    }
    if (settings.region.ptr == NULL) {
        settings.region = STR("us-east-1");
    }
    const int64_t started_us = clock_monotonic_us();
    const struct err err = verify(&ctx, &settings, settings.arguments.items[0], &place, &report);
    verify_place_close(place);
    if (err.fault) {
        return command_failed(command, &ctx);
    }
    print_findings(&ctx, &report, settings.format);
    print_summary(&ctx, &report, clock_monotonic_us() - started_us);
    return report.finding_count > 0 ? 1 : report.digests == 0 || report.unsigned_digests > 0 ? 3 : 0;
}

const struct command COMMAND_VERIFY_LOGS = {
    .name = "verify-logs",
    .summary = "prove CloudTrail logs of a bucket, or of a copy of it, untouched",
    .usage = "yagura verify-logs DIR|s3://BUCKET/PREFIX [options]",
    .examples = "  yagura verify-logs s3://trail-bucket/AWSLogs/ --region eu-west-1\n"
                "  aws cloudtrail list-public-keys --start-time 2026-01-01 > keys.json\n"
                "  yagura verify-logs ./copy-of-bucket --public-keys keys.json\n"
                "  yagura verify-logs copy-of-bucket --public-keys keys.json --format json\n",
    .groups = SETTINGS_VERIFY | SETTINGS_FORMAT,
    .run = run,
};
