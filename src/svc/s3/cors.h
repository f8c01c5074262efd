/* cors.h - which rule of a bucket's CORS configuration a browser's request fits.
 *
 * spec: S3 user guide, "How does Amazon S3 evaluate the CORS configuration on a bucket?": the first rule whose origins, methods
 * and, of a preflight, headers all fit. */
#ifndef YAGURA_SVC_S3_CORS_H
#define YAGURA_SVC_S3_CORS_H

#include "base/http.h"
#include "s3_model.h"

struct cors_request {
    struct str origin;
    struct str method;  /* Access-Control-Request-Method of a preflight, else the request's own */
    struct str headers; /* Access-Control-Request-Headers; absent: none asked */
};

/* NULL: none fits. */
const struct s3_cors_rule *cors_find(const struct s3_cors_rules *rules, const struct cors_request *request);
/* One '*' stands for anything. */
bool cors_wildcard(struct str pattern, struct str text, bool ignore_case);

enum { CORS_HEADERS_MAX = 7 };
/* The answer's headers by that rule; returns how many. */
size_t cors_headers(struct arena *arena, const struct s3_cors_rule *rule, const struct cors_request *request,
                    struct http_header out[CORS_HEADERS_MAX]);

#endif
