/* rows_publish.h - destinations of export, when each finding last went out, and what is too old to keep. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_PUBLISH_H
#define YAGURA_SVC_GUARDDUTY_ROWS_PUBLISH_H

#include "svc/guardduty/rows.h"

struct destination_row {
    struct str id, arn, kms_key;
    struct str bucket_owner; /* empty: not asked for */
    struct str status;       /* the API's PublishingStatus */
    int64_t failed_ms;       /* since when it fails; 0: it doesn't */
    struct str token;
};

enum { DESTINATION_ROWS_MAX = 10 };

struct err rows_destination_get(struct rows rows, struct str id, struct destination_row *out, bool *found);
/* By id; at most DESTINATION_ROWS_MAX. */
struct err rows_destination_list(struct rows rows, struct destination_row **out, size_t *count);
struct err rows_destination_put(struct rows rows, const struct destination_row *row);
struct err rows_destination_delete(struct rows rows, struct str id);

/* It went out now. */
struct err rows_publish_sent(struct rows rows, struct str finding);
/* There is news of it; one that never went out is due at once. */
struct err rows_publish_wait(struct rows rows, struct str finding);
/* Findings with news that last went out by then. */
struct err rows_publish_due(struct rows rows, int64_t until_ms, size_t limit, struct str **out, size_t *count);
/* Findings that neither happened nor changed since then. */
struct err rows_finding_stale(struct rows rows, int64_t before_ms, size_t limit, struct str **out, size_t *count);
/* With all that hangs on it. */
struct err rows_finding_delete(struct rows rows, struct str finding);

/* Every detector that is enabled, of all accounts and Regions: for chores. Only ctx and db of rows are used. */
struct detector_place {
    struct str account, region, id, frequency;
};
struct err rows_detector_places(struct ctx *ctx, struct store_conn *db, struct detector_place **out, size_t *count);

#endif
