#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/store.h"

static const struct migration STEPS[] = {
    { "note", 1, "note",
      "CREATE TABLE note (account TEXT NOT NULL, id BIGINT NOT NULL, title TEXT, body BLOB, weight DOUBLE PRECISION,"
      " PRIMARY KEY (account, id)); -- TEXT and BLOB here stay\n" },
};

#include "store/store_test.h"

static const char NOTE_TABLE[] = "SELECT id, title, body, weight FROM note WHERE account = $1 ORDER BY id";
static const char NOTE_INSERT[] = "INSERT INTO note (account, id, title, body, weight) VALUES ($1, $2, $3, $4, $5)";

static struct err note(struct store_test *test, int64_t id, struct str title)
{
    return store_run(&test->ctx, test->db, NOTE_INSERT,
                     SQL_VALUES(SQL_TEXT(STR("1")), SQL_INT(id), SQL_TEXT(title), SQL_BLOB(STR("\0\x01\xff")),
                                SQL_REAL(0.1)),
                     NULL);
}

static int64_t notes(struct store_test *test)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&test->ctx, test->db, "SELECT count(*) FROM note WHERE account = $1",
                         SQL_VALUES(SQL_TEXT(STR("1"))), &cursor));
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    CHECK(more);
    const int64_t count = store_int(&cursor, 0);
    store_end(&cursor);
    return count;
}

STORE_TEST(values_come_back_as_they_went)
{
    CHECK_OK(note(test, 7, STR("'quoted' \xe6\xab\x93")));
    CHECK_OK(note(test, -9000000000000000000, STR_NONE));
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&test->ctx, test->db, NOTE_TABLE, SQL_VALUES(SQL_TEXT(STR("1"))), &cursor));
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    CHECK(more && store_int(&cursor, 0) == -9000000000000000000);
    CHECK(store_is_null(&cursor, 1) && store_text(&test->ctx, &cursor, 1).ptr == NULL);
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    CHECK_STR(store_text(&test->ctx, &cursor, 1), "'quoted' \xe6\xab\x93");
    CHECK(str_equal(store_text(&test->ctx, &cursor, 2), STR("\0\x01\xff")));
    CHECK(store_real(&cursor, 3) > 0.0999 && store_real(&cursor, 3) < 0.1001);
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    CHECK(!more);
    store_end(&cursor);
}

STORE_TEST(parameters_may_stand_in_any_order)
{
    CHECK_OK(note(test, 1, STR("a")));
    int64_t changed = 0;
    CHECK_OK(store_run(&test->ctx, test->db, "UPDATE note SET title = $2 WHERE id = $3 AND account = $1",
                       SQL_VALUES(SQL_TEXT(STR("1")), SQL_TEXT(STR("b")), SQL_INT(1)), &changed));
    CHECK_INT(changed, 1);
    CHECK_OK(store_run(&test->ctx, test->db, "DELETE FROM note WHERE title = $2 AND account = $1",
                       SQL_VALUES(SQL_TEXT(STR("1")), SQL_TEXT(STR("a"))), &changed));
    CHECK_INT(changed, 0);
}

STORE_TEST(a_taken_key_is_a_conflict)
{
    CHECK_OK(note(test, 1, STR("a")));
    CHECK_FAULT(note(test, 1, STR("b")), "Conflict");
    CHECK_INT(notes(test), 1);
}

STORE_TEST(a_rolled_back_transaction_leaves_nothing)
{
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 1, STR("a")));
    store_rollback(test->db);
    CHECK_INT(notes(test), 0);
}

STORE_TEST(one_call_of_a_batch_fails_alone)
{
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    for (int64_t id = 1; id <= 3; id++) {
        CHECK_OK(store_savepoint(&test->ctx, test->db));
        CHECK_OK(note(test, id, STR("a")));
        if (id == 2) {
            CHECK_FAULT(note(test, 1, STR("again")), "Conflict");
            store_rollback_to(test->db);
            continue;
        }
        CHECK_OK(store_release(&test->ctx, test->db));
    }
    CHECK_OK(store_commit(&test->ctx, test->db));
    CHECK_INT(notes(test), 2);
}

