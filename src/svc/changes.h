/* changes.h - whether rows that were read lately still count, for services that keep them in memory.
 *
 * Every write in this process ends the use of what was read before it, and for the seconds that its commit may take nothing
 * is kept. What another process changes on the same PostgreSQL shows within CHANGES_FRESH_MS. */
#ifndef YAGURA_SVC_CHANGES_H
#define YAGURA_SVC_CHANGES_H

#include <stdatomic.h>

#include "svc/request.h"

enum { CHANGES_FRESH_MS = 2000, CHANGES_SETTLE_MS = 3000 };

/* Static, zero to begin with; one for the rows of a service. */
struct changes {
    _Atomic uint64_t count;
    _Atomic uint64_t noticed;     /* count, as readers saw it last … */
    _Atomic int64_t noticed_ms;   /* … and when that was first seen */
};

/* What IAM and Organizations keep: whom keys belong to, what policies allow, whom roles trust. Noted once a write is committed. */
extern struct changes changes_authority;

void changes_note(struct changes *changes); /* something was written */
/* From when on what was read counts; INT64_MAX while a change may not be committed yet. */
int64_t changes_counts_from(struct changes *changes, const struct request *rq);
bool changes_fresh(int64_t read_ms, int64_t from_ms, int64_t now_ms);

#endif
