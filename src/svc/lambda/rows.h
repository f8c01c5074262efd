/* rows.h - functions and what belongs to them, as rows. Every statement is about one account and region. */
#ifndef YAGURA_SVC_LAMBDA_ROWS_H
#define YAGURA_SVC_LAMBDA_ROWS_H

#include "lambda_model.h"
#include "base/json.h"
#include "store/store.h"

struct lambda_rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account, region;
};

/* One version of a function. */
struct function_row {
    struct str name;
    int64_t number; /* 0: $LATEST */
    struct lambda_function_configuration config; /* without environment */
    struct str environment; /* sealed; absent: none */
    struct str code;        /* digest */
    struct str basis;
};

struct err rows_function_get(struct lambda_rows rows, struct str name, int64_t number, struct function_row *out, bool *found);
struct err rows_function_put(struct lambda_rows rows, const struct function_row *row);
struct err rows_function_delete(struct lambda_rows rows, struct str name, int64_t number);
/* Everything of that name. */
struct err rows_function_delete_all(struct lambda_rows rows, struct str name);
/* name absent: number 0 of all functions after `after`, by name; else the versions of one after number `after_number`. */
struct err rows_function_list(struct lambda_rows rows, struct str name, struct str after, int64_t after_number, size_t limit,
                              struct function_row **out, size_t *count);
struct err rows_function_count(struct lambda_rows rows, int64_t *functions);

/* Kinds of items. */
#define ITEM_ALIAS STR("alias")
#define ITEM_CONCURRENCY STR("concurrency")
#define ITEM_EVENT STR("event")
#define ITEM_LAST STR("last")
#define ITEM_LAYER STR("layer")
#define ITEM_PERMISSION STR("permission") /* part: QUALIFIER/SID */
#define ITEM_PROVISIONED STR("provisioned") /* part: an alias or version */
#define ITEM_REVISION STR("revision")     /* of the policy of a layer version; of a function: QUALIFIER */
#define ITEM_RUNTIME STR("runtime")
#define ITEM_TAG STR("tag")
#define ITEM_URL STR("url")
#define ITEM_URL_ID STR("url-id")

struct item {
    struct str name, part, body;
};

struct err rows_extra_get(struct lambda_rows rows, struct str name, struct str kind, struct str part, struct str *body); /* absent: none */
struct err rows_extra_put(struct lambda_rows rows, struct str name, struct str kind, struct str part, struct str body);
struct err rows_extra_delete(struct lambda_rows rows, struct str name, struct str kind, struct str part, bool *found);
/* name absent: of all names. By name and part. */
struct err rows_extra_list(struct lambda_rows rows, struct str name, struct str kind, struct item **out, size_t *count);

/* What is provisioned, of all accounts. */
struct placed_item {
    struct str account, region;
    struct item item;
};
struct err rows_provisioned(struct ctx *ctx, struct store_conn *db, size_t limit, struct placed_item **out, size_t *count);

struct err rows_code_put(struct lambda_rows rows, struct str digest, struct str archive);
struct err rows_code_get(struct lambda_rows rows, struct str digest, struct str *archive); /* absent: none */
/* Forgets an archive that neither a function nor a layer of the account uses any more. */
struct err rows_code_drop(struct lambda_rows rows, struct str digest);
/* Bytes of all archives of the account. */
struct err rows_code_size(struct lambda_rows rows, int64_t *bytes);

struct event_row {
    struct str account, id;
    struct str call;    /* JSON: what and how */
    struct str payload;
    int64_t tries, created_ms, next_ms;
};
struct err rows_event_put(struct lambda_rows rows, const struct event_row *row);
struct err rows_event_delete(struct lambda_rows rows, struct str id);
/* Of all accounts: up to limit that are due. */
struct err rows_event_due(struct ctx *ctx, struct store_conn *db, int64_t now_ms, size_t limit, struct event_row **out, size_t *count);

#endif
