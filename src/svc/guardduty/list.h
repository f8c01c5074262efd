/* list.h - lists of a detector: trusted and threat IP sets and entity sets; one body for the four kinds of operations.
 *
 * A call only asks for a state (ACTIVATING, DEACTIVATING, DELETE_PENDING); who loads lists (guardduty.h, guardduty_list_…) brings
 * them to ACTIVE, INACTIVE, ERROR or DELETED. */
#ifndef YAGURA_SVC_GUARDDUTY_LIST_H
#define YAGURA_SVC_GUARDDUTY_LIST_H

#include "svc/guardduty/detector.h"

struct list_row {
    struct str account, region; /* only read by rows_list_everywhere */
    struct str id, kind, name, format, location, owner, status, detail, token;
    int64_t turn, created_ms, updated_ms;
};

enum { LIST_ROWS_MAX = 1024 };
struct err rows_list_get(struct rows rows, struct str id, struct list_row *out, bool *found);
struct err rows_list_all(struct rows rows, struct str kind, struct list_row **out, size_t *count); /* by id; deleted ones too */
struct err rows_list_put(struct rows rows, const struct list_row *row);
struct err rows_list_forget(struct rows rows, int64_t before_ms); /* lists deleted before then */
struct err rows_list_delete_all(struct rows rows); /* with what they hold */
/* Of every account and Region, for the loader. */
struct err rows_list_everywhere(struct ctx *ctx, struct store_conn *db, struct list_row **out, size_t *count);
/* Where there is a detector: account and region alone are filled in. */
struct err rows_list_places(struct ctx *ctx, struct store_conn *db, struct list_row **out, size_t *count);
struct err rows_list_content_put(struct rows rows, struct str id, struct str content);
struct err rows_list_content_get(struct rows rows, struct str id, struct str *content);
struct err rows_list_content_delete(struct rows rows, struct str id);

struct list_ask {
    struct str detector, id, name, format, location, owner, token;
    struct opt_bool activate;
    const struct guardduty_tag_map *tags;
};
struct err list_create(struct request *rq, struct str kind, const struct list_ask *ask, struct str *id);
struct err list_get(struct request *rq, struct str kind, struct str detector, struct str id, struct list_row *out,
                    struct guardduty_tag_map *tags);
struct err list_page(struct request *rq, struct str kind, struct str detector, struct opt_int max, struct str token,
                     struct str **ids, size_t *count, struct str *next);
struct err list_update(struct request *rq, struct str kind, const struct list_ask *ask);
struct err list_delete(struct request *rq, struct str kind, struct str detector, struct str id);
/* resource: "ipset/ID", as the end of an ARN has it. */
struct err list_need(struct request *rq, struct str resource);

#endif
