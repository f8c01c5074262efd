/* pkey.h - asymmetric keys: making them, their DER forms, signatures, encryption and agreement, as OpenSSL offers them.
 *
 * A struct pkey is immutable and may be used by several threads. Private DER is PKCS #8, public DER a SubjectPublicKeyInfo.
 * Functions that fail for what a stranger sent (a bad signature, a point off the curve) say false; nothing else is told.
 * Text lives in the arena; private DER should be in one that is wiped. */
#ifndef YAGURA_CRYPTO_PKEY_H
#define YAGURA_CRYPTO_PKEY_H

#include "base/str.h"

enum pkey_kind {
    PKEY_RSA_2048, PKEY_RSA_3072, PKEY_RSA_4096,
    PKEY_P256, PKEY_P384, PKEY_P521, PKEY_SECP256K1,
    PKEY_ED25519,
    PKEY_SM2,
    PKEY_KINDS
};

enum pkey_digest { PKEY_SHA1, PKEY_SHA224, PKEY_SHA256, PKEY_SHA384, PKEY_SHA512, PKEY_SM3 };
size_t pkey_digest_size(enum pkey_digest digest);

enum pkey_padding { PKEY_NO_PADDING, PKEY_PSS, PKEY_PKCS1 }; /* none: ECDSA, Ed25519, SM2 */

struct pkey_scheme {
    enum pkey_digest digest;
    enum pkey_padding padding;
    size_t salt;               /* of PSS; 0: as long as the digest */
};

struct pkey;
struct pkey *pkey_new(enum pkey_kind kind);
struct pkey *pkey_of_private(struct str der); /* NULL: malformed, or of a kind that is none of the above */
struct pkey *pkey_of_public(struct str der);
void pkey_close(struct pkey *key); /* NULL is allowed */
bool pkey_consistent(const struct pkey *key); /* a private key whose parts belong together */
enum pkey_kind pkey_kind(const struct pkey *key);
struct str pkey_private_der(struct arena *arena, const struct pkey *key);
struct str pkey_public_der(struct arena *arena, const struct pkey *key);

/* message is a digest of the scheme's size when digested; Ed25519 signs whole messages only. Of SM2 the digest is the one
 * that begins with the identity. ECDSA signatures are DER. */
bool pkey_sign(struct arena *arena, const struct pkey *key, struct pkey_scheme scheme, struct str message, bool digested,
               struct str *signature);
bool pkey_verify(const struct pkey *key, struct pkey_scheme scheme, struct str message, bool digested, struct str signature);

/* RSA-OAEP with MGF1 over the same digest, or SM2. label: absent but in tests. */
bool pkey_encrypt(struct arena *arena, const struct pkey *key, enum pkey_digest digest, struct str plain, struct str *out);
bool pkey_decrypt(struct arena *arena, const struct pkey *key, enum pkey_digest digest, struct str label, struct str sealed,
                  struct str *plain);

/* ECDH: the shared secret is the x coordinate. False for a peer on another curve or on none. */
bool pkey_agree(struct arena *arena, const struct pkey *key, struct str peer_der, struct str *secret);

#endif
