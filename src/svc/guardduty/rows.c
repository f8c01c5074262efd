#include "svc/guardduty/rows.h"

#include "svc/guardduty/list.h"

/* Runs a statement about (account, region) that takes nothing else. */
static struct err run_scoped(struct rows rows, const char *sql)
{
    return store_run(rows.ctx, rows.db, sql, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), NULL);
}

/* Detectors. */

static const char DETECTOR_GET[] =
    "SELECT id, enabled, frequency, created_ms, updated_ms, token, token_hash FROM guardduty_detector"
    " WHERE account = $1 AND region = $2";
static const char DETECTOR_WITH[] =
    "SELECT 1 FROM guardduty_detector, guardduty_feature WHERE guardduty_detector.account = guardduty_feature.account"
    " AND guardduty_detector.region = guardduty_feature.region AND guardduty_detector.enabled = 1"
    " AND guardduty_feature.enabled = 1 AND guardduty_feature.name = $1 LIMIT 1";
static const char DETECTOR_EXISTS[] = "SELECT 1 FROM guardduty_detector WHERE account = $1 AND region = $2 AND id = $3";
static const char DETECTOR_INSERT[] =
    "INSERT INTO guardduty_detector"
    " (account, region, id, enabled, frequency, created_ms, updated_ms, token, token_hash)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
static const char DETECTOR_UPDATE[] =
    "UPDATE guardduty_detector SET enabled = $3, frequency = $4, updated_ms = $5 WHERE account = $1 AND region = $2";
static const char FEATURE_LIST[] =
    "SELECT name, enabled, updated_ms FROM guardduty_feature WHERE account = $1 AND region = $2";
static const char FEATURE_PUT[] =
    "INSERT INTO guardduty_feature (account, region, name, enabled, updated_ms) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (account, region, name) DO UPDATE SET enabled = excluded.enabled, updated_ms = excluded.updated_ms";
static const char DETECTOR_DELETE[] = "DELETE FROM guardduty_detector WHERE account = $1 AND region = $2";
static const char FEATURE_DELETE[] = "DELETE FROM guardduty_feature WHERE account = $1 AND region = $2";
static const char TAG_DELETE_ALL[] = "DELETE FROM guardduty_tag WHERE account = $1 AND region = $2";
static const char FILTER_DELETE_ALL[] = "DELETE FROM guardduty_filter WHERE account = $1 AND region = $2";
static const char OCCURRENCE_DELETE_ALL[] = "DELETE FROM guardduty_occurrence WHERE account = $1 AND region = $2";
static const char MEMBER_DELETE_ALL[] = "DELETE FROM guardduty_member WHERE account = $1 AND region = $2";
static const char DESTINATION_DELETE_ALL[] = "DELETE FROM guardduty_destination WHERE account = $1 AND region = $2";
static const char PUBLISH_DELETE_ALL[] = "DELETE FROM guardduty_publish WHERE account = $1 AND region = $2";
static const char HIDING_DELETE_ALL[] = "DELETE FROM guardduty_hiding WHERE account = $1 AND region = $2";
static const char HIDDEN_DELETE_ALL[] = "DELETE FROM guardduty_hidden WHERE account = $1 AND region = $2";
static const char SCAN_SETTINGS_DELETE[] = "DELETE FROM guardduty_scan_settings WHERE account = $1 AND region = $2";
static const char FINDING_DELETE_ALL[] = "DELETE FROM guardduty_finding WHERE account = $1 AND region = $2";

struct err rows_feature_list(struct rows rows, struct detector_row *detector)
{
    struct feature_state *states = detector->features;
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    features_default(states, detector->created_ms);
    TRY(store_query(rows.ctx, rows.db, FEATURE_LIST, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)),
                    &cursor));
    while (store_row(rows.ctx, &cursor, &err)) {
        enum feature_index index = FEATURE_COUNT;
        if (features_find(store_text(rows.ctx, &cursor, 0), &index)) {
            states[index] = (struct feature_state){ store_int(&cursor, 1) != 0, store_int(&cursor, 2) };
        }
    }
    return err;
}

static struct err features_save(struct rows rows, const struct feature_state *states)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        TRY(store_run(rows.ctx, rows.db, FEATURE_PUT,
                      SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region),
                                 SQL_TEXT(features_key((enum feature_index)i)), SQL_INT(states[i].enabled),
                                 SQL_INT(states[i].updated_ms)),
                      NULL));
    }
    return ERR_OK;
}

