#include "detect/learn/learn.h"

#include "detect/learn/account.h"
#include "tests/test.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
static const int64_t START_MS = INT64_C(20454) * DAY_MS; /* 2026-01-01 */
enum { PORT = HOST_PORT };

static int64_t on(int day, int hour) { return START_MS + day * DAY_MS + hour * INT64_C(3600000); }

static struct learn_rarity see(struct learn *learn, const char *account, const char *entity, int day, const char *value)
{
    struct learn_view view;
    if (!learn_at(learn, LEARN_HOST, str_of(account), str_of(entity), on(day, 9), &view)) {
        return (struct learn_rarity){ .entity = LEARN_UNKNOWN };
    }
    return learn_value(&view, PORT, str_of(value));
}

static struct learn *with_habit(int days)
{
    struct learn *learn = learn_open(NULL);
    for (int day = 0; day < days; day++) {
        see(learn, "1", "web", day, "443");
        see(learn, "1", "db", day, "5432");
    }
    return learn;
}

TEST(without_history_nothing_is_said)
{
    struct learn *learn = with_habit(14);
    CHECK_INT(see(learn, "1", "web", 13, "6667").entity, LEARN_UNKNOWN);
    CHECK_INT(see(learn, "1", "new", 14, "6667").entity, LEARN_UNKNOWN); /* the entity has none, its account does */
    CHECK_INT(see(learn, "2", "web", 14, "6667").entity, LEARN_UNKNOWN);
    learn_close(learn);
}

TEST(a_habit_is_frequent_and_what_is_new_is_not)
{
    struct learn *learn = with_habit(30);
    const struct learn_rarity usual = see(learn, "1", "web", 30, "443");
    const struct learn_rarity foreign = see(learn, "1", "web", 30, "5432");
    const struct learn_rarity unheard = see(learn, "1", "web", 30, "6667");
    CHECK_INT(usual.entity, LEARN_FREQUENT);
    CHECK_INT(usual.entity_days, 30);
    CHECK(usual.surprise <= 0);
    CHECK_INT(foreign.entity, LEARN_NEVER);
    CHECK_INT(foreign.account, LEARN_FREQUENT);
    CHECK_INT(unheard.account, LEARN_NEVER);
    CHECK(unheard.surprise > foreign.surprise && foreign.surprise > 2);
    learn_close(learn);
}

TEST(a_burst_teaches_no_more_than_one_call)
{
    struct learn *learn = with_habit(30);
    for (int i = 0; i < 100000; i++) {
        see(learn, "1", "web", 30, "6667");
    }
    CHECK_INT(see(learn, "1", "web", 30, "6667").entity, LEARN_NEVER);
    CHECK_INT(see(learn, "1", "web", 31, "6667").entity, LEARN_RARE);
    learn_close(learn);
}

TEST(a_distrusted_day_teaches_nothing_until_many_of_them)
{
    struct learn *learn = with_habit(30);
    int day = 30;
    for (; day < 30 + RARITY_DISTRUST_DAYS - 1; day++) {
        struct learn_view view;
        CHECK(learn_at(learn, LEARN_HOST, STR("1"), STR("web"), on(day, 9), &view));
        CHECK_INT(learn_value(&view, PORT, STR("6667")).entity, LEARN_NEVER);
        learn_distrust(&view);
        CHECK_INT(learn_value(&view, PORT, STR("443")).entity, LEARN_FREQUENT);
    }
    struct learn_view view;
    CHECK(learn_at(learn, LEARN_HOST, STR("1"), STR("web"), on(day, 9), &view));
    learn_distrust(&view);
    learn_value(&view, PORT, STR("6667"));
    CHECK(see(learn, "1", "web", day + 1, "6667").entity < LEARN_NEVER);
    CHECK_INT(see(learn, "1", "web", day + 1, "443").entity, LEARN_FREQUENT); /* what was usual went on counting */
    learn_close(learn);
}

