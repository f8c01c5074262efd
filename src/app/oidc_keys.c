#include "app/oidc_keys.h"

#include "app/data.h"
#include "base/json.h"
#include "base/map.h"
#include "base/queue.h"
#include "crypto/hash.h"
#include "net/client.h"

enum { CONNECT_MS = 5000, IDLE_S = 5, CHAIN_MAX = 10, PIN_LENGTH = 40 };

/* One issuer's keys, in an arena of their own. Failures are remembered too, for a moment: whoever may not sign must not make
 * this server knock at a provider's door again and again. */
struct known {
    struct arena *arena;
    struct str jwks;    /* absent: they couldn't be had */
    struct str trouble; /* why */
    int64_t fetched_ms;
    int64_t tried_ms; /* last, well or not */
};

struct oidc_keys {
    const struct path_list *pinned;
    struct lock *lock; /* of known */
    struct map *known;
};

static void drop(void *value)
{
    struct known *known = value;
    arena_close(known->arena);
}

struct err oidc_keys_open(struct ctx *ctx, const struct path_list *pinned, struct oidc_keys **out)
{
    for (size_t i = 0; i < pinned->count; i++) {
        struct str file = STR_NONE;
        const struct str issuer = str_cut(pinned->items[i], '=', &file);
        if (!str_starts(issuer, STR("https://")) || file.len == 0) {
            return fail(ctx, &FAULT_INVALID, "--jwks is ISSUER=FILE, as in https://token.example.org=keys.json, not %" STR_FMT,
                        STR_ARG(pinned->items[i]));
        }
    }
    struct oidc_keys *keys = memory_new(sizeof(*keys));
    *keys = (struct oidc_keys){ pinned, lock_open(), map_open() };
    *out = keys;
    return ERR_OK;
}

void oidc_keys_close(struct oidc_keys *keys)
{
    if (keys) {
        map_close(keys->known, drop);
        lock_free(keys->lock);
        memory_free(keys);
    }
}

/* --- fetching --- */

/* "https://host:port/path" in two; false for anything but HTTPS. */
static bool split(struct str url, struct str *base, struct str *path)
{
    const struct str scheme = STR("https://");
    if (!str_starts(url, scheme)) {
        return false;
    }
    const size_t slash = str_find(str_from(url, scheme.len), '/');
    *base = slash == STR_MISSING ? url : str_slice(url, 0, scheme.len + slash);
    *path = slash == STR_MISSING ? STR("/") : str_from(url, scheme.len + slash);
    return base->len > scheme.len;
}

static struct err get(struct ctx *ctx, struct str url, struct str ca, struct str *body)
{
    struct str base = STR_NONE;
    struct http_request request = { .method = STR("GET") };
    struct http_response response = { .status = 0 };
    if (!split(url, &base, &request.path)) {
        return fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT " is not an https:// address", STR_ARG(url));
    }
    struct net_client *client = net_client_open(&(struct net_client_options){
        .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = IDLE_S, .body_max = OIDC_BODY_MAX, .ca = ca });
    const struct err err = net_client_call(ctx, client, base, &request, -1, &response);
    net_client_close(client);
    TRY(err);
    *body = response.body;
    return response.status == 200 ? ERR_OK
                                  : fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT " answers %d", STR_ARG(url), response.status);
}

/* spec: OpenID Connect Discovery 1.0, 4: the document stands below the issuer and names that very issuer. */
static struct err discover(struct ctx *ctx, struct str issuer, struct str ca, struct str *jwks)
{
    struct str body = STR_NONE;
    const struct str place = str_ends(issuer, STR("/")) ? str_slice(issuer, 0, issuer.len - 1) : issuer;
    TRY(get(ctx, str_format(ctx->arena, "%" STR_FMT "/.well-known/openid-configuration", STR_ARG(place)), ca, &body));
    const struct json *document = json_parse(ctx->arena, body, NULL);
    if (!str_equal(json_text(json_get(document, STR("issuer"))), issuer)) {
        return fail(ctx, &FAULT_UNAVAILABLE, "the discovery document of %" STR_FMT " names another issuer", STR_ARG(issuer));
    }
    return get(ctx, json_text(json_get(document, STR("jwks_uri"))), ca, jwks);
}

static bool named(struct ctx *ctx, struct str pem, struct str thumbprints)
{
    struct str lines = str_from(pem, str_search(pem, STR("\n")));
    struct str der = STR_NONE;
    struct text text = text_new(ctx->arena);
    lines = str_slice(lines, 0, str_search(lines, STR("-----END")));
    for (size_t i = 0; i < lines.len; i++) {
        if (lines.ptr[i] > ' ') {
            text_add_char(&text, lines.ptr[i]);
        }
    }
    if (!str_unbase64(ctx->arena, text_str(&text), &der)) {
        return false;
    }
    const struct str mine = hash_hex(ctx->arena, HASH_SHA1, der);
    for (struct str rest = thumbprints; rest.len >= PIN_LENGTH;) {
        if (str_equal_nocase(str_trim(str_cut(rest, '\n', &rest)), mine)) {
            return true;
        }
    }
    return false;
}

