/* inflate.h - the bytes of one input, decompressed, through a window that is reused from file to file.
 *
 * Plain text, gzip (any number of members) and zstd are told apart by their first bytes, never by name. A gzip file of
 * sane size is inflated a whole member at once; a huge one, or one that resists, is streamed.
 * Whatever could be inflated before trouble is delivered first, the trouble afterwards.
 *
 *     inflate_start(in, fd, name);
 *     while (inflate_more(in, kept)) { struct str window = inflate_window(in); ... }
 *
 * One inflate belongs to one thread at a time. */
#ifndef YAGURA_INGEST_INFLATE_H
#define YAGURA_INGEST_INFLATE_H

#include "base/str.h"

/* Bounds. A file is a decompression bomb when it grows beyond BOMB_RATIO times what was read of it, once more than
 * BOMB_GRACE bytes came out, or beyond OUTPUT_MAX in all: CloudTrail shrinks 6 to 30 times, deflate at most 1032 times. */
#define INFLATE_WINDOW_MAX ((size_t)64 * 1024 * 1024)   /* hence the longest record */
#define INFLATE_WHOLE_MAX ((size_t)32 * 1024 * 1024)    /* compressed and inflated size up to which a member is done at once */
#define INFLATE_BOMB_GRACE ((uint64_t)64 * 1024 * 1024)
#define INFLATE_BOMB_RATIO ((uint64_t)250)
#define INFLATE_OUTPUT_MAX ((uint64_t)64 * 1024 * 1024 * 1024)

struct inflate;

struct inflate *inflate_open(void);
void inflate_close(struct inflate *in); /* NULL is allowed */
/* Starts on a file; fd stays the caller's and is read from where it stands. */
void inflate_start(struct inflate *in, int fd);
/* Starts on bytes in memory, which must outlive the reading. */
void inflate_start_bytes(struct inflate *in, struct str bytes);
/* Keeps the last `keep` bytes of the window at its front and puts more behind them. False: nothing came; then either the
 * input is at its end, or inflate_trouble says what is the matter, or the window is full (keep == INFLATE_WINDOW_MAX). */
bool inflate_more(struct inflate *in, size_t keep);
struct str inflate_window(const struct inflate *in);
uint64_t inflate_offset(const struct inflate *in); /* of the window's first byte, in the decompressed bytes */
uint64_t inflate_read(const struct inflate *in);   /* bytes taken from the file so far */
/* Why reading ended before the end: NULL when it did not. */
const char *inflate_trouble(const struct inflate *in);

#endif
