/* acl.h - access control lists of buckets and objects: made from canned names, grant headers or a document, and what they
 * allow, put as a policy so that one engine judges all.
 *
 * spec: S3 user guide, "Access control list (ACL) overview": grantees, permissions, canned ACLs and the actions they stand for. */
#ifndef YAGURA_SVC_S3_ACL_H
#define YAGURA_SVC_S3_ACL_H

#include "s3_model.h"
#include "svc/request.h"

#define ACL_ALL_USERS "http://acs.amazonaws.com/groups/global/AllUsers"
#define ACL_AUTHENTICATED_USERS "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
#define ACL_LOG_DELIVERY "http://acs.amazonaws.com/groups/s3/LogDelivery"

/* What a request says of an ACL; all absent: nothing. */
struct acl_wish {
    struct str canned;                                      /* x-amz-acl */
    struct str full_control, read, read_acp, write, write_acp; /* x-amz-grant-... */
    const struct s3_access_control_policy *document;        /* the body */
};

bool acl_wished(const struct acl_wish *wish);
struct err acl_needed(struct request *rq); /* the fault of a call that must say something of one */

/* Accounts of the thing's owner and of its bucket's. */
struct acl_owners {
    struct str owner, bucket_owner;
};

/* The ACL that is wished for; without a wish the owner's alone. Faults as S3 has them: InvalidArgument, MalformedACLError, ... */
struct err acl_make(struct request *rq, const struct acl_wish *wish, const struct acl_owners *owners,
                    struct s3_access_control_policy *out);
/* Whether it is what BucketOwnerEnforced still takes: bucket-owner-full-control, or the owner alone. */
bool acl_keeps_to_owner(const struct s3_access_control_policy *acl, struct str owner_id);
bool acl_is_public(const struct s3_access_control_policy *acl);

/* To and from the store's JSON; json absent: the owner's alone. */
struct str acl_write(struct request *rq, const struct s3_access_control_policy *acl);
struct err acl_read(struct request *rq, struct str json, struct str owner, struct s3_access_control_policy *out);

enum acl_of { ACL_OF_BUCKET, ACL_OF_OBJECT };
/* What it allows to others than its owner, as a resource's policy; absent: nothing. public_too: groups of everybody count. */
struct str acl_policy(struct arena *arena, const struct s3_access_control_policy *acl, enum acl_of of, bool public_too);

#endif
