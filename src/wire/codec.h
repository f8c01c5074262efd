/* codec.h - from request bytes to a typed struct and from a typed struct to response bytes, for every AWS protocol.
 *
 * In order: wire_route finds service, operation and protocol; wire_decode makes the input struct and checks every
 * constraint of the model; the handler runs; wire_encode or wire_encode_error answers. All results live in ctx->arena
 * and may borrow from the request. The caller has already limited the size of the request.
 *
 *     struct wire_match match;
 *     err = wire_route(ctx, router, &request, signing_name, &match);   // match is usable for errors whatever comes back
 *     if (!err.fault) err = wire_decode(ctx, &match, &request, &in);
 *     ...
 *     if (err.fault) wire_encode_error(ctx, &match, err.fault, str_of(ctx->reason), &response);
 */
#ifndef YAGURA_WIRE_CODEC_H
#define YAGURA_WIRE_CODEC_H

#include "base/http.h"
#include "base/json.h"
#include "wire/model.h"

enum { WIRE_LABELS_MAX = 16, WIRE_UNPACKED_MAX = 16 << 20 };

struct uri_template;

struct wire_match {
    const struct service_model *service; /* NULL: none could be told */
    const struct operation *operation;   /* NULL: none found */
    uint8_t protocol;                    /* enum protocol; a best guess when service is NULL */
    bool query_mode;                     /* the client asked for query error codes (x-amzn-query-mode: true) */
    bool json_answer;                    /* a query client that asked for JSON (Accept: application/json) */
    bool head;                           /* a HEAD request: no body in the answer */
    const struct uri_template *uri;      /* of a REST operation (wire/uri.h) */
    size_t label_count;
    struct str labels[WIRE_LABELS_MAX];  /* of the URI template in order, still percent-encoded */
    const struct http_header *elements;  /* what S3's Error bears beside its message */
    size_t element_count;
};

/* Immutable once open; may be shared between threads. models must outlive it. */
struct wire_router;
struct wire_router *wire_router_open(const struct service_model *const *models, size_t count);
void wire_router_close(struct wire_router *router); /* NULL is allowed */

/* Takes the gzip off a body that a client compressed; before wire_route, which looks into the forms of query clients, and after the
 * signature, which is over what was sent. */
struct err wire_unpack(struct ctx *ctx, const struct wire_router *router, struct str signing_name, struct http_request *request);

/* Finds what a request calls. signing_name is from the credential scope, absent for unsigned requests.
 * An operation of the model that isn't built is found all the same (operation->handler is NULL): wire_unbuilt gives its
 * answer, after the caller was authenticated. */
struct err wire_route(struct ctx *ctx, const struct wire_router *router, const struct http_request *request,
                      struct str signing_name, struct wire_match *match);
/* 501 NotImplemented: "The operation guardduty:CreateX is not implemented by Yagura yet." */
struct err wire_unbuilt(struct ctx *ctx, const struct wire_match *match);

/* *in is a new struct of match->operation->input. Malformed: SerializationException and the like; a broken constraint:
 * the service's own validation fault, in AWS's words. */
struct err wire_decode(struct ctx *ctx, const struct wire_match *match, const struct http_request *request, void **in);
void wire_encode(struct ctx *ctx, const struct wire_match *match, const void *out, struct http_response *response);
/* Any fault in the protocol's own form. reason absent or empty: no message. */
void wire_encode_error(struct ctx *ctx, const struct wire_match *match, const struct fault *fault, struct str reason,
                       struct http_response *response);
/* The same with the members of the error's shape; shape NULL: none. The message, where it is none of them: ctx->reason. */
void wire_encode_error_value(struct ctx *ctx, const struct wire_match *match, const struct fault *fault,
                             const struct shape *shape, const void *value, struct http_response *response);
/* For failures before routing (too large, bad head): the protocol is guessed from signing name and headers. */
void wire_encode_unrouted_error(struct ctx *ctx, const struct wire_router *router, const struct http_request *request,
                                struct str signing_name, const struct fault *fault, struct str reason,
                                struct http_response *response);

/* A value as the JSON its model describes (member names are the model's locationName): for documents kept in the store.
 * Reading ignores unknown members; null is absent; constraints are not checked. value is a new object of the shape. */
struct err wire_json_read(struct ctx *ctx, const struct shape *shape, struct str json, void **value);
void wire_json_write(struct json_writer *w, const struct shape *shape, const void *value);

/* For test builds: what an answer breaks of its own model, in words; STR_NONE when it is sound. */
struct str wire_check_output(struct ctx *ctx, const struct shape *shape, const void *value);

#endif
