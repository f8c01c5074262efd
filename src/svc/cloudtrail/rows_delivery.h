/* rows_delivery.h - the SQL of what trails have delivered and signed. */
#ifndef YAGURA_SVC_CLOUDTRAIL_ROWS_DELIVERY_H
#define YAGURA_SVC_CLOUDTRAIL_ROWS_DELIVERY_H

#include "svc/cloudtrail/rows.h"

/* How far a trail has come in the journal. */
struct delivery_row {
    bool known;             /* false: nothing was delivered yet */
    int64_t place;          /* of the journal: everything before it is in the bucket or was not selected */
    int64_t planned;        /* beyond place: files up to there are being written, again after a crash; 0: none */
    int64_t planned_ms;     /* the time in their names */
    int64_t attempted_ms, delivered_ms, digest_ms;
    int64_t logs_place, logs_attempted_ms, logs_ms; /* of the log group, by itself */
    struct str error, digest_error, logs_error; /* AWS's code, empty: none */
};
struct err trail_rows_delivery_get(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct delivery_row *out);
struct err trail_rows_delivery_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail,
                             const struct delivery_row *row);

/* A log file that waits for its digest. */
struct file_row {
    struct str log_account, log_region;
    struct str bucket, object;
    struct str hash; /* SHA-256 of the uncompressed bytes, hex */
    int64_t oldest_ms, newest_ms, written_ms;
};
struct err trail_rows_file_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct file_row *row);
/* Those written before a time, newest first. */
struct err trail_rows_file_list(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                          struct str log_region, int64_t before_ms, struct file_row **out, size_t *count);
struct err trail_rows_file_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                            struct str log_region, int64_t before_ms);

/* The newest digest of a chain: of one account and Region of a trail. */
struct chain_row {
    struct str log_account, log_region;
    int64_t end_ms, backfill_ms; /* the newest backfill's end; 0: none */
    struct str bucket, object, hash, signature; /* object empty: the chain begins */
};
struct err trail_rows_chain_list(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct chain_row **out,
                           size_t *count);
struct err trail_rows_chain_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct chain_row *row);
/* One that begins there, unless there is one. */
struct err trail_rows_chain_begin(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                                  struct str log_region, int64_t start_ms);
/* The same for every account and Region of which files wait. */
struct err trail_rows_chain_begin_all(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, int64_t start_ms);
struct err trail_rows_chain_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail,
                                   const struct chain_row *row);
struct err trail_rows_chain_delete_all(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail);

#endif
