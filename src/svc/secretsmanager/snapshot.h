/* snapshot.h - secrets and their versions as they were read lately: GetSecretValue of one that nobody changes asks no database.
 *
 * Values stay sealed here; each call has KMS decipher their data key, is judged and recorded. For how long rows count,
 * svc/changes.h says. Bounded in number. */
#ifndef YAGURA_SVC_SECRETSMANAGER_SNAPSHOT_H
#define YAGURA_SVC_SECRETSMANAGER_SNAPSHOT_H

#include "secretsmanager_model.h"
#include "svc/secretsmanager/rows.h"

void secret_snapshot_changed(void); /* something was written */
/* Copies into rq's arena. False: read it. */
bool secret_snapshot_get(struct request *rq, struct str id, struct secret *out);
void secret_snapshot_put(struct request *rq, struct str id, const struct secret *secret);
/* The version with a stage, and all its stages. */
bool secret_snapshot_version(struct request *rq, const struct secret *secret, struct str stage, struct version *version,
                             struct secretsmanager_secret_version_stages_type *stages);
void secret_snapshot_put_version(struct request *rq, const struct secret *secret, struct str stage, const struct version *version,
                                 const struct secretsmanager_secret_version_stages_type *stages);

#endif
