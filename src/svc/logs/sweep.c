/* sweep.c - what was deleted or has expired goes a piece at a time, so that no call waits for it. */
#include "svc/logs/feed.h"

enum { GROUPS = 16, BLOCKS = 500 };

struct err logs_sweep_due(struct ctx *ctx, struct store_conn *db, bool *due)
{
    const struct rows rows = { ctx, db, STR_NONE, STR_NONE };
    struct gone_list gone = { NULL, 0 }, expired = { NULL, 0 };
    TRY(logs_row_gone(&rows, 1, &gone));
    TRY(logs_row_expired(&rows, 1, &expired));
    *due = gone.count + expired.count > 0;
    return ERR_OK;
}

struct err logs_sweep(struct ctx *ctx, struct store_conn *db, bool *more)
{
    const struct rows rows = { ctx, db, STR_NONE, STR_NONE };
    struct gone_list gone = { NULL, 0 }, expired = { NULL, 0 };
    *more = false;
    TRY(logs_row_gone(&rows, GROUPS, &gone));
    TRY(logs_row_expired(&rows, GROUPS, &expired));
    for (size_t i = 0; i < gone.count && !*more; i++) {
        TRY(logs_row_gone_sweep(&rows, &gone.items[i], BLOCKS, more));
    }
    for (size_t i = 0; i < expired.count && !*more; i++) {
        TRY(logs_row_expired_sweep(&rows, &expired.items[i], BLOCKS, more));
    }
    *more = *more || gone.count == GROUPS || expired.count == GROUPS;
    return ERR_OK;
}
