/* eventbridge.h - EventBridge event patterns to predicates, and what EventBridge checks besides matching.
 *
 * A pattern is refused with AWS's own words: EVENTBRIDGE_INVALID_PATTERN and "Event pattern is not valid. Reason: …",
 * with the place where a reader of AWS's stood. Both sides of a match are flattened to dotted paths: a key "a.b" is the
 * same as b within a; of keys that stand twice the last counts; fields of one array element must match together.
 *
 * A path of a pattern takes up to 16 slots of the projection: whoever installs many patterns must be ready for match_compile
 * to say that they are too many.
 *
 * Where we differ: case is folded in ASCII alone; a number too large for a double matches nothing.
 * spec: Amazon EventBridge user guide, event patterns and comparison operators; the rest as event-ruler does it. */
#ifndef YAGURA_MATCH_EVENTBRIDGE_H
#define YAGURA_MATCH_EVENTBRIDGE_H

#include "base/err.h"
#include "match/predicate.h"

enum {
    EVENTBRIDGE_TEXT_MAX = 64 * 1024,
    EVENTBRIDGE_DEPTH_MAX = 256,
    EVENTBRIDGE_RULES_MAX = 1000,   /* combinations that $or makes. spec: EventBridge user guide, $or */
    EVENTBRIDGE_FIELDS_MAX = 20000, /* fields of all combinations together */
};

extern const struct fault EVENTBRIDGE_INVALID_PATTERN; /* InvalidEventPatternException */
extern const struct fault EVENTBRIDGE_INVALID_EVENT;   /* ValidationException */

/* *out lives in ctx->arena and borrows from nothing else. reason (may be NULL) is set on failure: all of it, where
 * ctx->reason may have cut it. */
MUST_USE struct err eventbridge_parse(struct ctx *ctx, struct str pattern, const struct predicate **out, struct str *reason);
/* Whether EventBridge would take a pattern's wildcards: each one must keep few of its beginnings possible at once. AWS
 * gives no figure; ours is the highest that agrees with its recorded refusal. The pattern must have been parsed. */
MUST_USE struct err eventbridge_check_complexity(struct ctx *ctx, const struct predicate *pattern);
/* The envelope that TestEventPattern demands: a JSON object with id, account, source, time, region and detail-type. */
MUST_USE struct err eventbridge_check_event(struct ctx *ctx, struct str event);

#endif
