/* token.h - keys that stay in a PKCS #11 token (an HSM, SoftHSM): made there, used there, never seen here.
 *
 * A token is named by an RFC 7512 URI: pkcs11:token=LABEL?module-path=/usr/lib/.../libsofthsm2.so&pin-source=/path/of/pin (or
 * pin-value=PIN). Keys are AES-256, by label, and seal as crypto/aead does. A struct token may be used by several threads; calls
 * wait for one another. spec: PKCS #11 v2.40; RFC 7512. */
#ifndef YAGURA_CRYPTO_TOKEN_H
#define YAGURA_CRYPTO_TOKEN_H

#include "base/err.h"
#include "crypto/aead.h"

extern const struct fault TOKEN_WRONG_PIN; /* the PIN is wrong or locked; other failures are FAULT_IO */

struct token;
struct token_uri {
    struct str token, module, object, pin, pin_source; /* absent where the URI is silent */
};
bool token_uri_read(struct arena *arena, struct str text, struct token_uri *out);

/* Loads the module, finds the token by its label and logs in. */
struct err token_open(struct ctx *ctx, const struct token_uri *uri, struct str pin, struct token **out);
void token_close(struct token *token); /* NULL is allowed */

/* A key of that label; made is whether there was none before. */
struct err token_need_key(struct ctx *ctx, struct token *token, struct str label, bool *made);
struct err token_delete_key(struct ctx *ctx, struct token *token, struct str label);
struct err token_seal(struct ctx *ctx, struct token *token, struct str label, const unsigned char nonce[AEAD_NONCE_SIZE],
                      struct str about, struct str plain, unsigned char *out);
/* *opened false: changed, or sealed under another key. */
struct err token_unseal(struct ctx *ctx, struct token *token, struct str label, const unsigned char nonce[AEAD_NONCE_SIZE],
                        struct str about, struct str sealed, unsigned char *out, bool *opened);

#endif
