/* identity.h - who a key belongs to and what it may do, remembered so that most calls ask the store nothing.
 *
 * A cache belongs to one thread; an identity is immutable but for noted_ms, which is its thread's, and may be kept by others
 * while a call of theirs is under way. What a cache remembers is forgotten after any committed write to IAM (iam_changed)
 * and after IDENTITY_FRESH_MS, so that another server on the same store is heard too. */
#ifndef YAGURA_APP_IDENTITY_H
#define YAGURA_APP_IDENTITY_H

#include <stdatomic.h>

#include "svc/iam/iam.h"

enum { IDENTITY_FRESH_MS = 5000, IDENTITIES_MAX = 4096 };

struct identity {
    struct arena *arena;
    atomic_size_t holders;
    struct iam_credential credential;
    struct iam_policies policies;
    const struct context_pair *tags; /* of the session, and of its user or role where the session has no such tag */
    size_t tag_count;
    uint64_t generation;
    int64_t loaded_ms;
    int64_t noted_ms; /* when the use of the key was last handed on (key_use.h); the caller's */
    struct str token;
};

struct identity_cache;

struct identity_cache *identity_cache_open(void);
void identity_cache_close(struct identity_cache *cache);
/* Faults: those of iam_credential_find. *out stays valid until the next call on this cache, or for as long as it
 * is kept. */
struct err identity_find(struct ctx *ctx, struct identity_cache *cache, struct store_conn *db, const struct vault *vault,
                         struct str access_key, struct str token, struct identity **out);
/* A session that is not going to be used again. */
void identity_forget(struct identity_cache *cache, struct str access_key);
/* NULL is allowed. */
void identity_keep(struct identity *identity);
void identity_release(struct identity *identity);

#endif
