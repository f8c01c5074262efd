/* context.h - limits of an encryption context, and the ciphertexts under it. */
#ifndef YAGURA_SVC_KMS_CONTEXT_H
#define YAGURA_SVC_KMS_CONTEXT_H

#include "svc/kms/blob.h"
#include "svc/kms/key.h"

/* Seals plain under the key's current material. */
struct err cipher_seal(struct request *rq, const struct key *key, const struct kms_encryption_context_type *context,
                       struct str plain, struct str *out);

#endif
