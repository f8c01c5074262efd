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
    struct str secret;          /* of HMAC: one of them is set */
};

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
