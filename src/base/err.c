#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

const char *io_reason(int error)
{
    switch (error) {
    case ENOSPC: return "No space left on device: make room on the disk of the data folder, the server then goes on by itself";
    case EDQUOT: return "Disk quota exceeded: raise the quota or make room in the data folder, the server then goes on by itself";
    case EROFS: return "Read-only file system: mount the disk of the data folder for writing (after a disk error, check it first)";
    default: return strerror(error);
    }
}
