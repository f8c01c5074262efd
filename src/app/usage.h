/* usage.h - counts records as they are read, by the account, Region and source they tell of, for GuardDuty's statistics.
 *
 * Its memory is fixed, so that forged accounts cannot fill it: what comes when USAGE_SLOTS are taken is not counted until
 * usage_clear. */
#ifndef YAGURA_APP_USAGE_H
#define YAGURA_APP_USAGE_H

#include "ingest/event.h"
#include "svc/guardduty/guardduty.h"

enum { USAGE_SLOTS = 1024 };

struct usage;

struct usage *usage_open(void);
void usage_close(struct usage *usage); /* NULL is allowed */
void usage_count(struct usage *usage, const struct event *ev);
/* What was counted, in arena; records that name no account are owner's, those that name no region of home_region. */
struct guardduty_usage *usage_list(const struct usage *usage, struct arena *arena, struct str owner, struct str home_region,
                                   size_t *count);
void usage_clear(struct usage *usage);

#endif
