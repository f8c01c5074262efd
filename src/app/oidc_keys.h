/* oidc_keys.h - the public keys of OpenID Connect providers, for STS: fetched over HTTPS as their discovery documents say, or
 * read from the files of --jwks, and remembered for a while.
 *
 * A server whose certificates the system doesn't trust is trusted when one of them has a thumbprint that its provider in IAM
 * names; the chain and the host's name must still be right. Safe for threads; nothing is locked while a provider is waited for. */
#ifndef YAGURA_APP_OIDC_KEYS_H
#define YAGURA_APP_OIDC_KEYS_H

#include "app/config.h"
#include "svc/sts/keys.h"

enum { OIDC_KEYS_FRESH_MS = 3600000, OIDC_KEYS_AGAIN_MS = 10000, OIDC_ISSUERS_MAX = 256, OIDC_BODY_MAX = 256 * 1024 };

struct oidc_keys;

/* pinned: "ISSUER=FILE" each; FAULT_INVALID when one isn't. It must outlive what is opened. */
struct err oidc_keys_open(struct ctx *ctx, const struct path_list *pinned, struct oidc_keys **out);
void oidc_keys_close(struct oidc_keys *keys); /* NULL is allowed */
struct sts_key_source oidc_keys_source(struct oidc_keys *keys);

#endif
