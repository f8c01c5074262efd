/* suppress_command.c - yagura suppress: a filter from a finding, with a reason and an end, and what it would have hidden. */
#include "app/commands.h"
#include "app/data.h"
#include "app/table.h"
#include "base/clock.h"
#include "svc/guardduty/guardduty.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* "30d", "12h" or "45m". */
static bool read_period(struct str text, int64_t *ms)
{
    int64_t number = 0;
    const int64_t unit = str_ends(text, STR("d")) ? DAY_MS : str_ends(text, STR("h")) ? DAY_MS / 24 : str_ends(text, STR("m")) ? 60000 : 0;
    if (unit == 0 || !str_to_int(str_slice(text, 0, text.len - 1), &number) || number < 1 || number > 3660) {
        return false;
    }
    *ms = number * unit;
    return true;
}

static bool read_end(struct arena *arena, struct str text, int64_t now_ms, int64_t *out)
{
    int64_t period = 0;
    if (read_period(text, &period)) {
        *out = now_ms + period;
        return true;
    }
    const bool day = text.len == 10;
    return clock_parse_iso8601(day ? str_format(arena, "%" STR_FMT "T00:00:00Z", STR_ARG(text)) : text, out) && *out > now_ms;
}

static const char *trouble_with(const struct ctx *ctx, const struct settings *settings, struct guardduty_suppression *out)
{
    int64_t period = 0;
    *out = (struct guardduty_suppression){ .finding = settings->finding, .reason = str_trim(settings->reason) };
    if (settings->arguments.count > 0 || out->finding.len == 0) {
        return "name the finding with --from ID";
    }
    if (!read_period(settings->preview, &period)) {
        return "--preview takes a period: 30d, 12h";
    }
    out->since_ms = ctx->now_ms - period;
    if (settings->dry_run) {
        return NULL;
    }
    if (out->reason.len == 0) {
        return "say why with --reason TEXT; whoever looks later wants to know";
    }
    if (!read_end(ctx->arena, settings->expires, ctx->now_ms, &out->expires_ms)) {
        return "--expires takes a time to come: 2026-12-31, 2026-12-31T09:00:00Z, or 30d, 12h from now";
    }
    return NULL;
}

static struct err suppress(struct ctx *ctx, const struct settings *settings, struct store_conn *db, struct guardduty_suppression *out)
{
    TRY(store_begin(ctx, db, settings->dry_run ? STORE_READ : STORE_WRITE));
    const struct err err = guardduty_suppress(ctx, db, settings->account_id, !settings->dry_run, out);
    if (err.fault || settings->dry_run) {
        store_rollback(db);
        return err;
    }
    return store_commit(ctx, db);
}

static struct err open_and_suppress(struct ctx *ctx, const struct settings *settings, struct guardduty_suppression *out)
{
    struct store *store = NULL;
    struct store_conn *db = NULL;
    struct err err = data_connect(ctx, settings->data, settings->store, &store, &db);
    if (!err.fault) {
        err = suppress(ctx, settings, db, out);
    }
    data_disconnect(store, db);
    return err;
}

static bool show(struct ctx *ctx, const struct settings *settings, const struct guardduty_suppression *s)
{
    struct table table = table_new(ctx->arena);
    table_column(&table, "severity", true);
    table_column(&table, "lastSeen", false);
    table_column(&table, "count", true);
    table_column(&table, "type", false);
    table_column(&table, "title", false);
    table_column(&table, "id", false);
    for (size_t i = 0; i < s->example_count; i++) {
        const struct guardduty_summary *f = &s->examples[i];
        table_cell(&table, str_format(ctx->arena, "%g", f->severity));
        table_cell(&table, clock_format_iso8601(ctx->arena, f->updated_ms));
        table_cell(&table, str_format(ctx->arena, "%lld", (long long)f->count));
        table_cell(&table, f->type);
        table_cell(&table, f->title);
        table_cell(&table, f->id);
    }
    return table_print(&table, settings->format, stdout);
}

static void tell(struct ctx *ctx, const struct settings *settings, const struct guardduty_suppression *s)
{
    fprintf(stderr, "In the last %" STR_FMT " it would have hidden %lld findings (%lld occurrences, %lld findings high or critical).\n",
            STR_ARG(settings->preview), (long long)s->findings, (long long)s->occurrences, (long long)s->high);
    fprintf(stderr, "criteria: %" STR_FMT "\n", STR_ARG(table_clean(ctx->arena, s->criteria)));
    if (settings->dry_run) {
        fputs("Nothing was made.\n", stderr);
        return;
    }
    fprintf(stderr, "Made the filter %" STR_FMT " in %" STR_FMT "; it ends at %" STR_FMT ".\n", STR_ARG(s->filter), STR_ARG(s->region),
            STR_ARG(clock_format_iso8601(ctx->arena, s->expires_ms)));
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    struct guardduty_suppression suppression;
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    const char *trouble = trouble_with(&ctx, &settings, &suppression);
    if (trouble) {
        fprintf(stderr, "yagura suppress: %s\n", trouble);
        return 2;
    }
    if (open_and_suppress(&ctx, &settings, &suppression).fault) {
        return command_failed(command, &ctx);
    }
    if (!show(&ctx, &settings, &suppression)) {
        fputs("yagura suppress: --format is table, json, ndjson or csv\n", stderr);
        return 2;
    }
    tell(&ctx, &settings, &suppression);
    return 0;
}

const struct command COMMAND_SUPPRESS = {
    .name = "suppress",
    .summary = "make a filter from a finding, with a reason and an end, and show what it would have hidden",
    .usage = "yagura suppress --from FINDING --reason TEXT --expires TIME [options]",
    .examples = "  yagura suppress --from 4f0e... --dry-run\n"
                "  yagura suppress --from 4f0e... --reason 'penetration test, ticket 4711' --expires 14d\n"
                "  yagura suppress --from 4f0e... --reason 'known scanner' --expires 2027-03-31 --preview 90d\n"
                "\nThe filter archives later findings of that type, account and resource (of an access key: its user); it is an\n"
                "ordinary GuardDuty filter besides.\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_WHERE | SETTINGS_REASON | SETTINGS_SUPPRESS,
    .run = run,
};
