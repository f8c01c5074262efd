#include "base/zip.h"

#include <libdeflate.h>
#include <sys/stat.h>

#include "base/map.h"

/* spec: PKWARE APPNOTE 4.3: local header, central directory, end of central directory. */
enum {
    END_SIZE = 22, CENTRAL_SIZE = 46, LOCAL_SIZE = 30, COMMENT_MAX = 65535,
    METHOD_STORED = 0, METHOD_DEFLATED = 8, FLAG_ENCRYPTED = 1, MADE_BY_UNIX = 3,
    DEPTH_MAX = 64 /* of folders */
};

static uint16_t u16(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.ptr + at;
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32(struct str s, size_t at)
{
    return (uint32_t)u16(s, at) | (uint32_t)u16(s, at + 2) << 16;
}

/* The end record stands last, before a comment whose length it knows. */
static size_t find_end(struct str archive)
{
    const size_t reach = archive.len < END_SIZE + COMMENT_MAX ? archive.len : END_SIZE + COMMENT_MAX;
    for (size_t back = END_SIZE; back <= reach; back++) {
        const size_t at = archive.len - back;
        if (u32(archive, at) == 0x06054b50 && u16(archive, at + 20) == back - END_SIZE) {
            return at;
        }
    }
    return STR_MISSING;
}

static bool is_safe_part(struct str part)
{
    return part.len > 0 && part.len <= 255 && !str_equal(part, STR(".")) && !str_equal(part, STR(".."));
}

static bool is_safe_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '\\') {
            return false;
        }
    }
    struct str rest = name;
    for (int depth = 0; rest.ptr; depth++) {
        if (depth == DEPTH_MAX || !is_safe_part(str_cut(rest, '/', &rest))) {
            return false;
        }
    }
    return name.len <= ZIP_NAME_MAX;
}

static struct err refuse(struct ctx *ctx, struct str name, const char *why)
{
    return fail(ctx, &FAULT_INVALID, "the archive's entry \"%" STR_FMT "\" %s", STR_ARG(str_slice(name, 0, 200)), why);
}

/* Where the entry's bytes lie: behind its local header, which may differ in the length of its extra field. */
static bool find_packed(struct str archive, uint32_t offset, uint32_t size, struct str *out)
{
    if (offset > archive.len || archive.len - offset < LOCAL_SIZE || u32(archive, offset) != 0x04034b50) {
        return false;
    }
    const size_t start = (size_t)offset + LOCAL_SIZE + u16(archive, offset + 26) + u16(archive, offset + 28);
    if (start > archive.len || archive.len - start < size) {
        return false;
    }
    *out = str_slice(archive, start, size);
    return true;
}

/* The upper half of the external attributes is a Unix mode when a Unix made the entry. */
static void read_mode(struct zip_entry *entry, uint16_t made_by, uint32_t attributes)
{
    const uint32_t mode = made_by >> 8 == MADE_BY_UNIX ? attributes >> 16 : 0;
    if (S_ISLNK(mode)) {
        entry->kind = ZIP_LINK;
    } else if (S_ISDIR(mode)) {
        entry->kind = ZIP_FOLDER;
    }
    entry->executable = (mode & 0111) != 0;
}

static struct err read_entry(struct ctx *ctx, struct str archive, size_t at, struct zip_entry *entry)
{
    const uint16_t flags = u16(archive, at + 8);
    struct str name = str_slice(archive, at + CENTRAL_SIZE, u16(archive, at + 28));
    entry->method = u16(archive, at + 10);
    entry->crc = u32(archive, at + 16);
    entry->size = u32(archive, at + 24);
    read_mode(entry, u16(archive, at + 4), u32(archive, at + 38));
    if (str_ends(name, STR("/"))) {
        entry->kind = ZIP_FOLDER;
        name.len--;
    }
    entry->name = name;
    if (!is_safe_name(name)) {
        return refuse(ctx, name, "has a name that leads out of the folder or is none");
    }
    if (flags & FLAG_ENCRYPTED) {
        return refuse(ctx, name, "is encrypted");
    }
    if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED) {
        return refuse(ctx, name, "is packed by a method other than deflate");
    }
    if (!find_packed(archive, u32(archive, at + 42), u32(archive, at + 20), &entry->packed)) {
        return refuse(ctx, name, "lies outside the archive");
    }
    return ERR_OK;
}

static void close_map(struct map **map)
{
    map_close(*map, NULL);
}

static struct err read_directory(struct ctx *ctx, struct str archive, size_t end, uint64_t size_max, struct zip *out)
{
    CLEANUP(close_map) struct map *names = map_open();
    size_t at = u32(archive, end + 16);
    for (size_t i = 0; i < out->count; i++) {
        struct zip_entry *entry = &out->entries[i];
        if (at > end || end - at < CENTRAL_SIZE || u32(archive, at) != 0x02014b50) {
            return fail(ctx, &FAULT_INVALID, "the archive's directory is broken");
        }
        const size_t length = (size_t)CENTRAL_SIZE + u16(archive, at + 28) + u16(archive, at + 30) + u16(archive, at + 32);
        if (end - at < length) {
            return fail(ctx, &FAULT_INVALID, "the archive's directory is broken");
        }
        TRY(read_entry(ctx, archive, at, entry));
        if (map_put(names, entry->name, entry) && entry->kind != ZIP_FOLDER) {
            return refuse(ctx, entry->name, "is there twice");
        }
        out->size += entry->size;
        if (out->size > size_max) {
            return fail(ctx, &FAULT_INVALID, "Unzipped size must be smaller than %llu bytes", (unsigned long long)size_max);
        }
        at += length;
    }
    return ERR_OK;
}

struct err zip_open(struct ctx *ctx, struct str archive, uint64_t size_max, struct zip *out)
{
    const size_t end = archive.len < END_SIZE ? STR_MISSING : find_end(archive);
    *out = (struct zip){ NULL, 0, 0 };
    if (end == STR_MISSING) {
        return fail(ctx, &FAULT_INVALID, "this is no zip archive");
    }
    const uint16_t count = u16(archive, end + 10);
    if (u16(archive, end + 4) != 0 || u16(archive, end + 8) != count || count > ZIP_ENTRIES_MAX) {
        return fail(ctx, &FAULT_INVALID, "archives in parts, or of more than %d entries, are not read", ZIP_ENTRIES_MAX);
    }
    out->count = count;
    out->entries = ARENA_ARRAY(ctx->arena, struct zip_entry, (size_t)count + 1);
    return read_directory(ctx, archive, end, size_max, out);
}

static void free_decompressor(struct libdeflate_decompressor **inflater)
{
    libdeflate_free_decompressor(*inflater);
}

bool zip_read(const struct zip_entry *entry, void *out)
{
    if (entry->method == METHOD_STORED) {
        if (entry->packed.len != entry->size) {
            return false;
        }
        memcpy(out, entry->packed.ptr, entry->size);
    } else {
        CLEANUP(free_decompressor) struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
        if (inflater == NULL || libdeflate_deflate_decompress(inflater, entry->packed.ptr, entry->packed.len, out, entry->size,
                                                              NULL) != LIBDEFLATE_SUCCESS) {
            return false;
        }
    }
    return libdeflate_crc32(0, out, entry->size) == entry->crc;
}
