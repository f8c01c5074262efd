/* search.h - events of a group or stream, in the order of time, from a place on.
 *
 * Events are ordered by time, then by block, then by their place in it. A search looks at blocks in the order of their first
 * events (going down: their last ones) and ends once it has the events nearest to the place that were asked for, or has read
 * enough for one answer; `next` is then where the search goes on. */
#ifndef YAGURA_SVC_LOGS_SEARCH_H
#define YAGURA_SVC_LOGS_SEARCH_H

#include "match/log_filter.h"
#include "svc/logs/group.h"
#include "svc/logs/unseal.h"

struct place {
    int64_t at_ms, block, index;
};
/* "3" and 55 digits: what events and tokens are called by. */
struct str place_text(struct arena *arena, struct place place);
bool place_read(struct str text, struct place *out);

struct found_event {
    struct place place;
    struct str message, stream;
    int64_t ingested_ms;
};

struct search {
    const struct group *group;
    int64_t stream;            /* its number; 0: all of the group's, which go up only */
    struct str prefix;         /* of streams' names; absent: all */
    const struct logs_input_log_stream_names *names; /* NULL or empty: all */
    int64_t from_ms, until_ms; /* inclusive, exclusive */
    bool descending;
    struct place start;        /* going up: this one and later; going down: earlier ones */
    struct log_filter *filter; /* NULL: all */
    size_t limit;
    const struct logs_batch *opened; /* whose keys are open already; NULL: KMS is asked through rq's door */
};
struct search_result {
    struct found_event *events; /* in the order of time, whichever way the search went */
    size_t count;
    bool more;
    struct place next;
};
/* Of rq only the context, the transaction and the door are used. */
struct err logs_search(struct request *rq, const struct search *search, struct search_result *out);

#endif
