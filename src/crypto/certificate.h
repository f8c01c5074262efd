/* certificate.h - X.509 certificates and public keys in PEM, as far as IAM must judge them.
 *
 * Text of strangers: nothing is asked of a terminal (encrypted keys are refused) and nothing is fetched. */
#ifndef YAGURA_CRYPTO_CERTIFICATE_H
#define YAGURA_CRYPTO_CERTIFICATE_H

#include "base/str.h"

struct certificate {
    int64_t not_before_ms, not_after_ms;
    struct str fingerprint; /* SHA-256 of its DER form, hex */
};

/* False when it is not one certificate in PEM. */
bool certificate_read(struct arena *arena, struct str pem, struct certificate *out);

enum certificate_key { CERTIFICATE_KEY_MATCHES, CERTIFICATE_KEY_UNREADABLE, CERTIFICATE_KEY_DIFFERS };
enum certificate_key certificate_match_key(struct str pem, struct str private_key_pem);

/* Each of the chain signed the one before it, the first one the certificate. -1: it does; -2: it can't be read; else the
 * place of the first that doesn't. */
int certificate_check_chain(struct str pem, struct str chain);

/* A private key in PEM, unencrypted and of RSA. */
bool certificate_is_private_key(struct str pem);

/* The numbers of an RSA key in "BEGIN PUBLIC KEY", big-endian without leading zeros. */
bool public_key_of_pem(struct arena *arena, struct str pem, struct str *modulus, struct str *exponent);
struct str public_key_to_pem(struct arena *arena, struct str modulus, struct str exponent); /* absent: no such key */

#endif
