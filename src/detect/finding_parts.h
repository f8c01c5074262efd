/* finding_parts.h - what a merged finding keeps of its occurrences. For finding*.c only. */
#ifndef YAGURA_DETECT_FINDING_PARTS_H
#define YAGURA_DETECT_FINDING_PARTS_H

#include "detect/finding.h"

struct seen_list {
    struct finding_event items[FINDING_EVENTS_MAX]; /* newest first */
    size_t count;
};

/* Newest first; 0: the same event. A record without an id is told by where it stands. */
int seen_order(const struct finding_event *a, const struct finding_event *b);
/* Of two places where the same event stands, which one is shown. */
int seen_place_order(const struct finding_event *a, const struct finding_event *b);
/* The newest occurrence's JSON as the JSON of all of them; STR_NONE when it is no finding. */
struct str finding_of_all(struct arena *arena, struct str newest, const struct seen_list *events, int64_t count, int64_t first_ms,
                          int64_t last_ms);

#endif
