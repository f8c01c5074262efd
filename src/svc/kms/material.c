#include "svc/kms/material.h"

#include <stdatomic.h>

#include "base/map.h"
#include "base/queue.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "svc/kms/kms.h"
#include "svc/kms/snapshot.h"
#include "svc/kms/store.h"

enum { HELD_MAX = 1024, MATERIAL_MAX = 8192 };

struct held {
    struct material material; /* first: one pointer serves both */
    atomic_int users;         /* the cache counts as one */
};

/* One cache of the process. The lock is made by whoever comes first. */
static struct {
    _Atomic(struct lock *) lock;
    struct map *map;
} cache;

static struct lock *cache_lock(void)
{
    struct lock *lock = atomic_load(&cache.lock);
    if (lock == NULL) {
        struct lock *made = lock_open();
        if (atomic_compare_exchange_strong(&cache.lock, &lock, made)) {
            return made;
        }
        lock_free(made);
    }
    return lock;
}

static void leave(void *value)
{
    struct held *held = value;
    if (atomic_fetch_sub(&held->users, 1) == 1) {
        aead_close(held->material.aead);
        pkey_close(held->material.pkey);
        if (held->material.secret.ptr) {
            secret_free((void *)(uintptr_t)held->material.secret.ptr, held->material.secret.len);
        }
        memory_free(held);
    }
}

void material_give(const struct material *material)
{
    if (material) {
        leave((void *)(uintptr_t)material);
    }
}

static struct str name_of(struct arena *arena, const struct key *key, struct str id)
{
    struct text text = text_new(arena);
    text_add(&text, key->account);
    text_add_char(&text, '/');
    text_add(&text, key->region);
    text_add_char(&text, '/');
    text_add(&text, key->id);
    text_add_char(&text, '/');
    text_add(&text, id);
    return text_str(&text);
}

static struct held *cache_get(struct str name)
{
    struct lock *lock = cache_lock();
    lock_take(lock);
    struct held *held = cache.map ? map_get(cache.map, name) : NULL;
    if (held) {
        atomic_fetch_add(&held->users, 1);
    }
    lock_give(lock);
    return held;
}

static void cache_put(struct str name, struct held *held)
{
    struct lock *lock = cache_lock();
    lock_take(lock);
    if (cache.map && map_count(cache.map) >= HELD_MAX) {
        map_close(cache.map, leave);
        cache.map = NULL;
    }
    cache.map = cache.map ? cache.map : map_open();
    atomic_fetch_add(&held->users, 1);
    struct held *old = map_put(cache.map, name, held);
    if (old) {
        leave(old);
    }
    lock_give(lock);
}

void material_forget(const struct key *key, struct str id)
{
    struct arena *arena = arena_open();
    struct lock *lock = cache_lock();
    const struct str name = name_of(arena, key, id);
    lock_take(lock);
    struct held *held = cache.map ? map_remove(cache.map, name) : NULL;
    lock_give(lock);
    if (held) {
        leave(held);
    }
    arena_close(arena);
}

void kms_close(void)
{
    store_close_tokens();
    snapshot_close();
    struct lock *lock = atomic_exchange(&cache.lock, NULL);
    if (lock) {
        map_close(cache.map, leave);
        cache.map = NULL;
        lock_free(lock);
    }
}

/* Replicas in other Regions hold the same bytes: the Region is no part of it. */
static struct str about(struct request *rq, const struct key *key, struct str id)
{
    return str_format(rq->ctx.arena, "kms:material:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, STR_ARG(key->account),
                      STR_ARG(key->id), STR_ARG(id));
}

static struct held *held_of(const struct spec *spec, struct str plain)
{
    struct held *held = memory_new(sizeof(*held));
    held->users = 1;
    if (spec->form == FORM_SYMMETRIC) {
        held->material.aead = aead_open((const unsigned char *)plain.ptr);
    } else if (spec->form == FORM_PAIR) {
        held->material.pkey = pkey_of_private(plain);
    } else {
        unsigned char *secret = secret_new(plain.len);
        memcpy(secret, plain.ptr, plain.len);
        held->material.secret = (struct str){ (const char *)secret, plain.len };
    }
    return held;
}

