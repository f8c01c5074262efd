/* jwt.h - JSON Web Tokens: read, and held against a provider's keys.
 *
 * spec: RFC 7515 (compact serialisation), RFC 7517 (keys), RFC 7518 (algorithms), RFC 7519 (claims). Only RS256, RS384, RS512,
 * ES256, ES384 and ES512 are known: "none" and HMAC are no algorithms here, hence no key can be mistaken for another kind. Keys named or carried
 * by the token itself (jku, x5u, jwk, x5c) are not looked at. */
#ifndef YAGURA_SVC_STS_JWT_H
#define YAGURA_SVC_STS_JWT_H

#include "base/err.h"
#include "base/json.h"
#include "crypto/verify.h"

struct jwt {
    enum verify_scheme scheme;
    struct str key_id;    /* absent: none named */
    const struct json *claims;
    struct str issuer;
    struct str signed_text; /* what the signature is over */
    struct str signature;
};

/* False when it isn't such a token; *reason then says why. Nothing in it is to be trusted yet. */
bool jwt_parse(struct arena *arena, struct str token, struct jwt *out, const char **reason);

enum jwt_trust { JWT_GOOD, JWT_NO_KEY, JWT_FORGED, JWT_BAD_KEYS };
/* Against the keys of a set that fit the token: its key id and algorithm, for signing. At most JWT_KEYS_MAX keys are looked at. */
enum { JWT_KEYS_MAX = 200 };
enum jwt_trust jwt_verify(struct arena *arena, const struct jwt *jwt, struct str jwks);

/* The claim's texts: one of a string, those of an array of strings; at most max. */
size_t jwt_texts(const struct json *claim, struct str *out, size_t max);
/* RFC 4648, 5, without padding; false for anything else. */
bool jwt_unbase64(struct arena *arena, struct str s, struct str *out);

#endif
