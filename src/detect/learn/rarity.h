/* rarity.h - profiles of fixed size: on how many distinct days a value of a feature was seen.
 *
 * A shape says how many values each feature has room for; sets of eight values share a cache line, and a full set gives up
 * its least established value. Days are days since 1970 and only count forward per value. Counts are halved when they reach
 * RARITY_DAYS_MAX, so that old habits fade. A profile is plain memory of rarity_size(shape) bytes, zeroed at first; it holds no
 * pointers and can be saved as it stands. */
#ifndef YAGURA_DETECT_LEARN_RARITY_H
#define YAGURA_DETECT_LEARN_RARITY_H

#include "base/str.h"
#include "detect/learn/season.h"

enum { RARITY_FEATURES_MAX = 8, RARITY_SET = 8, RARITY_DAYS_MAX = 128, RARITY_FADE_DAYS = 90, RARITY_DISTRUST_DAYS = 14 };

struct rarity_shape {
    uint8_t features;
    uint16_t sets[RARITY_FEATURES_MAX]; /* of RARITY_SET values each */
};

struct rarity_slot {
    uint32_t tag; /* of the value's hash; 0: empty */
    uint16_t day; /* last counted */
    uint8_t days; /* distinct days */
    uint8_t more; /* of an entity: days it was distrusted; of an account: entities for which it is established */
};

/* What an entity did in the hour at hand, for its judge to keep. */
struct rarity_window {
    uint64_t actions;  /* distinct ones, a bit each by hash */
    uint32_t hour;     /* since 1970 */
    float unusual;     /* nats gathered from distinct unusual values */
    uint16_t events, failures;
    uint8_t fresh;     /* values never seen before */
    uint8_t marked;    /* calls that matter to a judge */
    uint8_t spare[2];
};

struct rarity_profile {
    uint64_t key;          /* of entity or account; 0: unused */
    uint16_t first_day, last_day;
    uint16_t distrusted;   /* the last day that was judged anomalous */
    uint8_t days;          /* distinct days of activity, halved at RARITY_DAYS_MAX */
    uint8_t spare;
    uint8_t novel[RARITY_FEATURES_MAX];      /* days on which a feature showed something new, once days were known */
    uint16_t novel_day[RARITY_FEATURES_MAX]; /* the last of them */
    struct rarity_window window;
    struct season season;
    struct rarity_slot slots[];
};
_Static_assert(sizeof(struct rarity_profile) == 128, "sets of values begin on a cache line");

struct rarity_seen {
    uint8_t days;     /* before today */
    uint8_t more;     /* as in the slot */
    bool fresh;       /* never seen before today */
    bool displaced;   /* another value had to go for it */
    bool established; /* with this observation it reached RARITY_ESTABLISHED days: tell the account */
};
enum { RARITY_ESTABLISHED = 3 };

size_t rarity_size(const struct rarity_shape *shape);
/* Its values will be asked for. */
void rarity_prefetch(const struct rarity_profile *profile, const struct rarity_shape *shape);
/* Counts the day of activity. */
void rarity_visit(struct rarity_profile *profile, const struct rarity_shape *shape, uint16_t day);
enum rarity_mode {
    RARITY_LEARN,
    RARITY_DISTRUST, /* counted apart: only what is usual already counts */
    RARITY_LOOK,     /* nothing is kept */
};
struct rarity_seen rarity_observe(struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature, uint64_t hash,
                                  uint16_t day, enum rarity_mode mode);
/* What is known of a value, without observing it; NULL: nothing. */
const struct rarity_slot *rarity_find(const struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature,
                                      uint64_t hash);
/* What became less unusual on this day no longer did: the day was judged anomalous. counted: such days are counted apart. */
void rarity_distrust(struct rarity_profile *profile, const struct rarity_shape *shape, uint16_t day, bool counted);
/* One more entity for which the value is established. */
void rarity_adopt(struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature, uint64_t hash,
                  uint16_t day);
/* Chance that a feature shows something new on a day, from how often it did before this one (Laplace), at most 0.3. */
double rarity_novelty(const struct rarity_profile *profile, unsigned feature);

#endif
