/* usage.h - what trails deliver, counted where it is selected: by day, selector, category, source and S3 bucket.
 *
 * A pass tallies in memory and adds the tally in the transaction that says that its files are there: each event counts once,
 * whatever is killed. Memory is bounded: what comes beyond TRAIL_USAGE_MAX kinds in one pass counts as kind "(others)". */
#ifndef YAGURA_SVC_CLOUDTRAIL_USAGE_H
#define YAGURA_SVC_CLOUDTRAIL_USAGE_H

#include "svc/cloudtrail/rows.h"

enum { TRAIL_USAGE_MAX = 256, TRAIL_USAGE_KEEP_DAYS = 455 };
#define TRAIL_USAGE_FILE STR("File") /* category */

struct trail_usage {
    struct str account, region, name; /* of the trail; a tally leaves them out */
    int64_t day_ms;
    struct str selector, category, source, bucket;
    int64_t events, bytes;
};
struct trail_usages {
    struct trail_usage *items;
    size_t count;
};

/* kind's counts are added; texts are copied into arena. items has room for TRAIL_USAGE_MAX + 1. */
void trail_usage_note(struct arena *arena, struct trail_usages *tally, const struct trail_usage *kind);
struct err trail_usage_add(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct trail_usages *tally);
/* Of every account from a day on; and what is older than TRAIL_USAGE_KEEP_DAYS goes with the next trail_usage_add. */
struct err trail_usage_list(struct ctx *ctx, struct store_conn *db, int64_t from_ms, struct trail_usages *out);

#endif
