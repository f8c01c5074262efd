/* snapshot.h - keys as they were read lately, with what hangs on them: a call on a key that nobody changes asks no database.
 *
 * For how long, svc/changes.h says. Bounded in number. */
#ifndef YAGURA_SVC_KMS_SNAPSHOT_H
#define YAGURA_SVC_KMS_SNAPSHOT_H

#include "svc/kms/authority.h"

/* Copies into rq's arena. False: read it. belongings may be NULL. */
bool snapshot_get(struct request *rq, struct str reference, struct key *key, const struct belongings **belongings);
void snapshot_put(struct request *rq, struct str reference, const struct key *key, const struct belongings *belongings);
void snapshot_changed(void); /* something was written */
void snapshot_close(void);

#endif
