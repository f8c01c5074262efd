/* s3control.h - S3 Control: S3's second API, over the same buckets and accounts (hence it may see svc/s3). */
#ifndef YAGURA_SVC_S3CONTROL_S3CONTROL_H
#define YAGURA_SVC_S3CONTROL_S3CONTROL_H

#include "s3control_model.h"
#include "svc/request.h"

extern const struct service S3CONTROL;

#endif
