/* request.h - what a handler gets beside its typed input: who calls, where, and the open transaction.
 *
 * The front door (app/front.c) has verified the signature, authorised the call, decoded and validated the input and
 * begun the transaction; it commits when the handler returns ERR_OK and rolls back otherwise. A handler reads, judges,
 * changes, answers. Everything it allocates comes from rq->ctx.arena. */
#ifndef YAGURA_SVC_REQUEST_H
#define YAGURA_SVC_REQUEST_H

#include "base/err.h"
#include "base/http.h"
#include "crypto/vault.h"
#include "store/store.h"
#include "wire/model.h"

/* A service: name is "cloudtrail.amazonaws.com", the account that for whom it works, and it has no ARN. */
enum principal_type {
    PRINCIPAL_ANONYMOUS, PRINCIPAL_ROOT, PRINCIPAL_USER, PRINCIPAL_ASSUMED_ROLE, PRINCIPAL_FEDERATED, PRINCIPAL_AWS_SERVICE
};

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
    struct str transitive_tags; /* keys of session tags that chained sessions keep, one a line; absent if none */
    struct str scope_policies;  /* of GetScopedCredentials: JSON documents with a record separator (0x1E) after each; absent if none */
    struct str issuer_id;       /* of a federated user: id of the user (or the account, for its root) whose policies bound it */
    struct str provider;        /* ARN of the identity provider that vouched for it; absent if none */
    int64_t session_since_ms; /* 0: no session */
    int64_t session_until_ms;
    int64_t mfa_ms;           /* when the session's one-time code was given; 0: never */
    bool mfa;
};

struct context_pair {
    struct str key; /* "sts:ExternalId", "aws:PrincipalTag/team" */
    struct str value;
};

/* Where an account stands: "o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/". */
struct organization_place {
    struct str id, path;
};

struct door;
struct blob_store; /* store/blob.h */
struct journal; /* store/journal.h */
struct service_event; /* svc/service_event.h */

/* Work that may block (a function's run), done once the transaction is over: run fills the operation's output on a thread
 * that may wait, without a database (rq->db is NULL; door_call there makes a transaction of its own for each call). Set by a
 * handler; the answer goes out after it. self and what it needs live in rq's arena. */
struct after {
    struct err (*run)(void *self, struct request *rq, void *out); /* NULL: nothing, answer at once */
    void *self;
};

/* Work that takes long and must be done before the transaction of a write (taking in a large body): run fills what the handler
 * will need. Set by the service's `before`; run on a thread that may wait, without a database; the body is whole, decoded and
 * checked by then. undo: the call failed after all. */
struct before {
    struct err (*run)(void *self, struct request *rq); /* NULL: nothing */
    void (*undo)(void *self, struct request *rq);      /* NULL: nothing */
    void *self;
};

enum { ANSWER_HEADERS_MAX = 16 };

/* What an answer bears beyond its output, a fault's too. */
struct answer_extra {
    uint16_t status;                  /* instead of the operation's own (206); 0: that */
    const struct http_stream *stream; /* the body, instead of the payload member; closed by whoever sends or drops it */
    struct str body;                  /* instead of what the model makes of the output; absent: that */
    struct http_header headers[ANSWER_HEADERS_MAX];
    size_t header_count;
    struct http_header elements[ANSWER_HEADERS_MAX]; /* of S3's Error, beside Code and Message: Key, BucketName */
    size_t element_count;
    int64_t bytes_in, bytes_out;      /* of bodies, for the record of the call */
};

/* What a fault says beside its message (Reason, Type): the shape behind it, its message left out. */
struct fault_detail {
    const struct fault *fault; /* NULL: nothing; else it goes out with this fault only */
    const void *members;
};

struct request {
    struct ctx ctx;
    struct store_conn *db;              /* inside the call's transaction */
    const struct vault *vault;          /* seals secrets at rest */
    const struct service_model *service;
    const struct operation *operation;
    const void *in;                     /* the decoded input, for condition keys */
    struct str partition;               /* "aws" */
    struct str region;                  /* from the credential scope */
    struct str account;                 /* the caller's */
    struct str home_account;            /* the server's first account (--account-id): owns findings of foreign records */
    struct principal caller;
    const struct context_pair *caller_tags; /* "aws:PrincipalTag/KEY", of user or role and session */
    size_t caller_tag_count;
    const struct str *called_via;       /* services through which the caller's call went, first one first: a forward access session */
    size_t called_via_count;
    struct organization_place caller_place, resource_place; /* empty: in no organisation */
    struct str resource_account;        /* who owns what the call is about */
    struct str resource;                /* its ARN, or "*"; absent until authorised */
    struct journal *journal;            /* of all calls; NULL: none is kept */
    struct str source_arn;              /* of a service's call: for which resource; absent: none named */
    uint8_t protocol;                   /* enum protocol it came by */
    bool writes;                        /* db is a write transaction */
    const struct http_request *http;    /* as it came; NULL: from inside, or a test */
    struct str source_ip;               /* a service that calls: its name */
    struct str user_agent;
    bool tls;
    struct str tls_version, tls_cipher; /* absent without TLS */
    bool identity_allows;               /* the caller's own policies allow the call; only AssumeRole asks */
    bool limited;                       /* boundary or session policy don't allow it; only AssumeRole asks */
    struct door *door;                  /* to other services: svc/door.h */
    struct before before;
    struct after after;
    struct answer_extra extra;
    const void *known;                  /* the service's own: what it has read, of known_db's read transaction */
    const struct store_conn *known_db;
    struct blob_store *blobs;           /* store/blob.h; NULL: none (a test) */
    struct fault_detail detail;
    const void *judged;                 /* what the service's guard found out for its handler; NULL: nothing */
    struct service_event *service_events; /* what services did of themselves in this call: on record with it */
};

struct guard;
struct organization_facts; /* svc/organization_policies.h */

/* One service, as the front door sees it. Each folder exports one: const struct service GUARDDUTY; SERVICES (generated,
 * services.h) lists them. */
struct service {
    const struct service_model *model;
    /* What authorisation must know that the resource template can't say, read from the store before the handler runs;
     * NULL: nothing. svc/guard.h. */
    struct err (*guard)(struct request *rq, const void *in, struct guard *guard);
    /* Of a write that is allowed, within the read transaction: may set rq->before. NULL: nothing takes long. */
    struct err (*before)(struct request *rq, const void *in);
    bool anonymous_ok;       /* unsigned calls are judged like others, by the resource's policy (S3); else refused */
    bool changes_records;    /* what it writes changes which data events are wanted (app/audit_data.h) */
    bool changes_authority;  /* what it writes changes what callers may: caches are dropped once that is committed */
    /* Organizations alone: what the organisation says of an account. NULL: nothing. */
    struct err (*organization)(struct ctx *ctx, struct store_conn *db, struct str account, struct organization_facts *out);
};

/* To rq->extra; what finds no room is left out. name and value live as long as the request. */
void request_header(struct request *rq, struct str name, struct str value);
void request_element(struct request *rq, struct str name, struct str value);

/* The ARN that authorisation judges, from the operation's resource template and the decoded input:
 * arn:PARTITION:SERVICE:REGION:ACCOUNT:TEMPLATE with each {Member} replaced; iam and sts leave out the region; a template that
 * starts with "arn:" or is "*" stands as it is; a missing member becomes "*". */
struct str request_resource(struct request *rq, const void *in);

#endif
