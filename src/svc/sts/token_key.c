#include "svc/sts/token_key.h"

#include "base/json.h"
#include "crypto/pkey.h"
#include "crypto/random.h"
#include "sts_model.h"
#include "svc/sts/sts.h"

enum { HALF = 48, RSA_DER = 294, RSA_AT = 33, RSA_SIZE = 256, EC_DER = 120, KEY_ID = 16 };

static bool is_rsa(struct str algorithm)
{
    return str_equal(algorithm, STR("RS256"));
}

static struct str about(struct ctx *ctx, struct str account, struct str id)
{
    return str_format(ctx->arena, "sts:token-key:%" STR_FMT ":%" STR_FMT, STR_ARG(account), STR_ARG(id));
}

static struct err make(struct request *rq, struct token_key *out)
{
    struct arena *secret CLEANUP(arena_cleanup) = arena_open_secret();
    struct pkey *key = pkey_new(is_rsa(out->algorithm) ? PKEY_RSA_2048 : PKEY_P384);
    if (key == NULL) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "no key can be made");
    }
    const struct str private_der = pkey_private_der(secret, key);
    out->row.id = random_hex(&rq->ctx, KEY_ID);
    out->row.public = pkey_public_der(rq->ctx.arena, key);
    out->row.secret = vault_seal(&rq->ctx, rq->vault, about(&rq->ctx, rq->account, out->row.id), private_der);
    pkey_close(key);
    return rows_token_key_insert(rq, out->algorithm, &out->row);
}

struct err token_key_need(struct request *rq, struct str algorithm, struct token_key *out)
{
    bool found = false;
    *out = (struct token_key){ .algorithm = algorithm };
    TRY(rows_token_key(rq, algorithm, &out->row, &found));
    return found ? ERR_OK : make(rq, out);
}

struct str token_base64(struct arena *arena, struct str bytes)
{
    const struct str padded = str_base64(arena, bytes);
    struct text text = text_new(arena);
    for (size_t i = 0; i < padded.len && padded.ptr[i] != '='; i++) {
        text_add_char(&text, padded.ptr[i] == '+' ? '-' : padded.ptr[i] == '/' ? '_' : padded.ptr[i]);
    }
    return text_str(&text);
}

/* One INTEGER of an ECDSA signature's DER, as HALF bytes. */
static bool take_number(struct str *der, unsigned char out[HALF])
{
    const size_t size = der->len > 1 ? (unsigned char)der->ptr[1] : 0;
    if (der->len < 2 || der->ptr[0] != 0x02 || size == 0 || size > HALF + 1 || size > der->len - 2) {
        return false;
    }
    const size_t extra = size > HALF ? size - HALF : 0;
    memset(out, 0, HALF);
    memcpy(out + HALF - (size - extra), der->ptr + 2 + extra, size - extra);
    *der = str_from(*der, 2 + size);
    return true;
}

/* r and s side by side. spec: RFC 7518, 3.4. */
static bool flatten(struct arena *arena, struct str der, struct str *out)
{
    unsigned char *bytes = arena_alloc(arena, (size_t)2 * HALF);
    struct str rest = str_from(der, 2);
    *out = (struct str){ (const char *)bytes, (size_t)2 * HALF };
    return der.len > 2 && take_number(&rest, bytes) && take_number(&rest, bytes + HALF);
}

struct err token_key_sign(struct request *rq, const struct token_key *key, struct str text, struct str *token)
{
    const bool rsa = is_rsa(key->algorithm);
    const struct pkey_scheme scheme = { rsa ? PKEY_SHA256 : PKEY_SHA384, rsa ? PKEY_PKCS1 : PKEY_NO_PADDING, 0 };
    struct arena *secret CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx own = ctx_new(secret, rq->ctx.now_ms);
    struct str der = STR_NONE;
    struct str signature = STR_NONE;
    if (!vault_unseal(&own, rq->vault, about(&rq->ctx, rq->account, key->row.id), key->row.secret, &der)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the key that signs tokens can't be opened");
    }
    struct pkey *pkey = pkey_of_private(der);
    const bool good = pkey && pkey_sign(rq->ctx.arena, pkey, scheme, text, false, &signature) &&
                      (rsa || flatten(rq->ctx.arena, signature, &signature));
    pkey_close(pkey);
    *token = str_format(rq->ctx.arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(text), STR_ARG(token_base64(rq->ctx.arena, signature)));
    return good ? ERR_OK : fail(&rq->ctx, &FAULT_INTERNAL, "the token can't be signed");
}

/* --- for those who verify --- */

static void member(struct json_writer *w, struct arena *arena, const char *name, struct str bytes)
{
    json_member_str(w, str_of(name), token_base64(arena, bytes));
}

static void write_key(struct json_writer *w, struct arena *arena, struct str algorithm, const struct token_key_row *row)
{
    const struct str der = row->public;
    json_open_object(w);
    json_member_str(w, STR("kid"), row->id);
    json_member_str(w, STR("use"), STR("sig"));
    json_member_str(w, STR("alg"), algorithm);
    if (is_rsa(algorithm) && der.len == RSA_DER) {
        json_member_str(w, STR("kty"), STR("RSA"));
        member(w, arena, "n", str_slice(der, RSA_AT, RSA_SIZE));
        json_member_str(w, STR("e"), STR("AQAB"));
    } else if (der.len == EC_DER) {
        json_member_str(w, STR("kty"), STR("EC"));
        json_member_str(w, STR("crv"), STR("P-384"));
        member(w, arena, "x", str_slice(der, EC_DER - 2 * HALF, HALF));
        member(w, arena, "y", str_slice(der, EC_DER - HALF, HALF));
    }
    json_close_object(w);
}

struct err sts_token_keys(struct ctx *ctx, struct store_conn *db, struct str account, struct str *jwks)
{
    struct token_key_row rows[TOKEN_ALGORITHMS];
    struct str algorithms[TOKEN_ALGORITHMS];
    size_t count = 0;
    struct json_writer w = json_writer_new(ctx->arena);
    TRY(rows_token_keys(ctx, db, account, algorithms, rows, &count));
    json_open_object(&w);
    json_key(&w, STR("keys"));
    json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        write_key(&w, ctx->arena, algorithms[i], &rows[i]);
    }
    json_close_array(&w);
    json_close_object(&w);
    *jwks = json_done(&w);
    return ERR_OK;
}
