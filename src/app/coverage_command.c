/* coverage_command.c - yagura coverage: operations answered of operations in the model, from the generated tables. */
#include "app/commands.h"
#include "app/table.h"
#include "services.h"

static void add_number(struct table *table, size_t number)
{
    table_cell(table, str_format(table->arena, "%zu", number));
}

static size_t count_answered(const struct service_model *model)
{
    size_t answered = 0;
    for (size_t i = 0; i < model->operation_count; i++) {
        answered += model->operations[i].handler != NULL;
    }
    return answered;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct settings settings = { 0 };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    struct table table = table_new(arena);
    table_column(&table, "service", false);
    table_column(&table, "answered", true);
    table_column(&table, "operations", true);
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        table_cell(&table, str_of(SERVICE_MODELS[i]->name));
        add_number(&table, count_answered(SERVICE_MODELS[i]));
        add_number(&table, SERVICE_MODELS[i]->operation_count);
    }
    if (!table_print(&table, settings.format, stdout)) {
        fprintf(stderr, "yagura coverage: --format is table, json, ndjson or csv\n");
        return 2;
    }
    return 0;
}

const struct command COMMAND_COVERAGE = {
    .name = "coverage",
    .summary = "show how many operations of each service are answered",
    .usage = "yagura coverage [options]",
    .examples = "  yagura coverage\n  yagura coverage --format json\n",
    .groups = SETTINGS_FORMAT,
    .run = run,
};
