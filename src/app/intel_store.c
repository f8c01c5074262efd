#include "app/intel_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/data.h"

enum { NAME_LENGTH_MAX = 64, LISTS_MAX = 1024, HEAD_MAX = 4096 };
#define LIST_BYTES_MAX ((size_t)1 << 30)
#define ENDING ".list"

bool intel_store_name_fits(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && (c != '.' || i == 0)) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_LENGTH_MAX;
}

static struct str path_of(struct ctx *ctx, struct str folder, struct str name)
{
    return str_format(ctx->arena, "%" STR_FMT "/%" STR_FMT ENDING, STR_ARG(folder), STR_ARG(name));
}

static struct err make_folder(struct ctx *ctx, struct str folder)
{
    const size_t slash = str_find_last(folder, '/');
    if (slash != STR_MISSING && slash > 0) {
        mkdir(str_cstr(ctx->arena, str_slice(folder, 0, slash)), 0700); /* the data folder, at the first import */
    }
    if (mkdir(str_cstr(ctx->arena, folder), 0700) != 0 && errno != EEXIST) {
        return fail(ctx, &FAULT_IO, "the folder %" STR_FMT " can't be made: %s", STR_ARG(folder), strerror(errno));
    }
    return ERR_OK;
}

struct err intel_store_write(struct ctx *ctx, struct str folder, const struct intel_stored *about, struct str lines)
{
    TRY(make_folder(ctx, folder));
    struct text text = text_new(ctx->arena);
    text_add_format(&text, "# A list of Yagura's; see yagura intel --help.\n# category: %" STR_FMT "\n# source: %" STR_FMT "\n# date: %" STR_FMT
                    "\n# imported: %" STR_FMT "\n# entries: %" STR_FMT "\n", STR_ARG(intel_list_word(about->category)), STR_ARG(about->source),
                    STR_ARG(about->date), STR_ARG(about->imported), STR_ARG(about->entries));
    text_add(&text, lines);
    return data_write(ctx, path_of(ctx, folder, about->name), text_str(&text), 0600);
}

/* The lines "# word: value" at the start. */
static struct err read_head(struct ctx *ctx, struct str path, struct str head, struct intel_stored *out)
{
    bool known = false;
    for (struct str rest = head; rest.ptr && str_starts(rest, STR("#"));) {
        struct str value = STR_NONE;
        const struct str word = str_trim(str_cut(str_from(str_cut(rest, '\n', &rest), 1), ':', &value));
        value = str_copy(ctx->arena, str_trim(value));
        known = known || (str_equal(word, STR("category")) && intel_list_of(value, &out->category));
        struct str *place = str_equal(word, STR("source"))     ? &out->source
                            : str_equal(word, STR("date"))     ? &out->date
                            : str_equal(word, STR("imported")) ? &out->imported
                            : str_equal(word, STR("entries"))  ? &out->entries
                                                               : NULL;
        if (place) {
            *place = value;
        }
    }
    return known ? ERR_OK : fail(ctx, &FAULT_INVALID, "%" STR_FMT " does not say its category; remove it, or begin it with a line "
                                 "\"# category: threat\"", STR_ARG(path));
}

static struct err read_about(struct ctx *ctx, struct str folder, struct str name, struct intel_stored *out)
{
    char head[HEAD_MAX];
    const struct str path = path_of(ctx, folder, name);
    FILE *file = fopen(path.ptr, "rb");
    if (file == NULL) {
        return fail(ctx, &FAULT_IO, "%" STR_FMT " can't be opened: %s", STR_ARG(path), strerrordesc_np(errno));
    }
    const size_t length = fread(head, 1, sizeof(head), file);
    fclose(file);
    *out = (struct intel_stored){ .name = name, .source = STR(""), .date = STR(""), .imported = STR(""), .entries = STR("") };
    return read_head(ctx, path, (struct str){ head, length }, out);
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct intel_stored *)a)->name, ((const struct intel_stored *)b)->name);
}

static size_t find_names(struct ctx *ctx, DIR *dir, struct intel_stored *out)
{
    size_t count = 0;
    for (const struct dirent *entry = readdir(dir); entry && count < LISTS_MAX; entry = readdir(dir)) {
        const struct str file = str_of(entry->d_name);
        const struct str name = str_ends(file, STR(ENDING)) ? str_slice(file, 0, file.len - strlen(ENDING)) : STR("");
        if (intel_store_name_fits(name)) {
            out[count++].name = str_copy(ctx->arena, name);
        }
    }
    return count;
}

struct err intel_store_list(struct ctx *ctx, struct str folder, struct intel_stored **out, size_t *count)
{
    *count = 0;
    *out = ARENA_ARRAY(ctx->arena, struct intel_stored, LISTS_MAX);
    DIR *dir = opendir(str_cstr(ctx->arena, folder));
    if (dir == NULL) {
        return errno == ENOENT ? ERR_OK : fail(ctx, &FAULT_IO, "%" STR_FMT " can't be read: %s", STR_ARG(folder), strerror(errno));
    }
    const size_t found = find_names(ctx, dir, *out);
    closedir(dir);
    qsort(*out, found, sizeof(struct intel_stored), by_name);
    for (; *count < found; (*count)++) {
        TRY(read_about(ctx, folder, (*out)[*count].name, &(*out)[*count]));
    }
    return ERR_OK;
}

struct err intel_store_remove(struct ctx *ctx, struct str folder, struct str name)
{
    if (!intel_store_name_fits(name) || unlink(path_of(ctx, folder, name).ptr) != 0) {
        return fail(ctx, &FAULT_MISSING, "there is no list \"%" STR_FMT "\" in %" STR_FMT "; yagura intel list tells which there are",
                    STR_ARG(name), STR_ARG(folder));
    }
    return ERR_OK;
}

struct err intel_store_load(struct ctx *ctx, struct str folder, struct intel *intel)
{
    struct intel_stored *lists = NULL;
    size_t count = 0;
    TRY(intel_store_list(ctx, folder, &lists, &count));
    for (size_t i = 0; i < count; i++) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx own = ctx_new(arena, ctx->now_ms);
        struct str text = STR_NONE;
        const struct err err = intel_read_file(&own, path_of(&own, folder, lists[i].name).ptr, LIST_BYTES_MAX, &text);
        if (err.fault) {
            return fail(ctx, err.fault, "%s", own.reason);
        }
        const struct intel_list_options options = { .name = lists[i].name, .lists = (unsigned)lists[i].category };
        intel_load_list(intel, &options, text);
    }
    return ERR_OK;
}
