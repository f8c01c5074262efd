/* verify_logs.h - proves CloudTrail logs untouched: every digest by its signature and its place in the chain, every log file by
 * the hash that a digest states. Digests are checked by many threads at once; what they say of each other is put together
 * afterwards. */
#ifndef YAGURA_APP_VERIFY_LOGS_H
#define YAGURA_APP_VERIFY_LOGS_H

#include "app/progress.h"
#include "base/err.h"

/* Where objects are: a folder, or a bucket. Called by several threads, each with a number below `threads`. */
struct verify_source {
    /* FAULT_MISSING: there is no such object. signature: metadata, absent if there is none. */
    struct err (*get)(void *self, struct ctx *ctx, size_t thread, struct str key, struct str *body, struct str *signature);
    void *self;
};

struct verify_key {
    struct str fingerprint; /* hex, lower case */
    struct str public_key;  /* DER, PKCS #1 */
};

enum verify_trouble {
    VERIFY_LOG_CHANGED, VERIFY_LOG_DELETED, VERIFY_DIGEST_CHANGED, VERIFY_DIGEST_DELETED, VERIFY_CHAIN_BROKEN,
    VERIFY_SIGNATURE_WRONG, VERIFY_KEY_UNKNOWN, VERIFY_UNREADABLE,
    VERIFY_TROUBLES,
};
const char *verify_trouble_name(enum verify_trouble trouble); /* "log changed" */

struct verify_finding {
    enum verify_trouble trouble;
    struct str object;
    struct str detail;
};

struct verify_report {
    struct verify_finding *findings; /* by object */
    size_t finding_count;
    size_t digests, digests_valid;   /* valid: signed, and unchanged where it says where it is */
    size_t unsigned_digests;         /* no signature to check: the newest of a chain in a copy without metadata */
    size_t logs, logs_valid;
    size_t chains, beginnings;       /* where a chain begins: logging was started there */
    uint64_t bytes;                  /* uncompressed */
    int64_t from_ms, to_ms;          /* what the digests cover */
};

/* keys: of all objects of the source. Everything the report holds lives in ctx->arena. */
struct err verify_logs(struct ctx *ctx, const struct verify_source *source, const struct str *keys, size_t key_count,
                       const struct verify_key *public_keys, size_t public_key_count, size_t threads,
                       struct progress *progress, struct verify_report *out);

#endif
