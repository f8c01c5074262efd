#include "ingest/follow.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "ingest/gather.h"
#include "tests/test.h"

/* Far from any file's own time, so that files have rested unless a test says otherwise. */
#define LATER ((int64_t)4102444800000)

struct watch {
    struct gather gather;
    struct ingest_sink sink;
    struct gather_reader reader;
    struct follow *follow;
    const char *root;
    struct str path;
};

static void watch_open(struct arena *arena, struct watch *watch)
{
    watch->gather = gather_new(arena);
    watch->sink = gather_sink(&watch->gather);
    watch->reader = gather_reader_open();
    watch->root = test_folder(arena);
    watch->path = str_of(watch->root);
    watch->follow = follow_open(&watch->path, 1, STR_NONE);
}

static void watch_close(struct watch *watch)
{
    follow_close(watch->follow);
    gather_reader_close(&watch->reader);
}

static struct str poll_at(struct watch *watch, int64_t now_ms)
{
    text_reset(&watch->gather.events);
    follow_poll(watch->follow, now_ms, watch->reader.reader, &watch->sink);
    return text_str(&watch->gather.events);
}

static void append(struct arena *arena, const struct watch *watch, const char *name, const char *text)
{
    FILE *file = fopen(str_format(arena, "%s/%s", watch->root, name).ptr, "ab");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

#define LINE(id) "{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"" id "\"}"

TEST(appended_lines_are_delivered_once)
{
    struct watch watch;
    watch_open(arena, &watch);
    CHECK_STR(poll_at(&watch, 0), "");
    append(arena, &watch, "a.jsonl", LINE("1") "\n" LINE("2") "\n");
    CHECK_STR(poll_at(&watch, 0), "1 2 ");
    CHECK_STR(poll_at(&watch, 0), "");
    append(arena, &watch, "a.jsonl", LINE("3") "\n{\"eventTime\":\"2024-05-");
    CHECK_STR(poll_at(&watch, 0), "3 ");
    append(arena, &watch, "a.jsonl", "01T00:00:00Z\",\"eventID\":\"4\"}\n");
    append(arena, &watch, "b.jsonl", LINE("5"));
    CHECK_STR(poll_at(&watch, 0), "4 5 ");
    CHECK(watch.gather.trouble_count == 0);
    CHECK(reader_counts(watch.reader.reader).duplicates == 0);
    watch_close(&watch);
}

TEST(documents_wait_until_their_file_rests)
{
    struct watch watch;
    watch_open(arena, &watch);
    append(arena, &watch, "a.json", "{\"Records\":[" LINE("1") ",");
    struct stat st;
    CHECK(stat(str_format(arena, "%s/a.json", watch.root).ptr, &st) == 0);
    CHECK_STR(poll_at(&watch, (int64_t)st.st_mtim.tv_sec * 1000), "");
    append(arena, &watch, "a.json", LINE("2") "]}");
    CHECK_STR(poll_at(&watch, LATER), "1 2 ");
    CHECK_STR(poll_at(&watch, LATER), "");
    gzFile out = gzopen(str_format(arena, "%s/b.json.gz", watch.root).ptr, "wb");
    CHECK(gzputs(out, LINE("3")) > 0 && gzclose(out) == Z_OK);
    CHECK_STR(poll_at(&watch, LATER), "3 ");
    CHECK(watch.gather.trouble_count == 0);
    watch_close(&watch);
}

TEST(state_carries_over_to_the_next_life)
{
    struct watch watch;
    watch_open(arena, &watch);
    append(arena, &watch, "a b%.jsonl", LINE("1") "\n{\"event");
    append(arena, &watch, "c.jsonl", LINE("2") "\n");
    CHECK_STR(poll_at(&watch, 0), "1 2 ");
    const struct str state = follow_state(watch.follow, arena);
    follow_close(watch.follow);
    watch.follow = follow_open(&watch.path, 1, state);
    CHECK_STR(follow_state(watch.follow, arena), state.ptr);
    append(arena, &watch, "a b%.jsonl", "Time\":\"2024-05-01T00:00:00Z\",\"eventID\":\"3\"}\n");
    CHECK_STR(poll_at(&watch, 0), "3 ");
    CHECK(reader_counts(watch.reader.reader).duplicates == 0);
    watch_close(&watch);
}

TEST(a_state_that_makes_no_sense_is_left_out)
{
    struct watch watch;
    watch_open(arena, &watch);
    append(arena, &watch, "a.jsonl", LINE("1") "\n");
    follow_close(watch.follow);
    watch.follow = follow_open(&watch.path, 1, STR("x\n1 2\n-1 5 5 a\n\n1 2 3 \n99999999999999999999 1 1 b\n"));
    CHECK_STR(poll_at(&watch, 0), "1 ");
    watch_close(&watch);
}

TEST(a_replaced_or_shortened_file_is_read_from_its_start)
{
    struct watch watch;
    watch_open(arena, &watch);
    append(arena, &watch, "a.jsonl", LINE("1") "\n" LINE("2") "\n");
    CHECK_STR(poll_at(&watch, 0), "1 2 ");
    CHECK(truncate(str_format(arena, "%s/a.jsonl", watch.root).ptr, 0) == 0);
    append(arena, &watch, "a.jsonl", LINE("3") "\n");
    CHECK_STR(poll_at(&watch, 0), "3 ");
    watch_close(&watch);
}

TEST(trouble_in_the_walk_is_told_once)
{
    struct watch watch;
    watch_open(arena, &watch);
    CHECK(symlink("nowhere", str_format(arena, "%s/a.json", watch.root).ptr) == 0);
    poll_at(&watch, 0);
    poll_at(&watch, 0);
    CHECK(watch.gather.trouble_count == 1);
    watch_close(&watch);
}
