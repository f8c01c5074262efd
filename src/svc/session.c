#include "svc/session.h"

#include "base/json.h"
#include "crypto/random.h"

enum { KEY_BYTES = 10, KEY_DIGITS = 16, PREFIX = 4, ACCOUNT_SHIFT = 7 };

static const struct str BASE32 = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
static const struct str BASE64 = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/* The first 48 bits hold the account, shifted by 7, as in the keys that AWS makes today. */
struct str access_key_new(struct ctx *ctx, struct str prefix, struct str account)
{
    unsigned char bytes[KEY_BYTES];
    int64_t number = 0;
    str_to_int(account, &number);
    random_name(bytes, sizeof(bytes));
    const uint64_t head = 1ULL << 47 | (uint64_t)number << ACCOUNT_SHIFT | (bytes[5] & 0x7fU);
    for (int i = 0; i < 6; i++) {
        bytes[i] = (unsigned char)(head >> (40 - 8 * i));
    }
    struct text text = text_new(ctx->arena);
    text_add(&text, prefix);
    unsigned bits = 0;
    unsigned pending = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        pending = pending << 8 | bytes[i];
        for (bits += 8; bits >= 5; bits -= 5) {
            text_add_char(&text, BASE32.ptr[pending >> (bits - 5) & 31U]);
        }
    }
    return text_str(&text);
}

bool access_key_account(struct ctx *ctx, struct str access_key, struct str *account)
{
    if (access_key.len != PREFIX + KEY_DIGITS) {
        return false;
    }
    uint64_t head = 0; /* the first ten digits: 50 bits */
    for (size_t i = PREFIX; i < access_key.len; i++) {
        const size_t digit = str_find(BASE32, access_key.ptr[i]);
        if (digit == STR_MISSING) {
            return false;
        }
        head = i < PREFIX + 10 ? head << 5 | digit : head;
    }
    const uint64_t number = head >> 2 >> ACCOUNT_SHIFT & 0xffffffffffULL;
    *account = str_format(ctx->arena, "%012llu", (unsigned long long)number);
    return account->len == 12;
}

struct str secret_key_new(struct ctx *ctx)
{
    return random_alphabet(ctx, BASE64, 40);
}

static struct str about(struct ctx *ctx, struct str access_key)
{
    return str_format(ctx->arena, "sts:session:%" STR_FMT, STR_ARG(access_key));
}

static struct str session_write(struct ctx *ctx, const struct session *session, size_t padding)
{
    struct json_writer w = json_writer_new(ctx->arena);
    const struct principal *principal = &session->principal;
    json_open_object(&w);
    json_member_int(&w, STR("type"), principal->type);
    json_member_str(&w, STR("account"), principal->account);
    json_member_str(&w, STR("arn"), principal->arn);
    json_member_str(&w, STR("id"), principal->id);
    json_member_str(&w, STR("name"), principal->name);
    json_member_str(&w, STR("role"), principal->role_arn);
    json_member_str(&w, STR("session"), principal->session_name);
    json_member_str(&w, STR("policy"), principal->session_policy);
    json_member_str(&w, STR("arns"), principal->session_policy_arns);
    json_member_str(&w, STR("source"), principal->source_identity);
    json_member_str(&w, STR("transitive"), principal->transitive_tags);
    json_member_str(&w, STR("scopes"), principal->scope_policies);
    json_member_str(&w, STR("issuer"), principal->issuer_id);
    json_member_str(&w, STR("provider"), principal->provider);
    json_member_int(&w, STR("since"), principal->session_since_ms);
    if (principal->mfa_ms) {
        json_member_int(&w, STR("mfa-at"), principal->mfa_ms);
    }
    json_member_bool(&w, STR("mfa"), principal->mfa);
    json_member_str(&w, STR("secret"), session->secret);
    json_member_int(&w, STR("expires"), session->expires_ms);
    json_key(&w, STR("tags"));
    json_open_object(&w);
    for (size_t i = 0; i < session->tag_count; i++) {
        json_member_str(&w, session->tags[i].key, session->tags[i].value);
    }
    json_close_object(&w);
    if (padding > 0) {
        char *spaces = arena_alloc_raw(ctx->arena, padding);
        memset(spaces, ' ', padding);
        json_member_str(&w, STR("padding"), (struct str){ spaces, padding });
    }
    json_close_object(&w);
    return json_done(&w);
}

static struct str seal(struct ctx *ctx, const struct vault *vault, const struct session *session, size_t padding)
{
    const struct str plain = session_write(ctx, session, padding);
    return str_base64(ctx->arena, vault_seal(ctx, vault, about(ctx, session->principal.access_key), plain));
}

struct str session_seal(struct ctx *ctx, const struct vault *vault, struct session *session)
{
    session->principal.access_key = access_key_new(ctx, STR("ASIA"), session->principal.account);
    session->secret = secret_key_new(ctx);
    const struct str token = seal(ctx, vault, session, 0);
    const int64_t missing = session->token_size_min - (int64_t)token.len;
    return missing > 0 ? seal(ctx, vault, session, (size_t)missing) : token;
}

static void session_read(struct ctx *ctx, const struct json *json, struct session *out)
{
    struct principal *principal = &out->principal;
    int64_t type = 0;
    json_int(json_get(json, STR("type")), &type);
    json_int(json_get(json, STR("since")), &principal->session_since_ms);
    json_int(json_get(json, STR("mfa-at")), &principal->mfa_ms);
    json_int(json_get(json, STR("expires")), &out->expires_ms);
    principal->session_until_ms = out->expires_ms;
    principal->type = (enum principal_type)type;
    principal->account = json_text(json_get(json, STR("account")));
    principal->arn = json_text(json_get(json, STR("arn")));
    principal->id = json_text(json_get(json, STR("id")));
    principal->name = json_text(json_get(json, STR("name")));
    principal->role_arn = json_text(json_get(json, STR("role")));
    principal->session_name = json_text(json_get(json, STR("session")));
    principal->session_policy = json_text(json_get(json, STR("policy")));
    principal->session_policy_arns = json_text(json_get(json, STR("arns")));
    principal->source_identity = json_text(json_get(json, STR("source")));
    principal->transitive_tags = json_text(json_get(json, STR("transitive")));
    principal->scope_policies = json_text(json_get(json, STR("scopes")));
    principal->issuer_id = json_text(json_get(json, STR("issuer")));
    principal->provider = json_text(json_get(json, STR("provider")));
    principal->mfa = json_is_true(json_get(json, STR("mfa")));
    out->secret = json_text(json_get(json, STR("secret")));

    const struct json *tags = json_get(json, STR("tags"));
    struct context_pair *pairs = ARENA_ARRAY(ctx->arena, struct context_pair, tags ? tags->count + 1 : 1);
    for (const struct json *tag = tags ? tags->child : NULL; tag; tag = tag->next) {
        pairs[out->tag_count++] = (struct context_pair){ tag->key, tag->text };
    }
    out->tags = pairs;
}

bool session_unseal(struct ctx *ctx, const struct vault *vault, struct str access_key, struct str token,
                    struct session *out)
{
    *out = (struct session){ .tag_count = 0 };
    struct str sealed = STR_NONE;
    struct str plain = STR_NONE;
    if (!str_unbase64(ctx->arena, token, &sealed) ||
        !vault_unseal(ctx, vault, about(ctx, access_key), sealed, &plain)) {
        return false;
    }
    const struct json *json = json_parse(ctx->arena, plain, NULL);
    if (json == NULL) {
        return false;
    }
    session_read(ctx, json, out);
    out->principal.access_key = str_copy(ctx->arena, access_key);
    return true;
}
