/* delivery_digest.c - digests: what each hour wrote, hashed, signed and chained to the hour before.
 *
 * A chain is of one account and Region of a trail. Its row says where it ends; the next digest is due a period later, also
 * when nothing was written. It begins without a predecessor, and ends with the first digest that leaves nothing of the
 * time before logging stopped.
 * spec: CloudTrail user guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file
 * integrity validation". */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/rsa_sign.h"
#include "svc/cloudtrail/delivery_parts.h"
#include "svc/cloudtrail/signing.h"
#include "wire/gzip.h"

enum { CATCH_UP_MAX = 200 }; /* digests of one trail in one pass */
enum { LATE_PERIODS = 5, LATE_MAX_MS = 15 * 60 * 1000 };

struct digest {
    const struct delivery_options *options;
    const struct trail_row *trail;
    struct delivery_row *delivery;
    struct chain_row chain, next;
    struct chain_row whole; /* of a backfill: the chain it belongs to, as it stays */
    struct signing_key key;
    struct file_row *files;
    size_t file_count;
    struct str body; /* uncompressed */
    bool ends;       /* the chain is over with it */
    bool backfill;   /* of files that came too late for the digest of their time; stands by itself */
    struct ctx ctx;
};

static struct str stamp(struct arena *arena, int64_t ms)
{
    return clock_format_amz(arena, ms);
}

static struct str digest_key(struct arena *arena, const struct trail_row *trail, const struct chain_row *chain, bool backfill)
{
    const struct str folder = delivery_folder(arena, trail, chain->log_account, "CloudTrail-Digest", chain->log_region,
                                              chain->end_ms);
    return str_format(arena, "%" STR_FMT "%" STR_FMT "_CloudTrail-Digest_%" STR_FMT "_%" STR_FMT "_%" STR_FMT "_%" STR_FMT "%s.json.gz",
                      STR_ARG(folder), STR_ARG(chain->log_account), STR_ARG(chain->log_region), STR_ARG(trail->name),
                      STR_ARG(trail->region), STR_ARG(stamp(arena, chain->end_ms)), backfill ? "_backfill" : "");
}

static void member(struct json_writer *w, const char *key, struct str value)
{
    json_key(w, str_of(key));
    json_str(w, value);
}

static struct str time_text(struct arena *arena, int64_t ms)
{
    return ms ? clock_format_iso8601(arena, ms) : STR_NONE;
}

static void write_files(struct json_writer *w, const struct digest *digest)
{
    struct arena *arena = w->text.arena;
    json_key(w, STR("logFiles"));
    json_open_array(w);
    for (size_t i = 0; i < digest->file_count; i++) {
        const struct file_row *file = &digest->files[i];
        json_open_object(w);
        member(w, "s3Bucket", file->bucket);
        member(w, "s3Object", file->object);
        member(w, "hashValue", file->hash);
        member(w, "hashAlgorithm", STR("SHA-256"));
        member(w, "newestEventTime", time_text(arena, file->newest_ms));
        member(w, "oldestEventTime", time_text(arena, file->oldest_ms));
        json_close_object(w);
    }
    json_close_array(w);
}

static struct str write_digest(struct digest *digest)
{
    struct arena *arena = digest->ctx.arena;
    const struct chain_row *last = &digest->chain;
    const bool chained = last->object.len > 0;
    int64_t newest_ms = 0, oldest_ms = 0;
    for (size_t i = 0; i < digest->file_count; i++) {
        const struct file_row *file = &digest->files[i];
        newest_ms = file->newest_ms > newest_ms ? file->newest_ms : newest_ms;
        oldest_ms = oldest_ms == 0 || file->oldest_ms < oldest_ms ? file->oldest_ms : oldest_ms;
    }
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    member(&w, "awsAccountId", last->log_account);
    member(&w, "digestStartTime", clock_format_iso8601(arena, last->end_ms));
    member(&w, "digestEndTime", clock_format_iso8601(arena, digest->next.end_ms));
    member(&w, "digestS3Bucket", digest->next.bucket);
    member(&w, "digestS3Object", digest->next.object);
    member(&w, "digestPublicKeyFingerprint", digest->key.fingerprint);
    member(&w, "digestSignatureAlgorithm", STR("SHA256withRSA"));
    member(&w, "newestEventTime", time_text(arena, newest_ms));
    member(&w, "oldestEventTime", time_text(arena, oldest_ms));
    member(&w, "previousDigestS3Bucket", chained ? last->bucket : STR_NONE);
    member(&w, "previousDigestS3Object", chained ? last->object : STR_NONE);
    member(&w, "previousDigestHashValue", chained ? last->hash : STR_NONE);
    member(&w, "previousDigestHashAlgorithm", chained ? STR("SHA-256") : STR_NONE);
    member(&w, "previousDigestSignature", chained ? last->signature : STR_NONE);
    write_files(&w, digest);
    json_close_object(&w);
    return json_done(&w);
}

