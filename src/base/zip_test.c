#include "base/zip.h"

#include <stdio.h>
#include <zlib.h>

#include "tests/test.h"

enum { SIZE_MAX_TEST = 1 << 20 };

static void put16(struct text *t, unsigned n)
{
    text_add_char(t, (char)(n & 255));
    text_add_char(t, (char)(n >> 8 & 255));
}

static void put32(struct text *t, unsigned long n)
{
    put16(t, (unsigned)(n & 65535));
    put16(t, (unsigned)(n >> 16));
}

/* What is told of one stored entry, so that each lie can be told alone. */
struct lie {
    const char *name;
    const char *body;
    unsigned long size; /* 0: the true one */
    unsigned mode, flags, method;
    unsigned long offset;
    unsigned copies;    /* 0: one */
};

static struct str archive_of(struct arena *arena, const struct lie *lie)
{
    struct text all = text_new(arena);
    const struct str name = str_of(lie->name), body = str_of(lie->body);
    const unsigned long size = lie->size ? lie->size : body.len;
    const unsigned long crc = crc32(0, (const unsigned char *)body.ptr, (unsigned)body.len);
    put32(&all, 0x04034b50);
    put16(&all, 20);
    put16(&all, lie->flags);
    put16(&all, lie->method);
    put32(&all, 0);
    put32(&all, crc);
    put32(&all, body.len);
    put32(&all, size);
    put16(&all, (unsigned)name.len);
    put16(&all, 0);
    text_add(&all, name);
    text_add(&all, body);
    const size_t directory = all.len;
    const unsigned copies = lie->copies ? lie->copies : 1;
    for (unsigned i = 0; i < copies; i++) {
        put32(&all, 0x02014b50);
        put16(&all, 3 << 8);
        put16(&all, 20);
        put16(&all, lie->flags);
        put16(&all, lie->method);
        put32(&all, 0);
        put32(&all, crc);
        put32(&all, body.len);
        put32(&all, size);
        put16(&all, (unsigned)name.len);
        put16(&all, 0);
        put16(&all, 0);
        put16(&all, 0);
        put16(&all, 0);
        put32(&all, (unsigned long)lie->mode << 16);
        put32(&all, lie->offset);
        text_add(&all, name);
    }
    const size_t end = all.len;
    put32(&all, 0x06054b50);
    put16(&all, 0);
    put16(&all, 0);
    put16(&all, copies);
    put16(&all, copies);
    put32(&all, end - directory);
    put32(&all, directory);
    put16(&all, 0);
    return text_str(&all);
}

static bool opens(struct arena *arena, const struct lie *lie)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct zip zip = { 0 };
    return zip_open(&ctx, archive_of(arena, lie), SIZE_MAX_TEST, &zip).fault == NULL;
}

TEST(an_honest_archive_is_read)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct zip zip = { 0 };
    char body[8] = "";
    CHECK_OK(zip_open(&ctx, archive_of(arena, &(struct lie){ .name = "a/b.py", .body = "x = 1", .mode = 0100755 }),
                      SIZE_MAX_TEST, &zip));
    CHECK_INT(zip.count, 1);
    CHECK_STR(zip.entries[0].name, "a/b.py");
    CHECK(zip.entries[0].executable && zip.entries[0].kind == ZIP_FILE);
    CHECK(zip_read(&zip.entries[0], body));
    CHECK_STR(str_of(body), "x = 1");
}

TEST(names_that_lead_out_are_refused)
{
    const char *const names[] = { "../a", "/etc/passwd", "a/../../b", "a//b", "", ".", "a\\b", "a\nb" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK(!opens(arena, &(struct lie){ .name = names[i], .body = "x" }));
    }
}

TEST(lies_about_size_and_place_are_found_out)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct zip zip = { 0 };
    char body[64] = "";
    CHECK(!opens(arena, &(struct lie){ .name = "a", .body = "x", .size = SIZE_MAX_TEST + 1 }));
    CHECK(!opens(arena, &(struct lie){ .name = "a", .body = "x", .offset = 4000 }));
    CHECK(!opens(arena, &(struct lie){ .name = "a", .body = "x", .copies = 2 }));
    CHECK(!opens(arena, &(struct lie){ .name = "a", .body = "x", .flags = 1 }));
    CHECK(!opens(arena, &(struct lie){ .name = "a", .body = "x", .method = 14 }));
    CHECK_OK(zip_open(&ctx, archive_of(arena, &(struct lie){ .name = "a", .body = "x", .size = 60 }), SIZE_MAX_TEST, &zip));
    CHECK(!zip_read(&zip.entries[0], body));
}

/* A bomb says that it is small: what inflates beyond its word is broken. */
TEST(a_bomb_that_lies_is_stopped_at_its_word)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct zip zip = { 0 };
    unsigned char *plain = arena_alloc(arena, 1 << 16);
    unsigned char *packed = arena_alloc(arena, 1 << 12);
    z_stream stream = { .next_in = plain, .avail_in = 1 << 16, .next_out = packed, .avail_out = 1 << 12 };
    deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    CHECK_INT(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    struct zip_entry entry = { .method = 8, .size = 100, .packed = { (const char *)packed, stream.total_out } };
    char small[100];
    CHECK(!zip_read(&entry, small));
    CHECK_FAULT(zip_open(&ctx, STR("no archive at all, nothing of the kind"), 100, &zip), FAULT_INVALID.code);
}
