/* tag.h - tags of keys. spec: KMS API reference, TagResource. */
#ifndef YAGURA_SVC_KMS_TAG_H
#define YAGURA_SVC_KMS_TAG_H

#include "svc/kms/key.h"

/* existing: how many tags the key has beside these. */
struct err kms_tag_check(struct request *rq, const struct kms_tag *tags, size_t count, size_t existing);
struct err kms_tag_put(struct request *rq, const struct key *key, const struct kms_tag *tags, size_t count);

#endif
