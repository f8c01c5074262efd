/* rows.h - what STS reads of IAM's tables (src/svc/iam/schema): roles, MFA devices, identity providers; and its own keys. */
#ifndef YAGURA_SVC_STS_ROWS_H
#define YAGURA_SVC_STS_ROWS_H

#include "svc/request.h"

struct role_row {
    struct str name, id, path, trust;
    int64_t max_session; /* seconds */
};

struct err rows_role(struct request *rq, struct str account, struct str name, struct role_row *out, bool *found);

struct mfa_row {
    struct str owner; /* a user's id, or the account for its root; empty: it isn't enabled */
    struct str seed;  /* sealed */
    int64_t step;     /* of the code that it was enabled with */
};
struct err rows_mfa(struct request *rq, struct str serial, struct mfa_row *out, bool *found);

struct provider_row {
    struct str body; /* OpenID Connect: client ids, one a line; SAML: the metadata */
    struct str more; /* OpenID Connect: thumbprints, one a line */
};
/* kind: "oidc", "saml". */
struct err rows_provider(struct request *rq, struct str account, const char *kind, struct str arn, struct provider_row *out,
                         bool *found);

/* Keys that sign web identity tokens: STS's own table (schema/). */
enum { TOKEN_ALGORITHMS = 2 };
struct token_key_row {
    struct str id;
    struct str public; /* SubjectPublicKeyInfo */
    struct str secret; /* sealed */
};
struct err rows_token_key(struct request *rq, struct str algorithm, struct token_key_row *out, bool *found);
struct err rows_token_key_insert(struct request *rq, struct str algorithm, const struct token_key_row *row);
struct err rows_token_keys(struct ctx *ctx, struct store_conn *db, struct str account, struct str algorithms[TOKEN_ALGORITHMS],
                           struct token_key_row out[TOKEN_ALGORITHMS], size_t *count);

/* One of IAM's settings of an account; absent: it was never made. */
struct err rows_setting(struct request *rq, struct str account, const char *name, struct str *out);

#endif
