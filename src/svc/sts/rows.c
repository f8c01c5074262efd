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
