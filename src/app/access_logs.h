/* access_logs.h - server access logs of buckets: a line for each call on a bucket that logs, gathered in memory and put into the
 * target bucket as logging.s3.amazonaws.com from time to time.
 *
 * spec: S3 user guide, "Logging requests with server access logging": delivery is best effort; what lies in memory when the
 * server dies is lost (the record of calls, CloudTrail's, is not). A bucket's lines beyond 8 MiB between two deliveries are
 * dropped, and counted in the log. */
#ifndef YAGURA_APP_ACCESS_LOGS_H
#define YAGURA_APP_ACCESS_LOGS_H

#include "app/finished.h"
#include "app/inside.h"

struct access_logs;

/* There is one in a process: calls find it by themselves. */
struct access_logs *access_logs_open(void);
void access_logs_close(struct access_logs *logs); /* once no call is under way; NULL is allowed */

/* Of any call, on any thread; most are none of its business. */
void access_logs_note(const struct finished *finished);

/* Which buckets log, as the store says; db outside of a transaction. */
struct err access_logs_look(struct ctx *ctx, struct access_logs *logs, struct store_conn *db);
/* Puts what was gathered. What a target refuses is dropped, as S3 drops it. */
void access_logs_deliver(struct ctx *ctx, struct access_logs *logs, struct inside *inside);

#endif