STORE_TEST(a_statement_may_be_read_twice_at_once)
{
    CHECK_OK(note(test, 1, STR("a")));
    CHECK_OK(note(test, 2, STR("b")));
    struct store_cursor outer = { .conn = NULL };
    struct store_cursor inner = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&test->ctx, test->db, NOTE_TABLE, SQL_VALUES(SQL_TEXT(STR("1"))), &outer));
    CHECK_OK(store_next(&test->ctx, &outer, &more));
    CHECK_OK(store_query(&test->ctx, test->db, NOTE_TABLE, SQL_VALUES(SQL_TEXT(STR("1"))), &inner));
    CHECK_OK(store_next(&test->ctx, &inner, &more));
    CHECK_INT(store_int(&inner, 0), 1);
    store_end(&inner);
    CHECK_OK(store_next(&test->ctx, &outer, &more));
    CHECK(more && store_int(&outer, 0) == 2);
    store_end(&outer);
    store_end(&outer);
}

STORE_TEST(text_sorts_by_bytes)
{
    const char *titles[] = { "b", "B", "a", "_" };
    for (int64_t i = 0; i < 4; i++) {
        CHECK_OK(note(test, i, str_of(titles[i])));
    }
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    struct text seen = text_new(arena);
    CHECK_OK(store_query(&test->ctx, test->db, "SELECT title FROM note WHERE account = $1 ORDER BY title",
                         SQL_VALUES(SQL_TEXT(STR("1"))), &cursor));
    while (store_row(&test->ctx, &cursor, &err)) {
        text_add(&seen, store_text(&test->ctx, &cursor, 0));
    }
    CHECK_OK(err);
    CHECK_STR(text_str(&seen), "B_ab");
}

STORE_TEST(readers_see_only_what_is_committed)
{
    struct store_conn *other = NULL;
    CHECK_OK(store_connect(&test->ctx, test->store, &other));
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 1, STR("a")));
    struct store_test reader = { .ctx = test->ctx, .db = other };
    CHECK_OK(store_begin(&reader.ctx, other, STORE_READ));
    CHECK_INT(notes(&reader), 0);
    CHECK_OK(store_commit(&test->ctx, test->db));
    CHECK_INT(notes(&reader), 0);
    CHECK_OK(store_commit(&reader.ctx, other));
    CHECK_INT(notes(&reader), 1);
    store_disconnect(other);
}

/* Within a view that was only paused what stood there may still show, but never after a commit. */
STORE_TEST(a_paused_view_ends_with_the_next_commit)
{
    struct store_conn *other = NULL;
    CHECK_OK(store_connect(&test->ctx, test->store, &other));
    struct store_test reader = { .ctx = test->ctx, .db = other };
    for (int64_t id = 0; id < 3; id++) {
        CHECK_OK(store_begin(&reader.ctx, other, STORE_READ));
        CHECK_INT(notes(&reader), id);
        store_pause(other);
        CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
        CHECK_OK(note(test, id, STR("a")));
        CHECK_OK(store_commit(&test->ctx, test->db));
    }
    CHECK_INT(notes(&reader), 3);
    CHECK_OK(store_begin(&reader.ctx, other, STORE_READ));
    CHECK_INT(notes(&reader), 3);
    store_pause(other);
    CHECK_OK(store_begin(&reader.ctx, other, STORE_WRITE));
    CHECK_OK(note(&reader, 3, STR("b")));
    CHECK_OK(store_commit(&reader.ctx, other));
    store_rest(other);
    store_disconnect(other);
}

STORE_TEST(schema_steps_are_applied_once)
{
    CHECK_OK(note(test, 1, STR("a")));
    CHECK_OK(store_migrate(&test->ctx, test->store, STEPS, COUNT_OF(STEPS)));
    const struct migration more[] = { STEPS[0],
                                      { "note", 2, "colour", "ALTER TABLE note ADD COLUMN colour TEXT;" } };
    CHECK_OK(store_migrate(&test->ctx, test->store, more, 2));
    CHECK_OK(store_migrate(&test->ctx, test->store, more, 2));
    CHECK_INT(notes(test), 1);
}

