/* bucket_access.h - who may at all: a bucket's ownership controls, public access block (its own and its account's) and ACL. */
#ifndef YAGURA_SVC_S3_BUCKET_ACCESS_H
#define YAGURA_SVC_S3_BUCKET_ACCESS_H

#include "svc/s3/acl.h"
#include "svc/s3/bucket.h"

enum ownership { OWNER_WRITER, OWNER_PREFERRED, OWNER_ENFORCED };

/* What holds for a bucket; of the blocks either the bucket's or the account's. */
struct bucket_access {
    enum ownership ownership; /* without controls the writer owns */
    bool block_acls, ignore_acls, block_policy, restrict_buckets;
    struct str policy, acl;   /* JSON; absent: none */
    bool requester_pays;
    bool abac;
};

/* One look into the store. */
struct err bucket_access_read(struct request *rq, const struct bucket_row *bucket, struct bucket_access *out);

/* The settings of a new bucket: by default nobody but its owner, ACLs off, nothing public. in: CreateBucket's. */
struct err bucket_access_begin(struct request *rq, const struct s3_create_bucket_in *in, const struct bucket_row *bucket);

/* The ACL and owner of an object that is being written (PutObject, CopyObject, CreateMultipartUpload): *acl absent: its owner
 * alone. AccessControlListNotSupported where ACLs are off, AccessDenied where public ones are blocked. */
struct err object_access_begin(struct request *rq, const void *in, const struct bucket_row *bucket, struct str *acl,
                               struct str *owner);

/* The fault of a public ACL where those are blocked. */
struct err acl_blocked(struct request *rq);

/* spec: S3 Control: what an account says of all its buckets; absent (NULL): nothing. */
struct err account_public_access(struct request *rq, struct str account, const struct s3_public_access_block_configuration **out);

#endif