/* The certificate among those shown that the provider's thumbprints name; absent: none. */
static struct str vouched(struct ctx *ctx, struct str issuer, struct str thumbprints)
{
    struct str chain[CHAIN_MAX];
    struct str base = STR_NONE;
    struct str path = STR_NONE;
    size_t count = 0;
    if (thumbprints.len < PIN_LENGTH || !split(issuer, &base, &path)) {
        return STR_NONE;
    }
    struct net_client *client = net_client_open(&(struct net_client_options){ .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = IDLE_S });
    const struct err err = net_client_chain(ctx, client, base, chain, CHAIN_MAX, &count);
    net_client_close(client);
    for (size_t i = 0; i < count && err.fault == NULL; i++) {
        if (named(ctx, chain[i], thumbprints)) {
            return chain[i];
        }
    }
    return STR_NONE;
}

static struct err fetch(struct ctx *ctx, struct str issuer, struct str thumbprints, struct str *jwks)
{
    const struct err err = discover(ctx, issuer, STR_NONE, jwks);
    if (err.fault == NULL) {
        return err;
    }
    char why[sizeof(ctx->reason)];
    memcpy(why, ctx->reason, sizeof(why));
    const struct str ca = vouched(ctx, issuer, thumbprints);
    return ca.ptr ? discover(ctx, issuer, ca, jwks) : fail(ctx, &FAULT_UNAVAILABLE, "%s", why);
}

/* --- what is remembered --- */

static bool recall(struct oidc_keys *keys, struct ctx *ctx, struct str issuer, bool fresh, struct known *out)
{
    lock_take(keys->lock);
    const struct known *known = map_get(keys->known, issuer);
    const bool just_tried = known && ctx->now_ms - known->tried_ms < OIDC_KEYS_AGAIN_MS;
    const bool good = just_tried || (known && !fresh && known->jwks.ptr && ctx->now_ms - known->fetched_ms < OIDC_KEYS_FRESH_MS);
    *out = good ? (struct known){ .jwks = str_copy(ctx->arena, known->jwks), .trouble = str_copy(ctx->arena, known->trouble) }
                : (struct known){ .fetched_ms = 0 };
    lock_give(keys->lock);
    return good;
}

static void put(struct oidc_keys *keys, struct str issuer, struct known *known)
{
    if (map_count(keys->known) >= OIDC_ISSUERS_MAX) {
        map_close(keys->known, drop);
        keys->known = map_open();
    }
    struct known *old = map_put(keys->known, issuer, known);
    if (old) {
        drop(old);
    }
}

/* jwks absent: it failed. Keys that are there then stay. */
static void remember(struct oidc_keys *keys, const struct ctx *ctx, struct str issuer, struct str jwks)
{
    lock_take(keys->lock);
    struct known *before = map_get(keys->known, issuer);
    if (jwks.ptr == NULL && before) {
        before->tried_ms = ctx->now_ms;
    } else {
        struct arena *arena = arena_open();
        struct known *known = ARENA_NEW(arena, struct known);
        const struct str trouble = jwks.ptr ? STR_NONE : str_copy(arena, str_of(ctx->reason));
        *known = (struct known){ arena, str_copy(arena, jwks), trouble, ctx->now_ms, ctx->now_ms };
        put(keys, issuer, known);
    }
    lock_give(keys->lock);
}

static bool pinned_file(const struct oidc_keys *keys, struct str issuer, struct str *file)
{
    for (size_t i = 0; i < keys->pinned->count; i++) {
        if (str_equal(str_cut(keys->pinned->items[i], '=', file), issuer)) {
            return true;
        }
    }
    return false;
}

static struct err find(void *self, struct ctx *ctx, struct str issuer, struct str thumbprints, bool fresh, struct str *jwks)
{
    struct oidc_keys *keys = self;
    struct str file = STR_NONE;
    if (pinned_file(keys, issuer, &file)) {
        return data_read(ctx, file, jwks);
    }
    struct known known;
    if (recall(keys, ctx, issuer, fresh, &known)) {
        *jwks = known.jwks;
        return known.jwks.ptr ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT, STR_ARG(known.trouble));
    }
    const struct err err = fetch(ctx, issuer, thumbprints, jwks);
    remember(keys, ctx, issuer, err.fault ? STR_NONE : *jwks);
    return err;
}

struct sts_key_source oidc_keys_source(struct oidc_keys *keys)
{
    return (struct sts_key_source){ find, keys };
}
