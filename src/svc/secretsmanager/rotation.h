/* rotation.h - a rotation under way: its steps, and when the next one is planned. */
#ifndef YAGURA_SVC_SECRETSMANAGER_ROTATION_H
#define YAGURA_SVC_SECRETSMANAGER_ROTATION_H

#include "svc/secretsmanager/rows.h"

enum rotation_step { ROTATION_CREATE, ROTATION_SET, ROTATION_TEST, ROTATION_FINISH };

/* Sets the window of the next rotation, none when the secret has no schedule. */
void secret_rotation_plan(struct secret *secret, int64_t from_ms);
/* The version, with AWSPENDING, is there. */
struct err secret_rotation_begin(const struct rows *rows, const struct secret *secret, struct str version, bool check_only);

#endif
