/* segments_fuzz.c - a sealed file with arbitrary damage: a range opens exactly when its own segments, and the salt, are whole.
 *
 * The first bytes choose size, range and damage. */
#include <stdlib.h>

#include "crypto/segments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t number_at(const uint8_t *data, size_t size, size_t at)
{
    uint64_t value = 0;
    for (size_t i = at; i < at + 3; i++) {
        value = value << 8 | (i < size ? data[i] : 0);
    }
    return value;
}

static bool touches(uint64_t plain, uint64_t start, size_t count, uint64_t damaged)
{
    const uint64_t first = start / SEGMENT_SIZE;
    const uint64_t last = count ? (start + count - 1) / SEGMENT_SIZE : first;
    const uint64_t tags = segments_file_size(plain) - SEGMENTS_SALT_SIZE;
    if (damaged >= tags) {
        return true;
    }
    const uint64_t segment = damaged < plain ? damaged / SEGMENT_SIZE : (damaged - plain) / AEAD_TAG_SIZE;
    return segment >= first && segment <= last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char key[SEGMENTS_KEY_SIZE] = { 1 };
    const uint64_t plain = number_at(data, size, 0) % (4 * SEGMENT_SIZE);
    const uint64_t start = plain ? number_at(data, size, 3) % plain : 0;
    const size_t count = (size_t)(number_at(data, size, 6) % (plain - start + 1));
    const uint64_t damaged = number_at(data, size, 9) % segments_file_size(plain);
    const unsigned char flip = size > 12 ? data[12] : 0;
    struct arena *arena = arena_open();
    unsigned char *file = arena_alloc(arena, segments_file_size(plain));
    unsigned char *out = arena_alloc(arena, count + 1);
    memset(file, 0x5A, plain);
    segments_seal(key, file, plain);
    file[damaged] ^= flip;
    struct segments *segments = segments_open(key, file, plain);
    const bool opened = segments_read(segments, start, count, out);
    if ((count > 0 || plain == 0) && opened != (flip == 0 || !touches(plain, start, count, damaged))) {
        abort();
    }
    for (size_t i = 0; opened && i < count; i++) {
        if (out[i] != 0x5A) {
            abort();
        }
    }
    segments_close(segments);
    arena_close(arena);
    return 0;
}
