/* correlate.h - Sigma correlations over events: match/correlation.h, fed with what an event holds. For the engine. */
#ifndef YAGURA_DETECT_CORRELATE_H
#define YAGURA_DETECT_CORRELATE_H

#include "detect/rules.h"
#include "ingest/event.h"

enum { CORRELATE_HITS_MAX = 64 };

struct correlate;

/* *out is NULL when the rules hold no correlation. The rules must outlive it; the builder gets the fields it asks for. */
MUST_USE struct err correlate_open(struct ctx *ctx, const struct rules *rules, struct projection_builder *builder,
                                   struct correlate **out);
/* The rest allows NULL. */
void correlate_close(struct correlate *correlate);
bool correlate_hides(const struct correlate *correlate, uint32_t rule);
uint64_t correlate_evictions(const struct correlate *correlate);

struct correlate_hit {
    const struct detection *detection;
    struct str why; /* in ev->arena */
};
/* matched: places of the rules that held. An event with an eventID counts once however often it is delivered. */
size_t correlate_event(struct correlate *correlate, const struct event *ev, const uint32_t *matched, size_t count,
                       struct correlate_hit hits[CORRELATE_HITS_MAX]);

#endif
