/* item.h - things with a name, kept as the model's own documents, and pages of them. */
#ifndef YAGURA_SVC_LOGS_ITEM_H
#define YAGURA_SVC_LOGS_ITEM_H

#include "svc/logs/group.h"

#define KIND_DESTINATION STR("destination")
#define KIND_RESOURCE_POLICY STR("resource-policy")
#define KIND_ACCOUNT_POLICY STR("account-policy")
#define KIND_DELIVERY STR("delivery")
#define KIND_DELIVERY_SOURCE STR("delivery-source")
#define KIND_DELIVERY_DESTINATION STR("delivery-destination")
#define KIND_DELIVERY_DESTINATION_POLICY STR("delivery-destination-policy")

struct item_name {
    struct str kind, name;
    int64_t group; /* 0: none */
};
/* In the caller's account and Region. *value: NULL when there is none. */
struct err logs_item_load(struct request *rq, struct item_name name, const struct shape *shape, void **value);
struct err logs_item_save(struct request *rq, struct item_name name, const struct shape *shape, const void *value);

struct item_list {
    struct str kind;
    const struct shape *shape;
    struct str prefix; /* absent: all */
    struct str token;
    int64_t limit;
    bool (*wanted)(void *argument, const void *value); /* NULL: all */
    void *argument;
};
/* values: an array of the shape's structs. *next is absent on the last page. */
struct err logs_item_page(struct request *rq, const struct item_list *list, struct any_list *values, struct str *next);

#endif
