/* segments.h - a sealed file of which any part opens alone: AES-256-GCM over pieces of 64 KiB.
 *
 * The sealed bytes stand where the plain ones stood; behind them one tag for each segment (an empty file has one segment), then
 * a random salt of 32 bytes. Each file is sealed under a key of its own, made of the caller's key and the salt, so that one
 * key may seal any number of files. A segment's number, and whether it is the last, are part of its nonce: segments that were
 * moved, swapped, cut off or added don't open. A struct segments may be used by several threads at a time. */
#ifndef YAGURA_CRYPTO_SEGMENTS_H
#define YAGURA_CRYPTO_SEGMENTS_H

#include "crypto/aead.h"

enum { SEGMENT_SIZE = 65536, SEGMENTS_KEY_SIZE = 32, SEGMENTS_SALT_SIZE = 32 };
#define SEGMENTS_PLAIN_MAX ((uint64_t)1 << 46) /* far beyond the largest object, 50 TB */

/* How long the file gets; plain at most SEGMENTS_PLAIN_MAX. */
uint64_t segments_file_size(uint64_t plain);

/* Seals the first `plain` bytes of file where they stand and fills the rest; file has segments_file_size(plain) bytes. */
void segments_seal(const unsigned char key[SEGMENTS_KEY_SIZE], unsigned char *file, uint64_t plain);

/* The same piece by piece, elsewhere: each segment once, in any order; then the rest of the file, which stands behind them. */
struct sealer;
struct sealer *sealer_open(const unsigned char key[SEGMENTS_KEY_SIZE], uint64_t plain);
void sealer_close(struct sealer *sealer); /* NULL is allowed */
/* Of the whole segments that begin at `start`; out takes as many bytes as `bytes` has, and may be where they are. */
void sealer_seal(struct sealer *sealer, uint64_t start, struct str bytes, unsigned char *out);
struct str sealer_rest(const struct sealer *sealer);

struct segments;
/* file, with segments_file_size(plain) bytes, must outlive it. */
struct segments *segments_open(const unsigned char key[SEGMENTS_KEY_SIZE], const unsigned char *file, uint64_t plain);
void segments_close(struct segments *segments); /* NULL is allowed */
/* count bytes from `start`, within the file; the whole of it may open where it stands. False: the key is another one, or a segment of this range was changed. */
bool segments_read(const struct segments *segments, uint64_t start, size_t count, unsigned char *out);

#endif
