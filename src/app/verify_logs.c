#include "app/verify_logs.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/queue.h"
#include "crypto/hash.h"
#include "crypto/rsa_sign.h"
#include "svc/cloudtrail/digest.h"
#include "wire/gzip.h"

enum { OBJECT_MAX = 512 << 20, FINDINGS_SHOWN_MAX = 1 << 20 };

/* One digest: what its name says, and once it was read what must be held against its neighbours. */
struct link {
    struct str key;
    struct digest_name name;
    bool read;
    bool in_place;                  /* it says itself where it lies */
    struct str hash;                /* of its uncompressed bytes, hex */
    struct str signature;           /* metadata, hex; absent: none */
    struct digest_doc doc;          /* without logs */
};

struct run {
    const struct verify_source *source;
    const struct verify_key *keys;
    struct rsa_public **opened;
    size_t key_count;
    struct link *links;
    size_t count, next, done;
    struct lock *lock; /* of next, done, arena, report, err */
    struct arena *arena;
    struct progress *progress;
    struct verify_report *report;
    size_t capacity;
    struct err err;
    char reason[1024];
};

struct worker {
    struct run *run;
    size_t number;
    struct thread *thread;
};

const char *verify_trouble_name(enum verify_trouble trouble)
{
    static const char *const names[VERIFY_TROUBLES] = {
        "log changed", "log deleted", "digest changed", "digest deleted", "chain broken", "signature wrong",
        "public key unknown", "unreadable",
    };
    return names[trouble];
}

/* A copy may lie deeper or less deep than the bucket has it. */
static bool same_place(struct str key, struct str object)
{
    return str_ends(key, object) || str_ends(object, key);
}

/* Backfilled digests are a chain of their own. */
static bool same_chain(const struct link *a, const struct link *b)
{
    return a->name.backfill == b->name.backfill && str_equal(a->name.chain, b->name.chain);
}

/* Under the lock, or alone. */
static void add(struct run *run, enum verify_trouble trouble, struct str object, struct str detail)
{
    struct verify_report *report = run->report;
    if (report->finding_count == FINDINGS_SHOWN_MAX) {
        return;
    }
    if (report->finding_count == run->capacity) {
        const size_t more = run->capacity ? run->capacity * 2 : 64;
        report->findings = arena_grow(run->arena, report->findings, run->capacity * sizeof(*report->findings),
                                      more * sizeof(*report->findings));
        run->capacity = more;
    }
    report->findings[report->finding_count++] = (struct verify_finding){ trouble, str_copy(run->arena, object),
                                                                         str_copy(run->arena, detail) };
}

static void tell(struct run *run, enum verify_trouble trouble, struct str object, struct str detail)
{
    lock_take(run->lock);
    add(run, trouble, object, detail);
    lock_give(run->lock);
}

/* An object that isn't there is a finding; one that can't be had ends the run. */
static bool fetch(struct worker *worker, struct ctx *ctx, struct str key, struct str *plain, struct str *signature, bool *missing)
{
    struct run *run = worker->run;
    struct str body = STR_NONE;
    const struct err err = run->source->get(run->source->self, ctx, worker->number, key, &body, signature);
    *missing = err_is(err, &FAULT_MISSING);
    if (err.fault && !*missing) {
        lock_take(run->lock);
        run->err = run->err.fault ? run->err : err;
        memcpy(run->reason, ctx->reason, sizeof(run->reason));
        lock_give(run->lock);
    }
    return !err.fault && gzip_unpack(ctx->arena, body, OBJECT_MAX, plain);
}

static bool failed(struct run *run)
{
    lock_take(run->lock);
    const bool has = run->err.fault != NULL;
    lock_give(run->lock);
    return has;
}

static void check_log(struct worker *worker, struct ctx *ctx, const struct digest_log *log)
{
    struct run *run = worker->run;
    struct str plain = STR_NONE, signature = STR_NONE;
    bool missing = false;
    const struct arena_mark mark = arena_mark(ctx->arena);
    const bool had = fetch(worker, ctx, log->object, &plain, &signature, &missing);
    const bool same = had && str_equal_nocase(hash_hex(ctx->arena, HASH_SHA256, plain), log->hash);
    lock_take(run->lock);
    run->report->logs++;
    run->report->logs_valid += same;
    run->report->bytes += plain.len;
    if (!same && !run->err.fault) {
        add(run, missing ? VERIFY_LOG_DELETED : VERIFY_LOG_CHANGED, log->object,
            missing ? STR("a digest names it, and it is not there")
            : had   ? STR("its SHA-256 is not the one in the digest")
                    : STR("it is no single whole gzip member"));
    }
    lock_give(run->lock);
    arena_release(ctx->arena, mark);
}

