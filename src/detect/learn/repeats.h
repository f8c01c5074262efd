/* repeats.h - calls like one before: by whom, where, what, from where and with what client, remembered by their very bytes.
 *
 * Within a day such a call teaches nothing new (learn_again in account.h), so that it need not be looked at but for counting. */
#ifndef YAGURA_DETECT_LEARN_REPEATS_H
#define YAGURA_DETECT_LEARN_REPEATS_H

#include "detect/learn/account.h"
#include "detect/learn/tactics.h"
#include "ingest/event.h"

enum { REPEAT_TEXTS = 7, REPEAT_ROOM = 400, REPEATS = 4096 };

struct repeat {
    uint16_t lens[REPEAT_TEXTS];
    char text[REPEAT_ROOM];
    bool never; /* the caller had not made this call before that day */
    uint64_t api;
    const struct tactic *tactic;
    struct learn_again again; /* nothing of it is set until the call was looked at */
};
struct repeats {
    struct repeat at[REPEATS];
};

/* The place of such calls, which another one's may have been until now; NULL: their texts are too long. */
struct repeat *repeats_find(struct repeats *repeats, struct str who, const struct event *ev);
void repeats_forget(struct repeats *repeats);

#endif
