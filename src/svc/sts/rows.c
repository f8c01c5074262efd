#include "svc/sts/rows.h"

struct err rows_role(struct request *rq, struct str account, struct str name, struct role_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(&rq->ctx, rq->db,
                    "SELECT name, id, path, trust, max_session FROM iam_entity"
                    " WHERE account = $1 AND kind = 'role' AND key = $2",
                    SQL_VALUES(SQL_TEXT(account), SQL_TEXT(str_lower(rq->ctx.arena, name))), &cursor));
    TRY(store_next(&rq->ctx, &cursor, found));
    if (*found) {
        *out = (struct role_row){
            .name = store_text(&rq->ctx, &cursor, 0),
            .id = store_text(&rq->ctx, &cursor, 1),
            .path = store_text(&rq->ctx, &cursor, 2),
            .trust = store_text(&rq->ctx, &cursor, 3),
            .max_session = store_int(&cursor, 4),
        };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_mfa(struct request *rq, struct str serial, struct mfa_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(&rq->ctx, rq->db,
                    "SELECT owner, secret, number FROM iam_item"
                    " WHERE account = $1 AND kind = 'mfa' AND key = $2",
                    SQL_VALUES(SQL_TEXT(rq->caller.account), SQL_TEXT(serial)), &cursor));
    TRY(store_next(&rq->ctx, &cursor, found));
    if (*found) {
        *out = (struct mfa_row){ .owner = store_text(&rq->ctx, &cursor, 0), .seed = store_text(&rq->ctx, &cursor, 1),
                                 .step = store_int(&cursor, 2) };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_provider(struct request *rq, struct str account, const char *kind, struct str arn, struct provider_row *out,
                         bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(&rq->ctx, rq->db, "SELECT body, more FROM iam_item WHERE account = $1 AND kind = $2 AND key = $3",
                    SQL_VALUES(SQL_TEXT(account), SQL_TEXT(str_of(kind)), SQL_TEXT(arn)), &cursor));
    TRY(store_next(&rq->ctx, &cursor, found));
    if (*found) {
        *out = (struct provider_row){ store_text(&rq->ctx, &cursor, 0), store_text(&rq->ctx, &cursor, 1) };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_setting(struct request *rq, struct str account, const char *name, struct str *out)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    TRY(store_query(&rq->ctx, rq->db, "SELECT body FROM iam_item WHERE account = $1 AND kind = 'setting' AND key = $2",
                    SQL_VALUES(SQL_TEXT(account), SQL_TEXT(str_of(name))), &cursor));
    TRY(store_next(&rq->ctx, &cursor, &found));
    *out = found ? store_text(&rq->ctx, &cursor, 0) : STR_NONE;
    if (found) {
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_token_key(struct request *rq, struct str algorithm, struct token_key_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(&rq->ctx, rq->db, "SELECT id, public, secret FROM sts_token_key WHERE account = $1 AND algorithm = $2",
                    SQL_VALUES(SQL_TEXT(rq->account), SQL_TEXT(algorithm)), &cursor));
    TRY(store_next(&rq->ctx, &cursor, found));
    if (*found) {
        *out = (struct token_key_row){ store_text(&rq->ctx, &cursor, 0), store_text(&rq->ctx, &cursor, 1),
                                       store_text(&rq->ctx, &cursor, 2) };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_token_key_insert(struct request *rq, struct str algorithm, const struct token_key_row *row)
{
    return store_run(&rq->ctx, rq->db,
                     "INSERT INTO sts_token_key (account, algorithm, id, public, secret, created_ms) VALUES ($1, $2, $3, $4, $5, $6)",
                     SQL_VALUES(SQL_TEXT(rq->account), SQL_TEXT(algorithm), SQL_TEXT(row->id), SQL_BLOB(row->public),
                                SQL_BLOB(row->secret), SQL_INT(rq->ctx.now_ms)),
                     NULL);
}

struct err rows_token_keys(struct ctx *ctx, struct store_conn *db, struct str account, struct str algorithms[TOKEN_ALGORITHMS],
                           struct token_key_row out[TOKEN_ALGORITHMS], size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *count = 0;
    TRY(store_query(ctx, db, "SELECT algorithm, id, public FROM sts_token_key WHERE account = $1 ORDER BY algorithm",
                    SQL_VALUES(SQL_TEXT(account)), &cursor));
    TRY(store_next(ctx, &cursor, &found));
    while (found && *count < TOKEN_ALGORITHMS) {
        algorithms[*count] = store_text(ctx, &cursor, 0);
        out[*count] = (struct token_key_row){ .id = store_text(ctx, &cursor, 1), .public = store_text(ctx, &cursor, 2) };
        (*count)++;
        TRY(store_next(ctx, &cursor, &found));
    }
    if (found) {
        store_end(&cursor);
    }
    return ERR_OK;
}
