/* rows.h - the SQL of the data service, over CloudTrail's channels. */
#ifndef YAGURA_SVC_CLOUDTRAILDATA_ROWS_H
#define YAGURA_SVC_CLOUDTRAILDATA_ROWS_H

#include "store/store.h"

struct channel_key {
    struct str account, region, id;
};

/* policy absent: it has none. */
struct err channel_policy_get(struct ctx *ctx, struct store_conn *db, const struct channel_key *key, struct str *policy, bool *found);
/* What came last: error empty when it was taken. */
struct err channel_note(struct ctx *ctx, struct store_conn *db, const struct channel_key *key, struct str event, struct str error);

#endif
