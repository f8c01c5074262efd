#include "app/lists.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "detect/intel_format.h"

enum { REST_MS = 30000, BUSY_REST_MS = 250, FIRST_REST_MS = 20, BROKEN_LOGGED = 1000 };

struct lists {
    struct lists_options options;
    struct source *fetcher;
    struct thread *thread;
    struct lock *lock; /* of what follows */
    struct watch *watch;
    bool stopping;
    bool nudged;
};

static struct err load_into(struct ctx *ctx, struct store_conn *db, const struct settings *settings, const struct guardduty_list *list,
                            struct intel *intel)
{
    const struct intel_list_options options = guardduty_list_options(list);
    struct intel *own = intel_view_open(intel, list->account, list->region);
    struct str content = STR_NONE;
    TRY(guardduty_list_content(ctx, db, list, &content));
    if (own) {
        intel_load_list(own, &options, content);
    }
    /* The first account's lists act on the logs of accounts that don't live here, as an administrator's do on its members. */
    struct intel *others = str_equal(list->account, settings->account_id) ? intel_view_open(intel, STR("*"), list->region) : NULL;
    if (others) {
        intel_load_list(others, &options, content);
    }
    return ERR_OK;
}

static struct err load_all(struct ctx *ctx, struct store_conn *db, const struct settings *settings, struct intel *intel)
{
    struct guardduty_list *lists = NULL;
    struct guardduty_list *places = NULL;
    size_t count = 0;
    size_t place_count = 0;
    TRY(guardduty_list_places(ctx, db, &places, &place_count));
    TRY(guardduty_lists(ctx, db, &lists, &count));
    for (size_t i = 0; i < place_count && count > 0; i++) {
        intel_view_open(intel, places[i].account, places[i].region);
    }
    for (size_t i = 0; i < count; i++) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx own = ctx_new(arena, ctx->now_ms);
        const struct err err = lists[i].wish == GUARDDUTY_LIST_HOLD ? load_into(&own, db, settings, &lists[i], intel) : ERR_OK;
        if (err.fault) {
            return fail(ctx, err.fault, "%s", own.reason);
        }
    }
    return ERR_OK;
}

struct err lists_known(struct ctx *ctx, const struct settings *settings, struct store *store, struct known *out)
{
    struct store_conn *db = NULL;
    TRY(known_open(ctx, settings, out));
    struct err err = store_connect(ctx, store, &db);
    if (!err.fault) {
        err = load_all(ctx, db, settings, out->intel);
    }
    store_disconnect(db);
    if (err.fault) {
        known_close(out);
    }
    return err;
}

struct broken_log {
    const struct guardduty_list *list;
    size_t count;
};

static void log_broken(void *self, size_t line, struct str text, const char *reason)
{
    struct broken_log *log = self;
    (void)text; /* what stands in a list is its owner's */
    if (log->count++ < BROKEN_LOGGED) {
        log_warn(NULL, "line of a list left out", LOG_STR("list", log->list->name), LOG_STR("account", log->list->account),
                 LOG_INT("line", (int64_t)line), LOG_STR("reason", str_of(reason)));
    }
}

/* Reads and tries a list; content is what is worth keeping. */
static struct err try_list(struct ctx *ctx, struct lists *lists, const struct guardduty_list *list, struct str *content)
{
    struct intel_list_options options = guardduty_list_options(list);
    struct broken_log log = { list, 0 };
    TRY(lists_fetch(ctx, lists->fetcher, lists->options.settings, list, content));
    options.broken = log_broken;
    options.self = &log;
    struct intel *intel = intel_open();
    const struct intel_counts counts = intel_load_list(intel, &options, *content);
    intel_close(intel);
    if (counts.full) {
        return fail(ctx, &FAULT_INVALID, "the list has more than %zu entries", options.entries_max);
    }
    if (intel_counts_all(&counts) == 0) {
        return fail(ctx, &FAULT_INVALID, "no line of the list could be used as %" STR_FMT, STR_ARG(list->format));
    }
    return ERR_OK;
}

struct outcome {
    struct ctx ctx;
    const struct guardduty_list *list;
    const char *trouble;
    struct str content;
};

static struct err store_outcome(void *argument, struct store_conn *db)
{
    struct outcome *outcome = argument;
    return guardduty_list_done(&outcome->ctx, db, outcome->list, outcome->trouble, outcome->content);
}

static void settle(struct lists *lists, const struct guardduty_list *list)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct outcome outcome = { .list = list, .content = STR("") };
    if (list->wish == GUARDDUTY_LIST_ACTIVATE && try_list(&ctx, lists, list, &outcome.content).fault) {
        outcome.trouble = str_cstr(arena, str_of(ctx.reason));
        log_warn(NULL, "list not activated", LOG_STR("list", list->name), LOG_STR("account", list->account),
                 LOG_STR("reason", str_of(outcome.trouble)));
    }
    outcome.ctx = ctx_new(arena, clock_now_ms());
    if (store_writer_wait(&outcome.ctx, lists->options.writer, store_outcome, &outcome).fault) {
        log_warn(NULL, "state of a list is not stored", LOG_STR("list", list->name), LOG_STR("reason", str_of(outcome.ctx.reason)));
    }
}

