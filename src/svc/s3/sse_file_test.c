/* sse_file_test.c - a file is sealed where it lies, and every byte is seen in order before that. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/s3/sse.h"
#include "tests/test.h"

static void see(void *self, struct str block)
{
    hash_add(self, block);
}

static int file_of(struct arena *arena, struct str bytes)
{
    FILE *file = tmpfile();
    (void)arena;
    CHECK(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && fflush(file) == 0);
    const int fd = dup(fileno(file));
    fclose(file);
    return fd;
}

static void seal_and_open(struct arena *arena, size_t size, size_t left_over)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct sse sse = { .kind = SSE_S3, .key = { 1, 2, 3 } };
    char *plain = arena_alloc_raw(arena, size + left_over + 1), *opened = arena_alloc_raw(arena, size + 1);
    unsigned char wanted[HASH_SHA256_SIZE], seen[HASH_SHA256_SIZE];
    random_bytes(plain, size + left_over);
    const int fd = file_of(arena, (struct str){ plain, size + left_over });
    struct hash hash = hash_begin(HASH_SHA256);
    void *map = mmap(NULL, size + left_over + 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct str sealed = STR_NONE;
    CHECK_OK(sse_seal_file(&ctx, &sse, fd, (struct str){ map, size }, &(struct sse_pass){ see, &hash }, &sealed));
    hash_end(&hash, seen);
    hash_sha256((struct str){ plain, size }, wanted);
    CHECK(memcmp(seen, wanted, sizeof(seen)) == 0);
    CHECK(sealed.len == segments_file_size(size) && (size < 16 || memcmp(sealed.ptr, plain, 16) != 0));
    struct segments *segments = segments_open(sse.key, (const unsigned char *)sealed.ptr, size);
    CHECK(segments_read(segments, 0, size, (unsigned char *)opened) && memcmp(opened, plain, size) == 0);
    segments_close(segments);
    sse_unmap(sealed);
    munmap(map, size + left_over + 1);
    close(fd);
}

TEST(a_file_is_sealed_where_it_lies_and_seen_whole_before)
{
    const size_t mib = 1024 * 1024;
    const size_t sizes[] = { 0, 1, 65536, 300000, 4 * mib - 1, 4 * mib, 9 * mib + 12345 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        seal_and_open(arena, sizes[i], 0);
        seal_and_open(arena, sizes[i], 70000); /* chunks were taken off: the file was longer */
    }
}

TEST(a_file_that_takes_nothing_is_told)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sse sse = { .kind = SSE_S3 };
    char *plain = arena_alloc(arena, 5 * 1024 * 1024);
    struct str sealed = STR_NONE;
    struct hash hash = hash_begin(HASH_SHA256);
    unsigned char digest[HASH_SHA256_SIZE];
    const struct err err = sse_seal_file(&ctx, &sse, -1, (struct str){ plain, 5 * 1024 * 1024 }, &(struct sse_pass){ see, &hash }, &sealed);
    hash_end(&hash, digest);
    CHECK(err.fault == &FAULT_IO && sealed.ptr == NULL);
}
