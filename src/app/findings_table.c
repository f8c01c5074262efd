#include "app/findings_table.h"

#include <inttypes.h>

#include "app/table.h"
#include "base/clock.h"
#include "svc/guardduty/guardduty.h"

static const char *severity_word(double severity)
{
    return severity >= 9 ? "CRITICAL" : severity >= 7 ? "HIGH" : severity >= 4 ? "MEDIUM" : "LOW";
}

/* What an ARN ends with says enough for a person. */
static struct str short_resource(struct str resource)
{
    if (str_starts(resource, STR("arn:"))) {
        for (int colons = 0; colons < 5; colons++) {
            str_cut(resource, ':', &resource);
        }
    }
    return resource;
}

/* Programs also get the id; a person's line must fit the screen. */
static struct table make_table(struct arena *arena, bool person)
{
    struct table table = table_new(arena);
    table_column(&table, "severity", false);
    table_column(&table, "lastSeen", false);
    table_column(&table, "count", true);
    table_column(&table, "type", false);
    table_column(&table, "resource", false);
    table_column(&table, "account", false);
    table_column(&table, "region", false);
    if (!person) {
        table_column(&table, "id", false);
    }
    return table;
}

static void add_row(struct table *table, const struct guardduty_summary *finding, bool person)
{
    struct arena *arena = table->arena;
    table_cell(table, str_of(severity_word(finding->severity)));
    table_cell(table, clock_format_iso8601(arena, finding->last_ms));
    table_cell(table, str_format(arena, "%" PRId64, finding->count));
    table_cell(table, finding->type);
    table_cell(table, person ? short_resource(finding->resource_id) : finding->resource_id);
    table_cell(table, finding->record_account);
    table_cell(table, finding->region);
    if (!person) {
        table_cell(table, finding->id);
    }
}

static void print_objects(const struct guardduty_summary *findings, size_t count, bool lines, FILE *out)
{
    fputs(lines ? "" : "[", out);
    for (size_t i = 0; i < count; i++) {
        fputs(lines || i == 0 ? "" : ",\n", out);
        fwrite(findings[i].json.ptr, 1, findings[i].json.len, out);
        fputs(lines ? "\n" : "", out);
    }
    fputs(lines ? "" : "]\n", out);
}

struct err findings_table_print(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                struct str format, size_t limit, FILE *out, size_t *shown)
{
    struct guardduty_summary *findings = NULL;
    TRY(guardduty_findings_newest(ctx, db, account, region, limit, &findings, shown));
    const bool lines = str_equal(format, STR("ndjson"));
    if (lines || str_equal(format, STR("json"))) {
        print_objects(findings, *shown, lines, out);
        return ERR_OK;
    }
    const bool person = str_equal(format, STR("table"));
    struct table table = make_table(ctx->arena, person);
    for (size_t i = 0; i < *shown; i++) {
        add_row(&table, &findings[i], person);
    }
    if (!table_print(&table, format, out)) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    return ERR_OK;
}
