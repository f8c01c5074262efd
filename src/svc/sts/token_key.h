/* token_key.h - the keys that sign an account's web identity tokens: one for each algorithm, made when it is first needed. */
#ifndef YAGURA_SVC_STS_TOKEN_KEY_H
#define YAGURA_SVC_STS_TOKEN_KEY_H

#include "svc/sts/rows.h"

/* algorithm: "RS256" or "ES384". Signs text (a token's head and body) and gives the whole token; *id is what its head must
 * have named, so ask token_key_need first. */
struct token_key {
    struct str algorithm;
    struct token_key_row row;
};
struct err token_key_need(struct request *rq, struct str algorithm, struct token_key *out);
struct err token_key_sign(struct request *rq, const struct token_key *key, struct str text, struct str *token);
struct str token_base64(struct arena *arena, struct str bytes); /* RFC 4648, 5, without padding */

#endif
