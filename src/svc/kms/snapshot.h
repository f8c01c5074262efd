/* snapshot.h - keys as they were read lately, with what hangs on them: a call on a key that nobody changes asks no database.
 *
 * Every write to KMS in this process ends the use of what was read before it, and for the seconds that its commit may take
 * nothing is kept. What another process changes on the same PostgreSQL shows within SNAPSHOT_FRESH_MS. Bounded in number. */
#ifndef YAGURA_SVC_KMS_SNAPSHOT_H
#define YAGURA_SVC_KMS_SNAPSHOT_H

#include "svc/kms/authority.h"

enum { SNAPSHOT_FRESH_MS = 2000, SNAPSHOT_SETTLE_MS = 3000 };

/* Copies into rq's arena. False: read it. belongings may be NULL. */
bool snapshot_get(struct request *rq, struct str reference, struct key *key, const struct belongings **belongings);
void snapshot_put(struct request *rq, struct str reference, const struct key *key, const struct belongings *belongings);
void snapshot_changed(void); /* something was written */
void snapshot_close(void);

#endif
