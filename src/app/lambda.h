/* lambda.h - runs functions: a pool of execution environments behind the Lambda service (svc/lambda/lambda.h).
 *
 * An environment is a sandbox in which a runtime asks the Runtime API for events. It comes up at the first call of a version,
 * serves one call at a time, sleeps between calls and is taken down when it idles for long or its function changes. A call
 * waits on the thread that makes it. Asynchronous calls wait in the store, and threads of this take them from there. */
#ifndef YAGURA_APP_LAMBDA_H
#define YAGURA_APP_LAMBDA_H

#include "app/front.h"
#include "svc/lambda/lambda.h"

struct lambda;

/* One line of a function's log: its own output, or START, END, REPORT, INIT_REPORT. */
struct lambda_line {
    struct str account, region, function, group, stream;
    struct str access_key, session_token; /* of the function's role, while the environment lives */
    int64_t at_ms;
    struct str text; /* without line feed */
};

/* To the server's own log, which has no secrets. */
void lambda_log_locally(const struct lambda_line *line);

struct lambda_options {
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str data;               /* the data folder */
    struct str network;            /* --lambda-network */
    int64_t environments;          /* at most */
    int64_t idle_ms;               /* then an environment is taken down */
    int64_t retry_pause_ms;        /* before the second try of an asynchronous call; twice that before the third */
    size_t body_max;
    void (*log)(void *self, const struct lambda_line *line); /* NULL: to the server's own log. From any thread */
    void *self;
};

struct err lambda_open(struct ctx *ctx, const struct lambda_options *options, struct lambda **out); /* text must outlive it */
/* Once the front door stands: functions reach it, and it serves their links. endpoint: where clients reach the server. */
struct err lambda_start(struct ctx *ctx, struct lambda *lambda, struct front *front, struct str endpoint);
/* No new calls; those under way may finish within grace_ms, then their environments go. NULL is allowed, as below. */
void lambda_stop(struct lambda *lambda, int64_t grace_ms);
void lambda_close(struct lambda *lambda);

/* Function URLs and links to code; false: the request is about neither. */
bool lambda_serves(struct lambda *lambda, struct net_exchange *exchange);
/* The most bytes a request may bring: code is larger than anything else. */
size_t lambda_body_limit(const struct http_request *head, size_t usual);

#endif
