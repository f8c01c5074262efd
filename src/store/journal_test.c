#include "store/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/queue.h"
#include "store/writer.h"

static const struct migration STEPS[] = {
    { "note", 1, "note", "CREATE TABLE note (account TEXT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (account, id));" },
};

#include "store/store_test.h"

static struct journal *open_in(struct store_test *test, const char *folder)
{
    struct journal *journal = NULL;
    CHECK_OK(journal_open(&test->ctx, str_format(test->ctx.arena, "%s/audit", folder), test->store, &journal));
    return journal;
}

static void append(struct journal *journal, uint64_t batch, const char *text, uint64_t key)
{
    const struct journal_entry entry = { .payload = str_of(text), .keys = { key }, .key_count = 1 };
    journal_append(journal, batch, &entry, NULL);
}

/* All that can be read, joined by spaces. */
static struct str all_of(struct store_test *test, struct journal *journal)
{
    struct journal_found found[8];
    struct text text = text_new(test->ctx.arena);
    journal_place at = 0;
    size_t count = 0;
    do {
        CHECK_OK(journal_read(&test->ctx, journal, at, found, COUNT_OF(found), 1 << 20, &count, &at));
        for (size_t i = 0; i < count; i++) {
            text_add(&text, found[i].payload);
            text_add_char(&text, ' ');
        }
    } while (count > 0);
    return text_str(&text);
}

STORE_TEST(entries_are_read_in_order_and_found_by_key_newest_first)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    append(journal, 0, "one", 7);
    append(journal, 0, "two", 8);
    append(journal, 0, "three", 7);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_STR(all_of(test, journal), "one two three ");

    journal_place places[8];
    struct journal_found entry;
    size_t count = 0;
    CHECK_OK(journal_find(&test->ctx, journal, 7, 0, places, COUNT_OF(places), &count));
    CHECK(count == 2);
    CHECK_OK(journal_get(&test->ctx, journal, places[0], &entry));
    CHECK_STR(entry.payload, "three");
    CHECK_OK(journal_find(&test->ctx, journal, 7, places[0], places, COUNT_OF(places), &count));
    CHECK(count == 1);
    CHECK_OK(journal_get(&test->ctx, journal, places[0], &entry));
    CHECK_STR(entry.payload, "one");
    journal_close(journal);
}

STORE_TEST(a_batch_is_read_once_it_is_settled_and_holds_up_what_follows)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    append(journal, 0, "before", 1);
    const uint64_t batch = journal_begin(journal, 0);
    append(journal, batch, "within", 1);
    append(journal, 0, "after", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_STR(all_of(test, journal), "before ");
    CHECK_OK(journal_settle(&test->ctx, test->db, journal, batch, true));
    CHECK_STR(all_of(test, journal), "before within after ");
    journal_close(journal);
}

STORE_TEST(a_batch_that_did_not_commit_is_gone_at_once_and_after_opening_again)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    const uint64_t batch = journal_begin(journal, 3);
    append(journal, batch, "undone", 1);
    append(journal, 0, "stays", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_OK(journal_settle(&test->ctx, test->db, journal, batch, false));
    CHECK_STR(all_of(test, journal), "stays ");
    journal_close(journal);
    journal = open_in(test, folder);
    CHECK_STR(all_of(test, journal), "stays ");
    journal_close(journal);
}

static void commit_mark(struct store_test *test, struct journal *journal, uint64_t batch)
{
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(journal_mark(&test->ctx, test->db, journal, batch));
    CHECK_OK(store_commit(&test->ctx, test->db));
}

