#include "ingest/inflate_parts.h"

#define STREAM_STEP ((size_t)256 * 1024)

static bool trouble(struct inflate *in, const char *reason)
{
    if (in->trouble == NULL) {
        in->trouble = reason;
    }
    return false;
}

static bool step(struct inflate *in, size_t room)
{
    ZSTD_inBuffer from = { in->input + in->input_at, in->input_len - in->input_at, 0 };
    ZSTD_outBuffer to = { in->window + in->window_len, room, 0 };
    const size_t result = ZSTD_decompressStream(in->zstd, &to, &from);
    inflate_consumed(in, from.pos);
    if (!inflate_produced(in, to.pos)) {
        return false;
    }
    if (ZSTD_isError(result)) {
        return trouble(in, "the zstd data is damaged");
    }
    in->inside_frame = result != 0;
    return true;
}

static bool prepare(struct inflate *in)
{
    if (in->zstd == NULL) {
        in->zstd = ZSTD_createDStream();
    }
    if (in->produced == 0 && !in->inside_frame && in->zstd) {
        ZSTD_DCtx_reset(in->zstd, ZSTD_reset_session_only);
    }
    return in->zstd != NULL;
}

bool inflate_zstd(struct inflate *in)
{
    if (!prepare(in)) {
        return trouble(in, "no memory to inflate with");
    }
    const size_t before = in->window_len;
    while (in->window_len == before && in->window_len < INFLATE_WINDOW_MAX) {
        const bool flush = in->inside_frame; /* the decoder may hold output though the input is used up */
        if (in->input_at == in->input_len && !inflate_fill(in) && !flush) {
            return false;
        }
        const uint64_t consumed = in->consumed;
        if (!step(in, inflate_room(in, before > STREAM_STEP ? before : STREAM_STEP))) {
            return false;
        }
        if (in->window_len == before && in->consumed == consumed) {
            return trouble(in, "the zstd data is cut short");
        }
    }
    return true;
}
