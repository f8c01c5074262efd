/* delivery_parts.h - what the files of delivery share. */
#ifndef YAGURA_SVC_CLOUDTRAIL_DELIVERY_PARTS_H
#define YAGURA_SVC_CLOUDTRAIL_DELIVERY_PARTS_H

#include "svc/cloudtrail/delivery.h"
#include "svc/cloudtrail/rows_delivery.h"

/* [prefix/]AWSLogs/[o-ID/]ACCOUNT/KIND/REGION/YYYY/MM/DD/ */
struct str delivery_folder(struct arena *arena, const struct trail_row *trail, struct str account, const char *kind,
                           struct str region, int64_t at_ms);

/* delivery_select.c: which events a trail takes. */
struct trail_filter;
struct err trail_filter_open(struct ctx *ctx, const struct trail_row *trail, struct trail_filter **out);
void trail_filter_close(struct trail_filter *filter);
/* account and region are those of the event, into arena. */
struct taken {
    struct str account, region;
    struct str selector; /* the name of the one that took it, or its number */
    struct str category, source, bucket; /* bucket: of S3's data events, else absent */
    bool insight; /* such events have files of their own */
    bool own;     /* what delivering a trail caused */
    int64_t at_ms;
};
bool trail_filter_takes(struct arena *arena, struct trail_filter *filter, struct str event, struct taken *out);

/* Whether events of the account are the trail's: its own, or of its organisation. */
struct err delivery_is_ours(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                            const struct trail_row *trail, struct str account, bool *out);
/* Whether the last attempt is long enough ago; also when the clock went back since. */
bool delivery_rested(const struct delivery_options *options, int64_t attempted_ms, int64_t now_ms);
/* Within a write transaction: notes how far the trail has come, unless it was deleted meanwhile. */
struct err delivery_note(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct delivery_row *row);

/* delivery_logs.c; a log group that is new begins at `place`; end: of the journal, for this pass. */
struct err delivery_logs(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                         const struct trail_row *trail, struct delivery_row *row, int64_t place, int64_t end, bool *again);

/* delivery_digest.c */
struct err delivery_digests(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                            const struct trail_row *trail, struct delivery_row *delivery, bool *again);

#endif
