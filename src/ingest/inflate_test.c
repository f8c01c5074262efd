#include "ingest/inflate.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/test.h"

static struct str gzip(struct arena *arena, struct str text, int level)
{
    z_stream stream = { 0 };
    CHECK(deflateInit2(&stream, level, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    const size_t room = deflateBound(&stream, text.len) + 64;
    unsigned char *out = arena_alloc_raw(arena, room);
    stream.next_in = (unsigned char *)(uintptr_t)text.ptr;
    stream.avail_in = (unsigned)text.len;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&stream);
    return (struct str){ (char *)out, stream.total_out };
}

static struct str numbers(struct arena *arena, size_t size)
{
    struct text text = text_new(arena);
    for (unsigned i = 1; text.len < size; i = i * 1664525U + 1013904223U) {
        text_add_format(&text, "%x,", i);
    }
    return text_str(&text);
}

/* Everything the input gives, with nothing kept. */
static struct str drain(struct arena *arena, struct inflate *in)
{
    struct text text = text_new(arena);
    while (inflate_more(in, 0)) {
        text_add(&text, inflate_window(in));
    }
    return text_str(&text);
}

static struct str drain_bytes(struct arena *arena, struct str bytes, const char **trouble)
{
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, bytes);
    const struct str out = drain(arena, in);
    *trouble = inflate_trouble(in);
    inflate_close(in);
    return out;
}

TEST(plain_text_passes_through)
{
    const char *trouble = NULL;
    const struct str text = numbers(arena, 700000);
    CHECK(str_equal(drain_bytes(arena, text, &trouble), text));
    CHECK(trouble == NULL);
    CHECK(drain_bytes(arena, STR(""), &trouble).len == 0);
    CHECK(trouble == NULL);
}

TEST(a_gzip_member_is_inflated)
{
    const char *trouble = NULL;
    const struct str text = numbers(arena, 3000000);
    CHECK(str_equal(drain_bytes(arena, gzip(arena, text, 6), &trouble), text));
    CHECK(trouble == NULL);
}

TEST(many_members_of_any_size_follow_one_another)
{
    struct text packed = text_new(arena);
    struct text all = text_new(arena);
    static const size_t sizes[] = { 10, 5000000, 0, 100, 40000000, 3 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct str part = numbers(arena, sizes[i]);
        text_add(&all, part);
        text_add(&packed, gzip(arena, part, 1));
    }
    text_add(&packed, (struct str){ "\0\0\0", 3 }); /* padding */
    const char *trouble = NULL;
    CHECK(str_equal(drain_bytes(arena, text_str(&packed), &trouble), text_str(&all)));
    CHECK(trouble == NULL);
}

TEST(what_stands_before_a_cut_is_delivered)
{
    const char *trouble = NULL;
    const struct str text = numbers(arena, 1000000);
    struct str packed = gzip(arena, text, 6);
    packed.len = packed.len * 3 / 4;
    const struct str out = drain_bytes(arena, packed, &trouble);
    CHECK(out.len > text.len / 2 && out.len < text.len);
    CHECK(memcmp(out.ptr, text.ptr, out.len) == 0);
    CHECK_STR(str_of(trouble), "the gzip data is cut short");
    packed.len = 5;
    CHECK(drain_bytes(arena, packed, &trouble).len == 0);
    CHECK_STR(str_of(trouble), "the gzip data is cut short");
}

TEST(damage_and_strangers_behind_the_data_are_told)
{
    const char *trouble = NULL;
    const struct str text = numbers(arena, 100000);
    const struct str packed = gzip(arena, text, 6);
    char *broken = arena_alloc_raw(arena, packed.len);
    memcpy(broken, packed.ptr, packed.len);
    broken[packed.len - 6] ^= 1; /* of the checksum */
    CHECK(drain_bytes(arena, (struct str){ broken, packed.len }, &trouble).len == text.len);
    CHECK_STR(str_of(trouble), "the gzip data is damaged");

    const struct str followed = str_format(arena, "%s", "trailing");
    struct text both = text_new(arena);
    text_add(&both, packed);
    text_add(&both, followed);
    CHECK(str_equal(drain_bytes(arena, text_str(&both), &trouble), text));
    CHECK_STR(str_of(trouble), "something that is not gzip follows the gzip data");
}

TEST(a_bomb_is_stopped_near_the_bound)
{
    const size_t size = (size_t)200 * 1024 * 1024;
    char *blank = arena_alloc(arena, size);
    memset(blank, ' ', size);
    const struct str packed = gzip(arena, (struct str){ blank, size }, 9);
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, packed);
    size_t total = 0;
    while (inflate_more(in, 0)) {
        total += inflate_window(in).len;
    }
    CHECK(total > INFLATE_BOMB_GRACE && total < INFLATE_BOMB_GRACE + INFLATE_WINDOW_MAX);
    CHECK(inflate_trouble(in) != NULL && str_search(str_of(inflate_trouble(in)), STR("bomb")) != STR_MISSING);
    CHECK(inflate_window(in).len <= INFLATE_WINDOW_MAX);
    inflate_close(in);
}

TEST(zstd_is_inflated_and_its_cut_told)
{
    const struct str text = numbers(arena, 2000000);
    const size_t room = ZSTD_compressBound(text.len);
    char *out = arena_alloc_raw(arena, room);
    const size_t size = ZSTD_compress(out, room, text.ptr, text.len, 3);
    CHECK(!ZSTD_isError(size));
    const char *trouble = NULL;
    CHECK(str_equal(drain_bytes(arena, (struct str){ out, size }, &trouble), text));
    CHECK(trouble == NULL);
    CHECK(drain_bytes(arena, (struct str){ out, size / 2 }, &trouble).len < text.len);
    CHECK_STR(str_of(trouble), "the zstd data is cut short");
}

TEST(the_window_keeps_what_is_asked_for_and_counts_offsets)
{
    const struct str text = numbers(arena, 2000000);
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, text);
    size_t keep = 0;
    size_t steps = 0;
    while (inflate_more(in, keep)) {
        const struct str window = inflate_window(in);
        CHECK(memcmp(window.ptr, text.ptr + inflate_offset(in), window.len) == 0);
        keep = window.len < 1000 ? window.len : 1000;
        steps++;
    }
    CHECK(steps > 2);
    CHECK(inflate_offset(in) + inflate_window(in).len == text.len);
    inflate_close(in);
}

TEST(one_inflate_reads_file_after_file)
{
    const struct str text = numbers(arena, 300000);
    const struct str packed = gzip(arena, text, 6);
    const char *path = str_format(arena, "%s/a.gz", test_folder(arena)).ptr;
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(packed.ptr, 1, packed.len, file) == packed.len && fclose(file) == 0);
    struct inflate *in = inflate_open();
    for (int i = 0; i < 3; i++) {
        const int fd = open(path, O_RDONLY);
        inflate_start(in, fd);
        CHECK(str_equal(drain(arena, in), text));
        CHECK(inflate_read(in) == packed.len);
        close(fd);
    }
    inflate_close(in);
}

TEST(a_file_that_cannot_be_read_is_told)
{
    const int fd = open("/", O_RDONLY);
    struct inflate *in = inflate_open();
    inflate_start(in, fd);
    CHECK(!inflate_more(in, 0));
    CHECK_STR(str_of(inflate_trouble(in)), "cannot be read: Is a directory");
    inflate_close(in);
    close(fd);
}
