#include "wire/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

enum { LEVEL = 6, LEVEL_QUICK = 1 };

static struct str pack(struct arena *arena, struct str bytes, int level)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    if (compressor == NULL) {
        abort(); /* as for any memory */
    }
    const size_t room = libdeflate_gzip_compress_bound(compressor, bytes.len);
    char *packed = arena_alloc_raw(arena, room);
    const size_t len = libdeflate_gzip_compress(compressor, bytes.ptr, bytes.len, packed, room);
    libdeflate_free_compressor(compressor);
    return (struct str){ packed, len };
}

struct str gzip_pack(struct arena *arena, struct str bytes)
{
    return pack(arena, bytes, LEVEL);
}

struct str gzip_pack_quickly(struct arena *arena, struct str bytes)
{
    return pack(arena, bytes, LEVEL_QUICK);
}

/* The member's last four bytes tell its size modulo 2^32: trusted only as far as that many bytes can come of so few. */
bool gzip_unpack(struct arena *arena, struct str packed, size_t max, struct str *bytes)
{
    enum { MEMBER_MIN = 18, RATIO_MAX = 1032 };
    if (packed.len < MEMBER_MIN) {
        return false;
    }
    const unsigned char *tail = (const unsigned char *)packed.ptr + packed.len - 4;
    const size_t size = (size_t)tail[0] | (size_t)tail[1] << 8 | (size_t)tail[2] << 16 | (size_t)tail[3] << 24;
    if (size > max || size / RATIO_MAX > packed.len) {
        return false;
    }
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (decompressor == NULL) {
        abort();
    }
    char *out = arena_alloc_raw(arena, size + 1);
    size_t used = 0, made = 0;
    const enum libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor, packed.ptr, packed.len, out, size, &used, &made);
    libdeflate_free_decompressor(decompressor);
    *bytes = (struct str){ out, made };
    return result == LIBDEFLATE_SUCCESS && used == packed.len;
}
