/* spec.h - what kinds of keys there are, what each may be used for, and the algorithms of each: one table.
 *
 * spec: KMS developer guide, "Key spec reference". */
#ifndef YAGURA_SVC_KMS_SPEC_H
#define YAGURA_SVC_KMS_SPEC_H

#include "crypto/pkey.h"

enum spec_form { FORM_SYMMETRIC, FORM_HMAC, FORM_PAIR };
enum usage { USAGE_ENCRYPT, USAGE_SIGN, USAGE_MAC, USAGE_AGREE, USAGES };

struct spec {
    const char *name;
    enum spec_form form;
    enum pkey_kind kind;  /* of a pair */
    size_t size;          /* bytes of secret material, of HMAC the usual ones */
    unsigned usages;      /* a bit each */
};

struct algorithm {
    const char *name;
    enum usage usage;
    unsigned specs;       /* which of the table, a bit each */
    enum pkey_digest digest;
    enum pkey_padding padding;
};

const struct spec *spec_find(struct str name); /* NULL: not offered here */
struct str spec_name(const struct spec *spec);
const char *usage_name(enum usage usage);      /* "ENCRYPT_DECRYPT" */
bool usage_find(struct str name, enum usage *out);

const struct algorithm *algorithm_find(struct str name);
bool algorithm_fits(const struct algorithm *algorithm, const struct spec *spec);
/* Names of those that a key of this spec and usage has; *count may be 0. */
struct str *spec_algorithms(struct arena *arena, const struct spec *spec, enum usage usage, size_t *count);

/* The longest message that RSA-OAEP takes: 2048 bits and SHA-1: 214. */
size_t spec_oaep_room(const struct spec *spec, const struct algorithm *algorithm);

#endif
