/* blob.h - ciphertext of symmetric keys: it says itself which key and which of its materials opens it.
 *
 *     1  version (1)
 *     5  account number
 *     1  0: a key id of one Region (UUID), 1: of several (mrk-)
 *    16  key id
 *    32  id of the key material
 *    12  nonce
 *     n  ciphertext, as long as the plaintext
 *    16  tag
 *
 * Authenticated with it: all before the nonce, then the encryption context, sorted by key, each key and value after its
 * length in four bytes. */
#ifndef YAGURA_SVC_KMS_BLOB_H
#define YAGURA_SVC_KMS_BLOB_H

#include "crypto/aead.h"
#include "kms_model.h"

enum { BLOB_HEAD = 55, BLOB_MIN = BLOB_HEAD + AEAD_NONCE_SIZE + AEAD_TAG_SIZE };

struct blob {
    struct str account, key, material; /* as text */
    struct str head, nonce, sealed;    /* within the blob */
};

bool kms_blob_read(struct arena *arena, struct str bytes, struct blob *out);
/* What is authenticated with the ciphertext: the head and the context. */
struct str kms_blob_bound(struct arena *arena, struct str head, struct str context);
/* A new blob but for ciphertext and tag, which go to bytes + BLOB_HEAD + AEAD_NONCE_SIZE; the nonce is random. */
unsigned char *kms_blob_begin(struct arena *arena, const struct blob *names, size_t plain_size, struct str *out);

/* The encryption context in its one form; empty for none. */
struct str kms_blob_context(struct arena *arena, const struct kms_encryption_context_type *context);

#endif
