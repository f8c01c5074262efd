/* types.h - which finding types can be raised, by what, and what that waits for.
 *
 * A type is *active* when some rule or detector of it needs nothing but logs; else it needs a list (of addresses, names, …), history
 * to have learned from, or an agent whose events are read (Falco, Tetragon, auditd, malware scanners). */
#ifndef YAGURA_DETECT_TYPES_H
#define YAGURA_DETECT_TYPES_H

#include "detect/catalogue.h"
#include "detect/engine.h"

enum finding_type_need { TYPE_NEEDS_LIST = 1, TYPE_NEEDS_HISTORY = 2, TYPE_NEEDS_AGENT = 4 };

struct finding_type {
    const struct catalogue_entry *entry;
    struct str by;    /* ids of its rules and detectors, separated by spaces; empty: nothing raises it */
    unsigned needs;   /* set of enum finding_type_need: of the one that needs least */
    struct str lists; /* words of the lists that one waits for: "tor", "command mining" */
};

/* One per entry of the catalogue, in its order; lives in ctx->arena. */
MUST_USE struct err finding_types(struct ctx *ctx, const struct engine_options *options, struct finding_type **out);
struct str finding_type_state(struct arena *arena, const struct finding_type *type); /* "active", "needs list: tor", "missing", … */

#endif
