/* inside.h - calls that don't come by HTTP: from one service to another (svc/door.h), and from threads of app.
 *
 * Both are authorised and recorded like any other. A call of a thread runs in a transaction of its own: reads on the
 * thread's connection, writes through the writer, which is waited for; operations that block (struct after) are waited
 * for as well. Never from within a job of the writer. */
#ifndef YAGURA_APP_INSIDE_H
#define YAGURA_APP_INSIDE_H

#include "app/audit.h"
#include "app/worker.h"
#include "crypto/vault.h"
#include "store/writer.h"
#include "svc/door.h"

struct inside_options {
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    struct str region;
    bool check_answers; /* hold every answer against its model */
    struct journal *journal; /* what calls are recorded in; NULL: none */
    struct blob_store *blobs; /* of objects; NULL: none (a test) */
};

struct inside;

struct inside *inside_open(const struct inside_options *options); /* options' text must outlive it */
/* Once the threads that use it are gone. NULL is allowed. */
void inside_close(struct inside *inside);
struct workers *inside_workers(const struct inside *inside);

/* A call by one of our threads. */
struct inside_call {
    const char *service;    /* folder: "lambda" */
    const char *operation;  /* "Invoke" */
    const void *in;
    struct str account;     /* in which, and for whom */
    struct str region;      /* absent: the server's */
    struct str principal;   /* "secretsmanager.amazonaws.com": the service that calls; absent: the account itself (its root) */
    struct str source_arn;  /* aws:SourceArn of the service; absent: none */
    struct str role_arn;    /* with the rights of this role, which the service assumes first; absent: as the service */
    struct str session_name; /* of that role */
    struct str access_key, session_token; /* with the rights of this session, instead of a role's; absent: no */
};
/* *out is in ctx->arena. Faults: the operation's own, with the reason in ctx. */
struct err inside_call(struct ctx *ctx, struct inside *inside, const struct inside_call *call, const void **out);

/* What rq->door points to while a call is under way. */
struct inside_door {
    struct door door; /* first */
    struct inside *inside;
    const struct identity *identity; /* the caller's; NULL: a service, or nobody */
    struct inside_door *outer;       /* of the call that this one comes from; NULL: from outside */
    unsigned depth;
    struct audit_notes notes;        /* of the outermost call of a transaction */
    bool authority_changed;          /* a call changed what callers may: iam_changed once that is committed */
};

void inside_door_open(struct inside_door *door, struct inside *inside, const struct identity *identity, struct request *rq);

#endif
