/* intel_command.c - yagura intel: the lists of addresses, names and files that detections compare with. Nothing is ever
 * downloaded: lists come from files, and keep where they came from and of what date they are. */
#include <stdio.h>
#include <sys/stat.h>

#include "app/commands.h"
#include "app/intel_store.h"
#include "app/known.h"
#include "app/table.h"
#include "base/clock.h"

enum { BROKEN_SHOWN = 10 };
#define IMPORT_BYTES_MAX ((size_t)1 << 30)

struct import {
    struct ctx *ctx;
    struct text lines;
    size_t broken;
};

static void take(void *self, struct str indicator, struct str threat)
{
    struct import *import = self;
    text_add(&import->lines, indicator);
    if (threat.len > 0) {
        text_add_char(&import->lines, '\t');
        text_add(&import->lines, table_clean(import->ctx->arena, threat));
    }
    text_add_char(&import->lines, '\n');
}

static void tell_broken(void *self, size_t line, struct str text, const char *reason)
{
    struct import *import = self;
    import->broken++;
    if (import->broken <= BROKEN_SHOWN) {
        const struct str shown = table_clean(import->ctx->arena, str_slice(text, 0, 60));
        fprintf(stderr, "line %zu: \"%" STR_FMT "\": %s\n", line, STR_ARG(shown), reason);
    }
    if (import->broken == BROKEN_SHOWN) {
        fputs("further lines are only counted\n", stderr);
    }
}

/* "lists/tor_exit.txt.gz" is called tor_exit. */
static struct str name_of(struct str path)
{
    const size_t slash = str_find_last(path, '/');
    const struct str file = slash == STR_MISSING ? path : str_from(path, slash + 1);
    const size_t dot = str_find(file, '.');
    return dot == STR_MISSING ? file : str_slice(file, 0, dot);
}

static struct err format_of(struct ctx *ctx, struct str word, enum intel_format *out)
{
    *out = INTEL_FORMAT_ANY;
    return word.len == 0 || intel_format_of(word, out) ? ERR_OK
        : fail(ctx, &FAULT_INVALID, "--list-format %" STR_FMT ": want TXT, STIX, OTX_CSV, ALIEN_VAULT, PROOF_POINT or FIRE_EYE", STR_ARG(word));
}

static struct err import(struct ctx *ctx, const struct settings *settings, struct str folder, struct str path)
{
    struct import import = { .ctx = ctx, .lines = text_new(ctx->arena) };
    struct intel_list_options options = { .broken = tell_broken, .taken = take, .self = &import };
    struct intel_stored about = { .name = settings->name.len > 0 ? settings->name : name_of(path), .source = path };
    struct str text = STR_NONE;
    struct stat status = { .st_size = 0 };
    if (!intel_list_of(settings->category, &about.category)) {
        return fail(ctx, &FAULT_INVALID, "--category says what the list is: %" STR_FMT, STR_ARG(intel_list_words(ctx->arena)));
    }
    if (!intel_store_name_fits(about.name)) {
        return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "\" can't be the name of a list; give one of letters, digits, - and _ with --name",
                    STR_ARG(about.name));
    }
    TRY(format_of(ctx, settings->list_format, &options.format));
    TRY(intel_read_file(ctx, str_cstr(ctx->arena, path), IMPORT_BYTES_MAX, &text));
    options.name = about.name;
    options.lists = (unsigned)about.category;
    struct intel *intel = intel_open();
    const struct intel_counts counts = intel_load_list(intel, &options, text);
    intel_close(intel);
    if (intel_counts_all(&counts) == 0) {
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT " holds no address, network, domain name, file hash or access key", STR_ARG(path));
    }
    if (stat(str_cstr(ctx->arena, path), &status) == 0) {
        about.date = clock_format_iso8601(ctx->arena, (int64_t)status.st_mtim.tv_sec * 1000);
    }
    about.imported = clock_format_iso8601(ctx->arena, ctx->now_ms);
    about.entries = str_format(ctx->arena, "%zu", intel_counts_all(&counts));
    TRY(intel_store_write(ctx, folder, &about, text_str(&import.lines)));
    printf("%" STR_FMT ": %zu addresses and networks, %zu names, %zu file hashes, %zu keys; %zu lines left out\n", STR_ARG(about.name),
           counts.addresses, counts.names, counts.hashes, counts.keys, counts.broken);
    return ERR_OK;
}