STORE_TEST(a_failing_schema_step_changes_nothing)
{
    const struct migration steps[] = { STEPS[0],
                                       { "other", 1, "one", "CREATE TABLE other (account TEXT NOT NULL);" },
                                       { "other", 2, "two", "CREATE NONSENSE;" } };
    CHECK_FAULT(store_migrate(&test->ctx, test->store, steps, 3), "InternalFailure");
    CHECK_OK(store_migrate(&test->ctx, test->store, steps, 2));
}

STORE_TEST(a_newer_schema_is_refused)
{
    const struct migration newer[] = { STEPS[0], { "note", 9, "future", "CREATE TABLE future (account TEXT);" } };
    CHECK_OK(store_migrate(&test->ctx, test->store, newer, 2));
    CHECK_FAULT(store_migrate(&test->ctx, test->store, STEPS, COUNT_OF(STEPS)), "ValidationException");
    CHECK(strstr(test->ctx.reason, "newer version"));
    CHECK(strstr(test->ctx.reason, "note 9 (future)"));
}

STORE_TEST(the_outbox_keeps_what_is_not_delivered)
{
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(store_outbox_add(&test->ctx, test->db, STR("1"), STR("webhook"), STR("gone")));
    store_rollback(test->db);
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(store_outbox_add(&test->ctx, test->db, STR("1"), STR("webhook"), STR("first")));
    CHECK_OK(store_outbox_add(&test->ctx, test->db, STR("1"), STR("webhook"), STR("second")));
    CHECK_OK(store_commit(&test->ctx, test->db));

    struct outbox_item items[4];
    size_t count = 0;
    CHECK_OK(store_outbox_due(&test->ctx, test->db, 4, items, &count));
    CHECK_INT(count, 2);
    CHECK_STR(items[0].payload, "first");
    CHECK_OK(store_outbox_done(&test->ctx, test->db, items[0].id));
    CHECK_OK(store_outbox_retry(&test->ctx, test->db, items[1].id, test->ctx.now_ms + 1000));
    CHECK_OK(store_outbox_due(&test->ctx, test->db, 4, items, &count));
    CHECK_INT(count, 0);
    test->ctx.now_ms += 1000;
    CHECK_OK(store_outbox_due(&test->ctx, test->db, 1, items, &count));
    CHECK_INT(count, 1);
    CHECK_STR(items[0].payload, "second");
    CHECK_INT(items[0].tries, 1);
}

STORE_TEST(a_lost_connection_is_told_and_then_made_anew)
{
    if (store_single_writer(test->store)) {
        return; /* nothing to lose: SQLite is in the process */
    }
    struct store_conn *other = NULL;
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&test->ctx, test->db, "SELECT pg_backend_pid()", NULL, 0, &cursor));
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    const int64_t backend = store_int(&cursor, 0);
    store_end(&cursor);
    CHECK_OK(store_connect(&test->ctx, test->store, &other));
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 1, STR("lost")));
    CHECK_OK(store_query(&test->ctx, other, "SELECT pg_terminate_backend(CAST($1 AS INTEGER), 5000)",
                         SQL_VALUES(SQL_INT(backend)), &cursor));
    store_end(&cursor);
    CHECK_FAULT(note(test, 2, STR("told")), "ServiceUnavailable");
    CHECK_FAULT(store_commit(&test->ctx, test->db), "ServiceUnavailable");
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 3, STR("anew")));
    CHECK_OK(store_commit(&test->ctx, test->db));
    CHECK_INT(notes(test), 1);
    store_disconnect(other);
}

TEST(an_unknown_kind_of_store_is_refused)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct store *store = NULL;
    CHECK_FAULT(store_open(&ctx, STR("mysql://x"), &store), "ValidationException");
    CHECK_OK(store_open(&ctx, STR("sqlite:/nonexistent/folder/x.db"), &store));
    struct store_conn *conn = NULL;
    CHECK_FAULT(store_connect(&ctx, store, &conn), "InternalFailure");
    CHECK(strstr(ctx.reason, "/nonexistent/folder/x.db"));
    store_close(store);
}

