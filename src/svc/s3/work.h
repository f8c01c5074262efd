/* work.h - what calls do before their transaction (struct before, svc/request.h), each within the read transaction. */
#ifndef YAGURA_SVC_S3_WORK_H
#define YAGURA_SVC_S3_WORK_H

#include "svc/s3/faults.h"

struct err copy_before(struct request *rq, const struct s3_copy_object_in *in);

/* Which of them, by the operation's name. */
struct err work_before(struct request *rq, const void *in);

#endif