TEST(whoever_often_shows_something_new_surprises_less)
{
    struct learn *learn = with_habit(40);
    for (int day = 0; day < 40; day++) {
        char port[16];
        snprintf(port, sizeof(port), "%d", 2000 + day);
        see(learn, "1", "scanner", day, port);
    }
    const double restless = see(learn, "1", "scanner", 40, "1").surprise;
    const double steady = see(learn, "1", "web", 40, "2").surprise;
    CHECK(restless > 0);
    CHECK(steady > restless + 1);
    learn_close(learn);
}

TEST(a_flood_of_values_displaces_values_of_that_feature_alone)
{
    struct learn *learn = with_habit(30);
    for (int i = 0; i < 5000; i++) {
        char port[16];
        snprintf(port, sizeof(port), "p%d", i);
        see(learn, "1", "web", 30, port);
    }
    CHECK_INT(see(learn, "1", "web", 31, "443").entity, LEARN_FREQUENT);
    CHECK(learn_counts(learn).displaced > 4000);
    learn_close(learn);
}

TEST(a_full_account_forgets_its_strangers_and_no_other_account)
{
    const struct learn_options small = { .entities = 400, .accounts = 4 };
    struct learn *learn = learn_open(&small);
    for (int day = 0; day < 30; day++) {
        see(learn, "1", "web", day, "443");
        see(learn, "2", "web", day, "443");
    }
    for (int i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "h%d", i);
        see(learn, "2", name, 30, "443");
    }
    CHECK_INT(see(learn, "1", "web", 30, "443").entity, LEARN_FREQUENT);
    CHECK_INT(see(learn, "2", "web", 30, "443").entity, LEARN_FREQUENT);
    CHECK(learn_counts(learn).forgotten > 19000);
    CHECK(learn_counts(learn).entities < 400);
    learn_close(learn);
}

TEST(a_flood_of_accounts_displaces_no_established_one)
{
    const struct learn_options small = { .entities = 100000, .accounts = 8 };
    struct learn *learn = learn_open(&small);
    for (int day = 0; day < 30; day++) {
        see(learn, "1", "web", day, "443");
    }
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%d", i);
        see(learn, name, "web", 30, "443");
    }
    CHECK_INT(see(learn, "1", "web", 30, "443").entity, LEARN_FREQUENT);
    CHECK_INT(learn_counts(learn).accounts, 8);
    learn_close(learn);
}

TEST(absurd_times_neither_teach_nor_silence)
{
    struct learn *learn = with_habit(30);
    struct learn_view view;
    for (int i = 0; i < 200; i++) { /* every claimed day another one */
        const int64_t at[] = { 0, -1, INT64_MAX, INT64_MIN, on(3000 + 60 * i, 1) };
        for (size_t j = 0; j < sizeof(at) / sizeof(at[0]); j++) {
            CHECK(!learn_at(learn, LEARN_HOST, STR("1"), STR("web"), at[j], &view));
        }
    }
    CHECK_INT(see(learn, "1", "web", 30, "443").entity, LEARN_FREQUENT);
    CHECK_INT(see(learn, "1", "web", 30, "6667").entity, LEARN_NEVER);
    CHECK_INT(learn_counts(learn).refused, 1000);
    learn_close(learn);
}

TEST(a_first_record_from_the_future_is_corrected)
{
    struct learn *learn = learn_open(NULL);
    see(learn, "1", "web", 20000, "443");
    for (int day = 0; day < 30; day++) {
        see(learn, "1", "web", day, "443");
    }
    CHECK_INT(see(learn, "1", "web", 30, "6667").entity, LEARN_NEVER);
    learn_close(learn);
}

TEST(a_pause_of_months_is_believed_in_the_end)
{
    struct learn *learn = with_habit(30);
    for (int i = 0; i < 600; i++) {
        see(learn, "1", "web", 200, "443");
    }
    CHECK(see(learn, "1", "web", 201, "6667").entity == LEARN_NEVER);
    learn_close(learn);
}

