#include "app/findings_table.h"

#include <inttypes.h>

#include "app/table.h"
#include "base/clock.h"
#include "svc/guardduty/guardduty.h"

static const char *severity_word(double severity)
{
    return severity >= 9 ? "CRITICAL" : severity >= 7 ? "HIGH" : severity >= 4 ? "MEDIUM" : "LOW";
}

static void add_row(struct table *table, const struct guardduty_summary *finding)
{
    struct arena *arena = table->arena;
    table_cell(table, str_of(severity_word(finding->severity)));
    table_cell(table, finding->type);
    table_cell(table, finding->resource_id);
    table_cell(table, finding->record_account);
    table_cell(table, finding->region);
    table_cell(table, str_format(arena, "%" PRId64, finding->count));
    table_cell(table, clock_format_iso8601(arena, finding->last_ms));
    table_cell(table, finding->id);
}

struct err findings_table_print(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                struct str format, size_t limit, FILE *out, size_t *shown)
{
    struct guardduty_summary *findings = NULL;
    TRY(guardduty_findings_newest(ctx, db, account, region, limit, &findings, shown));
    struct table table = table_new(ctx->arena);
    table_column(&table, "severity", false);
    table_column(&table, "type", false);
    table_column(&table, "resource", false);
    table_column(&table, "account", false);
    table_column(&table, "region", false);
    table_column(&table, "count", true);
    table_column(&table, "lastSeen", false);
    table_column(&table, "id", false);
    for (size_t i = 0; i < *shown; i++) {
        add_row(&table, &findings[i]);
    }
    if (!table_print(&table, format, out)) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    return ERR_OK;
}
