#include "app/findings_types.h"

#include "app/table.h"
#include "detect/types.h"

struct err findings_types_print(struct ctx *ctx, struct str format, FILE *out)
{
    static const char *const columns[] = { "type", "severity", "source", "technique", "state", "by" };
    struct finding_type *types = NULL;
    TRY(finding_types(ctx, &(struct engine_options){ .rule_paths = NULL }, &types));
    struct table table = table_new(ctx->arena);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&table, columns[i], i == 1);
    }
    size_t raised = 0;
    for (size_t i = 0; i < catalogue_count(); i++) {
        const struct catalogue_entry *entry = types[i].entry;
        raised += types[i].by.len > 0;
        table_cell(&table, entry->type);
        table_cell(&table, str_format(ctx->arena, "%g", entry->severity));
        table_cell(&table, entry->source);
        table_cell(&table, entry->technique);
        table_cell(&table, finding_type_state(ctx->arena, &types[i]));
        table_cell(&table, types[i].by);
    }
    if (!table_print(&table, format, out)) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    fprintf(stderr, "%zu finding types, %zu of them have a rule or detector\n", catalogue_count(), raised);
    return ERR_OK;
}