static struct err unseal(struct request *rq, const struct key *key, struct str id, struct held **out)
{
    struct material_row row = { .id = STR_NONE };
    bool found = false;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_material_find(&rows, key->id, id, &row, &found));
    const bool gone = !found || row.sealed.ptr == NULL || (row.expires_ms && row.expires_ms <= rq->ctx.now_ms);
    if (gone) {
        return fail(&rq->ctx, &KMS_KMS_INVALID_STATE_EXCEPTION, "%" STR_FMT " is pending import.", STR_ARG(key->arn));
    }
    struct arena *arena = arena_open_secret();
    struct ctx own = ctx_new(arena, rq->ctx.now_ms);
    struct str plain = STR_NONE;
    const bool opened = vault_unseal(&own, rq->vault, about(rq, key, id), row.sealed, &plain)
        && (key->spec->form != FORM_SYMMETRIC || plain.len == AEAD_KEY_SIZE);
    *out = opened ? held_of(key->spec, plain) : NULL;
    arena_close(arena);
    return opened ? ERR_OK
                  : fail(&rq->ctx, &FAULT_INTERNAL, "material of %" STR_FMT " was sealed under another root key or damaged",
                         STR_ARG(key->arn));
}

struct err material_take(struct request *rq, const struct key *key, struct str id, const struct material **out)
{
    const struct str name = name_of(rq->ctx.arena, key, id);
    if (key->store.len) {
        struct held *in_token = memory_new(sizeof(*in_token));
        in_token->users = 1;
        in_token->material.label = store_label(rq->ctx.arena, key);
        *out = &in_token->material;
        const struct err err = store_token(rq, key, &in_token->material.token);
        if (err.fault) {
            leave(in_token);
            *out = NULL;
        }
        return err;
    }
    struct held *held = cache_get(name);
    if (held == NULL) {
        TRY(unseal(rq, key, id, &held));
        /* What a transaction not yet committed has made might never have been. */
        if (!rq->writes) {
            cache_put(name, held);
        }
    }
    *out = &held->material;
    return ERR_OK;
}

struct err material_seal_bytes(struct request *rq, const struct material *material, const unsigned char nonce[AEAD_NONCE_SIZE],
                               struct str about_it, struct str plain, unsigned char *out)
{
    if (material->token) {
        return token_seal(&rq->ctx, material->token, material->label, nonce, about_it, plain, out);
    }
    aead_seal(material->aead, nonce, about_it, plain, out);
    return ERR_OK;
}

struct err material_open_bytes(struct request *rq, const struct material *material, const unsigned char nonce[AEAD_NONCE_SIZE],
                               struct str about_it, struct str sealed, unsigned char *out, bool *opened)
{
    if (material->token) {
        return token_unseal(&rq->ctx, material->token, material->label, nonce, about_it, sealed, out, opened);
    }
    *opened = material->aead && aead_unseal(material->aead, nonce, about_it, sealed, out);
    return ERR_OK;
}

struct str material_random(struct request *rq, const struct spec *spec)
{
    if (spec->form == FORM_PAIR) {
        struct pkey *pair = pkey_new(spec->kind);
        const struct str der = pkey_private_der(rq->ctx.arena, pair);
        pkey_close(pair);
        return der;
    }
    unsigned char *bytes = arena_alloc_raw(rq->ctx.arena, spec->size);
    random_bytes(bytes, spec->size);
    return (struct str){ (const char *)bytes, spec->size };
}

struct str material_seal(struct request *rq, const struct key *key, struct str id, struct str plain)
{
    return vault_seal(&rq->ctx, rq->vault, about(rq, key, id), plain);
}

struct err material_store(struct request *rq, const struct key *key, struct str plain, struct material_row *row)
{
    const struct rows rows = kms_rows_of(rq, key);
    row->sealed = material_seal(rq, key, row->id, plain);
    return kms_rows_material_put(&rows, key->id, row);
}

static bool pair_fits(const struct spec *spec, struct str plain)
{
    struct pkey *pair = pkey_of_private(plain);
    const bool fits = pair && pkey_kind(pair) == spec->kind && pkey_consistent(pair);
    pkey_close(pair);
    return fits;
}

bool material_fits(const struct spec *spec, struct str plain)
{
    return plain.len <= MATERIAL_MAX && (spec->form == FORM_PAIR ? pair_fits(spec, plain) : plain.len == spec->size);
}

/* The same bytes imported again have the same id. */
struct str material_id_of(struct request *rq, const struct key *key, struct str plain)
{
    unsigned char digest[HASH_SHA256_SIZE];
    struct hash hash = hash_begin(HASH_SHA256);
    hash_add(&hash, key->id);
    hash_add(&hash, plain);
    hash_end(&hash, digest);
    memory_wipe(&hash, sizeof(hash));
    return str_hex(rq->ctx.arena, digest, sizeof(digest));
}
