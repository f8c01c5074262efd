#include "wire/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

enum { LEVEL = 6 };

struct str gzip_pack(struct arena *arena, struct str bytes)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (compressor == NULL) {
        abort(); /* as for any memory */
    }
    const size_t room = libdeflate_gzip_compress_bound(compressor, bytes.len);
    char *packed = arena_alloc_raw(arena, room);
    const size_t len = libdeflate_gzip_compress(compressor, bytes.ptr, bytes.len, packed, room);
    libdeflate_free_compressor(compressor);
    return (struct str){ packed, len };
}