/* The journal is closed without having been told, as by kill -9. */
STORE_TEST(opening_keeps_what_the_store_has_committed_and_nothing_else)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    const uint64_t first = journal_begin(journal, 0);
    append(journal, first, "committed", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    commit_mark(test, journal, first);
    const uint64_t second = journal_begin(journal, 1);
    append(journal, second, "lost", 1);
    append(journal, 0, "read", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    journal_close(journal);

    journal = open_in(test, folder);
    CHECK_STR(all_of(test, journal), "committed read ");
    const uint64_t third = journal_begin(journal, 1);
    CHECK(third > second || third > first);
    append(journal, third, "next", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    commit_mark(test, journal, third);
    CHECK_OK(journal_settle(&test->ctx, test->db, journal, third, true));
    journal_close(journal);
    journal = open_in(test, folder);
    CHECK_STR(all_of(test, journal), "committed read next ");
    journal_close(journal);
}

STORE_TEST(a_commit_whose_answer_was_lost_is_asked_of_the_store)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    const uint64_t batch = journal_begin(journal, 0);
    append(journal, batch, "happened", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    commit_mark(test, journal, batch);
    CHECK_OK(journal_settle(&test->ctx, test->db, journal, batch, false));
    CHECK_STR(all_of(test, journal), "happened ");
    journal_close(journal);
}

STORE_TEST(a_torn_end_is_cut_off)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    append(journal, 0, "whole", 1);
    append(journal, 0, "torn", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    journal_close(journal);
    const char *segment = str_format(arena, "%s/audit/00000001.journal", folder).ptr;
    struct stat status;
    CHECK(stat(segment, &status) == 0);
    CHECK(truncate(segment, status.st_size - 2) == 0);
    journal = open_in(test, folder);
    append(journal, 0, "new", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_STR(all_of(test, journal), "whole new ");
    journal_close(journal);
}

static off_t size_of(const char *path)
{
    struct stat status;
    CHECK(stat(path, &status) == 0);
    return status.st_size;
}

/* Room is taken ahead, and given back at the end; a crash leaves it there. */
STORE_TEST(zeros_behind_the_last_entry_are_no_entries)
{
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    append(journal, 0, "one", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    const char *segment = str_format(arena, "%s/audit/00000001.journal", folder).ptr;
    const off_t ahead = size_of(segment);
    journal_close(journal);
    CHECK(ahead > size_of(segment));
    CHECK(truncate(segment, ahead) == 0);
    journal = open_in(test, folder);
    CHECK_STR(all_of(test, journal), "one ");
    append(journal, 0, "two", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_STR(all_of(test, journal), "one two ");
    journal_close(journal);
}

/* A file that may not grow is a full disk. */
STORE_TEST(a_full_disk_is_told_of_and_over_once_there_is_room)
{
    struct rlimit old;
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    append(journal, 0, "before", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const struct rlimit tight = { 64, old.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const uint64_t batch = journal_begin(journal, 0);
    append(journal, batch, "never", 1);
    CHECK_FAULT(journal_sync(&test->ctx, journal, batch), "InternalFailure");
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK_OK(journal_settle(&test->ctx, test->db, journal, batch, false));
    append(journal, 0, "after", 1);
    CHECK_OK(journal_sync(&test->ctx, journal, 0));
    CHECK_STR(all_of(test, journal), "before after ");
    journal_close(journal);
    journal = open_in(test, folder);
    CHECK_STR(all_of(test, journal), "before after ");
    journal_close(journal);
}

STORE_TEST(full_segments_are_found_in_by_key_read_through_and_trimmed)
{
    enum { ENTRIES = 51, SIZE = 1 << 20 };
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    char *payload = arena_alloc(arena, SIZE);
    memset(payload, 'x', SIZE);
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct journal_entry entry = { .payload = { payload, SIZE }, .keys = { i % 3, 99 }, .key_count = 2 };
        journal_append(journal, 0, &entry, NULL);
        CHECK_OK(journal_sync(&test->ctx, journal, 0));
    }
    journal_place places[ENTRIES + 1];
    size_t count = 0;
    const char *full = str_format(arena, "%s/audit/00000001.journal", folder).ptr;
    CHECK(size_of(full) == 16 * (SIZE + 40) + 16); /* to the byte: its keys are of this size */
    CHECK(truncate(full, size_of(full) + 4096) == 0);
    CHECK_OK(journal_find(&test->ctx, journal, 1, 0, places, COUNT_OF(places), &count));
    CHECK(count == ENTRIES / 3);
    for (size_t i = 1; i < count; i++) {
        CHECK(places[i] < places[i - 1]);
    }
    journal_place at = 0;
    struct journal_found found[4];
    size_t read = 0;
    do {
        struct arena_mark mark = arena_mark(test->ctx.arena);
        CHECK_OK(journal_read(&test->ctx, journal, at, found, COUNT_OF(found), 1 << 20, &count, &at));
        read += count;
        arena_release(test->ctx.arena, mark);
    } while (count > 0);
    CHECK(read == ENTRIES);
    CHECK_OK(journal_trim(&test->ctx, journal, journal_end(journal), INT64_MAX));
    CHECK_OK(journal_find(&test->ctx, journal, 99, 0, places, COUNT_OF(places), &count));
    CHECK_INT(count, ENTRIES % 16);
    journal_close(journal);
}

struct teller {
    struct store_job job;
    struct ctx ctx;
    struct journal_entry entry;
    struct lock *lock;
    int64_t id;
    bool refuse, finished;
};

static struct err teller_run(void *argument, struct store_conn *db)
{
    struct teller *teller = argument;
    TRY(store_run(&teller->ctx, db, "INSERT INTO note (account, id) VALUES ($1, $2)",
                  SQL_VALUES(SQL_TEXT(STR("1")), SQL_INT(teller->id)), NULL));
    teller->job.entries = &teller->entry;
    return (struct err){ teller->refuse ? &FAULT_INVALID : NULL };
}

static void teller_done(void *argument, struct err result, const char *reason)
{
    struct teller *teller = argument;
    (void)reason;
    lock_take(teller->lock);
    CHECK(result.fault == NULL || teller->refuse);
    teller->finished = true;
    lock_signal(teller->lock);
    lock_give(teller->lock);
}

STORE_TEST(the_journal_holds_exactly_what_the_writer_committed)
{
    enum { TELLERS = 40 };
    const char *folder = test_folder(arena);
    struct journal *journal = open_in(test, folder);
    struct store_writer *writer = NULL;
    struct teller tellers[TELLERS] = { { .id = 0 } };
    CHECK_OK(store_writer_open(&test->ctx, test->store, 64, 4, &writer));
    store_writer_use_journal(writer, journal);
    for (int64_t i = 0; i < TELLERS; i++) {
        struct teller *teller = &tellers[i];
        *teller = (struct teller){ .ctx = test->ctx, .id = i, .refuse = i % 4 == 0, .lock = lock_open() };
        teller->entry = (struct journal_entry){ .payload = STR("kept"), .keys = { (uint64_t)i }, .key_count = 1 };
        teller->job = (struct store_job){ .run = teller_run, .done = teller_done, .argument = teller };
        teller->ctx.arena = arena_open();
        CHECK(store_writer_push(writer, &teller->job));
    }
    for (size_t i = 0; i < TELLERS; i++) {
        lock_take(tellers[i].lock);
        while (!tellers[i].finished) {
            lock_wait(tellers[i].lock, -1);
        }
        lock_give(tellers[i].lock);
        lock_free(tellers[i].lock);
        arena_close(tellers[i].ctx.arena);
    }
    store_writer_close(writer);
    CHECK(all_of(test, journal).len == sizeof("kept ") - 1 + (TELLERS * 3 / 4 - 1) * (sizeof("kept ") - 1));
    journal_close(journal);
}
