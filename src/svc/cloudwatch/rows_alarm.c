/* rows_alarm.c - alarms, what happened to them, and what they have yet to do. */
#include "svc/cloudwatch/rows_read.h"

#define ALARM_COLUMNS \
    "account, region, name, composite, config, metric, configured_ms, state, reason, reason_data, updated_ms, transitioned_ms"
#define SELECT_ALARM "SELECT " ALARM_COLUMNS " FROM cloudwatch_alarm "

static const char ALARM_GET[] = SELECT_ALARM "WHERE account = $1 AND region = $2 AND name = $3";
static const char ALARM_LIST[] = SELECT_ALARM "WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4";
static const char ALARM_COUNT[] = "SELECT count(*) FROM cloudwatch_alarm WHERE account = $1 AND region = $2";
static const char ALARM_OF[] = SELECT_ALARM "WHERE account = $1 AND region = $2 AND metric = $3 ORDER BY name";
static const char ALARM_ALL[] = SELECT_ALARM "ORDER BY composite, account, region, name";
static const char ALARM_PUT[] =
    "INSERT INTO cloudwatch_alarm (" ALARM_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    " ON CONFLICT (account, region, name) DO UPDATE SET composite = excluded.composite, config = excluded.config,"
    " metric = excluded.metric, configured_ms = excluded.configured_ms, state = excluded.state, reason = excluded.reason,"
    " reason_data = excluded.reason_data, updated_ms = excluded.updated_ms, transitioned_ms = excluded.transitioned_ms";
static const char ALARM_DELETE[] = "DELETE FROM cloudwatch_alarm WHERE account = $1 AND region = $2 AND name = $3";

static void read_alarm(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct alarm *)item = (struct alarm){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .composite = store_int(cursor, 3) != 0,
        .config = store_text(ctx, cursor, 4),
        .metric = store_text(ctx, cursor, 5),
        .configured_ms = store_int(cursor, 6),
        .state = store_text(ctx, cursor, 7),
        .reason = store_text(ctx, cursor, 8),
        .reason_data = store_text(ctx, cursor, 9),
        .updated_ms = store_int(cursor, 10),
        .transitioned_ms = store_int(cursor, 11),
    };
}
static const struct reader ALARM_READER = { read_alarm, sizeof(struct alarm) };

struct err cloudwatch_row_alarm_get(const struct rows *rows, struct str name, struct alarm *out, bool *found)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, ALARM_GET, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(name)),
                            ALARM_READER, &list));
    *found = list.count > 0;
    if (*found) {
        *out = *(const struct alarm *)list.items;
    }
    return ERR_OK;
}

struct err cloudwatch_row_alarm_put(const struct rows *rows, const struct alarm *alarm)
{
    return store_run(rows->ctx, rows->db, ALARM_PUT,
                     SQL_VALUES(SQL_TEXT(alarm->account), SQL_TEXT(alarm->region), SQL_TEXT(alarm->name), SQL_INT(alarm->composite),
                                SQL_TEXT(alarm->config), SQL_TEXT(alarm->metric), SQL_INT(alarm->configured_ms), SQL_TEXT(alarm->state),
                                SQL_TEXT(alarm->reason), SQL_TEXT(alarm->reason_data), SQL_INT(alarm->updated_ms),
                                SQL_INT(alarm->transitioned_ms)),
                     NULL);
}

struct err cloudwatch_row_alarm_delete(const struct rows *rows, struct str name)
{
    return store_run(rows->ctx, rows->db, ALARM_DELETE, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(name)), NULL);
}

struct err cloudwatch_row_alarms(const struct rows *rows, struct str after, int64_t limit, struct alarms *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, ALARM_LIST,
                            SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(after), SQL_INT(limit)), ALARM_READER,
                            &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

static void read_count(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    (void)ctx;
    *(int64_t *)item = store_int(cursor, 0);
}

struct err cloudwatch_row_alarm_count(const struct rows *rows, int64_t *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, ALARM_COUNT, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region)),
                            (struct reader){ read_count, sizeof(int64_t) }, &list));
    *out = list.count > 0 ? *(const int64_t *)list.items : 0;
    return ERR_OK;
}

