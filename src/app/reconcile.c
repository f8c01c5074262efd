#include "app/reconcile.h"

#include "app/lists.h"
#include "app/reconcile_parts.h"
#include "store/source.h"

enum { LOOK_MS = 300 };

void reconcile_add(struct arena *arena, struct reconcile *into, const struct reconcile_gap *gap)
{
    if (into->count == into->room) {
        const size_t more = into->room ? into->room * 2 : 64;
        into->gaps = arena_grow(arena, into->gaps, into->room * sizeof(*gap), more * sizeof(*gap));
        into->room = more;
    }
    into->gaps[into->count++] = *gap;
}

static void note_look(void *self, size_t findings)
{
    struct reconcile_judging *judging = self;
    (void)findings;
    lock_take(judging->lock);
    judging->looked = true;
    lock_signal(judging->lock);
    lock_give(judging->lock);
}

struct err reconcile_judging_open(struct ctx *ctx, const struct reconcile_options *options, const struct path_list *paths,
                               struct reconcile_judging *judging)
{
    const struct settings *settings = options->settings;
    struct known known = { 0 };
    TRY(lists_known(ctx, settings, options->store, &known));
    judging->lock = lock_open();
    const struct err err = watch_open(ctx, &(struct watch_options){
        .paths = paths,
        .rules = &settings->rules,
        .mapping = settings->mapping,
        .known = known,
        .store = options->store,
        .writer = options->writer,
        .home_account = settings->account_id,
        .home_region = settings->region,
        .data = options->alone ? settings->data : STR_NONE,
        .interval_ms = LOOK_MS,
        .looked = note_look,
        .self = judging,
    }, &judging->watch);
    if (err.fault) {
        known_close(&known);
    }
    return err;
}

void reconcile_judging_close(struct reconcile_judging *judging)
{
    watch_stop(judging->watch);
    watch_close(judging->watch);
    if (judging->lock) {
        lock_free(judging->lock);
    }
}

static int64_t open_gaps(const struct reconcile *found)
{
    int64_t open = 0;
    for (size_t i = 0; i < found->count; i++) {
        open += !found->gaps[i].filled;
    }
    return open;
}

struct noting {
    struct ctx ctx;
    struct str source;
    int64_t missing;
};

static struct err note_missing(void *argument, struct store_conn *db)
{
    struct noting *noting = argument;
    int64_t id = 0;
    TRY(store_source_open(&noting->ctx, db, noting->source, &id));
    TRY(store_source_missing(&noting->ctx, db, id, noting->missing));
    return store_source_looked(&noting->ctx, db, id, STR_NONE);
}

/* For the metrics of the server. */
struct err reconcile_note(struct ctx *ctx, const struct reconcile_options *options, struct str source, const struct reconcile *found)
{
    struct noting noting = { *ctx, source, open_gaps(found) };
    const struct err err = options->writer ? store_writer_wait(&noting.ctx, options->writer, note_missing, &noting) : ERR_OK;
    memcpy(ctx->reason, noting.ctx.reason, sizeof(ctx->reason));
    return err;
}
