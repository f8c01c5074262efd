#include "app/log_tails.h"

#include "app/log_batch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "svc/logs/tail.h"
#include "wire/codec.h"

enum { SESSIONS_PER_ACCOUNT = 15, SESSIONS_MAX = 256, LOOK_MS = 1000, BUFFER_MAX = 4 << 20 };
#define SESSION_MS ((int64_t)3 * 60 * 60 * 1000)

struct session {
    struct log_tails *tails;
    struct arena *arena;
    struct logs_tail tail;
    struct log_filter *filter;
    struct str region;
    int64_t until_us;
    /* Under the lock of all. */
    char *bytes; /* to be sent */
    size_t size, room;
    bool missed, ended, closed;
    struct session *next;
};

struct log_tails {
    struct store_conn *db;
    struct inside *inside;
    struct logs_tails runner;
    struct thread *thread;
    struct lock *lock; /* of what follows */
    struct session *sessions;
    bool stopping;
};

static void session_free(struct session *session)
{
    log_filter_free(session->filter);
    memory_free(session->bytes);
    arena_close(session->arena);
}

/* What there is for the peer. False: it reads too slowly. The lock is held. */
static bool append(struct session *session, struct str bytes)
{
    if (session->size + bytes.len > BUFFER_MAX) {
        return false;
    }
    if (session->size + bytes.len > session->room) {
        session->room = 2 * (session->size + bytes.len);
        session->bytes = memory_grow(session->bytes, session->room);
    }
    memcpy(session->bytes + session->size, bytes.ptr, bytes.len);
    session->size += bytes.len;
    return true;
}

/* --- the network's side --- */

static int64_t read_session(void *self, uint64_t at, char *out, size_t max)
{
    struct session *session = self;
    (void)at;
    lock_take(session->tails->lock);
    const size_t size = session->size < max ? session->size : max;
    const bool over = size == 0 && (session->ended || session->tails->stopping);
    if (size > 0) {
        memcpy(out, session->bytes, size);
        memmove(session->bytes, session->bytes + size, session->size - size);
        session->size -= size;
    }
    lock_give(session->tails->lock);
    return over ? HTTP_STREAM_END : (int64_t)size;
}

static void close_session(void *self)
{
    struct session *session = self;
    struct log_tails *tails = session->tails;
    lock_take(tails->lock);
    session->closed = true; /* the thread takes it away */
    lock_give(tails->lock);
}

/* --- opening --- */

static struct err copy_tail(struct ctx *ctx, const struct logs_tail *tail, struct session *session)
{
    struct arena *arena = session->arena;
    struct ctx own = ctx_new(arena, ctx->now_ms);
    const struct shape *shape = NULL;
    void *asked = NULL;
    for (size_t i = 0; i < LOGS_MODEL.operation_count; i++) {
        shape = strcmp(LOGS_MODEL.operations[i].name, "StartLiveTail") == 0 ? LOGS_MODEL.operations[i].input : shape;
    }
    struct json_writer w = json_writer_new(arena);
    wire_json_write(&w, shape, tail->asked);
    TRY(wire_json_read(&own, shape, json_done(&w), &asked));
    session->tail = *tail;
    session->tail.asked = asked;
    session->tail.account = str_copy(arena, tail->account);
    session->tail.request_id = str_copy(arena, tail->request_id);
    session->tail.session_id = str_copy(arena, tail->session_id);
    for (size_t i = 0; i < tail->group_count; i++) {
        session->tail.groups[i].account = str_copy(arena, tail->groups[i].account);
        session->tail.groups[i].region = str_copy(arena, tail->groups[i].region);
    }
    const struct str pattern = session->tail.asked->log_event_filter_pattern;
    return log_filter_compile(&own, pattern.ptr ? pattern : STR(""), &session->filter);
}

/* False: there are as many as there may be. */
static bool enter(struct log_tails *tails, struct session *session)
{
    size_t mine = 0, all = 0;
    lock_take(tails->lock);
    for (const struct session *one = tails->sessions; one; one = one->next) {
        all++;
        mine += !one->closed && str_equal(one->tail.account, session->tail.account);
    }
    const bool room = mine < SESSIONS_PER_ACCOUNT && all < SESSIONS_MAX && !tails->stopping;
    if (room) {
        session->next = tails->sessions;
        tails->sessions = session;
    }
    lock_give(tails->lock);
    return room;
}

