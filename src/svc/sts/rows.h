/* rows.h - what STS reads of IAM's tables (src/svc/iam/schema): roles, MFA devices, identity providers. STS writes nothing. */
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

/* One of IAM's settings of an account; absent: it was never made. */
struct err rows_setting(struct request *rq, struct str account, const char *name, struct str *out);

#endif
