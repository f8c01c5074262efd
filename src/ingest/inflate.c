#include "ingest/inflate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest/inflate_parts.h"

#define INPUT_STEP ((size_t)256 * 1024)
/* Half of a small second-level cache: what a stream produced is scanned while it is still there. */
#define WINDOW_STEP ((size_t)256 * 1024)

struct inflate *inflate_open(void)
{
    struct inflate *in = memory_new(sizeof(*in));
    in->fd = -1;
    in->input_end = true;
    return in;
}

void inflate_close(struct inflate *in)
{
    if (in == NULL) {
        return;
    }
    libdeflate_free_decompressor(in->whole);
    if (in->stream_ready) {
        inflateEnd(&in->stream);
    }
    ZSTD_freeDStream(in->zstd);
    memory_free(in->buffer);
    memory_free(in->window);
    memory_free(in);
}

static void tell_format(struct inflate *in)
{
    static const unsigned char gzip[] = { 0x1F, 0x8B };
    static const unsigned char zstd[] = { 0x28, 0xB5, 0x2F, 0xFD };
    while (in->input_len < sizeof(zstd) && inflate_fill(in)) {
    }
    in->format = INFLATE_PLAIN;
    if (in->input_len >= sizeof(gzip) && memcmp(in->input, gzip, sizeof(gzip)) == 0) {
        in->format = INFLATE_GZIP;
    }
    if (in->input_len >= sizeof(zstd) && memcmp(in->input, zstd, sizeof(zstd)) == 0) {
        in->format = INFLATE_ZSTD;
    }
}

static void start(struct inflate *in, int fd, struct str bytes)
{
    in->fd = fd;
    in->input = (const unsigned char *)bytes.ptr;
    in->input_at = 0;
    in->input_len = bytes.len;
    in->input_end = fd < 0;
    in->window_len = 0;
    in->offset = 0;
    in->consumed = 0;
    in->produced = 0;
    in->trouble = NULL;
    in->inside_member = false;
    in->inside_frame = false;
    tell_format(in);
}

void inflate_start(struct inflate *in, int fd)
{
    start(in, fd, STR_NONE);
}

void inflate_start_bytes(struct inflate *in, struct str bytes)
{
    start(in, -1, bytes);
}

static bool read_failed(struct inflate *in)
{
    const char *what = strerrordesc_np(errno);
    snprintf(in->reason, sizeof(in->reason), "cannot be read: %s", what ? what : "unknown error");
    in->trouble = in->reason;
    in->input_end = true;
    return false;
}

static ssize_t read_some(int fd, void *into, size_t size)
{
    ssize_t got = 0;
    do {
        got = read(fd, into, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Room for one more step behind what is left of the input. */
static void buffer_room(struct inflate *in)
{
    const size_t left = in->input_len - in->input_at;
    if (in->input_at > 0) {
        memmove(in->buffer, in->buffer + in->input_at, left);
    }
    if (in->buffer_size < left + INPUT_STEP) {
        in->buffer_size = left * 2 + INPUT_STEP;
        in->buffer = memory_grow(in->buffer, in->buffer_size);
    }
    in->input = in->buffer;
    in->input_at = 0;
    in->input_len = left;
}

bool inflate_fill(struct inflate *in)
{
    if (in->input_end) {
        return false;
    }
    buffer_room(in);
    const ssize_t got = read_some(in->fd, in->buffer + in->input_len, in->buffer_size - in->input_len);
    if (got < 0) {
        return read_failed(in);
    }
    in->input_len += (size_t)got;
    in->input_end = got == 0;
    return got > 0;
}

void inflate_consumed(struct inflate *in, size_t count)
{
    in->input_at += count;
    in->consumed += count;
}

size_t inflate_room(struct inflate *in, size_t want)
{
    const size_t most = INFLATE_WINDOW_MAX - in->window_len;
    const size_t needed = in->window_len + (want < most ? want : most);
    if (in->window_size < needed) {
        in->window = memory_grow(in->window, needed);
        in->window_size = needed;
    }
    return in->window_size - in->window_len;
}

bool inflate_produced(struct inflate *in, size_t count)
{
    in->window_len += count;
    in->produced += count;
    const bool swollen = in->produced > INFLATE_BOMB_GRACE && in->produced / INFLATE_BOMB_RATIO > in->consumed;
    if (swollen || in->produced > INFLATE_OUTPUT_MAX) {
        in->trouble = "decompression bomb: it grows beyond the limits of size or ratio";
        return false;
    }
    return true;
}

/* What was read while telling the format first, then straight from the file into the window. */
static bool plain(struct inflate *in)
{
    const size_t left = in->input_len - in->input_at;
    const size_t room = inflate_room(in, in->window_len > WINDOW_STEP ? in->window_len : WINDOW_STEP);
    char *end = in->window + in->window_len;
    if (left > 0) {
        const size_t count = left < room ? left : room;
        memcpy(end, in->input + in->input_at, count);
        inflate_consumed(in, count);
        in->window_len += count;
        return count > 0;
    }
    if (in->input_end || room == 0) {
        return false;
    }
    const ssize_t got = read_some(in->fd, end, room);
    if (got < 0) {
        return read_failed(in);
    }
    in->input_end = got == 0;
    in->consumed += (size_t)got;
    in->window_len += (size_t)got;
    return got > 0;
}

bool inflate_more(struct inflate *in, size_t keep)
{
    const size_t dropped = in->window_len - keep;
    if (dropped > 0 && keep > 0) {
        memmove(in->window, in->window + dropped, keep);
    }
    in->offset += dropped;
    in->window_len = keep;
    if (in->trouble) {
        return false;
    }
    switch (in->format) {
    case INFLATE_GZIP:
        inflate_gzip(in);
        break;
    case INFLATE_ZSTD:
        inflate_zstd(in);
        break;
    case INFLATE_PLAIN:
    default:
        plain(in);
        break;
    }
    return in->window_len > keep;
}

struct str inflate_window(const struct inflate *in)
{
    return (struct str){ in->window ? in->window : "", in->window_len };
}

uint64_t inflate_offset(const struct inflate *in)
{
    return in->offset;
}

uint64_t inflate_read(const struct inflate *in)
{
    return in->consumed;
}

const char *inflate_trouble(const struct inflate *in)
{
    return in->trouble;
}
