/* trail.h - finding trails by name or ARN, as every operation on one does. */
#ifndef YAGURA_SVC_CLOUDTRAIL_TRAIL_H
#define YAGURA_SVC_CLOUDTRAIL_TRAIL_H

#include "svc/cloudtrail/rows.h"
#include "svc/request.h"

enum { TRAILS_MAX = 5, TRAIL_TAGS_MAX = 50 };

/* Whether a name is one; the fault tells in AWS's words what is wrong. An ARN is no name. */
struct err trail_name_check(struct request *rq, struct str name);
/* By name (of this Region, else of a trail of all Regions) or ARN. CLOUDTRAIL_TRAIL_NOT_FOUND_EXCEPTION. */
struct err trail_need(struct request *rq, struct str name_or_arn, struct trail_row *out);
/* The same for changes: only in the trail's home Region. */
struct err trail_need_home(struct request *rq, struct str name_or_arn, struct trail_row *out);
/* Whether it is seen from the request's Region. */
bool trail_visible(const struct request *rq, const struct trail_row *row);
/* The trail as the API shows it. */
struct cloudtrail_trail *trail_shown(const struct trail_row *row);

struct err trail_tags_put(struct request *rq, struct str arn, const struct cloudtrail_tags_list *tags);

#endif
