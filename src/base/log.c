#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"

static _Atomic int threshold = LOG_INFO;

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

void log_write(enum log_level level, const struct ctx *ctx, const char *words, const struct log_field *fields)
{
    if ((int)level > atomic_load(&threshold)) {
        return;
    }
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct json_writer json = json_writer_new(arena);
    json_open_object(&json);
    json_member_str(&json, STR("time"), clock_format_iso8601_ms(arena, clock_now_ms()));
    json_member_str(&json, STR("level"), str_of(level_names[level]));
    json_member_str(&json, STR("message"), str_of(words));
    if (ctx && ctx->request_id.ptr) {
        json_member_str(&json, STR("requestId"), ctx->request_id);
    }
    for (; fields->name; fields++) {
        if (fields->is_number) {
            json_member_int(&json, str_of(fields->name), fields->number);
        } else {
            json_member_str(&json, str_of(fields->name), fields->text);
        }
    }
    json_close_object(&json);
    text_add_char(&json.text, '\n');
    const struct str line = text_str(&json.text);
    fwrite(line.ptr, 1, line.len, stderr);
}