TEST(late_records_are_learned_and_not_judged)
{
    struct learn *learn = with_habit(60);
    CHECK_INT(see(learn, "1", "web", 20, "6667").entity, LEARN_UNKNOWN);
    CHECK_INT(see(learn, "1", "web", 21, "6667").entity, LEARN_UNKNOWN);
    CHECK_INT(see(learn, "1", "web", 59, "6667").entity_days, 2);
    learn_close(learn);
}

static struct str model_of(struct arena *arena, const struct learn *learn)
{
    const char *path = str_cstr(arena, str_format(arena, "%s/model", test_folder(arena)));
    struct ctx ctx = ctx_new(arena, 0);
    CHECK_OK(learn_save(&ctx, learn, path));
    return test_read_file(arena, path);
}

static struct err read_bytes(struct ctx *ctx, struct str bytes, struct learn **out)
{
    union { const char *in; void *out; } text = { bytes.ptr };
    FILE *in = fmemopen(text.out, bytes.len, "rb");
    const struct err err = learn_read(ctx, in, "m", out);
    fclose(in);
    return err;
}

TEST(a_model_read_back_says_the_same_and_writes_the_same)
{
    struct learn *learn = with_habit(40);
    struct learn *copy = NULL;
    struct ctx ctx = ctx_new(arena, 0);
    struct forest *forest = learn_forest(learn, learn_account_get(learn, STR("1")));
    for (int i = 0; i < 500; i++) {
        forest_add(forest, (float[FOREST_DIMENSIONS]){ (float)(i % 7), (float)(i % 3) });
    }
    struct learn *first = NULL;
    CHECK_OK(read_bytes(&ctx, model_of(arena, learn), &first)); /* orders what a forest has free, which says nothing */
    const struct str bytes = model_of(arena, first);
    CHECK_OK(read_bytes(&ctx, bytes, &copy));
    CHECK(str_equal(model_of(arena, copy), bytes));
    const float strange[FOREST_DIMENSIONS] = { 50 };
    const double score = forest_score(learn_forest(copy, learn_account_get(copy, STR("1"))), strange).score;
    CHECK(score >= forest_score(forest, strange).score && score <= forest_score(forest, strange).score);
    learn_close(first);
    CHECK_INT(see(copy, "1", "web", 40, "443").entity_days, 40);
    CHECK_INT(see(copy, "1", "web", 40, "1").entity, LEARN_NEVER);
    learn_close(copy);
    learn_close(learn);
}

TEST(another_version_and_every_damage_are_refused_with_a_reason)
{
    struct learn *learn = with_habit(3);
    struct learn *copy = NULL;
    struct ctx ctx = ctx_new(arena, 0);
    const struct str bytes = model_of(arena, learn);
    char *changed = arena_alloc(arena, bytes.len);
    for (size_t at = 0; at < bytes.len; at += at < 64 ? 1 : 997) {
        memcpy(changed, bytes.ptr, bytes.len);
        changed[at] ^= 1;
        CHECK_FAULT(read_bytes(&ctx, (struct str){ changed, bytes.len }, &copy), FAULT_INVALID.code);
    }
    memcpy(changed, bytes.ptr, bytes.len);
    changed[8] = 7;
    CHECK_FAULT(read_bytes(&ctx, (struct str){ changed, bytes.len }, &copy), FAULT_INVALID.code);
    CHECK(strstr(ctx.reason, "version 7") != NULL && strstr(ctx.reason, "--warm-up") != NULL);
    changed[8] = bytes.ptr[8];
    changed[16] ^= 1; /* the layout */
    CHECK_FAULT(read_bytes(&ctx, (struct str){ changed, bytes.len }, &copy), FAULT_INVALID.code);
    CHECK(strstr(ctx.reason, "another build") != NULL);
    CHECK_FAULT(read_bytes(&ctx, str_slice(bytes, 0, bytes.len - 1), &copy), FAULT_INVALID.code);
    CHECK_FAULT(learn_load(&ctx, "/nowhere/model", &copy), FAULT_MISSING.code);
    learn_close(learn);
}

