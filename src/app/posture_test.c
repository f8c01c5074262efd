/* posture_test.c - every check of rules/audit says what it finds and what it passes over, in both languages. */
#include "app/posture.h"
#include "tests/test.h"

static bool is_failed(struct posture_checks *checks, const struct posture_check *wanted, const struct json *item)
{
    const struct posture_check *failed[64];
    const size_t count = posture_judge(checks, item->text, failed);
    for (size_t i = 0; i < count; i++) {
        if (failed[i] == wanted) {
            return true;
        }
    }
    return false;
}

static void try_items(struct posture_checks *checks, const struct posture_check *check, const char *which, bool wanted)
{
    const struct json *list = json_get(check->tests, str_of(which));
    CHECK(list != NULL && list->count > 0);
    for (const struct json *item = list->child; item; item = item->next) {
        if (is_failed(checks, check, item) != wanted) {
            fail_msg("%.*s: %s: %.*s", (int)check->id.len, check->id.ptr, which, (int)item->text.len, item->text.ptr);
        }
    }
}

TEST(every_check_hits_and_misses_as_its_file_says)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct posture_checks *checks = NULL;
    CHECK_OK(posture_checks_open(&ctx, STR("en"), &checks));
    CHECK(posture_checks_count(checks) >= 19);
    for (size_t i = 0; i < posture_checks_count(checks); i++) {
        const struct posture_check *check = posture_check_at(checks, i);
        CHECK(check->title.len > 0 && check->remediation.len > 0);
        try_items(checks, check, "hit", true);
        try_items(checks, check, "near_miss", false);
    }
    posture_checks_close(checks);
}

TEST(the_checks_speak_japanese_too)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct posture_checks *checks = NULL;
    CHECK_OK(posture_checks_open(&ctx, STR("ja"), &checks));
    for (size_t i = 0; i < posture_checks_count(checks); i++) {
        CHECK((unsigned char)posture_check_at(checks, i)->remediation.ptr[posture_check_at(checks, i)->remediation.len - 1] > 0x7F);
    }
    posture_checks_close(checks);
}
