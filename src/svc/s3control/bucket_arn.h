/* bucket_arn.h - the bucket that an ARN names, as S3 or as S3 Control writes it. */
#ifndef YAGURA_SVC_S3CONTROL_BUCKET_ARN_H
#define YAGURA_SVC_S3CONTROL_BUCKET_ARN_H

#include "base/str.h"

/* Of "arn:aws:s3:::NAME"; absent: another kind of resource (access points and their like aren't built). */
struct str bucket_of_arn(struct str arn);

#endif
