/* cbor_codec.h - values of a shape as CBOR: rpc-v2-cbor. */
#ifndef YAGURA_WIRE_CBOR_CODEC_H
#define YAGURA_WIRE_CBOR_CODEC_H

#include "wire/cbor.h"
#include "wire/value.h"

/* One whole body into the members of a structure that exists already; an empty body has none. */
struct err cbor_read_structure(struct decoder *d, const struct shape *shape, void *structure, struct str body);
/* A structure as a map, with one more member in front when type is present (errors: "__type"). */
void cbor_write_structure(struct text *out, const struct shape *shape, const void *structure, struct str type);

#endif
