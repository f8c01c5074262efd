/* material.h - the secret behind a key: made, sealed at rest, unsealed once and kept for the next call.
 *
 * What material_take gives stays until material_give; unsealed material is shared by all threads, bounded in number, locked
 * in memory and wiped. */
#ifndef YAGURA_SVC_KMS_MATERIAL_H
#define YAGURA_SVC_KMS_MATERIAL_H

#include "crypto/aead.h"
#include "svc/kms/key.h"
#include "svc/kms/rows.h"

struct material {
    struct aead *aead;          /* of a symmetric key, */
    struct pkey *pkey;          /* of a pair, */
    struct str secret;          /* of HMAC, */
    struct token *token;        /* of a custom key store: one of them is set */
    struct str label;           /* of the key in the token */
};

/* AES-GCM of a symmetric key, wherever it is; as crypto/aead. */
struct err material_seal_bytes(struct request *rq, const struct material *material, const unsigned char nonce[AEAD_NONCE_SIZE],
                               struct str about, struct str plain, unsigned char *out);
struct err material_open_bytes(struct request *rq, const struct material *material, const unsigned char nonce[AEAD_NONCE_SIZE],
                               struct str about, struct str sealed, unsigned char *out, bool *opened);

struct err material_take(struct request *rq, const struct key *key, struct str id, const struct material **out);
void material_give(const struct material *material); /* NULL is allowed */
/* Deleted or expired: no longer kept. */
void material_forget(const struct key *key, struct str id);

/* New random bytes, or private DER, of the key's spec. */
struct str material_random(struct request *rq, const struct spec *spec);
struct str material_seal(struct request *rq, const struct key *key, struct str id, struct str plain);
/* Sealed into a row of its own, as the newest. */
struct err material_store(struct request *rq, const struct key *key, struct str plain, struct material_row *row);
/* Whether bytes are material of the spec: their length, or DER of the right pair. */
bool material_fits(const struct spec *spec, struct str plain);
struct str material_id_of(struct request *rq, const struct key *key, struct str plain);

#endif
