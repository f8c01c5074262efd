/* secretsmanager.h - all that the outside sees of Secrets Manager: the service, its chores, and rotations for app to run.
 *
 * A rotation is a row: which step comes next, and when. app asks for what is due, invokes the function for one step as
 * secretsmanager.amazonaws.com, and tells what came of it; everything is in the store before and after each step, so that a
 * kill loses nothing but the answer of one step, which is then done again. */
#ifndef YAGURA_SVC_SECRETSMANAGER_SECRETSMANAGER_H
#define YAGURA_SVC_SECRETSMANAGER_SECRETSMANAGER_H

#include "svc/request.h"

extern const struct service SECRETSMANAGER;

/* What time does: secrets whose recovery window is over go, rotations whose window opens begin, and the days on which secrets
 * were read are stored. Whether any is due, within a read transaction; done within a write transaction. */
struct err secretsmanager_chores_due(struct ctx *ctx, struct store_conn *db, bool *due);
struct err secretsmanager_chores_do(struct ctx *ctx, struct store_conn *db);

struct secretsmanager_step {
    struct str account, region;
    struct str secret;   /* ARN */
    struct str version;
    struct str function; /* ARN */
    struct str name;     /* "createSecret" */
    struct str event;    /* what the function is given: JSON */
    int64_t number, tries;
    bool test_only;      /* nothing is rotated: the configuration is tried */
};
/* Steps that are due, at most one for each secret, the longest waiting first. */
struct err secretsmanager_steps(struct ctx *ctx, struct store_conn *db, size_t max, struct secretsmanager_step *steps,
                                size_t *count);

enum secretsmanager_news {
    SECRETSMANAGER_GOES_ON,     /* to the next step */
    SECRETSMANAGER_ROTATED,
    SECRETSMANAGER_TESTED,      /* the configuration works; nothing was rotated */
    SECRETSMANAGER_TRIES_AGAIN, /* from the first step, after a while */
    SECRETSMANAGER_GONE,        /* the rotation was cancelled, or its secret deleted, meanwhile; or a test failed for good */
};
/* Within a write transaction: the step succeeded, or failed. Tells what that means for the rotation. */
struct err secretsmanager_step_done(struct ctx *ctx, struct store_conn *db, const struct secretsmanager_step *step, bool succeeded,
                                    enum secretsmanager_news *news);

#endif