/* What is needed later, out of the worker's arena. Under the lock. */
static void keep(struct run *run, struct link *link, const struct digest_doc *doc, struct str hash, struct str signature)
{
    struct arena *arena = run->arena;
    link->read = true;
    link->hash = str_copy(arena, hash);
    link->signature = signature.ptr ? str_copy(arena, signature) : STR_NONE;
    link->in_place = same_place(link->key, doc->object);
    link->doc = (struct digest_doc){
        .bucket = str_copy(arena, doc->bucket), .object = str_copy(arena, doc->object),
        .fingerprint = str_copy(arena, doc->fingerprint), .end_text = str_copy(arena, doc->end_text),
        .start_ms = doc->start_ms, .end_ms = doc->end_ms,
        .previous_object = doc->previous_object.ptr ? str_copy(arena, doc->previous_object) : STR_NONE,
        .previous_hash = doc->previous_hash.ptr ? str_copy(arena, doc->previous_hash) : STR_NONE,
        .previous_signature = doc->previous_signature.ptr ? str_copy(arena, doc->previous_signature) : STR_NONE,
    };
}

static void check_digest(struct worker *worker, struct ctx *ctx, struct link *link)
{
    struct run *run = worker->run;
    struct str plain = STR_NONE, signature = STR_NONE;
    struct digest_doc doc = { .log_count = 0 };
    bool missing = false;
    const bool had = fetch(worker, ctx, link->key, &plain, &signature, &missing);
    const char *wrong = had ? digest_read(ctx->arena, plain, &doc) : "it is no single whole gzip member";
    if (wrong) {
        tell(run, VERIFY_DIGEST_CHANGED, link->key, str_of(wrong));
        return;
    }
    const struct str hash = hash_hex(ctx->arena, HASH_SHA256, plain);
    lock_take(run->lock);
    keep(run, link, &doc, hash, signature);
    run->report->bytes += plain.len;
    lock_give(run->lock);
    for (size_t i = 0; i < doc.log_count && !failed(run); i++) {
        check_log(worker, ctx, &doc.logs[i]);
    }
}

static struct link *next_link(struct run *run)
{
    lock_take(run->lock);
    struct link *link = run->next < run->count && !run->err.fault ? &run->links[run->next++] : NULL;
    lock_give(run->lock);
    return link;
}

static void work(void *argument)
{
    struct worker *worker = argument;
    struct run *run = worker->run;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    for (struct link *link = NULL; (link = next_link(run));) {
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        check_digest(worker, &ctx, link);
        lock_take(run->lock);
        run->done++;
        progress_update(run->progress, run->done, run->report->bytes, run->report->logs);
        lock_give(run->lock);
        arena_reset(arena);
    }
}

/* Newest last within a chain; chains side by side. */
static int by_chain(const void *left, const void *right)
{
    const struct link *a = left;
    const struct link *b = right;
    const int order = str_compare(a->name.chain, b->name.chain);
    if (order != 0 || a->name.backfill != b->name.backfill) {
        return order != 0 ? order : a->name.backfill - b->name.backfill;
    }
    return a->name.end_ms < b->name.end_ms ? -1 : a->name.end_ms > b->name.end_ms ? 1 : str_compare(a->key, b->key);
}

static const struct rsa_public *public_key_of(const struct run *run, struct str fingerprint)
{
    for (size_t i = 0; i < run->key_count; i++) {
        if (str_equal_nocase(run->keys[i].fingerprint, fingerprint)) {
            return run->opened[i];
        }
    }
    return NULL;
}

static bool is_signed(struct arena *arena, const struct rsa_public *key, const struct link *link, struct str signature)
{
    unsigned char bytes[1024];
    const size_t size = signature.len / 2;
    return size > 0 && size <= sizeof(bytes) && str_unhex(signature, bytes, size)
        && rsa_public_verify(key, digest_message(arena, &link->doc, link->hash), (struct str){ (const char *)bytes, size });
}

/* The digest that comes after this one in its chain, if any names it. */
static const struct link *successor_of(const struct run *run, size_t at)
{
    const struct link *link = &run->links[at];
    for (size_t i = at + 1; i < run->count && same_chain(&run->links[i], link); i++) {
        const struct link *later = &run->links[i];
        if (later->read && later->doc.previous_object.ptr && str_equal(later->doc.previous_object, link->doc.object)) {
            return later;
        }
        if (i > at + 8) {
            break;
        }
    }
    return NULL;
}

static void check_signature(struct run *run, size_t at)
{
    struct link *link = &run->links[at];
    const struct link *after = successor_of(run, at);
    const struct rsa_public *key = public_key_of(run, link->doc.fingerprint);
    const bool hash_known = after && after->doc.previous_hash.ptr;
    const bool changed = hash_known && !str_equal_nocase(after->doc.previous_hash, link->hash);
    const struct str recorded = after ? after->doc.previous_signature : STR_NONE;
    const struct str signature = link->signature.ptr ? link->signature : recorded;
    const struct arena_mark mark = arena_mark(run->arena);
    if (key == NULL) {
        add(run, VERIFY_KEY_UNKNOWN, link->key, str_format(run->arena, "no public key has the fingerprint %" STR_FMT,
                                                           STR_ARG(link->doc.fingerprint)));
        return;
    }
    if (!signature.ptr) {
        run->report->unsigned_digests++;
        return;
    }
    const bool sound = is_signed(run->arena, key, link, signature);
    const bool by_record = !sound && recorded.ptr && is_signed(run->arena, key, link, recorded);
    arena_release(run->arena, mark);
    if (changed) {
        add(run, VERIFY_DIGEST_CHANGED, link->key, STR("its SHA-256 is not the one that its successor states"));
    } else if (!sound) {
        add(run, VERIFY_SIGNATURE_WRONG, link->key,
            by_record ? STR("the signature beside it was changed: the one that its successor states is right")
                      : STR("the signature is not of this digest"));
    } else if (!link->in_place) {
        add(run, VERIFY_DIGEST_CHANGED, link->key, str_format(run->arena, "it belongs at %" STR_FMT, STR_ARG(link->doc.object)));
    } else {
        run->report->digests_valid++;
    }
}

