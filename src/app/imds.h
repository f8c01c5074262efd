/* imds.h - what EC2's instance metadata service says, as AWS clients ask it: version 2, and the form of containers.
 *
 * Version 2 wants a token, which a PUT hands out and which ends by itself; a token is a time and a MAC of it under a key of
 * this process. PUTs that came through a proxy (X-Forwarded-For) are refused. Version 1, without tokens, is off unless asked for.
 * spec: EC2 user guide, "Use the Instance Metadata Service to access instance metadata"; ECS developer guide, "Amazon ECS
 * task IAM role", container credentials. */
#ifndef YAGURA_APP_IMDS_H
#define YAGURA_APP_IMDS_H

#include "base/err.h"
#include "net/server.h"

struct imds_credentials {
    struct str access_key_id, secret_access_key, token;
    int64_t issued_ms, expires_ms;
};

struct imds_options {
    struct str account, region;
    struct str instance_id;
    struct str role_name, role_arn;
    struct str profile_name, profile_arn, profile_id; /* absent: the role was named itself */
    bool version1;
    struct str container_token; /* what Authorization must say at /credentials; absent: no such page */
    /* Credentials good for a while yet, in ctx's arena. Safe for threads. */
    struct err (*credentials)(void *self, struct ctx *ctx, struct imds_credentials *out);
    void *self;
};

struct imds;

struct imds *imds_open(const struct imds_options *options); /* text must outlive it */
void imds_close(struct imds *imds); /* NULL is allowed */
void imds_handle(void *imds, struct net_exchange *exchange); /* a net_handler */

#endif
