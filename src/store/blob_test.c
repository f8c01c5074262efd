#include "store/blob.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/queue.h"
#include "tests/test.h"

static struct blob_store *open_store(struct arena *arena, struct ctx *ctx)
{
    struct blob_store *store = NULL;
    *ctx = ctx_new(arena, 1700000000000);
    CHECK_OK(blob_open(ctx, str_format(arena, "%s/blobs", test_folder(arena)), &store));
    return store;
}

static struct str content(struct arena *arena, struct ctx *ctx, struct blob_store *store, struct str id, uint64_t from, uint64_t size)
{
    struct http_stream stream = { .size = 0 };
    char *bytes = arena_alloc(arena, (size_t)size);
    CHECK_OK(blob_stream(ctx, store, id, from, size, &stream));
    CHECK(http_stream_read(&stream, 0, bytes, (size_t)size) == (int64_t)size);
    CHECK(http_stream_read(&stream, size, bytes, 1) == 0);
    http_stream_close(&stream);
    return (struct str){ bytes, (size_t)size };
}

TEST(bytes_come_back_whole_and_in_pieces)
{
    struct ctx ctx;
    struct blob_store *store = open_store(arena, &ctx);
    struct str id = STR_NONE;
    CHECK_OK(blob_put(&ctx, store, STR("0123456789"), -1, &id));
    CHECK_STR(content(arena, &ctx, store, id, 0, 10), "0123456789");
    CHECK_STR(content(arena, &ctx, store, id, 3, 4), "3456");
    CHECK_OK(blob_remove(&ctx, store, id));
    CHECK_OK(blob_remove(&ctx, store, id)); /* again is no fault */
    int fd = -1;
    CHECK_FAULT(blob_fd(&ctx, store, id, &fd), FAULT_IO.code);
    blob_close(store);
}

TEST(a_nameless_file_becomes_the_blob_itself)
{
    struct ctx ctx;
    struct blob_store *store = open_store(arena, &ctx);
    struct stat before, after;
    struct str id = STR_NONE;
    int fd = -1, named = -1;
    CHECK_OK(blob_spool_file(&ctx, store, &fd));
    CHECK(pwrite(fd, "abcdefgh", 8, 0) == 8);
    CHECK_OK(blob_put(&ctx, store, STR("abcde"), fd, &id)); /* and is cut to its length */
    CHECK(fstat(fd, &before) == 0);
    CHECK_OK(blob_fd(&ctx, store, id, &named));
    CHECK(fstat(named, &after) == 0 && before.st_ino == after.st_ino && after.st_size == 5);
    close(fd);
    close(named);
    blob_close(store);
}

/* Where a file can't be given a name (it had one), its bytes are copied. */
TEST(a_file_that_lost_its_name_is_copied)
{
    struct ctx ctx;
    struct blob_store *store = open_store(arena, &ctx);
    struct str id = STR_NONE;
    const char *path = str_format(arena, "%s/named", test_folder(arena)).ptr;
    const int fd = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(write(fd, "abcde", 5) == 5 && unlink(path) == 0);
    CHECK_OK(blob_put(&ctx, store, STR("abcde"), fd, &id));
    close(fd);
    CHECK_STR(content(arena, &ctx, store, id, 0, 5), "abcde");
    blob_close(store);
}

TEST(what_is_no_id_opens_nothing)
{
    static const struct str hostile[] = { STR_INIT(""), STR_INIT("../../etc/passwd"), STR_INIT("2023111422-../../../../../etc/passwd0000000"),
                                          STR_INIT("2023111422/00000000000000000000000000000000"),
                                          STR_INIT("2023111422-0000000000000000000000000000000G"),
                                          STR_INIT("x023111422-00000000000000000000000000000000") };
    struct ctx ctx;
    struct blob_store *store = open_store(arena, &ctx);
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        int fd = -1;
        CHECK_FAULT(blob_fd(&ctx, store, hostile[i], &fd), FAULT_INTERNAL.code);
        CHECK_FAULT(blob_remove(&ctx, store, hostile[i]), FAULT_INTERNAL.code);
    }
    blob_close(store);
}

static struct err is_kept(void *self, struct ctx *ctx, struct str id, bool *out)
{
    (void)ctx;
    *out = str_equal(id, *(const struct str *)self);
    return ERR_OK;
}

TEST(the_sweep_removes_what_nobody_knows)
{
    struct ctx ctx;
    struct blob_store *store = open_store(arena, &ctx);
    struct str kept = STR_NONE, lost = STR_NONE;
    size_t removed = 0;
    int fd = -1;
    CHECK_OK(blob_put(&ctx, store, STR("kept"), -1, &kept));
    CHECK_OK(blob_put(&ctx, store, STR("lost"), -1, &lost));
    ctx.now_ms += INT64_C(7200000); /* another folder */
    CHECK_OK(blob_put(&ctx, store, STR("lost as well"), -1, &lost));
    CHECK_OK(blob_sweep(&ctx, store, is_kept, &kept, &removed));
    CHECK(removed == 2);
    CHECK_STR(content(arena, &ctx, store, kept, 0, 4), "kept");
    CHECK_FAULT(blob_fd(&ctx, store, lost, &fd), FAULT_IO.code);
    blob_close(store);
}

struct putter {
    struct thread *thread;
    struct blob_store *store;
    size_t failed;
};

static void put_many(void *argument)
{
    struct putter *putter = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    for (int i = 0; i < 40; i++) {
        struct ctx ctx = ctx_new(arena, 1700000000000 + INT64_C(3600000) * (i / 10)); /* the hour turns under way */
        struct str id = STR_NONE;
        putter->failed += blob_put(&ctx, putter->store, STR("bytes"), -1, &id).fault != NULL;
    }
}

TEST(many_put_at_once)
{
    struct ctx ctx;
    struct putter all[8];
    struct blob_store *store = open_store(arena, &ctx);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i] = (struct putter){ .store = store };
        all[i].thread = thread_start("put", put_many, &all[i]);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        thread_join(all[i].thread);
        CHECK(all[i].failed == 0);
    }
    blob_close(store);
}
