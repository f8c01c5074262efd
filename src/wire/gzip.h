/* gzip.h - bytes packed as one gzip member (RFC 1952). */
#ifndef YAGURA_WIRE_GZIP_H
#define YAGURA_WIRE_GZIP_H

#include "base/str.h"

struct str gzip_pack(struct arena *arena, struct str bytes);

#endif
