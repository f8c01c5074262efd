/* reconcile_folder.c - files of a folder beside the place of who follows it. */
#include <stdio.h>

#include "app/reconcile_parts.h"
#include "base/clock.h"
#include "ingest/files.h"
#include "ingest/follow.h"
#include "store/checkpoint.h"

/* A line of the follower's place (ingest/follow.h). */
struct followed {
    int64_t inode, size, offset;
    struct str path;
};

static bool read_line(struct arena *arena, struct str line, struct followed *out)
{
    struct str rest = line;
    const bool fine = str_to_int(str_cut(rest, ' ', &rest), &out->inode) && rest.ptr && str_to_int(str_cut(rest, ' ', &rest), &out->size)
        && rest.ptr && str_to_int(str_cut(rest, ' ', &rest), &out->offset) && rest.ptr;
    out->path = fine ? str_percent_decode(arena, rest, false) : STR_NONE;
    return fine;
}

static const struct followed *find_followed(const struct followed *list, size_t count, struct str path, uint64_t inode)
{
    for (size_t i = 0; i < count; i++) {
        if (path.ptr ? str_equal(list[i].path, path) : (uint64_t)list[i].inode == inode) {
            return &list[i];
        }
    }
    return NULL;
}

static const char *gap_of(const struct followed *known, const struct ingest_file *file)
{
    if (known == NULL || (known->size == 0 && file->size > 0)) {
        return file->size > 0 ? "missing" : NULL;
    }
    if ((uint64_t)known->inode != file->inode || (uint64_t)known->size > file->size) {
        return "changed";
    }
    return (uint64_t)known->offset < file->size ? "partly read" : NULL;
}

static struct err read_place(struct ctx *ctx, const struct reconcile_options *options, struct followed **out, size_t *count)
{
    struct store_conn *db = NULL;
    struct str place = STR_NONE;
    size_t room = 64;
    TRY(store_connect(ctx, options->store, &db));
    const struct err err = store_checkpoint_read(ctx, db, STR("watch"), &place);
    store_disconnect(db);
    TRY(err);
    *out = ARENA_ARRAY(ctx->arena, struct followed, room);
    *count = 0;
    for (struct str rest = place; rest.ptr;) {
        const struct str line = str_cut(rest, '\n', &rest);
        if (*count == room) {
            *out = arena_grow(ctx->arena, *out, room * sizeof(**out), 2 * room * sizeof(**out));
            room *= 2;
        }
        *count += read_line(ctx->arena, line, &(*out)[*count]);
    }
    return ERR_OK;
}

static void no_event(void *self, const struct event *ev)
{
    (void)self;
    (void)ev;
}

static void tell_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    fprintf(stderr, "yagura reconcile: %" STR_FMT ": %s\n", STR_ARG(trouble->file), trouble->reason);
}

static struct err look_at_folder(struct ctx *ctx, const struct reconcile_options *options, struct reconcile *out)
{
    const struct ingest_sink sink = { .self = NULL, .event = no_event, .trouble = tell_trouble };
    struct followed *known = NULL;
    size_t count = 0;
    TRY(read_place(ctx, options, &known, &count));
    const struct ingest_files files = ingest_files_find(ctx->arena, &options->where, 1, &sink);
    for (size_t i = 0; i < files.count; i++) {
        const struct ingest_file *file = &files.list[i];
        const struct followed *mine = find_followed(known, count, file->path, 0);
        const struct followed *other = mine ? NULL : find_followed(known, count, STR_NONE, file->inode);
        if (other) {
            return fail(ctx, &FAULT_INVALID, "%" STR_FMT " is known as %" STR_FMT ": give the path by which the server follows it",
                        STR_ARG(file->path), STR_ARG(other->path));
        }
        const char *what = gap_of(mine, file);
        out->objects++;
        if (what) {
            reconcile_add(ctx->arena, out, &(const struct reconcile_gap){ .name = str_copy(ctx->arena, file->path), .what = what,
                                                                         .size = (int64_t)file->size });
        }
    }
    return ERR_OK;
}

/* The follower itself reads what is open, and keeps its place. */
static struct err fill_folder(struct ctx *ctx, const struct reconcile_options *options)
{
    struct path_list *paths = ARENA_NEW(ctx->arena, struct path_list);
    struct reconcile_judging judging = { .looked = false };
    paths->items[paths->count++] = options->where;
    clock_sleep_ms(FOLLOW_REST_MS); /* what was delivered just now is left alone for so long */
    const struct err err = reconcile_judging_open(ctx, options, paths, &judging);
    if (!err.fault) {
        watch_start(judging.watch);
        lock_take(judging.lock);
        while (!judging.looked) {
            lock_wait(judging.lock, -1);
        }
        lock_give(judging.lock);
    }
    reconcile_judging_close(&judging);
    return err;
}

static void settle(struct reconcile *before, const struct reconcile *after)
{
    for (size_t i = 0; i < before->count; i++) {
        before->gaps[i].filled = true;
        for (size_t k = 0; k < after->count && before->gaps[i].filled; k++) {
            before->gaps[i].filled = !str_equal(before->gaps[i].name, after->gaps[k].name);
        }
        before->gaps[i].trouble = before->gaps[i].filled ? STR_NONE : STR("it still grows, or its last record isn't whole");
    }
}

struct err reconcile_folder(struct ctx *ctx, const struct reconcile_options *options, struct reconcile *out)
{
    struct reconcile after = { .count = 0 };
    TRY(look_at_folder(ctx, options, out));
    if (options->writer && out->count > 0) {
        if (!options->alone) {
            return fail(ctx, &FAULT_UNAVAILABLE, "a server runs on this data, and follows folders by itself: yagura serve --watch %" STR_FMT
                        "; or look only, with --dry-run", STR_ARG(options->where));
        }
        TRY(fill_folder(ctx, options));
        TRY(look_at_folder(ctx, options, &after));
        settle(out, &after);
    }
    return reconcile_note(ctx, options, options->where, out);
}
