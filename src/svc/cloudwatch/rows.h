/* rows.h - all the SQL of CloudWatch: rows as structs, in the arena of rows->ctx. *found tells whether there is one. */
#ifndef YAGURA_SVC_CLOUDWATCH_ROWS_H
#define YAGURA_SVC_CLOUDWATCH_ROWS_H

#include "svc/cloudwatch/chunk.h"
#include "svc/request.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account, region;
};

struct metric {
    struct str id, namespace, name;
    struct str dimensions; /* JSON: [["Name","Value"],...] by name */
    int64_t last_ms;       /* when something was put last */
};
struct metrics {
    struct metric *items;
    size_t count;
};
/* Makes it or says that it has news; on PostgreSQL others who put to it wait from here on. */
struct err cloudwatch_row_metric_touch(const struct rows *rows, const struct metric *metric);
/* By id, after a given one ("": from the start). */
struct err cloudwatch_row_metrics(const struct rows *rows, struct str after, int64_t limit, struct metrics *out);
/* Those that nothing was put to since, of every account. */
struct err cloudwatch_row_metrics_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms);

struct chunk {
    struct str account, region, metric, unit;
    int level;
    int64_t start_ms;
    struct str data;
};
struct chunks {
    struct chunk *items;
    size_t count;
};
struct err cloudwatch_row_chunk_get(const struct rows *rows, struct chunk *chunk, bool *found); /* by all but data */
struct err cloudwatch_row_chunk_put(const struct rows *rows, const struct chunk *chunk);
struct err cloudwatch_row_chunk_delete(const struct rows *rows, const struct chunk *chunk);
/* Of one metric and level that begin in [from_ms, to_ms). */
struct err cloudwatch_row_chunks(const struct rows *rows, struct str metric, int level, int64_t from_ms, int64_t to_ms,
                                 struct chunks *out);
struct units {
    struct str *items;
    size_t count;
};
struct err cloudwatch_row_units(const struct rows *rows, struct str metric, struct units *out); /* that its data have */
/* Of every account, that begin before. */
struct err cloudwatch_row_chunks_before(struct ctx *ctx, struct store_conn *db, int level, int64_t before_ms, int64_t limit,
                                        struct chunks *out);

struct alarm {
    struct str account, region, name;
    bool composite;
    struct str config; /* input of PutMetricAlarm or PutCompositeAlarm, JSON */
    struct str metric; /* id of the one that it watches; absent: several, or none */
    int64_t configured_ms;
    struct str state, reason, reason_data;
    int64_t updated_ms, transitioned_ms;
};
struct alarms {
    struct alarm *items;
    size_t count;
};
struct err cloudwatch_row_alarm_get(const struct rows *rows, struct str name, struct alarm *out, bool *found);
struct err cloudwatch_row_alarm_put(const struct rows *rows, const struct alarm *alarm);
struct err cloudwatch_row_alarm_delete(const struct rows *rows, struct str name);
struct err cloudwatch_row_alarms(const struct rows *rows, struct str after, int64_t limit, struct alarms *out); /* by name */
struct err cloudwatch_row_alarm_count(const struct rows *rows, int64_t *out);
struct err cloudwatch_row_alarms_of(const struct rows *rows, struct str metric, struct alarms *out);
/* Of every account, metric alarms first. */
struct err cloudwatch_row_alarms_all(struct ctx *ctx, struct store_conn *db, struct alarms *out);

enum history_kind { HISTORY_CONFIGURATION, HISTORY_STATE, HISTORY_ACTION };
struct history {
    int64_t at_ms, number;
    struct str alarm;
    bool composite;
    struct str kind, summary, data;
};
struct histories {
    struct history *items;
    size_t count;
};
struct err cloudwatch_row_history_add(const struct rows *rows, const struct history *history);
/* From place (exclusive) on in the order asked for; alarm absent: of all. */
struct history_place {
    int64_t at_ms, number;
};
struct err cloudwatch_row_histories(const struct rows *rows, struct str alarm, bool ascending, struct history_place place,
                                    int64_t limit, struct histories *out);
struct err cloudwatch_row_histories_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms);

struct action {
    struct str account, region, id, alarm, target, payload;
    bool composite;
};
struct actions {
    struct action *items;
    size_t count;
};
struct err cloudwatch_row_action_add(const struct rows *rows, const struct action *action);
struct err cloudwatch_row_action_delete(const struct rows *rows, struct str id, bool *was_there);
struct err cloudwatch_row_actions(struct ctx *ctx, struct store_conn *db, int64_t limit, struct actions *out);

struct dashboard {
    struct str name, body;
    int64_t modified_ms;
};
struct dashboards {
    struct dashboard *items;
    size_t count;
};
struct err cloudwatch_row_dashboard_get(const struct rows *rows, struct str name, struct dashboard *out, bool *found);
struct err cloudwatch_row_dashboards(const struct rows *rows, struct str after, int64_t limit, struct dashboards *out); /* by name */
struct err cloudwatch_row_dashboard_put(const struct rows *rows, const struct dashboard *dashboard);
struct err cloudwatch_row_dashboard_delete(const struct rows *rows, struct str name);

struct tag {
    struct str key, value;
};
struct tags {
    struct tag *items;
    size_t count;
};
struct err cloudwatch_row_tags(const struct rows *rows, struct str resource, struct tags *out);
struct err cloudwatch_row_tag_put(const struct rows *rows, struct str resource, struct str key, struct str value);
struct err cloudwatch_row_tag_delete(const struct rows *rows, struct str resource, struct str key);
struct err cloudwatch_row_tags_delete(const struct rows *rows, struct str resource);

#endif