struct err rows_detector_get(struct rows rows, struct detector_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, DETECTOR_GET, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)),
                    &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (!*found) {
        return ERR_OK;
    }
    *out = (struct detector_row){
        .id = store_text(rows.ctx, &cursor, 0),
        .enabled = store_int(&cursor, 1) != 0,
        .frequency = store_text(rows.ctx, &cursor, 2),
        .created_ms = store_int(&cursor, 3),
        .updated_ms = store_int(&cursor, 4),
        .token = store_text(rows.ctx, &cursor, 5),
        .token_hash = store_text(rows.ctx, &cursor, 6),
    };
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_detector_takes_data(struct ctx *ctx, struct store_conn *db, struct str feature, bool *out)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, DETECTOR_WITH, SQL_VALUES(SQL_TEXT(feature)), &cursor));
    const struct err err = store_next(ctx, &cursor, out);
    store_end(&cursor);
    return err;
}

struct err rows_detector_exists(struct rows rows, struct str id, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, DETECTOR_EXISTS, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)),
                    &cursor));
    const struct err err = store_next(rows.ctx, &cursor, found);
    store_end(&cursor);
    return err;
}

struct err rows_detector_insert(struct rows rows, const struct detector_row *row)
{
    TRY(store_run(rows.ctx, rows.db, DETECTOR_INSERT,
                  SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->id), SQL_INT(row->enabled),
                             SQL_TEXT(row->frequency), SQL_INT(row->created_ms), SQL_INT(row->updated_ms),
                             SQL_TEXT(row->token), SQL_TEXT(row->token_hash)),
                  NULL));
    return features_save(rows, row->features);
}

struct err rows_detector_update(struct rows rows, const struct detector_row *row)
{
    TRY(store_run(rows.ctx, rows.db, DETECTOR_UPDATE,
                  SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(row->enabled),
                             SQL_TEXT(row->frequency), SQL_INT(row->updated_ms)),
                  NULL));
    return features_save(rows, row->features);
}

struct err rows_detector_delete(struct rows rows)
{
    static const char *const STATEMENTS[] = {
        OCCURRENCE_DELETE_ALL, FINDING_DELETE_ALL, FILTER_DELETE_ALL,  TAG_DELETE_ALL,    MEMBER_DELETE_ALL,
        DESTINATION_DELETE_ALL, PUBLISH_DELETE_ALL, HIDING_DELETE_ALL, HIDDEN_DELETE_ALL, SCAN_SETTINGS_DELETE,
        FEATURE_DELETE,
    };
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++) {
        TRY(run_scoped(rows, STATEMENTS[i]));
    }
    TRY(rows_list_delete_all(rows));
    return run_scoped(rows, DETECTOR_DELETE);
}

/* Tags. */

static const char TAG_LIST[] =
    "SELECT tag, value FROM guardduty_tag WHERE account = $1 AND region = $2 AND resource = $3 ORDER BY tag";
static const char TAG_PUT[] =
    "INSERT INTO guardduty_tag (account, region, resource, tag, value) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (account, region, resource, tag) DO UPDATE SET value = excluded.value";
static const char TAG_DELETE[] =
    "DELETE FROM guardduty_tag WHERE account = $1 AND region = $2 AND resource = $3 AND tag = $4";

enum { TAG_ROWS_MAX = 64 }; /* above the 50 a resource may carry */

struct err rows_tag_list(struct rows rows, struct str resource, struct tag_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct tag_row, TAG_ROWS_MAX);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, TAG_LIST,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(resource)), &cursor));
    while (*count < TAG_ROWS_MAX && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct tag_row){ store_text(rows.ctx, &cursor, 0), store_text(rows.ctx, &cursor, 1) };
    }
    store_end(&cursor);
    return err;
}

struct err rows_tag_put(struct rows rows, struct str resource, struct str tag, struct str value)
{
    return store_run(
        rows.ctx, rows.db, TAG_PUT,
        SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(resource), SQL_TEXT(tag), SQL_TEXT(value)),
        NULL);
}

struct err rows_tag_delete(struct rows rows, struct str resource, struct str tag)
{
    return store_run(rows.ctx, rows.db, TAG_DELETE,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(resource), SQL_TEXT(tag)),
                     NULL);
}

static const char TAG_DELETE_RESOURCE[] =
    "DELETE FROM guardduty_tag WHERE account = $1 AND region = $2 AND resource = $3";

struct err rows_tag_delete_all(struct rows rows, struct str resource)
{
    return store_run(rows.ctx, rows.db, TAG_DELETE_RESOURCE,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(resource)), NULL);
}

/* Filters. */

#define FILTER_FROM                                                                                                    \
    "SELECT name, description, action, position, criteria FROM guardduty_filter WHERE account = $1 AND region = $2"
