#include "detect/learn/rarity.h"

/* What is new in an entity's first days says nothing about how fond of new things it is. */
enum { NOVELTY_FROM_DAY = 5 };

static size_t set_count(const struct rarity_shape *shape)
{
    size_t sets = 0;
    for (unsigned i = 0; i < shape->features; i++) {
        sets += shape->sets[i];
    }
    return sets;
}

size_t rarity_size(const struct rarity_shape *shape)
{
    return sizeof(struct rarity_profile) + set_count(shape) * RARITY_SET * sizeof(struct rarity_slot);
}

static size_t set_start(const struct rarity_shape *shape, unsigned feature, uint64_t hash)
{
    size_t first = 0;
    for (unsigned i = 0; i < feature; i++) {
        first += shape->sets[i];
    }
    return (first + ((hash >> 32) * shape->sets[feature] >> 32)) * RARITY_SET;
}

static uint32_t tag_of(uint64_t hash)
{
    const uint32_t tag = (uint32_t)hash;
    return tag ? tag : 1;
}

static void fade(struct rarity_profile *profile, const struct rarity_shape *shape)
{
    const size_t slots = set_count(shape) * RARITY_SET;
    profile->days /= 2;
    for (size_t i = 0; i < slots; i++) {
        profile->slots[i].days = (uint8_t)((profile->slots[i].days + 1) / 2);
    }
    for (size_t i = 0; i < RARITY_FEATURES_MAX; i++) {
        profile->novel[i] /= 2;
    }
    for (size_t i = 0; i < 24; i++) {
        profile->season.hour_days[i] = (uint8_t)((profile->season.hour_days[i] + 1) / 2);
    }
}

void rarity_prefetch(const struct rarity_profile *profile, const struct rarity_shape *shape)
{
    const size_t slots = set_count(shape) * RARITY_SET;
    for (size_t i = 0; i < slots; i += RARITY_SET) {
        __builtin_prefetch(&profile->slots[i]);
    }
}

void rarity_visit(struct rarity_profile *profile, const struct rarity_shape *shape, uint16_t day)
{
    if (profile->days == 0) {
        profile->first_day = day;
    }
    if (day <= profile->last_day) {
        return;
    }
    profile->last_day = day;
    if (++profile->days >= RARITY_DAYS_MAX) {
        fade(profile, shape);
    }
}

const struct rarity_slot *rarity_find(const struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature,
                                      uint64_t hash)
{
    const struct rarity_slot *set = &profile->slots[set_start(shape, feature, hash)];
    const uint32_t tag = tag_of(hash);
    for (size_t i = 0; i < RARITY_SET; i++) {
        if (set[i].tag == tag) {
            return &set[i];
        }
    }
    return NULL;
}

/* The value's own slot; else an empty one or that of the least established value, cleared. */
static struct rarity_slot *slot_take(struct rarity_slot *set, uint32_t tag, bool *displaced)
{
    for (size_t i = 0; i < RARITY_SET; i++) {
        if (set[i].tag == tag) {
            return &set[i];
        }
    }
    struct rarity_slot *least = &set[0];
    for (size_t i = 0; i < RARITY_SET; i++) {
        const bool empty = set[i].tag == 0 && least->tag != 0;
        const bool less = set[i].days < least->days || (set[i].days == least->days && set[i].day < least->day);
        if (empty || (least->tag != 0 && less)) {
            least = &set[i];
        }
    }
    *displaced = least->tag != 0;
    *least = (struct rarity_slot){ .tag = tag };
    return least;
}

static void note_novelty(struct rarity_profile *profile, unsigned feature, uint16_t day)
{
    if (profile->days > NOVELTY_FROM_DAY && profile->novel_day[feature] != day && profile->novel[feature] < UINT8_MAX) {
        profile->novel[feature]++;
        profile->novel_day[feature] = day;
    }
}

/* A day more for a value. A distrusted day only counts for what was usual already; fourteen of them make anything usual. */
static bool count_day(struct rarity_slot *slot, uint16_t day, enum rarity_mode mode)
{
    if (day - slot->day > RARITY_FADE_DAYS && slot->day > 0) {
        slot->days /= 2;
    }
    slot->day = day;
    if (mode == RARITY_DISTRUST && slot->days < RARITY_ESTABLISHED) {
        slot->more++;
        if (slot->more < RARITY_DISTRUST_DAYS) {
            return false;
        }
        slot->more = 0;
        slot->days = RARITY_ESTABLISHED;
        return true;
    }
    slot->days = (uint8_t)(slot->days < RARITY_DAYS_MAX ? slot->days + 1 : slot->days);
    return slot->days == RARITY_ESTABLISHED;
}

static struct rarity_seen seen_of(const struct rarity_slot *slot, uint16_t day)
{
    const uint8_t days = (uint8_t)(slot->days - (slot->day == day && slot->days > 0));
    return (struct rarity_seen){ .days = days, .more = slot->more, .fresh = days == 0 };
}

struct rarity_seen rarity_observe(struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature, uint64_t hash,
                                  uint16_t day, enum rarity_mode mode)
{
    if (mode == RARITY_LOOK) {
        const struct rarity_slot *known = rarity_find(profile, shape, feature, hash);
        return known ? seen_of(known, day) : (struct rarity_seen){ .fresh = true };
    }
    bool displaced = false;
    struct rarity_slot *slot = slot_take(&profile->slots[set_start(shape, feature, hash)], tag_of(hash), &displaced);
    struct rarity_seen seen = seen_of(slot, day);
    seen.displaced = displaced;
    if (slot->day >= day) { /* counted today already, or a late record */
        return seen;
    }
    if (seen.fresh && mode == RARITY_LEARN) {
        note_novelty(profile, feature, day);
    }
    seen.established = count_day(slot, day, mode);
    return seen;
}

void rarity_distrust(struct rarity_profile *profile, const struct rarity_shape *shape, uint16_t day, bool counted)
{
    const size_t slots = set_count(shape) * RARITY_SET;
    for (size_t i = 0; i < slots; i++) {
        struct rarity_slot *slot = &profile->slots[i];
        if (slot->day == day && slot->days > 0 && slot->days <= RARITY_ESTABLISHED) {
            slot->days--;
            slot->more = (uint8_t)(slot->more + counted);
        }
    }
    for (size_t i = 0; i < RARITY_FEATURES_MAX; i++) {
        const bool today = profile->novel_day[i] == day && profile->novel[i] > 0;
        profile->novel[i] = (uint8_t)(profile->novel[i] - today);
    }
    profile->distrusted = day;
}

void rarity_adopt(struct rarity_profile *profile, const struct rarity_shape *shape, unsigned feature, uint64_t hash, uint16_t day)
{
    bool displaced = false;
    struct rarity_slot *slot = slot_take(&profile->slots[set_start(shape, feature, hash)], tag_of(hash), &displaced);
    slot->more = (uint8_t)(slot->more < UINT8_MAX ? slot->more + 1 : slot->more);
    slot->day = slot->day > day ? slot->day : day;
}

double rarity_novelty(const struct rarity_profile *profile, unsigned feature)
{
    const double days = profile->days > NOVELTY_FROM_DAY ? profile->days - NOVELTY_FROM_DAY : 0;
    const bool today = profile->novel_day[feature] == profile->last_day && profile->novel[feature] > 0;
    const double chance = (profile->novel[feature] - today + 0.5) / (days + 1.5);
    return chance < 0.3 ? chance : 0.3;
}
