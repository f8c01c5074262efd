/* log.h - one event, one JSON line on standard error, fixed words and typed fields.
 *
 *     log_info(ctx, "detector created", LOG_STR("id", id), LOG_INT("count", n));
 *
 * error: a person must act; warn: degraded; info: one line per change; debug: off unless asked for.
 * Bodies and secrets are never logged. ctx may be NULL outside a request. */
#ifndef YAGURA_BASE_LOG_H
#define YAGURA_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
    const char *name; /* NULL ends the list */
    struct str text;
    int64_t number;
    bool is_number;
};

#define LOG_STR(name_, value_) ((struct log_field){ .name = (name_), .text = (value_) })
#define LOG_INT(name_, value_) ((struct log_field){ .name = (name_), .number = (value_), .is_number = true })
#define LOG_END ((struct log_field){ .name = NULL })

void log_set_level(enum log_level level);
void log_write(enum log_level level, const struct ctx *ctx, const char *words, const struct log_field *fields);

#define LOG_AT(level, ctx, words, ...) log_write((level), (ctx), (words), (const struct log_field[]){ __VA_ARGS__ })
#define log_error(ctx, ...) LOG_AT_(LOG_ERROR, ctx, __VA_ARGS__, LOG_END)
#define log_warn(ctx, ...) LOG_AT_(LOG_WARN, ctx, __VA_ARGS__, LOG_END)
#define log_info(ctx, ...) LOG_AT_(LOG_INFO, ctx, __VA_ARGS__, LOG_END)
#define log_debug(ctx, ...) LOG_AT_(LOG_DEBUG, ctx, __VA_ARGS__, LOG_END)
#define LOG_AT_(level, ctx, words, ...) LOG_AT(level, ctx, words, __VA_ARGS__)

#endif
