/* list.h - secrets that pass filters, a page at a time. */
#ifndef YAGURA_SVC_SECRETSMANAGER_LIST_H
#define YAGURA_SVC_SECRETSMANAGER_LIST_H

#include "svc/secretsmanager/secret.h"

struct listing {
    struct secretsmanager_filters_list_type filters;
    bool deleted; /* those whose deletion is scheduled, too */
    enum order order;
    bool descending;
    size_t limit;
};

/* From place on; *next is set when there are more. */
struct err secret_list(struct request *rq, const struct listing *listing, struct place place, struct secrets *out,
                        struct place *next);
/* The filters as bytes, for tokens. */
struct str secret_list_question(struct request *rq, const struct listing *listing);

#endif