TEST(an_hour_far_above_the_season_is_a_surprise)
{
    struct season season = { 0 };
    for (uint16_t day = 0; day < 28; day++) {
        for (uint8_t hour = 8; hour < 18; hour++) {
            season_add(&season, day, hour, hour == 12 ? 400 : 100, true);
        }
    }
    season_add(&season, 28, 9, 110, true);
    CHECK(season_now(&season).surprise < 0.5);
    season_add(&season, 28, 12, 420, true);
    CHECK(season_now(&season).surprise < 0.5);
    season_add(&season, 28, 13, 20000, true);
    CHECK(season_now(&season).surprise > 4);
    CHECK(season_hour_share(&season, 3, 28) <= 0 && season_hour_share(&season, 9, 28) >= 1);
}

TEST(a_loud_hour_does_not_make_loud_hours_usual)
{
    struct season season = { 0 };
    for (uint16_t day = 0; day < 28; day++) {
        season_add(&season, day, 9, 10, true);
    }
    for (uint16_t day = 28; day < 30; day++) {
        season_add(&season, day, 9, 1e6, true);
        CHECK(season_now(&season).surprise > 3);
    }
}

TEST(an_edge_that_gets_loud_is_a_surprise_and_a_steady_one_is_not)
{
    struct edges *edges = arena_alloc(arena, sizeof(*edges));
    struct edges_view view = { 0 };
    for (uint32_t tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 20; i++) {
            view = edges_add(edges, UINT64_C(0x123456789), tick, 1);
        }
        CHECK(tick < 4 || view.surprise <= 0);
    }
    CHECK(view.expected > 15 && view.expected < 25);
    for (int i = 0; i < 400; i++) {
        view = edges_add(edges, UINT64_C(0x123456789), 200, 1);
    }
    CHECK(view.surprise > 5);
    CHECK(edges_add(edges, UINT64_C(0x77777777777), 200, 1).surprise <= 0);
}

TEST(a_forest_finds_the_point_apart_and_the_dimension)
{
    struct forest *forest = arena_alloc(arena, sizeof(*forest));
    uint64_t noise = 1;
    for (int i = 0; i < 3000; i++) {
        float point[FOREST_DIMENSIONS];
        for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
            noise = learn_mix(noise, 77);
            point[d] = (float)(noise % 1000) / 1000;
        }
        forest_add(forest, point);
        CHECK(i % 500 != 0 || forest_sound(forest));
    }
    const struct forest_view inside = forest_score(forest, (float[]){ 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F });
    const struct forest_view apart = forest_score(forest, (float[]){ 0.5F, 0.5F, 9, 0.5F, 0.5F, 0.5F });
    CHECK(apart.score > inside.score * 1.5);
    CHECK(apart.surprise > 2 && inside.surprise < 1);
    CHECK(apart.share[2] > 0.8);
    CHECK(forest_sound(forest));
}

TEST(a_forest_survives_equal_and_senseless_points)
{
    struct forest *forest = arena_alloc(arena, sizeof(*forest));
    for (int i = 0; i < 2000; i++) {
        forest_add(forest, (float[FOREST_DIMENSIONS]){ 1, -0.0F });
        forest_add(forest, (float[FOREST_DIMENSIONS]){ 1, 0.0F });
        forest_add(forest, (float[FOREST_DIMENSIONS]){ 1, 0.0F / 1e-30F, (float)(0x1p127 * 2) });
        forest_add(forest, (float[FOREST_DIMENSIONS]){ 1, 1e38F, -1e38F, 1e-38F });
    }
    CHECK(forest_sound(forest));
}

TEST(a_forest_that_does_not_hold_together_is_told)
{
    struct forest *forest = arena_alloc(arena, sizeof(*forest));
    for (int i = 0; i < 100; i++) {
        forest_add(forest, (float[FOREST_DIMENSIONS]){ (float)i });
    }
    struct forest *broken = arena_alloc(arena, sizeof(*broken));
    *broken = *forest;
    CHECK(forest_sound(broken));
    broken->trees[3].nodes[broken->trees[3].root].left = broken->trees[3].root;
    CHECK(!forest_sound(broken));
    *broken = *forest;
    broken->trees[0].points = 3;
    CHECK(!forest_sound(broken));
}
