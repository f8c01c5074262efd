/* sse_kms.h - data keys of KMS for objects, asked for as the caller (svc/door.h). KMS's refusals come out as S3 shows them. */
#ifndef YAGURA_SVC_S3_SSE_KMS_H
#define YAGURA_SVC_S3_SSE_KMS_H

#include "svc/s3/sse.h"

/* The header x-amz-server-side-encryption-context: JSON in base64, texts under texts. Absent: none. */
struct err sse_kms_context(struct request *rq, struct str header, struct str *json);
#define SSE_KMS_OWN STR("alias/aws/s3")

/* A new one under sse->key_id, which becomes the key's ARN. Leaves it pending where S3's own key must be made first and the
 * transaction at hand only reads. */
struct err sse_kms_data_key(struct request *rq, struct sse *sse);
struct err sse_kms_open(struct request *rq, struct sse *sse);

#endif
