#include "app/lambda_parts.h"

#include "base/clock.h"
#include "base/log.h"

void lambda_log_locally(const struct lambda_line *line)
{
    log_write(LOG_INFO, NULL, "function", (const struct log_field[]){
        LOG_STR("function", line->function), LOG_STR("stream", line->stream), LOG_STR("line", line->text), LOG_END });
}

static void hand_out(struct environment *environment, struct str text)
{
    const struct lambda_options *options = &environment->lambda->options;
    const struct lambda_line line = { environment->account, environment->region, environment->function, environment->group,
                                      environment->stream, environment->access_key, environment->session_token, clock_now_ms(), text };
    if (options->log) {
        options->log(options->self, &line);
    } else {
        lambda_log_locally(&line);
    }
}

static void keep_tail(struct environment *environment, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        environment->tail[environment->tail_at] = bytes.ptr[i];
        environment->tail_at = (environment->tail_at + 1) % LAMBDA_TAIL_MAX;
    }
    environment->tail_size += bytes.len;
}

static void add_to_line(struct environment *environment, struct str piece)
{
    const size_t room = LAMBDA_LINE_MAX - environment->line_size;
    const size_t size = piece.len < room ? piece.len : room;
    environment->line = memory_grow(environment->line, environment->line_size + size + 1);
    memcpy(environment->line + environment->line_size, piece.ptr, size);
    environment->line_size += size;
}

void log_flush(struct environment *environment)
{
    if (environment->line_size > 0) {
        hand_out(environment, (struct str){ environment->line, environment->line_size });
        keep_tail(environment, STR("\n"));
    }
    environment->line_size = 0;
}

void log_output(void *self, struct str bytes)
{
    struct environment *environment = self;
    struct str rest = bytes;
    while (rest.len > 0) {
        const size_t end = str_find(rest, '\n');
        const struct str piece = str_slice(rest, 0, end == STR_MISSING ? rest.len : end);
        add_to_line(environment, piece);
        keep_tail(environment, piece);
        if (end == STR_MISSING) {
            return;
        }
        hand_out(environment, (struct str){ environment->line, environment->line_size });
        keep_tail(environment, STR("\n"));
        environment->line_size = 0;
        rest = str_from(rest, end + 1);
    }
}

void log_say(struct environment *environment, struct str line)
{
    hand_out(environment, line);
    keep_tail(environment, line);
    keep_tail(environment, STR("\n"));
}

struct str log_tail(struct arena *arena, const struct environment *environment)
{
    const size_t size = environment->tail_size < LAMBDA_TAIL_MAX ? environment->tail_size : LAMBDA_TAIL_MAX;
    char *out = arena_alloc(arena, size + 1);
    const size_t start = (environment->tail_at + LAMBDA_TAIL_MAX - size) % LAMBDA_TAIL_MAX;
    for (size_t i = 0; i < size; i++) {
        out[i] = environment->tail[(start + i) % LAMBDA_TAIL_MAX];
    }
    return (struct str){ out, size };
}