static struct err open_session(void *self, struct ctx *ctx, const struct logs_tail *tail, struct http_stream *out)
{
    struct log_tails *tails = self;
    struct arena *arena = arena_open();
    struct session *session = ARENA_NEW(arena, struct session);
    struct text hello = text_new(ctx->arena);
    session->arena = arena;
    session->tails = tails;
    session->until_us = clock_monotonic_us() + SESSION_MS * 1000;
    const struct err err = copy_tail(ctx, tail, session);
    if (err.fault) {
        session_free(session);
        return err;
    }
    logs_tail_begin(&hello, &session->tail);
    append(session, text_str(&hello));
    if (!enter(tails, session)) {
        session_free(session);
        return fail(ctx, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "There can be at most %d Live Tail sessions at a time.", SESSIONS_PER_ACCOUNT);
    }
    *out = (struct http_stream){ .size = HTTP_STREAM_ENDLESS, .read = read_session, .close = close_session, .self = session };
    return ERR_OK;
}

/* --- looking --- */

static struct err look_at(struct ctx *ctx, struct log_tails *tails, struct session *session, struct logs_feed *feed, struct logs_tail_results *results)
{
    struct logs_batch batch = { .next_block = 0 };
    TRY(store_begin(ctx, tails->db, STORE_READ));
    const struct err err = logs_batch_read(ctx, tails->db, feed, &batch);
    store_rollback(tails->db);
    TRY(err);
    log_batch_open_keys(ctx, tails->inside, &batch);
    logs_tail_gather(ctx, &session->tail, session->filter, &batch, results);
    feed->next_block = batch.next_block;
    return ERR_OK;
}

static void look(struct log_tails *tails, struct session *session)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct logs_tail_results *results = ARENA_NEW(arena, struct logs_tail_results);
    struct text text = text_new(arena);
    const bool over = clock_monotonic_us() > session->until_us;
    for (size_t i = 0; i < session->tail.group_count; i++) {
        if (look_at(&ctx, tails, session, &session->tail.groups[i], results).fault) {
            log_warn(NULL, "a live tail can't be read now", LOG_STR("reason", str_of(ctx.reason)));
        }
    }
    results->sampled = results->sampled || session->missed;
    logs_tail_update(&text, results);
    if (over) {
        logs_tail_timeout(&text);
    }
    lock_take(tails->lock);
    session->missed = !append(session, text_str(&text));
    session->ended = over;
    lock_give(tails->lock);
}

/* Those whose peers are gone go. */
static void drop_closed(struct log_tails *tails)
{
    struct session *gone = NULL;
    lock_take(tails->lock);
    for (struct session **link = &tails->sessions; *link;) {
        struct session *session = *link;
        if (session->closed) {
            *link = session->next;
            session->next = gone;
            gone = session;
        } else {
            link = &session->next;
        }
    }
    lock_give(tails->lock);
    while (gone) {
        struct session *next = gone->next;
        session_free(gone);
        gone = next;
    }
}

static void run(void *argument)
{
    struct log_tails *tails = argument;
    bool stopping = false;
    while (!stopping) {
        drop_closed(tails);
        lock_take(tails->lock);
        struct session *session = tails->sessions; /* only this thread takes any away, and new ones come before the first */
        lock_give(tails->lock);
        for (; session; session = session->next) {
            look(tails, session);
        }
        lock_take(tails->lock);
        if (!tails->stopping) {
            lock_wait(tails->lock, LOOK_MS);
        }
        stopping = tails->stopping;
        lock_give(tails->lock);
    }
}

struct err log_tails_open(struct ctx *ctx, struct store *store, struct inside *inside, struct log_tails **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, store, &db));
    struct log_tails *tails = memory_new(sizeof(*tails));
    tails->db = db;
    tails->inside = inside;
    tails->lock = lock_open();
    tails->runner = (struct logs_tails){ open_session, tails };
    *out = tails;
    return ERR_OK;
}

void log_tails_start(struct log_tails *tails)
{
    tails->thread = thread_start("log tails", run, tails);
    logs_set_tails(&tails->runner);
}

void log_tails_close(struct log_tails *tails)
{
    if (tails == NULL) {
        return;
    }
    lock_take(tails->lock);
    tails->stopping = true;
    lock_signal(tails->lock);
    lock_give(tails->lock);
    if (tails->thread) {
        thread_join(tails->thread);
    }
    drop_closed(tails);
    store_disconnect(tails->db);
    lock_free(tails->lock);
    memory_free(tails);
}
