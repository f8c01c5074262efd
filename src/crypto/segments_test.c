#include "crypto/segments.h"

#include "crypto/random.h"
#include "tests/test.h"

static const unsigned char KEY[SEGMENTS_KEY_SIZE] = { 7, 1, 9 };

static unsigned char *sealed_file(struct arena *arena, const unsigned char *plain, uint64_t size)
{
    unsigned char *file = arena_alloc_raw(arena, segments_file_size(size));
    memcpy(file, plain, size);
    segments_seal(KEY, file, size);
    return file;
}

static bool opens(struct arena *arena, const unsigned char *file, uint64_t size, uint64_t start, size_t count)
{
    struct segments *segments = segments_open(KEY, file, size);
    const bool opened = segments_read(segments, start, count, arena_alloc_raw(arena, count + 1));
    segments_close(segments);
    return opened;
}

TEST(any_range_of_a_sealed_file_opens_alone)
{
    const uint64_t sizes[] = { 1, 65535, 65536, 65537, 131072, 200000 };
    unsigned char *plain = arena_alloc_raw(arena, 200000);
    unsigned char *out = arena_alloc_raw(arena, 200000);
    random_bytes(plain, 200000);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const uint64_t size = sizes[i];
        unsigned char *file = sealed_file(arena, plain, size);
        CHECK(size < 16 || memcmp(file, plain, 16) != 0);
        struct segments *segments = segments_open(KEY, file, size);
        for (int round = 0; round < 40; round++) {
            uint64_t random[2];
            random_bytes(random, sizeof(random));
            const uint64_t start = round == 0 ? 0 : random[0] % size;
            const size_t count = round == 0 ? size : random[1] % (size - start + 1);
            CHECK(segments_read(segments, start, count, out));
            CHECK(memcmp(out, plain + start, count) == 0);
        }
        segments_close(segments);
    }
}

TEST(an_empty_file_is_known_to_be_empty)
{
    unsigned char *file = sealed_file(arena, (const unsigned char *)"", 0);
    CHECK(opens(arena, file, 0, 0, 0));
    file[3] ^= 1;
    CHECK(!opens(arena, file, 0, 0, 0));
}

TEST(what_is_changed_cut_swapped_or_sealed_under_another_key_does_not_open)
{
    const uint64_t size = 3 * SEGMENT_SIZE;
    unsigned char *plain = arena_alloc(arena, size);
    unsigned char *file = sealed_file(arena, plain, size);
    file[SEGMENT_SIZE + 5] ^= 1;
    CHECK(opens(arena, file, size, 0, SEGMENT_SIZE));
    CHECK(!opens(arena, file, size, 0, size));
    file[SEGMENT_SIZE + 5] ^= 1;
    CHECK(opens(arena, file, size, 0, size));

    unsigned char *swapped = arena_alloc_raw(arena, segments_file_size(size)); /* segments 0 and 1, with their tags */
    memcpy(swapped, file, segments_file_size(size));
    memcpy(swapped, file + SEGMENT_SIZE, SEGMENT_SIZE);
    memcpy(swapped + SEGMENT_SIZE, file, SEGMENT_SIZE);
    memcpy(swapped + size, file + size + AEAD_TAG_SIZE, AEAD_TAG_SIZE);
    memcpy(swapped + size + AEAD_TAG_SIZE, file + size, AEAD_TAG_SIZE);
    CHECK(!opens(arena, swapped, size, 0, 1));
    CHECK(opens(arena, swapped, size, 2 * SEGMENT_SIZE, SEGMENT_SIZE));

    const uint64_t less = 2 * SEGMENT_SIZE; /* as if the file had ended one segment earlier */
    unsigned char *cut = arena_alloc_raw(arena, segments_file_size(less));
    memcpy(cut, file, less);
    memcpy(cut + less, file + size, 2 * AEAD_TAG_SIZE);
    memcpy(cut + less + 2 * AEAD_TAG_SIZE, file + size + 3 * AEAD_TAG_SIZE, SEGMENTS_SALT_SIZE);
    CHECK(opens(arena, cut, less, 0, SEGMENT_SIZE));
    CHECK(!opens(arena, cut, less, SEGMENT_SIZE, SEGMENT_SIZE));

    const unsigned char other[SEGMENTS_KEY_SIZE] = { 8 };
    struct segments *segments = segments_open(other, file, size);
    CHECK(!segments_read(segments, 0, 1, plain));
    segments_close(segments);
}
