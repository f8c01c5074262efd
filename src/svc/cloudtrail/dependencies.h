/* dependencies.h - what a trail relies on in other services, asked of them when it is made or changed. */
#ifndef YAGURA_SVC_CLOUDTRAIL_DEPENDENCIES_H
#define YAGURA_SVC_CLOUDTRAIL_DEPENDENCIES_H

#include "cloudtrail_model.h"
#include "svc/request.h"

/* The organisation whose management account calls and trusts CloudTrail. */
struct err dependency_organization(struct request *rq, struct str *id);
/* The bucket is there, and its policy lets CloudTrail ask for its ACL and write where this trail will. organization: the id,
 * empty if it is no organisation trail. */
struct err dependency_bucket(struct request *rq, const struct cloudtrail_trail *trail, struct str organization);
/* The role trusts CloudTrail, and may make streams in the log group, which is there. */
struct err dependency_log_group(struct request *rq, const struct cloudtrail_trail *trail, struct str organization);
/* The key lets CloudTrail encrypt what this trail writes. */
struct err dependency_key(struct request *rq, const struct cloudtrail_trail *trail);

#endif