static struct err list(struct ctx *ctx, const struct settings *settings, struct str folder)
{
    struct intel_stored *lists = NULL;
    size_t count = 0;
    struct table table = table_new(ctx->arena);
    TRY(intel_store_list(ctx, folder, &lists, &count));
    table_column(&table, "name", false);
    table_column(&table, "category", false);
    table_column(&table, "entries", true);
    table_column(&table, "date", false);
    table_column(&table, "imported", false);
    table_column(&table, "source", false);
    for (size_t i = 0; i < count; i++) {
        table_cell(&table, lists[i].name);
        table_cell(&table, intel_list_word(lists[i].category));
        table_cell(&table, lists[i].entries);
        table_cell(&table, lists[i].date);
        table_cell(&table, lists[i].imported);
        table_cell(&table, lists[i].source);
    }
    return table_print(&table, settings->format, stdout) ? ERR_OK
        : fail(ctx, &FAULT_INVALID, "--format takes table, json, ndjson or csv");
}

static bool find(const struct intel *intel, struct str asked, unsigned list, struct arena *arena, struct intel_hit *hit)
{
    return intel_address_hit(intel, asked, list, arena, hit) || intel_name_hit(intel, asked, list, arena, hit) ||
           intel_hash_hit(intel, asked, list, arena, hit) || intel_key_hit(intel, asked, list, arena, hit);
}

/* Every category that a thing is of, with its list. */
static void look_up(const struct intel *intel, struct str asked, struct table *table, size_t *found)
{
    for (unsigned bit = 0; bit < 31; bit++) {
        struct intel_hit hit;
        if (!find(intel, asked, 1u << bit, table->arena, &hit)) {
            continue;
        }
        (*found)++;
        table_cell(table, asked);
        table_cell(table, intel_list_word((enum intel_list)(1u << bit)));
        table_cell(table, hit.list);
        table_cell(table, hit.indicator);
        table_cell(table, hit.threat);
    }
}

static struct err lookup(struct ctx *ctx, const struct settings *settings, struct str folder, size_t *found)
{
    struct intel *intel = intel_open();
    const struct err err = intel_store_load(ctx, folder, intel);
    struct table table = table_new(ctx->arena);
    table_column(&table, "asked", false);
    table_column(&table, "category", false);
    table_column(&table, "list", false);
    table_column(&table, "entry", false);
    table_column(&table, "says", false);
    for (size_t i = 1; !err.fault && i < settings->arguments.count; i++) {
        look_up(intel, settings->arguments.items[i], &table, found);
    }
    intel_close(intel);
    TRY(err);
    return table_print(&table, settings->format, stdout) ? ERR_OK
        : fail(ctx, &FAULT_INVALID, "--format takes table, json, ndjson or csv");
}

static struct err act(struct ctx *ctx, const struct settings *settings, size_t *found)
{
    const struct path_list *words = &settings->arguments;
    const struct str verb = words->count > 0 ? words->items[0] : STR("");
    const struct str folder = known_folder(ctx, settings);
    if (str_equal(verb, STR("list")) && words->count == 1) {
        return list(ctx, settings, folder);
    }
    if (str_equal(verb, STR("lookup")) && words->count > 1) {
        return lookup(ctx, settings, folder, found);
    }
    if (str_equal(verb, STR("remove")) && words->count > 1) {
        for (size_t i = 1; i < words->count; i++) {
            TRY(intel_store_remove(ctx, folder, words->items[i]));
        }
        return ERR_OK;
    }
    if (str_equal(verb, STR("import")) && words->count == 2) {
        return import(ctx, settings, folder, words->items[1]);
    }
    return fail(ctx, &FAULT_INVALID, "wants import FILE, list, remove NAME or lookup VALUE; see yagura intel --help");
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    size_t found = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    const struct err err = act(&ctx, settings, &found);
    if (err.fault) {
        command_failed(command, &ctx);
        return err_is(err, &FAULT_INVALID) ? 2 : 4;
    }
    return found > 0 ? 1 : 0;
}

const struct command COMMAND_INTEL = {
    .name = "intel",
    .summary = "import lists of addresses, names and files to compare logs with; list, remove, look up",
    .usage = "yagura intel import FILE --category WORD [options]\n       yagura intel list | remove NAME... | lookup VALUE... [options]",
    .examples = "  yagura intel import tor_exit.txt --category tor\n"
                "  yagura intel import malware.tsv.gz --category command --name malware-2026\n"
                "  yagura intel import pulse.csv --list-format OTX_CSV --category threat\n"
                "  yagura intel lookup 198.51.100.7 evil.example     exit status 1 when one is known\n"
                "  yagura intel remove malware-2026\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_INTEL,
    .run = run,
};
