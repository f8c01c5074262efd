/* root.h - where a root key comes from, and its wrapped form on disk.
 *
 *   file                 the key itself lies in the data folder (crypto/vault.h)
 *   passphrase:PATH      wrapped under a key that scrypt makes of the first line of a file
 *   credential:NAME      wrapped under a secret that systemd hands over: $CREDENTIALS_DIRECTORY/NAME, at least 32 bytes
 *   pkcs11:...           wrapped by a key of a token, which it never leaves (crypto/token.h); object=LABEL, or yagura-root
 *
 * Wrapped: "YGR1", kind, 16 bytes of salt, 12 of nonce, the key and its tag. The head is authenticated. */
#ifndef YAGURA_CRYPTO_ROOT_H
#define YAGURA_CRYPTO_ROOT_H

#include "crypto/token.h"
#include "crypto/vault.h"

enum root_kind { ROOT_FILE, ROOT_PASSPHRASE, ROOT_CREDENTIAL, ROOT_TOKEN };

struct root_source {
    enum root_kind kind;
    struct str path; /* of passphrase or credential */
    struct token_uri uri;
};

/* FAULT_INVALID says how sources are spelled. credentials: $CREDENTIALS_DIRECTORY, or absent. */
struct err root_source_read(struct ctx *ctx, struct str text, struct str credentials, struct root_source *out);

/* Of sources other than file. root_wrap makes the token's key when there is none. */
struct err root_wrap(struct ctx *ctx, const struct root_source *source, const unsigned char key[VAULT_KEY_SIZE], struct str *out);
struct err root_unwrap(struct ctx *ctx, const struct root_source *source, struct str wrapped, unsigned char key[VAULT_KEY_SIZE]);

#endif
