/* audit_command.c - yagura audit: what of an account's users, keys, policies and trails should be changed. */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/posture.h"
#include "app/table.h"
#include "base/clock.h"

enum { STATUS_CLEAN = 0, STATUS_FOUND = 1, STATUS_USAGE = 2, STATUS_SKIPPED = 3 };

struct findings {
    struct posture_finding *items;
    size_t count;
};

/* The gravest first, then by check and subject. */
static int compare(const void *left, const void *right)
{
    const struct posture_finding *a = left;
    const struct posture_finding *b = right;
    if (a->check->severity != b->check->severity) {
        return a->check->severity < b->check->severity ? 1 : -1;
    }
    const int by_check = str_compare(a->check->id, b->check->id);
    return by_check ? by_check : str_compare(a->subject, b->subject);
}

static struct findings judge_all(struct ctx *ctx, struct posture_checks *checks, const struct posture_items *items, enum severity least)
{
    const size_t most = posture_checks_count(checks);
    const struct posture_check **failed = ARENA_ARRAY(ctx->arena, const struct posture_check *, most);
    struct findings found = { ARENA_ARRAY(ctx->arena, struct posture_finding, items->count * most + 1), 0 };
    for (size_t i = 0; i < items->count; i++) {
        const size_t count = posture_judge(checks, items->items[i].json, failed);
        for (size_t j = 0; j < count; j++) {
            if (failed[j]->severity >= least) {
                found.items[found.count++] = (struct posture_finding){ failed[j], items->items[i].subject };
            }
        }
    }
    qsort(found.items, found.count, sizeof(*found.items), compare);
    return found;
}

static bool print(struct ctx *ctx, struct str format, const struct findings *found)
{
    const bool people = str_equal(format, STR("table"));
    struct table table = table_new(ctx->arena);
    static const char *const columns[] = { "severity", "check", "subject", "title", "remediation" };
    for (size_t i = 0; i < COUNT_OF(columns) - people; i++) {
        table_column(&table, columns[i], false);
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct posture_check *check = found->items[i].check;
        table_cell(&table, str_of(severity_word(check->severity)));
        table_cell(&table, check->id);
        table_cell(&table, found->items[i].subject);
        table_cell(&table, check->title);
        if (!people) {
            table_cell(&table, check->remediation);
        }
    }
    if (!table_print(&table, format, stdout)) {
        return false;
    }
    for (size_t i = 0; people && i < found->count; i++) { /* what to do, once for each check */
        const struct posture_check *check = found->items[i].check;
        if (i == 0 || found->items[i - 1].check != check) {
            printf("\n%" STR_FMT ": %" STR_FMT "\n", STR_ARG(check->id), STR_ARG(check->remediation));
        }
    }
    return true;
}

static struct err read_time(struct ctx *ctx, struct str text, int64_t *ms)
{
    if (text.ptr == NULL || clock_parse_iso8601(text, ms) ||
        clock_parse_iso8601(str_format(ctx->arena, "%" STR_FMT "T00:00:00Z", STR_ARG(text)), ms)) {
        return ERR_OK;
    }
    return fail(ctx, &FAULT_INVALID, "--as-of takes a time: 2026-12-31, or 2026-12-31T09:00:00Z");
}

static struct err prepare(struct ctx *ctx, const struct settings *settings, struct posture_checks **checks, enum severity *least)
{
    double number = 0;
    TRY(read_time(ctx, settings->as_of, &ctx->now_ms));
    if (!severity_parse(settings->min_severity, &number)) {
        return fail(ctx, &FAULT_INVALID, "--min-severity is low, medium, high, critical or 1 to 10");
    }
    if (!str_equal(settings->language, STR("en")) && !str_equal(settings->language, STR("ja"))) {
        return fail(ctx, &FAULT_INVALID, "--lang is en or ja");
    }
    *least = severity_of(number);
    return posture_checks_open(ctx, settings->language, checks);
}

static struct err look(struct ctx *ctx, const struct settings *settings, struct posture_items *items)
{
    const struct posture_options options = { .data = settings->data, .root_key = settings->root_key, .store = settings->store, .endpoint = settings->endpoint,
                                             .account = settings->account_id, .region = settings->region };
    struct posture *posture = NULL;
    struct err err = posture_open(ctx, &options, &posture);
    if (!err.fault) {
        err = posture_look(ctx, posture, items);
    }
    posture_close(posture);
    return err;
}

static void tell_trouble(const struct posture_items *items)
{
    for (size_t i = 0; i < items->trouble_count; i++) {
        fprintf(stderr, "yagura audit: could not look at %" STR_FMT "\n", STR_ARG(items->trouble[i]));
    }
}

static int audit(const struct command *command, struct ctx *ctx, const struct settings *settings)
{
    struct posture_checks *checks = NULL;
    struct posture_items items = { .count = 0 };
    enum severity least = SEVERITY_LOW;
    int status = STATUS_USAGE;
    if (prepare(ctx, settings, &checks, &least).fault) {
        command_failed(command, ctx);
    } else if (look(ctx, settings, &items).fault) {
        status = command_failed(command, ctx);
    } else {
        const struct findings found = judge_all(ctx, checks, &items, least);
        tell_trouble(&items);
        status = items.trouble_count > 0 ? STATUS_SKIPPED : found.count > 0 ? STATUS_FOUND : STATUS_CLEAN;
        if (!print(ctx, settings->format, &found)) {
            fprintf(stderr, "yagura audit: --format is table, json, ndjson or csv\n");
            status = STATUS_USAGE;
        }
    }
    posture_checks_close(checks);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    if (settings->arguments.count > 0) {
        fprintf(stderr, "yagura audit: takes options only; see yagura audit --help\n");
        return STATUS_USAGE;
    }
    return audit(command, &ctx, settings);
}

const struct command COMMAND_AUDIT = {
    .name = "audit",
    .summary = "check users, keys, root, policies, roles and trails of an account for what should be changed",
    .usage = "yagura audit [options]",
    .examples = "  yagura audit                                       (the data folder ./yagura-data)\n"
                "  yagura audit --as-of 2027-11-24 --lang ja          (keys that are young today will be old then)\n"
                "  yagura audit --endpoint http://127.0.0.1:4700 --format json\n"
                "  yagura audit --endpoint aws --region ap-northeast-1 --min-severity high --format csv\n"
                "\nexit status: 0 nothing found; 1 found; 2 wrong usage; 3 something could not be looked at; 4 failure\n",
    .groups = SETTINGS_DATA | SETTINGS_WHERE | SETTINGS_FORMAT | SETTINGS_AUDIT,
    .run = run,
};
