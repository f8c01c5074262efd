/* respond.h - headers that answers and errors share. */
#ifndef YAGURA_WIRE_RESPOND_H
#define YAGURA_WIRE_RESPOND_H

#include "wire/codec.h"

bool respond_is_s3(const struct wire_match *match);
bool respond_is_s3control(const struct wire_match *match);
/* The request's id under the names that the protocol's clients look for; cbor's own marker. */
void respond_ids(struct ctx *ctx, const struct wire_match *match, struct http_response *response);
/* Content-Type, unless a member has set it already. */
void respond_type(struct ctx *ctx, struct http_response *response, struct str type);
struct str respond_json_type(struct arena *arena, const struct wire_match *match); /* application/x-amz-json-1.1 */

#endif
