/* rows_channel.h - the SQL of channels. PutAuditEvents notes what came through them in svc/cloudtraildata. */
#ifndef YAGURA_SVC_CLOUDTRAIL_ROWS_CHANNEL_H
#define YAGURA_SVC_CLOUDTRAIL_ROWS_CHANNEL_H

#include "cloudtrail_model.h"
#include "store/store.h"

struct channel_row {
    struct str account, region, id, name, source;
    struct cloudtrail_destinations destinations;
    struct str policy; /* JSON; absent: none */
    struct str attempt_id, attempt_error, success_id; /* empty: none */
    int64_t attempt_ms, success_ms;
};

/* By id. */
struct err channel_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct channel_row **out,
                             size_t *count);
struct err channel_rows_put(struct ctx *ctx, struct store_conn *db, const struct channel_row *row);
struct err channel_rows_delete(struct ctx *ctx, struct store_conn *db, const struct channel_row *row);

#endif
