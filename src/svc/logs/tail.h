/* tail.h - live tail: new events of some groups, as they come, over an answer that doesn't end.
 *
 * StartLiveTail settles what a session shows; app runs it (logs_set_tails) and tells, once a second, what is new. */
#ifndef YAGURA_SVC_LOGS_TAIL_H
#define YAGURA_SVC_LOGS_TAIL_H

#include "base/http.h"
#include "match/log_filter.h"
#include "svc/logs/feed.h"

enum { TAIL_GROUPS_MAX = 10, TAIL_RESULTS_MAX = 500 };

struct logs_tail {
    struct str account;   /* whose session it is */
    struct str request_id, session_id;
    const struct logs_start_live_tail_in *asked;
    struct logs_feed groups[TAIL_GROUPS_MAX];
    size_t group_count;
};

struct logs_tails {
    /* What `tail` points to lives as long as ctx->arena alone. LOGS_LIMIT_EXCEEDED_EXCEPTION. */
    struct err (*open)(void *self, struct ctx *ctx, const struct logs_tail *tail, struct http_stream *out);
    void *self;
};
void logs_set_tails(const struct logs_tails *tails); /* before any request; NULL: there is no live tail */

/* Messages of the event stream. */
void logs_tail_begin(struct text *out, const struct logs_tail *tail);
void logs_tail_timeout(struct text *out);
struct logs_tail_results {
    struct logs_live_tail_session_log_event items[TAIL_RESULTS_MAX];
    size_t count;
    bool sampled; /* there was more */
};
void logs_tail_gather(struct ctx *ctx, const struct logs_tail *tail, struct log_filter *filter, const struct logs_batch *batch,
                      struct logs_tail_results *out);
void logs_tail_update(struct text *out, const struct logs_tail_results *results);

#endif
