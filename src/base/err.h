/* err.h - how a failure travels, and the context that every call shares.
 *
 * struct err is one pointer to a constant struct fault; NULL is success. It is a struct so that no integer passes for
 * it. fail() records the reason, in words for a person, where it arose; TRY() hands it up.
 * The same faults are what a client sees: wire encodes code, HTTP status and reason.
 * assert is for our mistakes, fail for the world's. */
#ifndef YAGURA_BASE_ERR_H
#define YAGURA_BASE_ERR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/str.h"

struct fault {
    const char *code;           /* what clients match on: the model's error.code, else the shape's name */
    const char *shape;          /* the model's shape name; NULL for faults without a shape */
    const char *message_member; /* "message" or "Message", as the shape spells it; NULL: "message" */
    uint16_t http;              /* status */
    /* For awsQueryCompatible services (sqs, cloudwatch): the query code is `code`, the json one is `shape`. */
};

struct err {
    const struct fault *fault;
};

#define ERR_OK ((struct err){ NULL })

struct ctx {
    struct arena *arena;   /* lives as long as the request, batch or test */
    int64_t now_ms;        /* the only clock; Unix milliseconds */
    struct str request_id; /* absent outside a request */
    char reason[2048];     /* of the newest fail(), NUL-terminated UTF-8 */
};

/* Starts a context on an arena, at a time. */
struct ctx ctx_new(struct arena *arena, int64_t now_ms);

MUST_USE struct err fail(struct ctx *ctx, const struct fault *fault, const char *format, ...) PRINTF_LIKE(3, 4);

static inline bool err_is(struct err err, const struct fault *fault)
{
    return err.fault == fault;
}

#define TRY(call)                            \
    do {                                     \
        const struct err try_err_ = (call);  \
        if (UNLIKELY(try_err_.fault)) {      \
            return try_err_;                 \
        }                                    \
    } while (0)

/* Faults of our own machinery, not of any model. */
extern const struct fault FAULT_INTERNAL;    /* 500 InternalFailure */
extern const struct fault FAULT_UNAVAILABLE; /* 503 ServiceUnavailable: try again */
extern const struct fault FAULT_IO;          /* 500: a file or socket failed; the reason names it */
extern const struct fault FAULT_INVALID;     /* 400: input outside any service's own faults */
extern const struct fault FAULT_MISSING;     /* 404: no such thing, where "none" is a failure */

/* What errno says, and of a disk that takes no more what to do: for reasons of FAULT_IO. */
const char *io_reason(int error);

#endif
