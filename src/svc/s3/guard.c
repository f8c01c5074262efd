/* guard.c - S3 as the front door sees it. */
#include "svc/s3/access.h"
#include "svc/s3/s3.h"
#include "svc/s3/work.h"

const struct service S3 = { .model = &S3_MODEL, .guard = s3_guard, .before = work_before, .anonymous_ok = true };
