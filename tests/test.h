/* test.h - TEST and CHECK over cmocka. A test file holds TEST cases; tests/runner.c runs all that were linked in.
 *
 *     TEST(an_account_has_one_detector) { CHECK(count == 1); CHECK_STR(name, "x"); }
 *
 * Each case gets `arena`, closed after it. */
#ifndef YAGURA_TESTS_TEST_H
#define YAGURA_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

struct test_case {
    const char *name;
    void (*run)(struct arena *arena);
    struct test_case *next;
};

void test_register(struct test_case *test);

#define TEST(name)                                                                       \
    static void name(struct arena *arena);                                               \
    static struct test_case test_##name = { #name, name, NULL };                         \
    __attribute__((constructor)) static void register_##name(void);                      \
    static void register_##name(void) { test_register(&test_##name); }                   \
    static void name(struct arena *arena __attribute__((unused)))

#define CHECK(condition) assert_true(condition)
#define CHECK_INT(actual, expected) assert_int_equal((actual), (expected))
#define CHECK_STR(actual, expected)                                                      \
    do {                                                                                 \
        const struct str actual_ = (actual);                                             \
        assert_string_equal(str_cstr(arena, actual_), (expected));                       \
    } while (0)
#define CHECK_OK(call)                                                                   \
    do {                                                                                 \
        const struct err err_ = (call);                                                  \
        if (err_.fault) {                                                                \
            fail_msg("%s:%d: %s failed: %s", __FILE__, __LINE__, #call, err_.fault->code); \
        }                                                                                \
    } while (0)
#define CHECK_FAULT(call, expected_code)                                                 \
    do {                                                                                 \
        const struct err err_ = (call);                                                  \
        assert_string_equal(err_.fault ? err_.fault->code : "success", (expected_code)); \
    } while (0)

/* The folder of shared material beside the checkout ($YAGURA_SHARED or ../shared), or NULL when it isn't there. */
const char *test_shared(void);
/* For tests over a corpus: prints "NAME: run R passed P" and fails when the corpus is there but nothing ran. */
void test_corpus_report(const char *name, size_t run, size_t passed);
/* A whole file into the arena; ptr NULL when it can't be read. */
struct str test_read_file(struct arena *arena, const char *path);
/* A fresh empty folder under $TMPDIR or /tmp, removed when the run ends. */
const char *test_folder(struct arena *arena);

#endif
