/* door.h - one service calls another through the front door: authorised and recorded like any call.
 *
 * A service includes the generated header of the other (kms_model.h) for the typed input and output, never its code. The
 * call runs in the transaction of the caller's request: a write operation needs a write transaction (FAULT_INTERNAL
 * otherwise), and what it changed goes or stays with the caller's own changes. Within struct after, where there is no
 * transaction, each call makes its own, and blocking ones (struct after) are waited for; elsewhere they can't be called.
 *
 * As the caller: with the caller's own rights, and aws:ViaAWSService, aws:CalledVia and the service's ViaService keys set
 * (a forward access session). As the service: as principal SERVICE.amazonaws.com, for which the resource's policy must
 * speak, with aws:SourceArn and aws:SourceAccount. */
#ifndef YAGURA_SVC_DOOR_H
#define YAGURA_SVC_DOOR_H

#include "svc/organization_policies.h"
#include "svc/request.h"

struct door_call;
/* Behind rq->door: app/inside.c, or a stand-in of a test. */
struct door {
    struct err (*call)(struct request *rq, const struct door_call *call, const void **out);
    struct err (*organization)(struct request *rq, struct str account, struct organization_facts *out);
    struct err (*mfa)(struct request *rq, struct str serial, struct str code);
};

enum door_as { DOOR_AS_CALLER, DOOR_AS_SERVICE };

struct door_call {
    const char *service;    /* folder: "kms" */
    const char *operation;  /* "GenerateDataKey" */
    const void *in;
    enum door_as as;
    struct str principal;   /* of DOOR_AS_SERVICE: "cloudtrail.amazonaws.com"; absent: that of the calling service */
    struct str source_arn;  /* aws:SourceArn of DOOR_AS_SERVICE; absent: none */
    struct str account;     /* the account it is made in; absent: the request's */
    struct str region;      /* absent: the request's */
    bool writes;            /* although it only reads it may make something (a service's own key), and gets a transaction for it */
    struct str role_arn;    /* of DOOR_AS_SERVICE: with the rights of this role, which the service assumes first; absent: none */
    struct str session_name; /* of that role */
};

/* *out is the operation's output, in rq->ctx's arena. Faults: the other operation's own, AccessDenied among them, with the
 * reason in rq->ctx. */
struct err door_call(struct request *rq, const struct door_call *call, const void **out);
/* What the organisation says of an account (svc/organization_policies.h), in rq's transaction; out as it was where there are
 * no organisations. */
struct err door_organization(struct request *rq, struct str account, struct organization_facts *out);
/* Whether the code is one of the caller's own MFA device, good once: AccessDenied where it isn't. In rq's transaction. */
struct err door_mfa(struct request *rq, struct str serial, struct str code);

#endif
