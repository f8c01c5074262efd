/* tag_set.h - sets of tags as S3 takes them. */
#ifndef YAGURA_SVC_S3_TAG_SET_H
#define YAGURA_SVC_S3_TAG_SET_H

#include "svc/s3/faults.h"

enum tags_of { TAGS_OF_BUCKET, TAGS_OF_OBJECT };

/* Whether it has only characters that a tag may have, at most max of them. */
bool tag_text_fits(struct str text, size_t max);
/* InvalidTag, with TagKey; BadRequest where there are too many: 50, and 10 of an object. */
struct err tag_set_check(struct request *rq, const struct s3_tag_set *tags, enum tags_of of);

#endif
