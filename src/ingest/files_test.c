#include "ingest/files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/gather.h"
#include "tests/test.h"

static void folder(struct arena *arena, const char *root, const char *path)
{
    CHECK(mkdir(str_format(arena, "%s/%s", root, path).ptr, 0700) == 0);
}

static void put(struct arena *arena, const char *root, const char *path)
{
    FILE *file = fopen(str_format(arena, "%s/%s", root, path).ptr, "wb");
    CHECK(file != NULL && fputs("{}", file) >= 0 && fclose(file) == 0);
}

static struct str found(struct arena *arena, const char *root, struct gather *gather)
{
    const struct ingest_sink sink = gather_sink(gather);
    const struct str path = str_of(root);
    const struct ingest_files files = ingest_files_find(arena, &path, 1, &sink);
    struct text text = text_new(arena);
    for (size_t i = 0; i < files.count; i++) {
        text_add(&text, str_from(files.list[i].path, path.len + 1));
        text_add_char(&text, ' ');
    }
    CHECK(files.total_size == files.count * 2);
    return text_str(&text);
}

TEST(folders_are_walked_in_one_order)
{
    const char *root = test_folder(arena);
    folder(arena, root, "b");
    static const char *const names[] = { "z.json", "b/y.jsonl.gz", "b/x.ndjson", "a.log.zst", "notes.txt", ".hidden.json",
                                         "b/archive.tar.gz", "111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20240501T000000Z.json.gz" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        put(arena, root, names[i]);
    }
    struct gather gather = gather_new(arena);
    CHECK_STR(found(arena, root, &gather), "a.log.zst b/x.ndjson b/y.jsonl.gz z.json ");
    CHECK(gather.trouble_count == 0);
}

/* spec: CloudTrail user guide, finding your log files: AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ */
TEST(a_delivery_folder_gives_trail_logs_by_time)
{
    const char *root = test_folder(arena);
    static const char *const folders[] = {
        "AWSLogs", "AWSLogs/111122223333", "AWSLogs/111122223333/CloudTrail", "AWSLogs/111122223333/CloudTrail/us-east-1",
        "AWSLogs/111122223333/CloudTrail/eu-west-1", "AWSLogs/111122223333/CloudTrail-Digest",
        "AWSLogs/111122223333/Config", "AWSLogs/111122223333/vpcflowlogs",
    };
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        folder(arena, root, folders[i]);
    }
    put(arena, root, "AWSLogs/111122223333/CloudTrail-Digest/d.json.gz");
    put(arena, root, "AWSLogs/111122223333/Config/c.json.gz");
    put(arena, root, "AWSLogs/111122223333/vpcflowlogs/111122223333_vpcflowlogs_us-east-1_fl-1_20240102T0003Z_c.log.gz");
    put(arena, root, "AWSLogs/111122223333/2024-01-02-03-04-05-0123456789ABCDEF");
    put(arena, root, "AWSLogs/111122223333/CloudTrail/eu-west-1/111122223333_CloudTrail_eu-west-1_20240102T0005Z_b.json.gz");
    put(arena, root, "AWSLogs/111122223333/CloudTrail/us-east-1/111122223333_CloudTrail_us-east-1_20240102T0000Z_a.json.gz");
    struct gather gather = gather_new(arena);
    const struct str list = found(arena, root, &gather);
    const size_t first = str_search(list, STR("T0000Z"));
    const size_t second = str_search(list, STR("T0005Z"));
    CHECK(first != STR_MISSING && second != STR_MISSING && first < second);
    const size_t flows = str_search(list, STR("vpcflowlogs"));
    CHECK(flows != STR_MISSING && first < flows && flows < second); /* of whatever kind, by time */
    CHECK(str_search(list, STR("2024-01-02-03-04-05-")) != STR_MISSING);
    CHECK(str_search(list, STR("Digest")) == STR_MISSING);
    CHECK(str_search(list, STR("Config")) == STR_MISSING);
}

TEST(a_loop_of_links_is_reported_once_and_left)
{
    const char *root = test_folder(arena);
    folder(arena, root, "a");
    put(arena, root, "a/one.json");
    CHECK(symlink("..", str_format(arena, "%s/a/up", root).ptr) == 0);
    CHECK(symlink("self.json", str_format(arena, "%s/self.json", root).ptr) == 0);
    struct gather gather = gather_new(arena);
    CHECK_STR(found(arena, root, &gather), "a/one.json ");
    CHECK(gather.trouble_count == 2);
    CHECK(str_search(text_str(&gather.troubles), STR("loop")) != STR_MISSING);
}

TEST(a_file_reached_twice_is_read_once)
{
    const char *root = test_folder(arena);
    put(arena, root, "one.json");
    CHECK(symlink("one.json", str_format(arena, "%s/two.json", root).ptr) == 0);
    struct gather gather = gather_new(arena);
    CHECK_STR(found(arena, root, &gather), "one.json ");
    CHECK(gather.trouble_count == 0);
}

TEST(what_is_not_there_is_reported)
{
    const char *root = test_folder(arena);
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    const struct str paths[] = { str_format(arena, "%s/none.json", root), STR("-") };
    const struct ingest_files files = ingest_files_find(arena, paths, 2, &sink);
    CHECK(files.count == 1);
    CHECK_STR(files.list[0].path, "-");
    CHECK_STR(text_str(&gather.troubles), "0 cannot be read: No such file or directory\n");
}

TEST(a_named_file_is_taken_whatever_its_name)
{
    const char *root = test_folder(arena);
    put(arena, root, "notes.txt");
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    const struct str path = str_format(arena, "%s/notes.txt", root);
    CHECK(ingest_files_find(arena, &path, 1, &sink).count == 1);
}
