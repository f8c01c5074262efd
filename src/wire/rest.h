/* rest.h - the parts of rest-json and rest-xml messages that aren't their body: labels, query, headers, payload. */
#ifndef YAGURA_WIRE_REST_H
#define YAGURA_WIRE_REST_H

#include "wire/codec.h"
#include "wire/value.h"

/* Labels, query parameters and headers into the input. */
struct err rest_read(struct decoder *d, const struct wire_match *match, const struct http_request *request, void *in);
/* Headers of the answer, and its status when a member holds it. */
void rest_write(struct ctx *ctx, const struct shape *shape, const void *out, struct http_response *response);

const struct member *rest_payload(const struct shape *shape); /* NULL: the members are the body */
bool rest_has_body(const struct shape *shape);                /* a payload or any member in the body */

#endif
