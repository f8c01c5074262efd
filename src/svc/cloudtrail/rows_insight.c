#include "svc/cloudtrail/rows_insight.h"

static const char RATE_LIST[] =
    "SELECT account, region, source, name, error, hour, calls, peak FROM cloudtrail_rate"
    " ORDER BY account, region, source, name, error, hour";
static const char RATE_PUT[] =
    "INSERT INTO cloudtrail_rate (account, region, source, name, error, hour, calls, peak) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " ON CONFLICT (account, region, source, name, error, hour) DO UPDATE SET calls = excluded.calls, peak = excluded.peak";
static const char RATE_FORGET[] = "DELETE FROM cloudtrail_rate WHERE hour < $1";
static const char INSIGHT_LIST[] =
    "SELECT account, region, source, name, error, id, started, last, calls, threshold, baseline_calls, baseline_periods"
    " FROM cloudtrail_insight ORDER BY account, region, source, name, error";
static const char INSIGHT_PUT[] =
    "INSERT INTO cloudtrail_insight (account, region, source, name, error, id, started, last, calls, threshold, baseline_calls,"
    " baseline_periods) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    " ON CONFLICT (account, region, source, name, error) DO UPDATE SET id = excluded.id, started = excluded.started,"
    " last = excluded.last, calls = excluded.calls, threshold = excluded.threshold, baseline_calls = excluded.baseline_calls,"
    " baseline_periods = excluded.baseline_periods";
static const char INSIGHT_DELETE[] =
    "DELETE FROM cloudtrail_insight WHERE account = $1 AND region = $2 AND source = $3 AND name = $4 AND error = $5";
static const char INSIGHT_FORGET[] = "DELETE FROM cloudtrail_insight";

#define OF_RATE \
    SQL_TEXT(rate->key.account), SQL_TEXT(rate->key.region), SQL_TEXT(rate->key.source), SQL_TEXT(rate->key.name), \
        SQL_TEXT(rate->key.error)

static struct rate *rate_of(struct ctx *ctx, const struct store_cursor *cursor, struct rates *rates)
{
    const struct rate_key key = { store_text(ctx, cursor, 0), store_text(ctx, cursor, 1), store_text(ctx, cursor, 2),
                                  store_text(ctx, cursor, 3), store_text(ctx, cursor, 4) };
    return rates_need(rates, &key);
}

static struct err load_hours(struct ctx *ctx, struct store_conn *db, struct rates *rates)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    TRY(store_query(ctx, db, RATE_LIST, NULL, 0, &cursor));
    while (store_row(ctx, &cursor, &err)) {
        struct rate *rate = rate_of(ctx, &cursor, rates);
        if (rate) {
            rate_restore(rates, rate, store_int(&cursor, 5), (uint32_t)store_int(&cursor, 6), (uint32_t)store_int(&cursor, 7));
        }
    }
    return err;
}

struct err insight_rows_load(struct ctx *ctx, struct store_conn *db, struct rates *rates)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    TRY(load_hours(ctx, db, rates));
    TRY(store_query(ctx, db, INSIGHT_LIST, NULL, 0, &cursor));
    while (store_row(ctx, &cursor, &err)) {
        struct rate *rate = rate_of(ctx, &cursor, rates);
        if (rate) {
            rate->insight = (struct rate_insight){
                .id = rates_keep(rates, store_text(ctx, &cursor, 5)), .started = store_int(&cursor, 6), .last = store_int(&cursor, 7),
                .calls = store_int(&cursor, 8), .threshold = store_int(&cursor, 9), .baseline_calls = store_int(&cursor, 10),
                .baseline_periods = store_int(&cursor, 11),
            };
        }
    }
    return err;
}

static struct err put_hours(struct ctx *ctx, struct store_conn *db, const struct rate *rate)
{
    const int64_t oldest = rate->hour - RATE_HOURS + 1;
    const int64_t first = rate->oldest_changed > oldest ? rate->oldest_changed : oldest;
    for (int64_t hour = first; rate->oldest_changed && hour <= rate->hour; hour++) {
        const size_t at = (size_t)(hour % RATE_HOURS);
        if (rate->calls[at]) {
            TRY(store_run(ctx, db, RATE_PUT,
                          SQL_VALUES(OF_RATE, SQL_INT(hour), SQL_INT(rate->calls[at]), SQL_INT(rate->peak[at])), NULL));
        }
    }
    return ERR_OK;
}

struct err insight_rows_put(struct ctx *ctx, struct store_conn *db, const struct rate *rate)
{
    const struct rate_insight *insight = &rate->insight;
    TRY(put_hours(ctx, db, rate));
    if (insight->id.len == 0) {
        return store_run(ctx, db, INSIGHT_DELETE, SQL_VALUES(OF_RATE), NULL);
    }
    return store_run(ctx, db, INSIGHT_PUT,
                     SQL_VALUES(OF_RATE, SQL_TEXT(insight->id), SQL_INT(insight->started), SQL_INT(insight->last),
                                SQL_INT(insight->calls), SQL_INT(insight->threshold), SQL_INT(insight->baseline_calls),
                                SQL_INT(insight->baseline_periods)),
                     NULL);
}

struct err insight_rows_forget(struct ctx *ctx, struct store_conn *db, int64_t before_hour)
{
    return store_run(ctx, db, RATE_FORGET, SQL_VALUES(SQL_INT(before_hour)), NULL);
}

struct err insight_rows_forget_all(struct ctx *ctx, struct store_conn *db)
{
    TRY(insight_rows_forget(ctx, db, INT64_MAX));
    return store_run(ctx, db, INSIGHT_FORGET, NULL, 0, NULL);
}
