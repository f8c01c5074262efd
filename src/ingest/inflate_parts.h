/* inflate_parts.h - what the files of inflate share; nobody else includes it.
 *
 * A decoder takes from the input and appends to the window. It returns false when it is at its end or in trouble. */
#ifndef YAGURA_INGEST_INFLATE_PARTS_H
#define YAGURA_INGEST_INFLATE_PARTS_H

#define ZLIB_CONST
#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include "ingest/inflate.h"

enum inflate_format { INFLATE_PLAIN, INFLATE_GZIP, INFLATE_ZSTD };

struct inflate {
    int fd; /* -1: the input is all in memory */
    enum inflate_format format;

    const unsigned char *input; /* buffer, or the caller's bytes */
    size_t input_at;
    size_t input_len;
    bool input_end; /* nothing comes after input_len */
    unsigned char *buffer;
    size_t buffer_size;

    char *window;
    size_t window_size;
    size_t window_len;
    uint64_t offset; /* of window[0] */

    uint64_t consumed;
    uint64_t produced;
    const char *trouble;
    char reason[160];

    struct libdeflate_decompressor *whole;
    z_stream stream;
    bool stream_ready;  /* stream holds memory */
    bool inside_member; /* the stream is in the middle of a gzip member */
    ZSTD_DStream *zstd;
    bool inside_frame;
};

/* More input behind what is left of it: false at the end of the file or on trouble. */
bool inflate_fill(struct inflate *in);
void inflate_consumed(struct inflate *in, size_t count);
/* Room for at least `want` more bytes, less when the window may not grow so far; what there is. */
size_t inflate_room(struct inflate *in, size_t want);
/* Counts what a decoder appended; false when this input is a bomb. */
bool inflate_produced(struct inflate *in, size_t count);

bool inflate_gzip(struct inflate *in);
bool inflate_zstd(struct inflate *in);

#endif
