/* sigv4_canonical.h - the text that is signed, for wire/sigv4*.c and their tests alone. */
#ifndef YAGURA_WIRE_SIGV4_CANONICAL_H
#define YAGURA_WIRE_SIGV4_CANONICAL_H

#include "wire/sigv4.h"

/* Names and values in their canonical encoding, in the order of the query. */
struct sigv4_parameter {
    struct str name;
    struct str value;
};
struct sigv4_parameters {
    struct sigv4_parameter *items;
    size_t count;
};
struct sigv4_parameters sigv4_parameters(struct arena *arena, struct str query);

/* The points on which clients differ and the request doesn't tell. */
struct sigv4_variant {
    bool raw_path;      /* the path isn't normalised */
    bool without_token; /* the token was added to a presigned request after signing */
};

struct str sigv4_canonical_path(struct arena *arena, struct str path, bool s3, bool raw);
struct str sigv4_canonical_request(struct arena *arena, const struct sigv4_claim *claim,
                                   const struct http_request *request, struct sigv4_variant variant);
struct str sigv4_string_to_sign(struct arena *arena, const struct sigv4_claim *claim, struct str canonical);

#endif
