/* rotation.h - rotates secrets: looks for steps that are due and invokes each secret's function, a few at a time.
 *
 * The steps lie in the store (svc/secretsmanager); each is invoked as secretsmanager.amazonaws.com, for which the function's
 * policy must speak, and recorded like any call. What was under way when the server died is found again at the next start. What a
 * function answers is never logged: it may hold the secret; only the kind of its error is. */
#ifndef YAGURA_APP_ROTATION_H
#define YAGURA_APP_ROTATION_H

#include "app/inside.h"

struct rotator_options {
    struct store *store;
    struct store_writer *writer;
    struct inside *inside;
};

struct rotator;

struct err rotator_open(struct ctx *ctx, const struct rotator_options *options, struct rotator **out);
void rotator_start(struct rotator *rotator);
/* Begins no more steps; one that fails from now on counts as not done. NULL is allowed, as below. */
void rotator_stop(struct rotator *rotator);
/* Waits for the steps under way, and frees it. */
void rotator_close(struct rotator *rotator);

#endif
