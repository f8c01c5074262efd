/* Against counting by hand, over random days and values. */
#include "detect/learn/rarity.h"

#include "detect/learn/account.h"
#include "tests/test.h"

static uint64_t state = 42;
static uint64_t draw(uint64_t below)
{
    state = learn_mix(state, 0x1234567);
    return (state >> 20) % below;
}

static const struct rarity_shape SHAPE = { 2, { 2, 1 } };

TEST(days_are_counted_as_by_hand_while_there_is_room)
{
    enum { VALUES = 6, DAYS = 60, EVENTS = 4000 };
    for (int round = 0; round < 20; round++) {
        struct rarity_profile *profile = arena_alloc(arena, rarity_size(&SHAPE));
        uint8_t days[VALUES] = { 0 };
        uint16_t last[VALUES] = { 0 };
        uint16_t day = 20000;
        for (int i = 0; i < EVENTS; i++) {
            day = (uint16_t)(day + (draw(EVENTS / DAYS) == 0));
            const uint64_t value = draw(VALUES);
            rarity_visit(profile, &SHAPE, day);
            const struct rarity_seen seen = rarity_observe(profile, &SHAPE, 1, learn_mix(value + 1, 9), day, RARITY_LEARN);
            const bool today = last[value] == day;
            CHECK_INT(seen.days, days[value] - today);
            CHECK(seen.established == (!today && days[value] + 1 == RARITY_ESTABLISHED));
            days[value] = (uint8_t)(days[value] + !today);
            last[value] = day;
        }
    }
}

TEST(whatever_the_values_no_other_feature_and_no_bound_is_touched)
{
    const size_t size = rarity_size(&SHAPE);
    unsigned char *room = arena_alloc(arena, size + 64);
    struct rarity_profile *profile = (struct rarity_profile *)(void *)room;
    memset(room + size, 0x5A, 64);
    rarity_observe(profile, &SHAPE, 1, 77, 20000, RARITY_LEARN);
    for (int i = 0; i < 20000; i++) {
        const uint16_t day = (uint16_t)(20000 + draw(400) - 100); /* backwards too */
        const enum rarity_mode mode = (enum rarity_mode)draw(3);
        rarity_visit(profile, &SHAPE, day);
        const struct rarity_seen seen = rarity_observe(profile, &SHAPE, 0, learn_mix(draw(1000), 5), day, mode);
        CHECK(seen.days <= RARITY_DAYS_MAX && profile->days < RARITY_DAYS_MAX);
        if (draw(50) == 0) {
            rarity_distrust(profile, &SHAPE, day, draw(2) == 0);
        }
        const double novelty = rarity_novelty(profile, 0);
        CHECK(novelty > 0 && novelty <= 0.3);
    }
    CHECK(rarity_find(profile, &SHAPE, 1, 77) != NULL);
    for (size_t i = 0; i < 64; i++) {
        CHECK_INT(room[size + i], 0x5A);
    }
}

TEST(looking_changes_nothing)
{
    struct rarity_profile *profile = arena_alloc(arena, rarity_size(&SHAPE));
    struct rarity_profile *before = arena_alloc(arena, rarity_size(&SHAPE));
    rarity_visit(profile, &SHAPE, 20000);
    rarity_observe(profile, &SHAPE, 0, 5, 20000, RARITY_LEARN);
    memcpy(before, profile, rarity_size(&SHAPE));
    CHECK(!rarity_observe(profile, &SHAPE, 0, 5, 20001, RARITY_LOOK).fresh);
    CHECK(rarity_observe(profile, &SHAPE, 0, 6, 20001, RARITY_LOOK).fresh);
    CHECK(memcmp(before, profile, rarity_size(&SHAPE)) == 0);
}

TEST(long_habits_fade_and_stay_habits)
{
    struct rarity_profile *profile = arena_alloc(arena, rarity_size(&SHAPE));
    for (uint16_t day = 20000; day < 21000; day++) {
        rarity_visit(profile, &SHAPE, day);
        const struct rarity_seen seen = rarity_observe(profile, &SHAPE, 0, 5, day, RARITY_LEARN);
        CHECK(day < 20010 || (seen.days >= 10 && seen.days + 2 >= profile->days));
    }
    rarity_observe(profile, &SHAPE, 0, 5, 21000 + RARITY_FADE_DAYS, RARITY_LEARN);
    CHECK(rarity_find(profile, &SHAPE, 0, 5)->days < RARITY_DAYS_MAX / 2 + 2);
}

/* Entities come, go and are found again as in a plain list, whatever is forgotten meanwhile. */
TEST(entities_are_found_by_their_own_key_after_any_eviction)
{
    const struct learn_options small = { .entities = 300, .accounts = 4 };
    struct learn *learn = learn_open(&small);
    for (int i = 0; i < 50000; i++) {
        char name[4] = { (char)('a' + draw(4)), '\0' };
        struct learn_account *account = learn_account_get(learn, str_of(name));
        const uint64_t key = draw(500) * UINT64_C(0x100001) + 1;
        struct rarity_profile *profile = learn_entity_get(learn, account, LEARN_PRINCIPAL, key);
        CHECK(profile == NULL || profile->key == key);
        CHECK(profile == NULL || learn_entity_get(learn, account, LEARN_PRINCIPAL, key) == profile);
        CHECK(learn_counts(learn).entities <= 300);
    }
    CHECK(learn_counts(learn).forgotten > 1000);
    learn_close(learn);
}