static struct err sign(struct digest *digest)
{
    struct ctx *ctx = &digest->ctx;
    struct str signature = STR_NONE;
    struct chain_row *next = &digest->next;
    digest->body = write_digest(digest);
    next->hash = hash_hex(ctx->arena, HASH_SHA256, digest->body);
    const struct str before = digest->chain.object.len ? digest->chain.signature : STR("null");
    const struct str message = str_format(ctx->arena, "%" STR_FMT "\n%" STR_FMT "/%" STR_FMT "\n%" STR_FMT "\n%" STR_FMT,
                                          STR_ARG(clock_format_iso8601(ctx->arena, next->end_ms)), STR_ARG(next->bucket),
                                          STR_ARG(next->object), STR_ARG(next->hash), STR_ARG(before));
    TRY(rsa_sign(ctx, digest->key.private_key, message, &signature));
    next->signature = str_hex(ctx->arena, signature.ptr, signature.len);
    return ERR_OK;
}

static struct err get_key(void *argument, struct store_conn *db)
{
    struct digest *digest = argument;
    return signing_key_now(&digest->ctx, db, digest->options->vault, digest->options->home_account, digest->chain.log_region,
                           &digest->key);
}

static struct err store_digest(void *argument, struct store_conn *db)
{
    struct digest *digest = argument;
    struct ctx *ctx = &digest->ctx;
    const struct trail_row *trail = digest->trail;
    const struct chain_row *chain = &digest->chain;
    struct trail_row still = { .logging = false };
    bool found = false;
    TRY(trail_rows_get(ctx, db, trail->account, trail->region, trail->name, &still, &found));
    if (!found || still.created_ms != trail->created_ms) {
        return ERR_OK;
    }
    TRY(trail_rows_file_delete(ctx, db, trail, chain->log_account, chain->log_region, digest->next.end_ms));
    TRY(digest->ends ? trail_rows_chain_delete(ctx, db, trail, chain) : trail_rows_chain_put(ctx, db, trail, &digest->next));
    return trail_rows_delivery_put(ctx, db, trail, digest->delivery);
}

static struct err store_backfill(void *argument, struct store_conn *db)
{
    struct digest *digest = argument;
    struct ctx *ctx = &digest->ctx;
    const struct chain_row *chain = &digest->whole;
    TRY(trail_rows_file_delete(ctx, db, digest->trail, chain->log_account, chain->log_region, chain->end_ms));
    TRY(trail_rows_chain_put(ctx, db, digest->trail, chain));
    return delivery_note(ctx, db, digest->trail, digest->delivery);
}

/* Signed, it goes out; then what it stands for is noted. */
static struct err put_digest(struct digest *digest, struct err (*note)(void *argument, struct store_conn *db))
{
    struct ctx *ctx = &digest->ctx;
    const struct delivery_options *options = digest->options;
    const struct trail_row *trail = digest->trail;
    TRY(options->sink.put(options->sink.self, ctx, &(const struct trail_object){
        .account = trail->account, .region = trail->region, .trail_arn = trail->trail->trail_arn, .bucket = digest->next.bucket,
        .key = digest->next.object, .body = gzip_pack(ctx->arena, digest->body), .kms_key = trail->trail->kms_key_id,
        .signature = digest->next.signature,
        .backfilled = digest->backfill ? clock_format_iso8601(ctx->arena, ctx->now_ms) : STR_NONE }));
    digest->delivery->digest_ms = ctx->now_ms;
    digest->delivery->digest_error = STR("");
    return store_writer_wait(ctx, options->writer, note, digest);
}

/* Calls that began before logging stopped are on record when they end: the last function's run a quarter of an hour later. */
static int64_t last_record_ms(const struct digest *digest)
{
    const int64_t late_ms = LATE_PERIODS * digest->options->digest_ms;
    return digest->trail->stopped_ms + (late_ms < LATE_MAX_MS ? late_ms : LATE_MAX_MS);
}