static const char FILTER_GET[] = FILTER_FROM " AND name = $3";
static const char FILTER_LIST[] = FILTER_FROM " ORDER BY position, name";
static const char FILTER_INSERT[] =
    "INSERT INTO guardduty_filter (account, region, name, description, action, position, criteria)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char FILTER_DELETE[] = "DELETE FROM guardduty_filter WHERE account = $1 AND region = $2 AND name = $3";
static const char FILTER_MOVE_BACK[] =
    "UPDATE guardduty_filter SET position = position + 1 WHERE account = $1 AND region = $2 AND position >= $3";
static const char FILTER_MOVE_UP[] =
    "UPDATE guardduty_filter SET position = position - 1 WHERE account = $1 AND region = $2 AND position > $3";

static struct filter_row filter_read(struct rows rows, const struct store_cursor *cursor)
{
    return (struct filter_row){
        .name = store_text(rows.ctx, cursor, 0),
        .description = store_text(rows.ctx, cursor, 1),
        .action = store_text(rows.ctx, cursor, 2),
        .rank = store_int(cursor, 3),
        .criteria = store_text(rows.ctx, cursor, 4),
    };
}

struct err rows_filter_get(struct rows rows, struct str name, struct filter_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, FILTER_GET,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(name)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = filter_read(rows, &cursor);
    }
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_filter_list(struct rows rows, struct filter_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct filter_row, FILTER_ROWS_MAX);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, FILTER_LIST, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)),
                    &cursor));
    while (*count < FILTER_ROWS_MAX && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = filter_read(rows, &cursor);
    }
    store_end(&cursor);
    return err;
}

struct err rows_filter_insert(struct rows rows, const struct filter_row *row)
{
    const struct store_value account = SQL_TEXT(rows.account), region = SQL_TEXT(rows.region);
    TRY(store_run(rows.ctx, rows.db, FILTER_MOVE_BACK, SQL_VALUES(account, region, SQL_INT(row->rank)), NULL));
    return store_run(rows.ctx, rows.db, FILTER_INSERT,
                     SQL_VALUES(account, region, SQL_TEXT(row->name), SQL_TEXT(row->description), SQL_TEXT(row->action),
                                SQL_INT(row->rank), SQL_TEXT(row->criteria)),
                     NULL);
}

struct err rows_filter_delete(struct rows rows, const struct filter_row *row)
{
    const struct store_value account = SQL_TEXT(rows.account), region = SQL_TEXT(rows.region);
    TRY(store_run(rows.ctx, rows.db, FILTER_DELETE, SQL_VALUES(account, region, SQL_TEXT(row->name)), NULL));
    return store_run(rows.ctx, rows.db, FILTER_MOVE_UP, SQL_VALUES(account, region, SQL_INT(row->rank)), NULL);
}

/* Findings. */

#define FINDING_SHOWN                                                                                                  \
    "id, type, severity, created_ms, updated_ms, first_ms, last_ms, times, archived, record_account, resource_type,"   \
    " resource_id, title, region"
static const char FINDING_GET[] =
    "SELECT " FINDING_SHOWN ", body FROM guardduty_finding WHERE account = $1 AND region = $2 AND id = $3";
static const char FINDING_PUT[] =
    "INSERT INTO guardduty_finding (account, region, id, type, severity, created_ms, updated_ms, first_ms, last_ms,"
    " times, archived, record_account, resource_type, resource_id, title, body, stored_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    " ON CONFLICT (account, region, id) DO UPDATE SET type = excluded.type, severity = excluded.severity,"
    " created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, first_ms = excluded.first_ms,"
    " last_ms = excluded.last_ms, times = excluded.times, archived = excluded.archived,"
    " record_account = excluded.record_account, resource_type = excluded.resource_type,"
    " resource_id = excluded.resource_id, title = excluded.title, body = excluded.body,"
    " stored_ms = excluded.stored_ms";
static const char FINDING_NEWEST[] =
    "SELECT " FINDING_SHOWN ", body FROM guardduty_finding WHERE account = $1 AND archived = 0"
    " ORDER BY updated_ms DESC, id DESC LIMIT $2";
static const char FINDING_NEWEST_REGION[] =
    "SELECT " FINDING_SHOWN ", body FROM guardduty_finding WHERE account = $1 AND archived = 0 AND region = $2"
    " ORDER BY updated_ms DESC, id DESC LIMIT $3";

/* The statements behind one sort attribute: whole rows or brief ones (an index alone answers for the common
 * attributes); from the start or from a place; upward and downward. What is sorted by is the last column. */
