/* detector.h - a detection in C, for what a rule over one record cannot say.
 *
 * `when` is data: terms on the same field are joined by OR, on different fields by AND; an event touches only detectors
 * whose terms hold. inspect is pure: event, memory and lists in, verdict out; no allocation outside ev->arena, no I/O, no
 * clock. Time is the event's own, and may go backwards: logs arrive out of order.
 * The constants' texts may hold ${placeholders}, see record.h. */
#ifndef YAGURA_DETECT_DETECTOR_H
#define YAGURA_DETECT_DETECTOR_H

#include "detect/intel.h"
#include "detect/occurrence.h"

struct learn;   /* detect/learn/learn.h */
struct anomaly; /* detect/learn/anomaly.h */

/* What detectors that learn share. */
struct learning {
    struct learn *learn;
    struct anomaly *anomaly;
};

enum { DETECTOR_TERMS_MAX = 12 };

struct detector_term {
    enum field field;
    const char *value;
};

struct detector {
    struct detection detection;
    const char *const *types; /* every type it may give, ends with NULL; NULL: its detection's alone */
    enum source source;
    uint32_t also;    /* further sources, as bits: 1 << SOURCE_… */
    bool learns;      /* silent until it has seen history */
    bool shared;      /* judged together with others of its source over one state (network.h); has no inspect */
    struct detector_term when[DETECTOR_TERMS_MAX]; /* ends with a NULL value */
    bool attempts;    /* failed calls count as well */
    unsigned needs;   /* only asked when there is any of these lists (set of enum intel_list); 0: always */
    bool (*wants)(const struct event *ev); /* asked before memory is looked up; may be NULL */
    enum field key;   /* of its memory; only used when memory > 0 */
    size_t memory;    /* bytes per key, zeroed at first; 0: remembers nothing */
    bool (*inspect)(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict);
    /* Instead of inspect, for those that learn. */
    bool (*judge)(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel,
                  struct verdict *verdict);
};

/* All of them, in the order they are asked. */
extern const struct detector *const DETECTORS[];
extern const size_t DETECTORS_COUNT;

bool detector_applies(const struct detector *detector, const struct event *ev);

#endif
