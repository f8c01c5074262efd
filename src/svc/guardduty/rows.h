/* rows.h - all of GuardDuty's SQL: rows as structs. Text is in the context's arena. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_H
#define YAGURA_SVC_GUARDDUTY_ROWS_H

#include "svc/guardduty/features.h"
#include "svc/request.h"

/* Whose rows: every statement begins with the account. */
struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account;
    struct str region; /* absent: of every region, only for rows_finding_newest */
};

static inline struct rows rows_of(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account, rq->region };
}

struct detector_row {
    struct str id;
    bool enabled;
    struct str frequency;
    int64_t created_ms, updated_ms;
    struct str token;      /* ClientToken of its creation; empty: none */
    struct str token_hash; /* of the request that carried it */
    struct feature_state features[FEATURE_COUNT];
};

/* The region's detector, its features still to be read; *found false when there is none. */
struct err rows_detector_get(struct rows rows, struct detector_row *out, bool *found);
struct err rows_detector_exists(struct rows rows, struct str id, bool *found);
/* Whether an enabled detector, of any account, has that feature. */
struct err rows_detector_takes_data(struct ctx *ctx, struct store_conn *db, struct str feature, bool *out);
struct err rows_feature_list(struct rows rows, struct detector_row *detector);
/* STORE_CONFLICT when there is one already. */
struct err rows_detector_insert(struct rows rows, const struct detector_row *row);
struct err rows_detector_update(struct rows rows, const struct detector_row *row);
/* With its features, tags, filters and findings. */
struct err rows_detector_delete(struct rows rows);

struct tag_row {
    struct str tag, value;
};

struct err rows_tag_list(struct rows rows, struct str resource, struct tag_row **out, size_t *count);
struct err rows_tag_put(struct rows rows, struct str resource, struct str tag, struct str value);
struct err rows_tag_delete(struct rows rows, struct str resource, struct str tag);

struct err rows_tag_delete_all(struct rows rows, struct str resource);

struct filter_row {
    struct str name, description, action; /* NOOP or ARCHIVE */
    int64_t rank;                         /* 1 up, without gaps */
    struct str criteria;                  /* JSON of FindingCriteria */
};

struct err rows_filter_get(struct rows rows, struct str name, struct filter_row *out, bool *found);
/* By rank; at most FILTER_ROWS_MAX. */
enum { FILTER_ROWS_MAX = 100 }; /* spec: GuardDuty quotas, filters per account and Region */
struct err rows_filter_list(struct rows rows, struct filter_row **out, size_t *count);
/* Puts it at its rank and moves the ones from there on back by one. */
struct err rows_filter_insert(struct rows rows, const struct filter_row *row);
/* The ones behind it move up. */
struct err rows_filter_delete(struct rows rows, const struct filter_row *row);

struct finding_row {
    struct str id, type, record_account, resource_type, resource_id, title, region;
    double severity;
    int64_t created_ms, updated_ms, first_ms, last_ms, times;
    bool archived;
    struct str body;           /* JSON */
    struct store_value sorted; /* in pages: the value of what is sorted by */
};

struct err rows_finding_get(struct rows rows, struct str id, struct finding_row *out, bool *found);
struct err rows_finding_put(struct rows rows, const struct finding_row *row);

/* Notes that a finding has counted an event; *fresh false: it had already. */
struct err rows_occurrence_add(struct rows rows, struct str finding, struct str event, bool *fresh);

/* What findings can be sorted by. */
enum finding_sort {
    SORT_UPDATED,
    SORT_CREATED,
    SORT_SEVERITY,
    SORT_TYPE,
    SORT_ID,
    SORT_COUNT,
    SORT_FIRST_SEEN,
    SORT_LAST_SEEN,
    SORT_ACCOUNT,
    SORT_ARCHIVED,
    SORT_RESOURCE_TYPE,
    SORT_TITLE,
    SORT_ATTRIBUTE_COUNT
};
struct finding_order {
    enum finding_sort by;
    bool descending;
};
/* A row's value of what is sorted by. */
struct store_value rows_finding_value(const struct finding_row *row, enum finding_sort by);
/* A place in the order: after this row. id absent: the start. */
struct finding_place {
    struct store_value value;
    struct str id;
};
struct finding_ask {
    struct finding_order order;
    struct finding_place after;
    size_t limit;
    bool brief; /* only id and sorted are wanted */
};
struct err rows_finding_page(struct rows rows, const struct finding_ask *ask, struct finding_row **out, size_t *count);
/* Newest first, without archived ones. */
struct err rows_finding_newest(struct rows rows, size_t limit, struct finding_row **out, size_t *count);

#endif
