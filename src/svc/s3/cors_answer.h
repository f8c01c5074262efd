/* cors_answer.h - what a browser is told of a bucket's CORS configuration: before a request (OPTIONS), and with each answer. */
#ifndef YAGURA_SVC_S3_CORS_ANSWER_H
#define YAGURA_SVC_S3_CORS_ANSWER_H

#include "svc/s3/cors.h"
#include "svc/s3/faults.h"

/* Of a request with an Origin: the headers of the rule it fits, if any, to rq's answer. */
struct err cors_tell(struct request *rq, struct str bucket);
/* A preflight, of rq->http, whose path is the bucket's or an object's; rq->db is within a read transaction. The headers go to
 * rq's answer; BadRequest or AccessForbidden as S3 says them. */
struct err cors_preflight(struct request *rq);

#endif
