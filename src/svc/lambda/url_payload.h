/* url_payload.h - what a function URL makes of a request, and of a function's answer: payload format 2.0. Pure. */
#ifndef YAGURA_SVC_LAMBDA_URL_PAYLOAD_H
#define YAGURA_SVC_LAMBDA_URL_PAYLOAD_H

#include "base/http.h"
#include "svc/lambda/url.h"

struct url_request {
    const struct http_request *http;
    struct str path;          /* behind the URL's own */
    struct str id;
    struct str domain;        /* as the client named it */
    struct str request_id;
    const struct principal *caller; /* NULL: anonymous */
    int64_t now_ms;
};
/* spec: Lambda developer guide, "Request and response payloads" of function URLs. */
struct str url_event(struct arena *arena, const struct url_request *request);
/* False when the answer can't be sent as it is: 502. */
bool url_response(struct arena *arena, struct str payload, struct http_response *out);
/* Adds what the URL's CORS settings allow this request; true: it was a preflight, and *out is the answer. */
bool url_cors(struct arena *arena, const struct lambda_cors *cors, const struct http_request *http, struct http_response *out);

#endif
