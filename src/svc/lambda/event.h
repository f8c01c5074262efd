/* event.h - asynchronous invocations, from when they are accepted until nothing more is owed for them. */
#ifndef YAGURA_SVC_LAMBDA_EVENT_H
#define YAGURA_SVC_LAMBDA_EVENT_H

#include "svc/lambda/lambda.h"

struct lambda_owed {
    struct str account, id;     /* id is the request's */
    struct str region, arn, client_context;
    struct str payload;
    int64_t tries;              /* that ended in an error of the function */
    int64_t created_ms;
};

/* What an invocation, or the lack of one, leads to. */
enum lambda_event_end { EVENT_SUCCESS, EVENT_FUNCTION_ERROR, EVENT_THROTTLED, EVENT_GONE };
enum lambda_event_next { EVENT_AGAIN, EVENT_OVER };

struct lambda_event_plan {
    enum lambda_event_next next;
    int64_t pause_ms;           /* of EVENT_AGAIN */
    struct str destination;     /* ARN to tell of the end; absent: none */
    struct str condition;       /* "Success", "RetriesExhausted", "EventAgeExceeded" */
    struct str role;            /* with whose rights */
};

/* In write transactions. */
struct err lambda_event_keep(struct ctx *ctx, struct store_conn *db, const struct lambda_call *call);
struct err lambda_event_again(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event, int64_t pause_ms);
struct err lambda_event_over(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event);
/* Reading. */
struct err lambda_event_due(struct ctx *ctx, struct store_conn *db, size_t limit, struct lambda_owed **out, size_t *count);
struct err lambda_event_decide(struct ctx *ctx, struct store_conn *db, const struct lambda_owed *event, enum lambda_event_end end,
                               int64_t retry_pause_ms, struct lambda_event_plan *out);
/* The record that a destination is sent. */
struct str lambda_event_record(struct ctx *ctx, const struct lambda_owed *event, const struct lambda_event_plan *plan,
                               const struct lambda_outcome *outcome, struct str version);

#endif
