/* accessed.h - the days on which secrets were read, kept in memory until a chore stores them: reading must not write.
 *
 * Bounded; what doesn't fit is noted when the secret is next read. Lost by a kill: at most what a few seconds brought. */
#ifndef YAGURA_SVC_SECRETSMANAGER_ACCESSED_H
#define YAGURA_SVC_SECRETSMANAGER_ACCESSED_H

#include "base/err.h"

struct accessed {
    struct str account, secret, version;
    int64_t day_ms;
};

bool secret_accessed_waiting(void);
/* Hands over all that was noted, in ctx's arena. It is told until the next time: a reader's view of the store may be older
 * than what the chore then writes. */
size_t secret_accessed_take(struct ctx *ctx, struct accessed **out);

#endif