static const struct link *find_link(const struct run *run, size_t at, struct str object)
{
    for (size_t i = at; i-- > 0 && same_chain(&run->links[i], &run->links[at]);) {
        if (same_place(run->links[i].key, object)) {
            return &run->links[i];
        }
    }
    return NULL;
}

static void check_link(struct run *run, size_t at)
{
    const struct link *link = &run->links[at];
    const bool first = at == 0 || !same_chain(&run->links[at - 1], link);
    const struct link *older = first ? NULL : &run->links[at - 1];
    run->report->chains += first;
    if (!link->doc.previous_object.ptr) {
        run->report->beginnings++;
        if (older && older->read && older->doc.end_ms == link->doc.start_ms) {
            add(run, VERIFY_CHAIN_BROKEN, link->key, str_format(run->arena, "it goes on where %" STR_FMT " ends, and does not name it",
                                                                STR_ARG(older->key)));
        }
        return;
    }
    const struct link *named = find_link(run, at, link->doc.previous_object);
    if (named == NULL) {
        add(run, VERIFY_DIGEST_DELETED, link->doc.previous_object,
            str_format(run->arena, "%" STR_FMT " names it, and it is not there", STR_ARG(link->key)));
        return;
    }
    if (named->signature.ptr && link->doc.previous_signature.ptr
        && !str_equal_nocase(named->signature, link->doc.previous_signature)) {
        add(run, VERIFY_CHAIN_BROKEN, link->key, str_format(run->arena, "it states another signature than %" STR_FMT " has",
                                                            STR_ARG(named->key)));
    }
}

static int by_object(const void *left, const void *right)
{
    const struct verify_finding *a = left;
    const struct verify_finding *b = right;
    const int order = str_compare(a->object, b->object);
    return order != 0 ? order : (a->trouble > b->trouble) - (a->trouble < b->trouble);
}

static void put_together(struct run *run)
{
    struct verify_report *report = run->report;
    for (size_t i = 0; i < run->count; i++) {
        const struct link *link = &run->links[i];
        if (link->read) {
            report->from_ms = report->from_ms == 0 || link->doc.start_ms < report->from_ms ? link->doc.start_ms : report->from_ms;
            report->to_ms = link->doc.end_ms > report->to_ms ? link->doc.end_ms : report->to_ms;
            check_signature(run, i);
            check_link(run, i);
        }
    }
    if (report->finding_count > 0) {
        qsort(report->findings, report->finding_count, sizeof(*report->findings), by_object);
    }
}

static void run_threads(struct run *run, size_t threads)
{
    struct worker *workers = memory_new(threads * sizeof(*workers));
    for (size_t i = 0; i < threads; i++) {
        workers[i] = (struct worker){ .run = run, .number = i };
        workers[i].thread = thread_start("verify", work, &workers[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        thread_join(workers[i].thread);
    }
    memory_free(workers);
}

struct err verify_logs(struct ctx *ctx, const struct verify_source *source, const struct str *keys, size_t key_count,
                       const struct verify_key *public_keys, size_t public_key_count, size_t threads,
                       struct progress *progress, struct verify_report *out)
{
    struct run run = { .source = source, .keys = public_keys, .key_count = public_key_count, .arena = ctx->arena,
                       .progress = progress, .report = out };
    *out = (struct verify_report){ .findings = NULL };
    run.links = ARENA_ARRAY(ctx->arena, struct link, key_count + 1);
    for (size_t i = 0; i < key_count; i++) {
        struct link link = { .key = keys[i] };
        if (digest_name_read(keys[i], &link.name)) {
            run.links[run.count++] = link;
        }
    }
    qsort(run.links, run.count, sizeof(*run.links), by_chain);
    out->digests = run.count;
    progress->total = run.count;
    run.opened = ARENA_ARRAY(ctx->arena, struct rsa_public *, public_key_count + 1);
    for (size_t i = 0; i < public_key_count; i++) {
        run.opened[i] = rsa_public_open(public_keys[i].public_key);
    }
    run.lock = lock_open();
    run_threads(&run, threads);
    lock_free(run.lock);
    if (!run.err.fault) {
        put_together(&run);
    }
    for (size_t i = 0; i < public_key_count; i++) {
        rsa_public_close(run.opened[i]);
    }
    progress_clear(progress);
    return run.err.fault ? fail(ctx, run.err.fault, "%s", run.reason) : ERR_OK;
}
