/* credentials.h - the part that all operations which give out temporary credentials share. */
#ifndef YAGURA_SVC_STS_CREDENTIALS_H
#define YAGURA_SVC_STS_CREDENTIALS_H

#include "sts_model.h"
#include "svc/session.h"

extern const struct fault STS_ACCESS_DENIED;     /* 403 AccessDenied */
extern const struct fault STS_INVALID_PARAMETER; /* 400 InvalidParameterValue */

enum { TOKEN_SIZE_MAX = 4096 };

/* Tags of a session, asked for or kept from the one before. */
struct session_tags {
    const struct sts_tag *items;
    size_t count;
    const struct str *transitive; /* keys among them that chained sessions keep */
    size_t transitive_count;
};

/* Seals a session of principal that starts now. */
const struct sts_credentials *credentials_make(struct request *rq, struct session *session, int64_t seconds);
/* What is told of the token's size to those who asked for a minimum. */
struct opt_int credentials_size(struct opt_int asked, const struct sts_credentials *made);
struct opt_int credentials_utilization(struct opt_int asked, const struct sts_credentials *made);

/* InvalidParameterValue for keys given twice, and for transitive keys that aren't among the tags or that the caller's own
 * session holds already. */
struct err tags_check(struct request *rq, const struct session_tags *tags);
/* Into the session: those asked for, and those the caller's session passes on. */
void tags_take(struct request *rq, const struct session_tags *tags, struct session *session);
/* aws:TagKeys and aws:RequestTag/KEY, two pairs a tag. */
void tags_pairs(struct request *rq, const struct session_tags *tags, struct context_pair *pairs);
struct session_tags tags_of(struct sts_tag_list_type tags, struct sts_tag_key_list_type transitive);

/* Whether a code was given, and is right: then *given. AccessDenied for a wrong one. serial and code absent: not given. */
struct err mfa_check(struct request *rq, struct str serial, struct str code, bool *given);

#endif
