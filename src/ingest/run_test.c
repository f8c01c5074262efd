#include "ingest/run.h"

#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "ingest/gather.h"
#include "tests/test.h"

static void pack_many(struct arena *arena, const char *root, unsigned number, unsigned records)
{
    gzFile out = gzopen(str_format(arena, "%s/%03u.json.gz", root, number).ptr, "wb1");
    CHECK(out != NULL);
    gzputs(out, "{\"Records\":[");
    for (unsigned i = 0; i < records; i++) {
        gzprintf(out, "%s{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"%u-%u\"}", i ? "," : "", number, i);
    }
    gzputs(out, number % 7 == 3 ? ",{\"eventName\":\"x\"}]}" : "]}");
    CHECK(gzclose(out) == Z_OK);
}

static void pack(struct arena *arena, const char *root, unsigned number)
{
    pack_many(arena, root, number, 50);
}

static struct gather run(struct arena *arena, const char *root, size_t threads)
{
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    const struct str path = str_of(root);
    const struct ingest_files files = ingest_files_find(arena, &path, 1, &sink);
    ingest_run(reader.reader, &files, threads, &sink, NULL, NULL);
    gather_reader_close(&reader);
    return gather;
}

TEST(the_number_of_threads_changes_nothing)
{
    const char *root = test_folder(arena);
    for (unsigned i = 0; i < 40; i++) {
        pack(arena, root, i);
    }
    struct gather alone = run(arena, root, 1);
    CHECK(alone.event_count == 2000 && alone.trouble_count == 6);
    static const size_t counts[] = { 2, 3, 8, 1000 };
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct gather many = run(arena, root, counts[i]);
        CHECK(str_equal(text_str(&many.events), text_str(&alone.events)));
        CHECK(str_equal(text_str(&many.troubles), text_str(&alone.troubles)));
    }
}

static void count_event(void *self, const struct event *ev)
{
    uint64_t *events = self;
    (void)ev;
    ++*events;
}

static void ignore_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    (void)trouble;
}

/* The file that everything waits for goes on though what was read ahead behind it holds all that may be held. */
TEST(more_than_may_be_read_ahead_is_waited_for)
{
    const char *root = test_folder(arena);
    for (unsigned i = 0; i < 3; i++) {
        pack_many(arena, root, i, 60000);
    }
    uint64_t events = 0;
    const struct ingest_sink sink = { &events, count_event, ignore_trouble, NULL };
    struct gather_reader reader = gather_reader_open();
    const struct str path = str_of(root);
    const struct ingest_files files = ingest_files_find(arena, &path, 1, &sink);
    ingest_run(reader.reader, &files, 2, &sink, NULL, NULL);
    CHECK_INT(events, 180000);
    gather_reader_close(&reader);
}

static void keep_progress(void *self, const struct ingest_progress *progress)
{
    struct ingest_progress *last = self;
    CHECK(progress->bytes_read >= last->bytes_read && progress->files_done >= last->files_done);
    *last = *progress;
}

TEST(progress_goes_up_to_the_whole)
{
    const char *root = test_folder(arena);
    for (unsigned i = 0; i < 5; i++) {
        pack(arena, root, i);
    }
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    const struct str path = str_of(root);
    const struct ingest_files files = ingest_files_find(arena, &path, 1, &sink);
    struct ingest_progress last = { 0 };
    ingest_run(reader.reader, &files, 2, &sink, NULL, &(struct ingest_watch){ &last, keep_progress });
    CHECK(last.files_done == 5 && last.bytes_read == files.total_size);
    CHECK(last.bytes_inflated == reader_counts(reader.reader).bytes && last.bytes_inflated > 0);
    gather_reader_close(&reader);
}

TEST(a_file_that_vanished_or_fails_is_reported_and_the_rest_read)
{
    const char *root = test_folder(arena);
    pack(arena, root, 1);
    pack(arena, root, 2);
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    const struct str path = str_of(root);
    const struct ingest_files files = ingest_files_find(arena, &path, 1, &sink);
    CHECK(files.count == 2 && unlink(files.list[0].path.ptr) == 0);
    ingest_run(reader.reader, &files, 2, &sink, NULL, NULL);
    CHECK(gather.event_count == 50);
    CHECK_STR(text_str(&gather.troubles), "0 cannot be read: No such file or directory\n");
    gather_reader_close(&reader);
}
