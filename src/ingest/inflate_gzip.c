/* inflate_gzip.c - gzip: a whole member at once while sizes are sane, a stream otherwise.
 * spec: RFC 1952 §2.2: a file is a series of members; §2.3.1: the last four bytes of a member are its size modulo 2^32.
 * Zero bytes behind the last member are padding, as gzip itself takes them. */
#include <limits.h>

#include "ingest/inflate_parts.h"

#define STREAM_STEP ((size_t)256 * 1024)
enum { GZIP_WINDOW_BITS = 16 + 15, MEMBER_MIN = 18 };

static size_t left(const struct inflate *in)
{
    return in->input_len - in->input_at;
}

/* The rest of the file in memory, if it is small enough. */
static bool load_rest(struct inflate *in)
{
    while (!in->input_end && left(in) <= INFLATE_WHOLE_MAX) {
        inflate_fill(in);
    }
    return in->input_end && left(in) <= INFLATE_WHOLE_MAX;
}

/* How much the last member says it holds: right for the usual file of one member, a guess for others. */
static size_t expected_size(const struct inflate *in)
{
    const unsigned char *end = in->input + in->input_len;
    const size_t size = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
    return size > 0 ? size : 1;
}

static bool whole_into(struct inflate *in, size_t room)
{
    size_t taken = 0;
    size_t made = 0;
    const enum libdeflate_result result = libdeflate_gzip_decompress_ex(
        in->whole, in->input + in->input_at, left(in), in->window + in->window_len, room, &taken, &made);
    if (result != LIBDEFLATE_SUCCESS) {
        return false;
    }
    inflate_consumed(in, taken);
    inflate_produced(in, made);
    return true;
}

static bool whole_member(struct inflate *in)
{
    if (in->whole == NULL) {
        in->whole = libdeflate_alloc_decompressor();
    }
    if (in->whole == NULL || !load_rest(in) || left(in) < MEMBER_MIN) {
        return false;
    }
    const size_t expected = expected_size(in);
    if (expected > INFLATE_WHOLE_MAX || expected > INFLATE_WINDOW_MAX - in->window_len) {
        return false;
    }
    return whole_into(in, inflate_room(in, expected));
}

static bool stream_start(struct inflate *in)
{
    if (in->stream_ready) {
        in->inside_member = inflateReset(&in->stream) == Z_OK;
        return in->inside_member;
    }
    in->stream_ready = inflateInit2(&in->stream, GZIP_WINDOW_BITS) == Z_OK;
    in->inside_member = in->stream_ready;
    return in->stream_ready;
}

static bool trouble(struct inflate *in, const char *reason)
{
    if (in->trouble == NULL) {
        in->trouble = reason;
    }
    return false;
}

static int stream_step(struct inflate *in, size_t room)
{
    const size_t offered = left(in) < UINT_MAX ? left(in) : UINT_MAX;
    in->stream.next_in = in->input + in->input_at;
    in->stream.avail_in = (unsigned)offered;
    in->stream.next_out = (unsigned char *)in->window + in->window_len;
    in->stream.avail_out = (unsigned)room; /* at most INFLATE_WINDOW_MAX */
    const int result = inflate(&in->stream, Z_NO_FLUSH);
    inflate_consumed(in, offered - in->stream.avail_in);
    if (!inflate_produced(in, room - in->stream.avail_out)) {
        return Z_MEM_ERROR;
    }
    return result;
}

/* Until the window has no room, the member ends or trouble comes. */
static bool stream_member(struct inflate *in)
{
    const size_t want = in->window_len > STREAM_STEP ? in->window_len : STREAM_STEP;
    size_t room = inflate_room(in, want);
    room = room < want ? room : want;
    while (room > 0) {
        if (left(in) == 0 && !inflate_fill(in)) {
            return trouble(in, "the gzip data is cut short");
        }
        const size_t before = in->window_len;
        const int result = stream_step(in, room);
        room -= in->window_len - before;
        if (result == Z_STREAM_END) {
            in->inside_member = false;
            return true;
        }
        if (result != Z_OK && result != Z_BUF_ERROR) {
            return trouble(in, "the gzip data is damaged");
        }
    }
    return true;
}

/* At the border of two members: true when another one follows. */
static bool another_member(struct inflate *in)
{
    for (;;) {
        while (left(in) > 0 && in->input[in->input_at] == 0) {
            inflate_consumed(in, 1);
        }
        if (left(in) >= 2) {
            break;
        }
        if (!inflate_fill(in)) {
            return left(in) == 0 ? false : trouble(in, "something that is not gzip follows the gzip data");
        }
    }
    if (in->input[in->input_at] != 0x1F || in->input[in->input_at + 1] != 0x8B) {
        return trouble(in, "something that is not gzip follows the gzip data");
    }
    return true;
}

/* Members may be empty: goes on until something came out. */
bool inflate_gzip(struct inflate *in)
{
    const size_t before = in->window_len;
    while (in->window_len == before && in->window_len < INFLATE_WINDOW_MAX && in->trouble == NULL) {
        if (in->inside_member) {
            stream_member(in);
            continue;
        }
        if (!another_member(in)) {
            return false;
        }
        if (!whole_member(in) && !stream_start(in)) {
            return trouble(in, "no memory to inflate with");
        }
    }
    return true;
}
