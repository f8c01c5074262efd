#include "app/findings_hidden.h"

#include <inttypes.h>

#include "app/table.h"
#include "base/clock.h"
#include "svc/guardduty/guardduty.h"

static void add_number(struct table *table, int64_t number)
{
    table_cell(table, str_format(table->arena, "%" PRId64, number));
}

struct err findings_hidden_print(struct ctx *ctx, struct store_conn *db, struct str account, struct str format, FILE *out,
                                 size_t *shown)
{
    struct guardduty_hiding *list = NULL;
    struct table table = table_new(ctx->arena);
    TRY(guardduty_hiding_list(ctx, db, account, &list, shown));
    if (*shown == 0 && str_equal(format, STR("table"))) {
        fputs("no filter that can hide high or critical findings waits for a reason\n", out);
        return ERR_OK;
    }
    table_column(&table, "filter", false);
    table_column(&table, "region", false);
    table_column(&table, "since", false);
    table_column(&table, "hidden", true);
    table_column(&table, "high", true);
    table_column(&table, "critical", true);
    for (size_t i = 0; i < *shown; i++) {
        table_cell(&table, list[i].filter);
        table_cell(&table, list[i].region);
        table_cell(&table, clock_format_iso8601(ctx->arena, list[i].since_ms));
        add_number(&table, list[i].hidden);
        add_number(&table, list[i].high);
        add_number(&table, list[i].critical);
    }
    if (!table_print(&table, format, out)) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    return ERR_OK;
}

struct err findings_hidden_acknowledge(struct ctx *ctx, struct store_conn *db, struct str account, struct str filter,
                                       struct str reason)
{
    size_t count = 0;
    TRY(store_begin(ctx, db, STORE_WRITE));
    const struct err err = guardduty_hiding_acknowledge(ctx, db, account, filter, reason, &count);
    if (err.fault || count == 0) {
        store_rollback(db);
        TRY(err);
        return fail(ctx, &FAULT_MISSING, "no filter %" STR_FMT " waits for a reason; see yagura findings hidden",
                    STR_ARG(filter));
    }
    return store_commit(ctx, db);
}
