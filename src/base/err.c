#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

const struct fault FAULT_INTERNAL = { "InternalFailure", NULL, NULL, 500 };
const struct fault FAULT_UNAVAILABLE = { "ServiceUnavailable", NULL, NULL, 503 };
const struct fault FAULT_IO = { "InternalFailure", NULL, NULL, 500 };
const struct fault FAULT_INVALID = { "ValidationException", NULL, NULL, 400 };
const struct fault FAULT_MISSING = { "ResourceNotFoundException", NULL, NULL, 404 };

struct ctx ctx_new(struct arena *arena, int64_t now_ms)
{
    return (struct ctx){ .arena = arena, .now_ms = now_ms };
}

struct err fail(struct ctx *ctx, const struct fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ctx->reason, sizeof(ctx->reason), format, args);
    va_end(args);
    return (struct err){ fault };
}
