/* gzip.h - bytes packed as one gzip member (RFC 1952), and back. */
#ifndef YAGURA_WIRE_GZIP_H
#define YAGURA_WIRE_GZIP_H

#include "base/str.h"

struct str gzip_pack(struct arena *arena, struct str bytes);
struct str gzip_pack_quickly(struct arena *arena, struct str bytes); /* less small, for what others wait for */
/* False: not exactly one whole member, or larger than max unpacked. */
bool gzip_unpack(struct arena *arena, struct str packed, size_t max, struct str *bytes);

#endif
