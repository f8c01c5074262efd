/* rows.h - all the SQL of CloudWatch Logs: rows as structs, in the arena of rows->ctx. *found tells whether there is one. */
#ifndef YAGURA_SVC_LOGS_ROWS_H
#define YAGURA_SVC_LOGS_ROWS_H

#include "logs_model.h"
#include "svc/request.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account;
    struct str region;
};

struct group {
    struct str account, region, name;
    int64_t id;
    struct str class;
    int64_t created_ms, retention; /* days; 0: for ever */
    struct str kms_key;            /* ARN; absent: none */
    int64_t data_key;
    bool protected;
    int64_t next_block, next_stream, span_ms, stored;
    int64_t metric_filters;        /* how many */
};
struct groups {
    struct group *items;
    size_t count;
};
struct err logs_row_group(const struct rows *rows, struct str name, struct group *out, bool *found);
struct err logs_row_group_put(const struct rows *rows, const struct group *group);
/* With all that belongs to it; its blocks are left to be swept. */
struct err logs_row_group_delete(const struct rows *rows, const struct group *group);
struct err logs_row_group_of_id(const struct rows *rows, int64_t id, struct group *out, bool *found);
/* By name: from (inclusive) and after (exclusive) on; absent: from the first. */
struct err logs_row_groups(const struct rows *rows, struct str from, struct str after, int64_t limit, struct groups *out);

struct stream {
    struct str name;
    int64_t number, created_ms, first_ms, last_ms, ingested_ms, stored;
};
struct streams {
    struct stream *items;
    size_t count;
};
struct err logs_row_stream(const struct rows *rows, int64_t group, struct str name, struct stream *out, bool *found);
struct err logs_row_stream_put(const struct rows *rows, int64_t group, const struct stream *stream);
struct err logs_row_stream_delete(const struct rows *rows, const struct group *group, const struct stream *stream);
/* By name, or by the time of the last event. after (and its last_ms): where the last page ended; absent: from the start. */
struct stream_query {
    bool by_time, descending;
    struct str prefix; /* what doesn't begin with it may come all the same, but nothing before it; absent: all */
    struct str after;
    int64_t last_ms;
};
struct err logs_row_streams(const struct rows *rows, int64_t group, const struct stream_query *query, int64_t limit, struct streams *out);

struct block {
    int64_t number, stream, first_ms, last_ms, ingested_ms, events, bytes, data_key;
    struct str data;
    struct str stream_name; /* when read */
};
/* The number of the group's next block, whose figures its row takes over. */
struct err logs_row_block_number(const struct rows *rows, int64_t group, const struct block *block, int64_t *number);
struct err logs_row_block_put(const struct rows *rows, int64_t group, const struct block *block);
struct err logs_row_stream_grew(const struct rows *rows, int64_t group, const struct block *block);

/* Which blocks hold events of a time: in the order of their first events, or, going down, of their last ones. */
struct block_query {
    int64_t group, stream;     /* stream 0: all of the group, which goes up only */
    int64_t from_ms, until_ms; /* inclusive, exclusive */
    int64_t span_ms;           /* the group's */
    bool descending;
    int64_t at_ms, at_block;   /* goes on behind (before) the block of this time and number */
};
struct blocks {
    struct block *items;
    size_t count;
};
/* At most limit. Their data is read only where wanted says so. */
typedef bool (*block_wanted)(void *argument, const struct block *block);
struct err logs_row_blocks(const struct rows *rows, const struct block_query *query, int64_t limit, block_wanted wanted, void *argument,
                           struct blocks *out);
/* Those from number `from` on, in the order of their numbers. */
struct err logs_row_blocks_since(const struct rows *rows, int64_t group, int64_t from, int64_t limit, block_wanted wanted,
                                 void *argument, struct blocks *out);

struct err logs_row_key(const struct rows *rows, int64_t group, int64_t number, struct str *sealed, bool *found);
struct logs_batch_key; /* svc/logs/feed.h */
struct err logs_row_keys(const struct rows *rows, int64_t group, struct logs_batch_key **out, size_t *count);
struct err logs_row_key_put(const struct rows *rows, int64_t group, int64_t number, struct str sealed);

struct err logs_row_tags(const struct rows *rows, struct str resource, struct logs_tags *out);
struct err logs_row_tag_put(const struct rows *rows, struct str resource, struct str tag, struct str value);
struct err logs_row_tag_delete(const struct rows *rows, struct str resource, struct str tag);
struct err logs_row_tags_delete(const struct rows *rows, struct str resource);

/* What has a name and a document. */
struct item {
    struct str account, region; /* when read */
    struct str name;
    int64_t group; /* 0: none */
    struct str document;
};
struct items {
    struct item *items;
    size_t count;
};
#define KIND_METRIC_FILTER STR("metric")
#define KIND_SUBSCRIPTION STR("subscription")
struct err logs_row_item(const struct rows *rows, struct str kind, struct str name, int64_t group, struct item *out, bool *found);
struct err logs_row_item_put(const struct rows *rows, struct str kind, const struct item *item);
struct err logs_row_item_delete(const struct rows *rows, struct str kind, struct str name, int64_t group, bool *found);
/* By name; after NULL: from the first. */
struct err logs_row_items(const struct rows *rows, struct str kind, const struct item *after, int64_t limit, struct items *out);
struct err logs_row_items_of_group(const struct rows *rows, struct str kind, int64_t group, struct items *out);
struct err logs_row_items_everywhere(const struct rows *rows, struct str kind, int64_t limit, struct items *out);

/* Where the filters of a group have got to. */
struct pump {
    struct str account, region;
    int64_t group, next_block;
};
struct pumps {
    struct pump *items;
    size_t count;
};
struct err logs_row_pump_start(const struct rows *rows, int64_t group, int64_t next_block); /* unless it runs */
struct err logs_row_pump_stop(const struct rows *rows, int64_t group);
struct err logs_row_pumps_due(const struct rows *rows, int64_t limit, struct pumps *out); /* of every account */
struct err logs_row_pump_lease(const struct rows *rows, const struct pump *pump, int64_t until_ms, bool *mine);
struct err logs_row_pump_done(const struct rows *rows, const struct pump *pump, int64_t next_block, bool *first);

/* Blocks to be taken away: of a deleted group (stream 0) or stream; or expired ones. */
struct gone {
    struct str account;
    int64_t group, stream, before_ms;
};
struct gone_list {
    struct gone *items;
    size_t count;
};
struct err logs_row_gone(const struct rows *rows, int64_t limit, struct gone_list *out);
struct err logs_row_gone_sweep(const struct rows *rows, const struct gone *gone, int64_t limit, bool *more);
struct err logs_row_expired(const struct rows *rows, int64_t limit, struct gone_list *out);
struct err logs_row_expired_sweep(const struct rows *rows, const struct gone *gone, int64_t limit, bool *more);

#endif