struct page_sql {
    enum store_type type;
    const char *start[2][2]; /* by brief and descending */
    const char *after[2][2];
};
#define PAGE_WHOLE(column) "SELECT " FINDING_SHOWN ", body, " column
#define PAGE_BRIEF(column) "SELECT id, " column
#define PAGE_FROM " FROM guardduty_finding WHERE account = $1 AND region = $2"
#define PAGE_START(select, column, way) select PAGE_FROM " ORDER BY " column " " way ", id " way " LIMIT $3"
#define PAGE_AFTER(select, column, way, beyond)                                                                        \
    select PAGE_FROM " AND (" column ", id) " beyond " ($3, $4) ORDER BY " column " " way ", id " way " LIMIT $5"
#define PAGE_STARTS(select, column)                                                                                    \
    {                                                                                                                  \
        PAGE_START(select, column, "ASC"), PAGE_START(select, column, "DESC")                                          \
    }
#define PAGE_AFTERS(select, column)                                                                                    \
    {                                                                                                                  \
        PAGE_AFTER(select, column, "ASC", ">"), PAGE_AFTER(select, column, "DESC", "<")                                \
    }
#define PAGE(type, column)                                                                                             \
    {                                                                                                                  \
        type, { PAGE_STARTS(PAGE_WHOLE(column), column), PAGE_STARTS(PAGE_BRIEF(column), column) },                    \
        {                                                                                                              \
            PAGE_AFTERS(PAGE_WHOLE(column), column), PAGE_AFTERS(PAGE_BRIEF(column), column)                           \
        }                                                                                                              \
    }
static const struct page_sql PAGES[SORT_ATTRIBUTE_COUNT] = {
    [SORT_UPDATED] = PAGE(STORE_INT, "updated_ms"),
    [SORT_CREATED] = PAGE(STORE_INT, "created_ms"),
    [SORT_SEVERITY] = PAGE(STORE_REAL, "severity"),
    [SORT_TYPE] = PAGE(STORE_TEXT, "type"),
    [SORT_ID] = PAGE(STORE_TEXT, "id"),
    [SORT_COUNT] = PAGE(STORE_INT, "times"),
    [SORT_FIRST_SEEN] = PAGE(STORE_INT, "first_ms"),
    [SORT_LAST_SEEN] = PAGE(STORE_INT, "last_ms"),
    [SORT_ACCOUNT] = PAGE(STORE_TEXT, "record_account"),
    [SORT_ARCHIVED] = PAGE(STORE_INT, "archived"),
    [SORT_RESOURCE_TYPE] = PAGE(STORE_TEXT, "resource_type"),
    [SORT_TITLE] = PAGE(STORE_TEXT, "title"),
};

static struct finding_row finding_read(struct rows rows, const struct store_cursor *cursor)
{
    return (struct finding_row){
        .id = store_text(rows.ctx, cursor, 0),
        .type = store_text(rows.ctx, cursor, 1),
        .severity = store_real(cursor, 2),
        .created_ms = store_int(cursor, 3),
        .updated_ms = store_int(cursor, 4),
        .first_ms = store_int(cursor, 5),
        .last_ms = store_int(cursor, 6),
        .times = store_int(cursor, 7),
        .archived = store_int(cursor, 8) != 0,
        .record_account = store_text(rows.ctx, cursor, 9),
        .resource_type = store_text(rows.ctx, cursor, 10),
        .resource_id = store_text(rows.ctx, cursor, 11),
        .title = store_text(rows.ctx, cursor, 12),
        .region = store_text(rows.ctx, cursor, 13),
        .body = store_text(rows.ctx, cursor, 14),
    };
}

/* At most limit rows of a query that was just begun. */
static struct err findings_read(struct rows rows, struct store_cursor *cursor, size_t limit, struct finding_row **out,
                                size_t *count)
{
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct finding_row, limit);
    *count = 0;
    while (*count < limit && store_row(rows.ctx, cursor, &err)) {
        (*out)[(*count)++] = finding_read(rows, cursor);
    }
    store_end(cursor);
    return err;
}

struct err rows_finding_get(struct rows rows, struct str id, struct finding_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, FINDING_GET,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = finding_read(rows, &cursor);
    }
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_finding_put(struct rows rows, const struct finding_row *row)
{
    return store_run(rows.ctx, rows.db, FINDING_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->id), SQL_TEXT(row->type),
                                SQL_REAL(row->severity), SQL_INT(row->created_ms), SQL_INT(row->updated_ms),
                                SQL_INT(row->first_ms), SQL_INT(row->last_ms), SQL_INT(row->times),
                                SQL_INT(row->archived), SQL_TEXT(row->record_account), SQL_TEXT(row->resource_type),
                                SQL_TEXT(row->resource_id), SQL_TEXT(row->title), SQL_TEXT(row->body),
                                SQL_INT(rows.ctx->now_ms)),
                     NULL);
}

