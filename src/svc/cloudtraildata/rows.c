#include "svc/cloudtraildata/rows.h"

static const char POLICY_GET[] = "SELECT policy FROM cloudtrail_channel WHERE account = $1 AND region = $2 AND id = $3";
static const char NOTE_FAILURE[] =
    "UPDATE cloudtrail_channel SET attempt_id = $4, attempt_ms = $5, attempt_error = $6"
    " WHERE account = $1 AND region = $2 AND id = $3";
static const char NOTE_SUCCESS[] =
    "UPDATE cloudtrail_channel SET attempt_id = $4, attempt_ms = $5, attempt_error = '', success_id = $4, success_ms = $5"
    " WHERE account = $1 AND region = $2 AND id = $3";

struct err channel_policy_get(struct ctx *ctx, struct store_conn *db, const struct channel_key *key, struct str *policy, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    *policy = STR_NONE;
    TRY(store_query(ctx, db, POLICY_GET, SQL_VALUES(SQL_TEXT(key->account), SQL_TEXT(key->region), SQL_TEXT(key->id)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        *policy = store_text(ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err channel_note(struct ctx *ctx, struct store_conn *db, const struct channel_key *key, struct str event, struct str error)
{
    if (error.len == 0) {
        return store_run(ctx, db, NOTE_SUCCESS,
                         SQL_VALUES(SQL_TEXT(key->account), SQL_TEXT(key->region), SQL_TEXT(key->id), SQL_TEXT(event), SQL_INT(ctx->now_ms)),
                         NULL);
    }
    return store_run(ctx, db, NOTE_FAILURE,
                     SQL_VALUES(SQL_TEXT(key->account), SQL_TEXT(key->region), SQL_TEXT(key->id), SQL_TEXT(event), SQL_INT(ctx->now_ms),
                                SQL_TEXT(error)),
                     NULL);
}