/* Its end and what it names leave nothing for another: the journal was read to its end after the last record came. */
static bool ends_chain(const struct digest *digest)
{
    const struct delivery_row *row = digest->delivery;
    const int64_t last_ms = last_record_ms(digest);
    const bool later = row->planned_ms > last_ms && row->attempted_ms != 0; /* 0: only a piece of the journal */
    const bool all = row->planned == 0 && (later || row->place >= (int64_t)journal_end(digest->options->journal));
    return !digest->trail->logging && all && digest->next.end_ms > last_ms && row->planned_ms < digest->next.end_ms;
}

/* One digest of one chain. */
static struct err make_digest(struct store_conn *db, struct digest *digest)
{
    struct ctx *ctx = &digest->ctx;
    const struct delivery_options *options = digest->options;
    const struct trail_row *trail = digest->trail;
    const struct chain_row *chain = &digest->chain;
    digest->next = (struct chain_row){ .log_account = chain->log_account, .log_region = chain->log_region,
                                       .end_ms = chain->end_ms + options->digest_ms, .backfill_ms = chain->backfill_ms,
                                       .bucket = trail->trail->s3_bucket_name };
    digest->next.object = digest_key(ctx->arena, trail, &digest->next, false);
    digest->ends = ends_chain(digest);
    TRY(store_writer_wait(ctx, options->writer, get_key, digest));
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = trail_rows_file_list(ctx, db, trail, chain->log_account, chain->log_region, digest->next.end_ms,
                                                &digest->files, &digest->file_count);
    store_rollback(db);
    TRY(err);
    TRY(sign(digest));
    return put_digest(digest, store_digest);
}

/* The file's own second, later than any backfill before it: no name is used twice. */
static int64_t backfill_end(const struct digest *digest, const struct chain_row *chain)
{
    int64_t newest_ms = 0;
    for (size_t i = 0; i < digest->file_count; i++) {
        newest_ms = digest->files[i].written_ms > newest_ms ? digest->files[i].written_ms : newest_ms;
    }
    const int64_t end_ms = newest_ms / 1000 * 1000 + 1000;
    return end_ms > chain->backfill_ms ? end_ms : chain->backfill_ms + 1000;
}

/* spec: CloudTrail user guide, "CloudTrail digest file structure": backfill digests name log files that the digest of their time
 * could not. Here: the clock was ahead when that one was made. They begin chains of their own. */
static struct err make_backfill(struct store_conn *db, struct digest *digest)
{
    struct ctx *ctx = &digest->ctx;
    const struct trail_row *trail = digest->trail;
    const struct chain_row whole = digest->chain;
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = trail_rows_file_list(ctx, db, trail, whole.log_account, whole.log_region, whole.end_ms, &digest->files,
                                                &digest->file_count);
    store_rollback(db);
    TRY(err);
    if (digest->file_count == 0) {
        return ERR_OK;
    }
    const int64_t end_ms = backfill_end(digest, &whole);
    digest->next = (struct chain_row){ .log_account = whole.log_account, .log_region = whole.log_region, .end_ms = end_ms,
                                       .bucket = trail->trail->s3_bucket_name };
    digest->next.object = digest_key(ctx->arena, trail, &digest->next, true);
    digest->chain.object = STR("");
    digest->chain.end_ms = end_ms - digest->options->digest_ms;
    TRY(store_writer_wait(ctx, digest->options->writer, get_key, digest));
    TRY(sign(digest));
    digest->whole = whole;
    digest->whole.backfill_ms = end_ms;
    return put_digest(digest, store_backfill);
}

/* A chain for each account and Region that has a log file and none yet, and for the trail's own. */
struct beginning {
    struct ctx ctx;
    const struct trail_row *trail;
};

static struct err store_beginning(void *argument, struct store_conn *db)
{
    struct beginning *beginning = argument;
    struct ctx *ctx = &beginning->ctx;
    const struct trail_row *trail = beginning->trail;
    struct chain_row *chains = NULL;
    size_t count = 0;
    int64_t start_ms = trail->started_ms / 1000 * 1000;
    if (trail->logging) {
        TRY(trail_rows_chain_begin(ctx, db, trail, trail->account, trail->region, start_ms));
    }
    TRY(trail_rows_chain_list(ctx, db, trail, &chains, &count));
    for (size_t i = 0; i < count; i++) { /* those that come later begin with the period that is under way */
        start_ms = chains[i].end_ms > start_ms ? chains[i].end_ms : start_ms;
    }
    return trail_rows_chain_begin_all(ctx, db, trail, start_ms);
}

static struct err end_all(void *argument, struct store_conn *db)
{
    struct beginning *beginning = argument;
    return trail_rows_chain_delete_all(&beginning->ctx, db, beginning->trail);
}

