/* request.h - what a handler gets beside its typed input: who calls, where, and the open transaction.
 *
 * The front door (app/front.c) has verified the signature, authorised the call, decoded and validated the input and
 * begun the transaction; it commits when the handler returns ERR_OK and rolls back otherwise. A handler reads, judges,
 * changes, answers. Everything it allocates comes from rq->ctx.arena. */
#ifndef YAGURA_SVC_REQUEST_H
#define YAGURA_SVC_REQUEST_H

#include "base/err.h"
#include "crypto/vault.h"
#include "store/store.h"
#include "wire/model.h"

enum principal_type { PRINCIPAL_ANONYMOUS, PRINCIPAL_ROOT, PRINCIPAL_USER, PRINCIPAL_ASSUMED_ROLE, PRINCIPAL_FEDERATED };

struct principal {
    enum principal_type type;
    struct str account;       /* 12 digits */
    struct str arn;           /* as GetCallerIdentity shows it */
    struct str id;            /* UserId as GetCallerIdentity shows it: AIDA…, AROA…:session, the account for root */
    struct str name;          /* user name; role name of a session */
    struct str role_arn;      /* the role behind an assumed role's session, path included */
    struct str session_name;  /* of an assumed role or federated user */
    struct str access_key;    /* AKIA… or ASIA… that signed */
    struct str session_policy;/* JSON, absent if none */
    struct str session_policy_arns; /* further session policies, managed ones, separated by spaces; absent if none */
    struct str source_identity; /* set when the session was made; kept by chained ones; absent if none */
    int64_t session_since_ms; /* 0: no session */
    bool mfa;
};

struct door;

/* Work that may block (a function's run), done once the transaction is over: run fills the operation's output on a thread
 * that may wait, without a database. Set by a handler; the answer goes out after it. */
struct after {
    struct err (*run)(void *self, struct request *rq, void *out); /* NULL: nothing, answer at once */
    void *self;
};

struct request {
    struct ctx ctx;
    struct store_conn *db;              /* inside the call's transaction */
    const struct vault *vault;          /* seals secrets at rest */
    const struct service_model *service;
    const struct operation *operation;
    struct str partition;               /* "aws" */
    struct str region;                  /* from the credential scope */
    struct str account;                 /* the caller's */
    struct str home_account;            /* the server's first account (--account-id): owns findings of foreign records */
    struct principal caller;
    struct str source_ip;
    struct str user_agent;
    bool tls;
    bool identity_allows;               /* the caller's own policies allow the call; only AssumeRole asks */
    bool limited;                       /* boundary or session policy don't allow it; only AssumeRole asks */
    struct door *door;                  /* to other services: svc/door.h */
    struct after after;
};

/* One service, as the front door sees it. Each folder exports one: const struct service GUARDDUTY. */
struct guard;
struct service {
    const struct service_model *model;
    /* What authorisation must know that the resource template can't say, read from the store before the handler runs;
     * NULL: nothing. svc/guard.h. */
    struct err (*guard)(struct request *rq, const void *in, struct guard *guard);
};

/* The ARN that authorisation judges, from the operation's resource template and the decoded input:
 * arn:PARTITION:SERVICE:REGION:ACCOUNT:TEMPLATE with each {Member} replaced; iam leaves out the region; a template that
 * starts with "arn:" or is "*" stands as it is; a missing member becomes "*". */
struct str request_resource(struct request *rq, const void *in);

#endif