static void sqlite_backup_body(struct store_test *test, struct arena *arena)
{
    CHECK_OK(note(test, 1, STR("a")));
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 2, STR("not yet")));
    const struct str copy = str_format(arena, "%s/copy.db", test_folder(arena));
    CHECK_OK(store_backup(&test->ctx, test->store, copy));
    CHECK_OK(store_commit(&test->ctx, test->db));

    struct store_test restored = { .ctx = ctx_new(arena, 0) };
    CHECK_OK(store_open(&restored.ctx, str_format(arena, "sqlite:%s", copy.ptr), &restored.store));
    CHECK_OK(store_migrate(&restored.ctx, restored.store, STEPS, COUNT_OF(STEPS)));
    CHECK_OK(store_connect(&restored.ctx, restored.store, &restored.db));
    CHECK_INT(notes(&restored), 1);
    store_disconnect(restored.db);
    store_close(restored.store);
    CHECK_FAULT(store_backup(&test->ctx, test->store, STR("/nonexistent/copy.db")), "InternalFailure");
}

TEST(a_backup_is_consistent_while_others_write)
{
    store_test_run(arena, store_test_sqlite(arena), STEPS, COUNT_OF(STEPS), sqlite_backup_body);
}

/* Writes numbered notes for ever; each number goes down the pipe once its commit has returned. */
static void write_until_killed(struct arena *arena, struct str url, int pipe_end, int64_t first)
{
    struct store_test child = { .ctx = ctx_new(arena, 0) };
    CHECK_OK(store_open(&child.ctx, url, &child.store));
    CHECK_OK(store_connect(&child.ctx, child.store, &child.db));
    for (int64_t id = first;; id++) {
        CHECK_OK(store_begin(&child.ctx, child.db, STORE_WRITE));
        CHECK_OK(note(&child, id, STR("acknowledged")));
        CHECK_OK(store_commit(&child.ctx, child.db));
        CHECK(write(pipe_end, &id, sizeof(id)) == (ssize_t)sizeof(id));
    }
}

static int64_t kill_a_writer(struct arena *arena, struct str url, int64_t first, int acknowledged_before_kill)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(arena, url, ends[1], first);
        _exit(1);
    }
    close(ends[1]);
    int64_t last = first - 1;
    int64_t id = 0;
    for (int seen = 0; read(ends[0], &id, sizeof(id)) == (ssize_t)sizeof(id); seen++) {
        last = id;
        if (seen == acknowledged_before_kill) {
            kill(child, SIGKILL);
        }
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    return last;
}

STORE_TEST(a_killed_writer_loses_nothing_it_acknowledged)
{
    store_disconnect(test->db);
    int64_t next = 1;
    for (int round = 0; round < 5; round++) {
        const int64_t last = kill_a_writer(arena, test->url, next, round * 3);
        CHECK_OK(store_connect(&test->ctx, test->store, &test->db));
        const int64_t found = notes(test);
        CHECK(found == last || found == last + 1);
        store_disconnect(test->db);
        next = found + 1;
    }
    CHECK_OK(store_connect(&test->ctx, test->store, &test->db));
}

static void full_disk_body(struct store_test *test, struct arena *arena)
{
    CHECK_OK(note(test, 0, STR("before")));
    char *big = arena_alloc(arena, 1 << 20);
    memset(big, 'x', 1 << 20);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit whole;
    CHECK(getrlimit(RLIMIT_FSIZE, &whole) == 0);
    const struct rlimit small = { 1 << 19, whole.rlim_max };
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(note(test, 1, STR("same transaction")));
    setrlimit(RLIMIT_FSIZE, &small);
    struct err err = note(test, 2, (struct str){ big, 1 << 20 });
    if (!err.fault) {
        err = store_commit(&test->ctx, test->db);
    }
    store_rollback(test->db);
    setrlimit(RLIMIT_FSIZE, &whole);
    CHECK(err_is(err, &FAULT_IO));
    CHECK(strstr(test->ctx.reason, "File too large") || strstr(test->ctx.reason, "full"));
    CHECK_INT(notes(test), 1);
    CHECK_OK(note(test, 3, STR("after")));
    CHECK_INT(notes(test), 2);
}

TEST(a_full_disk_is_told_and_changes_nothing)
{
    store_test_run(arena, store_test_sqlite(arena), STEPS, COUNT_OF(STEPS), full_disk_body);
}
