/* keys.h - where the public keys of OpenID Connect providers come from: the app fetches them, or reads a pinned file.
 *
 * The app says so once, before the first call; without a source no web identity token can be verified. */
#ifndef YAGURA_SVC_STS_KEYS_H
#define YAGURA_SVC_STS_KEYS_H

#include "base/err.h"

struct sts_key_source {
    /* The issuer's key set (RFC 7517, JSON) into *jwks, in ctx's arena. May block. fresh: what is remembered lacks a key, look
     * again if that isn't too often. thumbprints: SHA-1 of certificates that vouch for a server whose chain isn't trusted
     * here, in hex, one a line. FAULT_UNAVAILABLE: it can't be had, the reason says why. */
    struct err (*find)(void *self, struct ctx *ctx, struct str issuer, struct str thumbprints, bool fresh, struct str *jwks);
    void *self;
};

void sts_keys_from(struct sts_key_source source);

#endif