static struct err list_chains(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct chain_row **out,
                              size_t *count)
{
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = trail_rows_chain_list(ctx, db, trail, out, count);
    store_rollback(db);
    return err;
}

/* Files up to the end of the period must have been delivered before it is closed. */
static bool is_due(const struct delivery_options *options, const struct delivery_row *delivery, const struct chain_row *chain,
                   int64_t now_ms)
{
    const int64_t end_ms = chain->end_ms + options->digest_ms;
    return now_ms >= end_ms && (delivery->planned == 0 || delivery->planned_ms >= end_ms);
}

static struct err digest_chain(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                               const struct trail_row *trail, struct delivery_row *delivery, struct chain_row chain, bool *again)
{
    for (size_t made = 0; is_due(options, delivery, &chain, ctx->now_ms); made++) {
        struct digest *digest = ARENA_NEW(ctx->arena, struct digest);
        *digest = (struct digest){ .options = options, .trail = trail, .delivery = delivery, .chain = chain, .ctx = *ctx };
        if (made == CATCH_UP_MAX) {
            *again = true;
            return ERR_OK;
        }
        const struct err err = make_digest(db, digest);
        if (err.fault) {
            memcpy(ctx->reason, digest->ctx.reason, sizeof(ctx->reason));
            return err;
        }
        if (digest->ends) {
            return ERR_OK;
        }
        chain = digest->next;
    }
    return ERR_OK;
}

static struct err note_failure(void *argument, struct store_conn *db)
{
    struct digest *digest = argument;
    return trail_rows_delivery_put(&digest->ctx, db, digest->trail, digest->delivery);
}

/* Files lie before the end of a chain only when the clock went back. */
static struct err backfill_chains(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                                  const struct trail_row *trail, struct delivery_row *delivery, const struct chain_row *chains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (delivery->planned == 0 && delivery->planned_ms < chains[i].end_ms) {
            struct digest *digest = ARENA_NEW(ctx->arena, struct digest);
            *digest = (struct digest){ .options = options, .trail = trail, .delivery = delivery, .chain = chains[i], .backfill = true,
                                       .ctx = *ctx };
            const struct err err = make_backfill(db, digest);
            memcpy(ctx->reason, digest->ctx.reason, sizeof(ctx->reason));
            TRY(err);
        }
    }
    return ERR_OK;
}

static struct err tell_failure(struct ctx *ctx, const struct delivery_options *options, const struct trail_row *trail,
                               struct delivery_row *delivery, struct err err)
{
    struct digest failed = { .trail = trail, .delivery = delivery, .ctx = *ctx };
    delivery->digest_error = str_of(err.fault->code);
    log_warn(ctx, "a trail's digest is not delivered", LOG_STR("trail", trail->trail->trail_arn), LOG_STR("reason", str_of(ctx->reason)));
    return store_writer_wait(&failed.ctx, options->writer, note_failure, &failed);
}

struct err delivery_digests(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                            const struct trail_row *trail, struct delivery_row *delivery, bool *again)
{
    struct chain_row *chains = NULL;
    size_t count = 0;
    struct beginning beginning = { *ctx, trail };
    TRY(list_chains(ctx, db, trail, &chains, &count));
    if (!trail->trail->log_file_validation_enabled.v) {
        return count ? store_writer_wait(&beginning.ctx, options->writer, end_all, &beginning) : ERR_OK;
    }
    if (count == 0 && !trail->logging) {
        return ERR_OK; /* a chain that has ended begins anew with StartLogging only, never over the same names */
    }
    const struct err late = backfill_chains(ctx, db, options, trail, delivery, chains, count);
    if (late.fault) {
        return tell_failure(ctx, options, trail, delivery, late);
    }
    bool any_due = count == 0;
    for (size_t i = 0; i < count; i++) {
        any_due = any_due || is_due(options, delivery, &chains[i], ctx->now_ms);
    }
    if (!any_due) {
        return ERR_OK; /* new chains begin when the first one's period ends */
    }
    TRY(store_writer_wait(&beginning.ctx, options->writer, store_beginning, &beginning));
    TRY(list_chains(ctx, db, trail, &chains, &count));
    for (size_t i = 0; i < count; i++) {
        const struct err err = digest_chain(ctx, db, options, trail, delivery, chains[i], again);
        if (err.fault) {
            return tell_failure(ctx, options, trail, delivery, err);
        }
    }
    return ERR_OK;
}
