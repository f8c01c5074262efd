/* store_test.h - a migrated store per backend for tests: STORE_TEST(name) { ... } runs its body with an open connection
 * on SQLite and, when $YAGURA_TEST_POSTGRES holds a URL, on PostgreSQL in a schema of its own.
 *
 * The including file defines `static const struct migration STEPS[]` first, or STEPS and STEP_COUNT as macros. */
#ifndef YAGURA_STORE_STORE_TEST_H
#define YAGURA_STORE_STORE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/test.h"

static inline struct str store_test_sqlite(struct arena *arena)
{
    return str_format(arena, "sqlite:%s/test.db", test_folder(arena));
}

/* STR_NONE when no server is there. */
static inline struct str store_test_postgres(struct arena *arena)
{
    const char *url = getenv("YAGURA_TEST_POSTGRES");
    if (url == NULL || *url == '\0') {
        return STR_NONE;
    }
    static int number;
    struct ctx ctx = ctx_new(arena, 0);
    struct store *store = NULL;
    struct store_conn *conn = NULL;
    const struct str schema = str_format(arena, "test_%d_%d", (int)getpid(), number++);
    CHECK_OK(store_open(&ctx, str_of(url), &store));
    CHECK_OK(store_connect(&ctx, store, &conn));
    CHECK_OK(store_run(&ctx, conn, str_format(arena, "CREATE SCHEMA %s", schema.ptr).ptr, NULL, 0, NULL));
    store_disconnect(conn);
    store_close(store);
    return str_format(arena, "%s%coptions=-csearch_path%%3D%s", url, strchr(url, '?') ? '&' : '?', schema.ptr);
}

#ifndef STEP_COUNT
#define STEP_COUNT COUNT_OF(STEPS)
#endif

struct store_test {
    struct ctx ctx;
    struct str url;
    struct store *store;
    struct store_conn *db;
};

static inline void store_test_run(struct arena *arena, struct str url, const struct migration *steps, size_t count,
                                  void (*body)(struct store_test *test, struct arena *arena))
{
    struct store_test test = { .ctx = ctx_new(arena, 1700000000000), .url = url };
    CHECK_OK(store_open(&test.ctx, url, &test.store));
    CHECK_OK(store_migrate(&test.ctx, test.store, steps, count));
    CHECK_OK(store_connect(&test.ctx, test.store, &test.db));
    body(&test, arena);
    store_disconnect(test.db);
    store_close(test.store);
}

#define STORE_TEST(name)                                                                                    \
    static void name##_body(struct store_test *test, struct arena *arena);                                  \
    TEST(name)                                                                                              \
    {                                                                                                       \
        store_test_run(arena, store_test_sqlite(arena), STEPS, STEP_COUNT, name##_body);                   \
        const struct str postgres = store_test_postgres(arena);                                             \
        if (postgres.ptr) {                                                                                 \
            store_test_run(arena, postgres, STEPS, STEP_COUNT, name##_body);                               \
        } else {                                                                                            \
            puts("PostgreSQL skipped: YAGURA_TEST_POSTGRES is not set");                                    \
        }                                                                                                   \
    }                                                                                                       \
    static void name##_body(struct store_test *test, struct arena *arena __attribute__((unused)))

#endif
