#include "svc/cloudtrail/signing.h"

#include "crypto/hash.h"
#include "crypto/rsa_sign.h"
#include "svc/request.h"

enum { KEY_BITS = 2048 };
#define KEY_SIGNS_MS ((int64_t)90 * 24 * 60 * 60 * 1000) /* our own choice; AWS says no figure */

static struct str about(struct arena *arena, struct str region, struct str fingerprint)
{
    return str_format(arena, "cloudtrail:key:%" STR_FMT ":%" STR_FMT, STR_ARG(region), STR_ARG(fingerprint));
}

static struct err make_key(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str home,
                           struct str region, struct signing_key *out)
{
    struct rsa_pair pair = { STR_NONE, STR_NONE };
    TRY(rsa_sign_make(ctx, KEY_BITS, &pair));
    out->fingerprint = hash_hex(ctx->arena, HASH_MD5, pair.public_key);
    out->private_key = pair.private_key;
    const struct key_row row = {
        .fingerprint = out->fingerprint,
        .public_key = pair.public_key,
        .sealed = vault_seal(ctx, vault, about(ctx->arena, region, out->fingerprint), pair.private_key),
        .from_ms = ctx->now_ms,
        .to_ms = ctx->now_ms + KEY_SIGNS_MS,
    };
    return trail_rows_key_put(ctx, db, home, region, &row);
}

struct err signing_key_now(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str home,
                           struct str region, struct signing_key *out)
{
    struct key_row *rows = NULL;
    size_t count = 0;
    TRY(trail_rows_key_list(ctx, db, home, region, &rows, &count));
    size_t at = 0;
    while (at < count && (ctx->now_ms >= rows[at].to_ms || ctx->now_ms < rows[at].from_ms)) {
        at++; /* newer ones are not valid yet where the clock went back */
    }
    if (at == count) {
        return make_key(ctx, db, vault, home, region, out);
    }
    out->fingerprint = rows[at].fingerprint;
    return vault_unseal(ctx, vault, about(ctx->arena, region, rows[at].fingerprint), rows[at].sealed, &out->private_key)
        ? ERR_OK : fail(ctx, &FAULT_INTERNAL, "the digest key of %" STR_FMT " can't be unsealed", STR_ARG(region));
}

/* spec: CloudTrail API reference, ListPublicKeys: every key whose validity meets the time asked for; without times the present one. */
struct err cloudtrail_list_public_keys(struct request *rq, const struct cloudtrail_list_public_keys_in *in,
                                       struct cloudtrail_list_public_keys_out *out)
{
    struct key_row *rows = NULL;
    size_t count = 0;
    const int64_t from_ms = in->start_time.set ? in->start_time.v : in->end_time.set ? INT64_MIN : rq->ctx.now_ms;
    const int64_t to_ms = in->end_time.set ? in->end_time.v : rq->ctx.now_ms;
    if (in->start_time.set && in->end_time.set && in->start_time.v > in->end_time.v) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_TIME_RANGE_EXCEPTION, "The start time must be earlier than the end time.");
    }
    TRY(trail_rows_key_list(&rq->ctx, rq->db, rq->home_account, rq->region, &rows, &count));
    out->public_key_list.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_public_key, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].from_ms <= to_ms && rows[i].to_ms >= from_ms) {
            out->public_key_list.items[out->public_key_list.count++] = (struct cloudtrail_public_key){
                .value = rows[i].public_key,
                .validity_start_time = SOME(rows[i].from_ms),
                .validity_end_time = SOME(rows[i].to_ms),
                .fingerprint = rows[i].fingerprint,
            };
        }
    }
    return ERR_OK;
}