/* Changes with every list that is active and with the folder of imported ones. */
static uint64_t stamp_of(struct ctx *ctx, const struct settings *settings, const struct guardduty_list *list, size_t count)
{
    struct stat status = { .st_size = 0 };
    uint64_t stamp = 0;
    if (stat(str_cstr(ctx->arena, known_folder(ctx, settings)), &status) == 0) {
        stamp = (uint64_t)status.st_mtim.tv_sec * UINT64_C(1000000007) + (uint64_t)status.st_mtim.tv_nsec;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].wish == GUARDDUTY_LIST_HOLD) {
            stamp = (stamp ^ str_hash(list[i].id) ^ (uint64_t)list[i].turn) * UINT64_C(0x9E3779B97F4A7C15);
        }
    }
    return stamp;
}

static struct err look(struct ctx *ctx, struct lists *lists, struct store_conn *db, uint64_t *stamp, bool *busy)
{
    struct guardduty_list *list = NULL;
    size_t count = 0;
    TRY(guardduty_lists(ctx, db, &list, &count));
    *busy = false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].wish >= GUARDDUTY_LIST_ACTIVATE) {
            settle(lists, &list[i]);
            *busy = true;
        }
    }
    TRY(guardduty_lists(ctx, db, &list, &count));
    const uint64_t now = stamp_of(ctx, lists->options.settings, list, count);
    lock_take(lists->lock);
    struct watch *watch = lists->watch;
    lock_give(lists->lock);
    if (now == *stamp || watch == NULL) {
        return ERR_OK;
    }
    struct known known = { 0 };
    TRY(lists_known(ctx, lists->options.settings, lists->options.store, &known));
    watch_use_known(watch, &known);
    *stamp = now;
    log_info(NULL, "lists loaded anew");
    return ERR_OK;
}

/* False: it is time to stop. A call nudges before its transaction commits, hence the second look soon after. */
static bool rest(struct lists *lists, int64_t ms)
{
    lock_take(lists->lock);
    if (!lists->stopping && !lists->nudged) {
        lock_wait(lists->lock, ms);
    }
    const bool go_on = !lists->stopping;
    lock_give(lists->lock);
    return go_on;
}

static bool was_nudged(struct lists *lists)
{
    lock_take(lists->lock);
    const bool nudged = lists->nudged;
    lists->nudged = false;
    lock_give(lists->lock);
    return nudged;
}

static void run(void *argument)
{
    struct lists *lists = argument;
    struct store_conn *db = NULL;
    uint64_t stamp = 0; /* none is 0: the first look hands over what may have changed since the start */
    int quick = 2;
    do {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        bool busy = false;
        quick = was_nudged(lists) ? 4 : quick - (quick > 0);
        const struct err err = db ? ERR_OK : store_connect(&ctx, lists->options.store, &db);
        if (err.fault || look(&ctx, lists, db, &stamp, &busy).fault) {
            log_warn(NULL, "lists are not loaded", LOG_STR("reason", str_of(ctx.reason)));
        }
        quick = busy ? 2 : quick;
    } while (rest(lists, quick == 4 ? FIRST_REST_MS : quick > 0 ? BUSY_REST_MS : REST_MS));
    store_disconnect(db);
}

static void nudge(void *self)
{
    struct lists *lists = self;
    lock_take(lists->lock);
    lists->nudged = true;
    lock_signal(lists->lock);
    lock_give(lists->lock);
}

void lists_open(const struct lists_options *options, struct lists **out)
{
    struct lists *lists = memory_new(sizeof(*lists));
    lists->options = *options;
    lists->lock = lock_open();
    lists->watch = options->watch;
    lists->fetcher = lists_fetcher_open();
    guardduty_on_list(nudge, lists);
    lists->thread = thread_start("lists", run, lists);
    *out = lists;
}

void lists_stop(struct lists *lists)
{
    if (lists == NULL) {
        return;
    }
    lock_take(lists->lock);
    lists->stopping = true;
    lock_signal(lists->lock);
    lock_give(lists->lock);
    lists_fetcher_stop(lists->fetcher);
    thread_join(lists->thread);
}

void lists_close(struct lists *lists)
{
    if (lists) {
        lists_fetcher_close(lists->fetcher);
        lock_free(lists->lock);
        memory_free(lists);
    }
}

void lists_use_watch(struct lists *lists, struct watch *watch)
{
    lock_take(lists->lock);
    lists->watch = watch;
    lock_give(lists->lock);
}
