#include "svc/logs/block.h"

#include "wire/gzip.h"

enum { VARINT_MAX = 10, WORTH_PACKING = 256, GZIP_MAGIC = 0x1F };
/* Beside the bytes that count, two varints are smaller than the overhead that counts for an event. */
enum { PLAIN_MAX = BLOCK_BYTES_MAX };

static char *put_varint(char *at, uint64_t number)
{
    while (number >= 0x80) {
        *at++ = (char)(number | 0x80);
        number >>= 7;
    }
    *at++ = (char)number;
    return at;
}

static bool take_varint(struct str *rest, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < rest->len && i < VARINT_MAX; i++) {
        const uint64_t byte = (unsigned char)rest->ptr[i];
        *out |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

struct str block_write(struct arena *arena, const struct block_event *events, size_t count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++) {
        room += 2 * VARINT_MAX + events[i].message.len;
    }
    char *plain = arena_alloc_raw(arena, room);
    char *at = plain;
    int64_t before_ms = count ? events[0].at_ms : 0;
    for (size_t i = 0; i < count; i++) {
        at = put_varint(at, (uint64_t)(events[i].at_ms - before_ms));
        at = put_varint(at, events[i].message.len);
        memcpy(at, events[i].message.ptr, events[i].message.len);
        at += events[i].message.len;
        before_ms = events[i].at_ms;
    }
    const struct str whole = { plain, (size_t)(at - plain) };
    const struct str packed = whole.len < WORTH_PACKING ? whole : gzip_pack_quickly(arena, whole);
    return packed.len < whole.len ? packed : whole;
}

bool block_open(struct arena *arena, struct str data, int64_t first_ms, struct block_reader *out)
{
    *out = (struct block_reader){ data, first_ms };
    return data.len > 0 && (data.ptr[0] != GZIP_MAGIC || gzip_unpack(arena, data, PLAIN_MAX, &out->rest));
}

bool block_next(struct block_reader *reader, struct block_event *event)
{
    uint64_t later = 0, size = 0;
    struct str rest = reader->rest;
    if (!take_varint(&rest, &later) || !take_varint(&rest, &size) || size > rest.len || later > (uint64_t)1 << 40) {
        reader->rest = STR("");
        return false;
    }
    reader->at_ms += (int64_t)later;
    *event = (struct block_event){ reader->at_ms, str_slice(rest, 0, size) };
    reader->rest = str_from(rest, size);
    return true;
}
