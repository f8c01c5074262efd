/* reconcile_bucket.c - objects of a bucket beside those that were read. */
#include "app/reconcile_parts.h"
#include "app/source_parts.h"

enum { TRIES = 5, AGAIN_MS = 300 };

static struct err fill_page(struct ctx *ctx, struct source *source, const struct bucket_page *page, const bool *open, struct reconcile *out,
                            size_t first)
{
    struct bucket_object *wanted = ARENA_ARRAY(ctx->arena, struct bucket_object, page->count);
    bool *taken = ARENA_ARRAY(ctx->arena, bool, page->count);
    size_t count = 0;
    struct err err = ERR_OK;
    for (size_t i = 0; i < page->count; i++) {
        if (open[i]) {
            wanted[count++] = page->objects[i];
        }
    }
    for (int tries = 0; tries < TRIES && count > 0; tries++) { /* a server may be writing, too */
        err = source_take(ctx, source, wanted, count, taken);
        if (!err.fault) {
            break;
        }
        source_rest(source, AGAIN_MS);
    }
    for (size_t i = 0; i < count; i++) {
        out->gaps[first + i].filled = taken[i];
        out->gaps[first + i].trouble = taken[i] ? STR_NONE : str_copy(ctx->arena, str_of(ctx->reason));
    }
    return ERR_OK;
}

static struct err look_at_page(struct ctx *ctx, struct source *source, const struct bucket_page *page, bool fill, struct reconcile *out)
{
    static const char *const words[] = { [SOURCE_OBJECT_MISSING] = "missing", [SOURCE_OBJECT_CHANGED] = "changed" };
    bool *open = ARENA_ARRAY(ctx->arena, bool, page->count);
    const size_t first = out->count;
    for (size_t i = 0; i < page->count; i++) {
        const struct bucket_object *object = &page->objects[i];
        enum source_object_state state = SOURCE_OBJECT_NO_LOG;
        TRY(source_object_state(ctx, source, object, &state));
        out->objects += state != SOURCE_OBJECT_NO_LOG;
        open[i] = state == SOURCE_OBJECT_MISSING || state == SOURCE_OBJECT_CHANGED;
        if (open[i]) {
            reconcile_add(ctx->arena, out, &(const struct reconcile_gap){
                .name = str_format(ctx->arena, "s3://%" STR_FMT "/%" STR_FMT, STR_ARG(object->bucket), STR_ARG(object->key)),
                .what = words[state], .size = object->size });
        }
    }
    return fill ? fill_page(ctx, source, page, open, out, first) : ERR_OK;
}

static struct err look_at_bucket(struct ctx *ctx, struct source *source, bool fill, struct reconcile *out)
{
    struct str token = STR_NONE;
    do {
        struct bucket_page *page = ARENA_NEW(ctx->arena, struct bucket_page);
        TRY(source_list_page(ctx, source, token, page));
        TRY(look_at_page(ctx, source, page, fill, out));
        token = page->next;
    } while (token.ptr);
    return ERR_OK;
}

struct err reconcile_bucket(struct ctx *ctx, const struct reconcile_options *options, struct reconcile *out)
{
    struct path_list *uris = ARENA_NEW(ctx->arena, struct path_list);
    struct path_list *none = ARENA_NEW(ctx->arena, struct path_list);
    struct reconcile_judging judging = { .looked = false };
    struct sources *sources = NULL;
    uris->items[uris->count++] = options->where;
    struct err err = options->writer ? reconcile_judging_open(ctx, options, none, &judging) : ERR_OK;
    if (!err.fault) {
        err = sources_open(ctx, &(struct sources_options){ uris, judging.watch, options->store, options->writer, options->settings->data,
                                                           options->settings->region }, &sources);
    }
    struct source *source = err.fault ? NULL : sources_first(sources);
    if (source && source->uri.kind != SOURCE_BUCKET) {
        err = fail(ctx, &FAULT_INVALID, "%" STR_FMT " is no bucket", STR_ARG(options->where));
    }
    if (!err.fault && judging.watch) {
        watch_start(judging.watch);
    }
    if (!err.fault) {
        err = store_connect(ctx, options->store, &source->db);
    }
    if (!err.fault) {
        err = look_at_bucket(ctx, source, options->writer != NULL, out);
        store_disconnect(source->db);
    }
    if (!err.fault) {
        err = reconcile_note(ctx, options, source->uri.name, out);
    }
    watch_stop(judging.watch);
    sources_close(sources);
    reconcile_judging_close(&judging);
    return err;
}
