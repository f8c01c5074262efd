/* signing.h - the keys that sign digests: one pair per Region, sealed at rest, replaced in time, all of them listed. */
#ifndef YAGURA_SVC_CLOUDTRAIL_SIGNING_H
#define YAGURA_SVC_CLOUDTRAIL_SIGNING_H

#include "crypto/vault.h"
#include "svc/cloudtrail/rows.h"

struct signing_key {
    struct str fingerprint;
    struct str private_key; /* a secret */
};

/* The key that signs now, made if need be. Within a write transaction. home: the server's first account. */
struct err signing_key_now(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str home,
                           struct str region, struct signing_key *out);

#endif