static const char OCCURRENCE_ADD[] =
    "INSERT INTO guardduty_occurrence (account, region, finding, event) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account, region, finding, event) DO NOTHING";

struct err rows_occurrence_add(struct rows rows, struct str finding, struct str event, bool *fresh)
{
    int64_t changed = 0;
    TRY(store_run(rows.ctx, rows.db, OCCURRENCE_ADD,
                  SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(finding), SQL_TEXT(event)),
                  &changed));
    *fresh = changed > 0;
    return ERR_OK;
}

struct store_value rows_finding_value(const struct finding_row *row, enum finding_sort by)
{
    switch (by) {
    case SORT_CREATED:
        return SQL_INT(row->created_ms);
    case SORT_SEVERITY:
        return SQL_REAL(row->severity);
    case SORT_TYPE:
        return SQL_TEXT(row->type);
    case SORT_ID:
        return SQL_TEXT(row->id);
    case SORT_COUNT:
        return SQL_INT(row->times);
    case SORT_FIRST_SEEN:
        return SQL_INT(row->first_ms);
    case SORT_LAST_SEEN:
        return SQL_INT(row->last_ms);
    case SORT_ACCOUNT:
        return SQL_TEXT(row->record_account);
    case SORT_ARCHIVED:
        return SQL_INT(row->archived);
    case SORT_RESOURCE_TYPE:
        return SQL_TEXT(row->resource_type);
    case SORT_TITLE:
        return SQL_TEXT(row->title);
    case SORT_UPDATED:
    case SORT_ATTRIBUTE_COUNT:
        break;
    }
    return SQL_INT(row->updated_ms);
}

/* The value of a type at a column. */
static struct store_value value_read(struct rows rows, const struct store_cursor *cursor, int column,
                                     enum store_type type)
{
    if (type == STORE_TEXT) {
        return SQL_TEXT(store_text(rows.ctx, cursor, column));
    }
    return type == STORE_REAL ? SQL_REAL(store_real(cursor, column)) : SQL_INT(store_int(cursor, column));
}

static struct err page_begin(struct rows rows, const struct finding_ask *ask, struct store_cursor *cursor)
{
    const struct page_sql *page = &PAGES[ask->order.by];
    const struct store_value account = SQL_TEXT(rows.account), region = SQL_TEXT(rows.region);
    const struct store_value limit = SQL_INT((int64_t)ask->limit);
    if (ask->after.id.ptr == NULL) {
        return store_query(rows.ctx, rows.db, page->start[ask->brief][ask->order.descending],
                           SQL_VALUES(account, region, limit), cursor);
    }
    return store_query(rows.ctx, rows.db, page->after[ask->brief][ask->order.descending],
                       SQL_VALUES(account, region, ask->after.value, SQL_TEXT(ask->after.id), limit), cursor);
}

struct err rows_finding_page(struct rows rows, const struct finding_ask *ask, struct finding_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = arena_alloc_raw(rows.ctx->arena, ask->limit * sizeof(**out)); /* at most a page: filled below */
    *count = 0;
    TRY(page_begin(rows, ask, &cursor));
    while (*count < ask->limit && store_row(rows.ctx, &cursor, &err)) {
        struct finding_row *row = &(*out)[(*count)++];
        *row = ask->brief ? (struct finding_row){ .id = store_text(rows.ctx, &cursor, 0) } : finding_read(rows, &cursor);
        row->sorted = value_read(rows, &cursor, ask->brief ? 1 : 15, PAGES[ask->order.by].type);
    }
    store_end(&cursor);
    return err;
}

struct err rows_finding_newest(struct rows rows, size_t limit, struct finding_row **out, size_t *count)
{
    const struct store_value account = SQL_TEXT(rows.account), most = SQL_INT((int64_t)limit);
    struct store_cursor cursor = { .conn = NULL };
    if (rows.region.ptr == NULL) {
        TRY(store_query(rows.ctx, rows.db, FINDING_NEWEST, SQL_VALUES(account, most), &cursor));
    } else {
        TRY(store_query(rows.ctx, rows.db, FINDING_NEWEST_REGION, SQL_VALUES(account, SQL_TEXT(rows.region), most),
                        &cursor));
    }
    return findings_read(rows, &cursor, limit, out, count);
}
