/* s3_chores.h - what buckets do of themselves: lifecycle rules, access logs, and telling functions of events.
 *
 * Rules are gone through at the start and every ten minutes after; each page is found on the thread's own connection and goes by
 * the writer. Events come by the outbox (svc/s3/notify.h); functions are invoked as s3.amazonaws.com, asynchronously. */
#ifndef YAGURA_APP_S3_CHORES_H
#define YAGURA_APP_S3_CHORES_H

#include "app/deliverer.h"
#include "app/inside.h"

struct s3_chores_options {
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    int64_t log_interval_ms; /* between deliveries of access logs */
};

struct s3_chores;

struct s3_chores *s3_chores_open(const struct s3_chores_options *options);
struct deliverer_channel s3_chores_channel(struct s3_chores *chores); /* before it is started nothing is delivered */
struct err s3_chores_start(struct ctx *ctx, struct s3_chores *chores, struct inside *inside);
/* Delivers the access logs of the last minutes; while calls inside still work. NULL is allowed, as below. */
void s3_chores_stop(struct s3_chores *chores);
void s3_chores_close(struct s3_chores *chores); /* after the deliverer, and once no call is under way */

#endif