struct err cloudwatch_row_alarms_of(const struct rows *rows, struct str metric, struct alarms *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, ALARM_OF,
                            SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(metric)), ALARM_READER, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_alarms_all(struct ctx *ctx, struct store_conn *db, struct alarms *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(ctx, db, ALARM_ALL, NULL, 0, ALARM_READER, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

#define HISTORY_COLUMNS "at_ms, number, alarm, composite, kind, summary, data"
#define SELECT_HISTORY "SELECT " HISTORY_COLUMNS " FROM cloudwatch_history WHERE account = $1 AND region = $2 "
#define LATER "AND (at_ms > $3 OR (at_ms = $3 AND number > $4)) "
#define EARLIER "AND (at_ms < $3 OR (at_ms = $3 AND number < $4)) "

static const char HISTORY_ADD[] =
    "INSERT INTO cloudwatch_history (account, region, " HISTORY_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
static const char HISTORY_UP[] = SELECT_HISTORY LATER "ORDER BY at_ms, number LIMIT $5";
static const char HISTORY_DOWN[] = SELECT_HISTORY EARLIER "ORDER BY at_ms DESC, number DESC LIMIT $5";
static const char HISTORY_UP_OF[] = SELECT_HISTORY LATER "AND alarm = $6 ORDER BY at_ms, number LIMIT $5";
static const char HISTORY_DOWN_OF[] = SELECT_HISTORY EARLIER "AND alarm = $6 ORDER BY at_ms DESC, number DESC LIMIT $5";
static const char HISTORY_FORGET[] = "DELETE FROM cloudwatch_history WHERE at_ms < $1";

static void read_history(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct history *)item = (struct history){
        .at_ms = store_int(cursor, 0),
        .number = store_int(cursor, 1),
        .alarm = store_text(ctx, cursor, 2),
        .composite = store_int(cursor, 3) != 0,
        .kind = store_text(ctx, cursor, 4),
        .summary = store_text(ctx, cursor, 5),
        .data = store_text(ctx, cursor, 6),
    };
}

struct err cloudwatch_row_history_add(const struct rows *rows, const struct history *history)
{
    return store_run(rows->ctx, rows->db, HISTORY_ADD,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_INT(history->at_ms), SQL_INT(history->number),
                                SQL_TEXT(history->alarm), SQL_INT(history->composite), SQL_TEXT(history->kind),
                                SQL_TEXT(history->summary), SQL_TEXT(history->data)),
                     NULL);
}

struct err cloudwatch_row_histories(const struct rows *rows, struct str alarm, bool ascending, struct history_place place,
                                    int64_t limit, struct histories *out)
{
    const struct store_value values[] = { SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_INT(place.at_ms), SQL_INT(place.number),
                                          SQL_INT(limit), SQL_TEXT(alarm) };
    const char *sql = alarm.ptr ? (ascending ? HISTORY_UP_OF : HISTORY_DOWN_OF) : (ascending ? HISTORY_UP : HISTORY_DOWN);
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, sql, values, alarm.ptr ? 6 : 5, (struct reader){ read_history, sizeof(struct history) },
                            &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_histories_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms)
{
    return store_run(ctx, db, HISTORY_FORGET, SQL_VALUES(SQL_INT(before_ms)), NULL);
}

static const char ACTION_ADD[] =
    "INSERT INTO cloudwatch_action (account, region, id, alarm, composite, target, payload, created_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
static const char ACTION_DELETE[] = "DELETE FROM cloudwatch_action WHERE account = $1 AND region = $2 AND id = $3";
static const char ACTION_LIST[] =
    "SELECT account, region, id, alarm, composite, target, payload FROM cloudwatch_action ORDER BY created_ms, id LIMIT $1";

struct err cloudwatch_row_action_add(const struct rows *rows, const struct action *action)
{
    return store_run(rows->ctx, rows->db, ACTION_ADD,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(action->id), SQL_TEXT(action->alarm),
                                SQL_INT(action->composite), SQL_TEXT(action->target), SQL_TEXT(action->payload),
                                SQL_INT(rows->ctx->now_ms)),
                     NULL);
}

struct err cloudwatch_row_action_delete(const struct rows *rows, struct str id, bool *was_there)
{
    int64_t changed = 0;
    TRY(store_run(rows->ctx, rows->db, ACTION_DELETE, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(id)), &changed));
    *was_there = changed > 0;
    return ERR_OK;
}

static void read_action(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct action *)item = (struct action){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .id = store_text(ctx, cursor, 2),
        .alarm = store_text(ctx, cursor, 3),
        .composite = store_int(cursor, 4) != 0,
        .target = store_text(ctx, cursor, 5),
        .payload = store_text(ctx, cursor, 6),
    };
}

struct err cloudwatch_row_actions(struct ctx *ctx, struct store_conn *db, int64_t limit, struct actions *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(ctx, db, ACTION_LIST, SQL_VALUES(SQL_INT(limit)), (struct reader){ read_action, sizeof(struct action) }, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}
