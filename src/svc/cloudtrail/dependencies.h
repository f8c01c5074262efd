/* dependencies.h - what a trail relies on in other services, asked of them when it is made or changed. */
#ifndef YAGURA_SVC_CLOUDTRAIL_DEPENDENCIES_H
#define YAGURA_SVC_CLOUDTRAIL_DEPENDENCIES_H

#include "cloudtrail_model.h"
#include "svc/request.h"

/* The organisation whose management account calls and trusts CloudTrail. */
struct err dependency_organization(struct request *rq, struct str *id);
/* The key lets CloudTrail encrypt what this trail writes. */
struct err dependency_key(struct request *rq, const struct cloudtrail_trail *trail);

#endif
