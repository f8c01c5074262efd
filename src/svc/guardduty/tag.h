/* tag.h - tags of a resource, named by the end of its ARN ("detector/ID"). */
#ifndef YAGURA_SVC_GUARDDUTY_TAG_H
#define YAGURA_SVC_GUARDDUTY_TAG_H

#include "guardduty_model.h"
#include "svc/request.h"

/* Adds or overwrites; refuses reserved keys and more than 50 on one resource. */
struct err tag_put_all(struct request *rq, struct str resource, const struct guardduty_tag_map *tags);
/* Absent when there is none. */
struct err tag_get_all(struct request *rq, struct str resource, struct guardduty_tag_map *out);

#endif
