/* audit.h - every call is on record before its answer leaves.
 *
 * Notes gather what one call from outside, and the calls within it, have to say. What a transaction did goes into the journal
 * with that transaction (store/writer.h); all else is appended before the answer and stands for itself. */
#ifndef YAGURA_APP_AUDIT_H
#define YAGURA_APP_AUDIT_H

#include "app/finished.h"
#include "store/journal.h"

/* Zero to begin with; lives in the arena of the outermost call. */
struct audit_notes {
    struct audit_note *first, **last;
    bool settled; /* what there was to say has been handed to the journal */
};

/* The event is made now: nothing of `finished` is needed later. */
void audit_note(struct audit_notes *notes, const struct finished *finished, struct str host);
/* The entries in order, NULL if there are none. kept: the transaction they belong to is; otherwise what was written in it
 * by calls within the outermost one never happened, and is left out. The notes are settled then. */
struct journal_entry *audit_entries(struct audit_notes *notes, bool kept);
/* Appends what isn't settled and waits for it: for threads of ours. journal NULL: nothing. */
struct err audit_wait(struct ctx *ctx, struct journal *journal, struct audit_notes *notes);

#endif
