#include "app/learned.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "store/checkpoint.h"

/* Saving takes at most a twentieth of the time. */
enum { SAVE_EVERY_US = 60 * 1000 * 1000, SAVE_SHARE = 20, FIRST_SAVE_US = 5 * 1000 * 1000 };

static const char *model_path(struct arena *arena, const struct learned *learned, int64_t generation)
{
    return str_cstr(arena, str_format(arena, "%" STR_FMT "/%" PRId64 ".model", STR_ARG(learned->folder), generation));
}

static struct err read_generation(struct ctx *ctx, struct store *store, int64_t *generation)
{
    struct store_conn *db = NULL;
    struct str value = STR_NONE;
    TRY(store_connect(ctx, store, &db));
    const struct err err = store_checkpoint_read(ctx, db, STR("learned"), &value);
    store_disconnect(db);
    *generation = 0;
    if (value.len > 0 && !str_to_int(value, generation)) {
        *generation = 0;
    }
    return err;
}

static struct str keep(struct str text)
{
    char *copy = memory_new(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    return (struct str){ copy, text.len };
}

struct err learned_open(struct ctx *ctx, struct store *store, struct str data_folder, struct learned *out)
{
    *out = (struct learned){ .next_save_us = clock_monotonic_us() + FIRST_SAVE_US };
    TRY(read_generation(ctx, store, &out->generation));
    out->folder = keep(str_format(ctx->arena, "%" STR_FMT "/learned", STR_ARG(data_folder)));
    mkdir(out->folder.ptr, 0700);
    unlink(model_path(ctx->arena, out, out->generation - 1)); /* left behind by a kill between commit and tidying up */
    unlink(model_path(ctx->arena, out, out->generation + 1));
    if (out->generation > 0) {
        const struct err err = learn_load(ctx, model_path(ctx->arena, out, out->generation), &out->learn);
        if (err.fault == NULL) {
            return ERR_OK;
        }
        log_warn(ctx, "what was learned can't be used; learning begins anew", LOG_STR("reason", str_of(ctx->reason)));
    }
    uint64_t seed = 0;
    random_bytes(&seed, sizeof(seed));
    out->learn = learn_open(&(struct learn_options){ .seed = seed });
    return ERR_OK;
}

void learned_close(struct learned *learned)
{
    union { const char *in; char *out; } folder = { learned->folder.ptr };
    learn_close(learned->learn);
    memory_free(folder.out);
    *learned = (struct learned){ 0 };
}

bool learned_save(struct ctx *ctx, struct learned *learned, bool at_once)
{
    const int64_t started = clock_monotonic_us();
    if (!learned->changed || (!at_once && started < learned->next_save_us)) {
        return false;
    }
    const struct err err = learn_save(ctx, learned->learn, model_path(ctx->arena, learned, learned->generation + 1));
    const int64_t now = clock_monotonic_us();
    const int64_t pause = (now - started) * SAVE_SHARE;
    learned->next_save_us = now + (pause > SAVE_EVERY_US ? pause : SAVE_EVERY_US);
    if (err.fault) {
        log_warn(ctx, "what was learned is not saved", LOG_STR("reason", str_of(ctx->reason)));
    }
    return err.fault == NULL;
}

struct err learned_mark(struct ctx *ctx, struct store_conn *db, const struct learned *learned)
{
    return store_checkpoint_write(ctx, db, STR("learned"), str_format(ctx->arena, "%" PRId64, learned->generation + 1));
}

void learned_settle(struct learned *learned, bool committed)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    if (!committed) {
        return; /* the next file takes the same name; should the store have it after all, it is there */
    }
    if (learned->generation > 0) {
        unlink(model_path(arena, learned, learned->generation));
    }
    learned->generation++;
    learned->changed = false;
}
