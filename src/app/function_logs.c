#include "app/function_logs.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/queue.h"
#include "logs_model.h"
#include "svc/logs/block.h"

enum { GATHER_MS = 300, WAITING_MAX = 16 << 20, FIRST_LINES = 32 };

/* Lines of one stream that wait. */
struct gathered {
    struct arena *arena;
    struct lambda_line origin; /* without time and text */
    struct logs_input_log_event *events;
    size_t count, room, bytes;
};

struct function_logs {
    struct inside *inside;
    struct thread *thread;
    struct lock *lock; /* of what follows */
    struct map *streams;
    size_t bytes;
    bool stopping;
};

static struct gathered *gathered_new(const struct lambda_line *line)
{
    struct arena *arena = arena_open_secret();
    struct gathered *gathered = ARENA_NEW(arena, struct gathered);
    struct lambda_line *origin = &gathered->origin;
    *origin = *line;
    struct str *const texts[] = { &origin->account, &origin->region, &origin->function, &origin->group, &origin->stream,
                                  &origin->access_key, &origin->session_token };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    gathered->arena = arena;
    gathered->room = FIRST_LINES;
    gathered->events = ARENA_ARRAY(arena, struct logs_input_log_event, FIRST_LINES);
    return gathered;
}

/* Lines end in a line feed, as those of Lambda do; time doesn't go backwards within a batch. */
static void gather(struct gathered *gathered, const struct lambda_line *line)
{
    if (gathered->count == gathered->room) {
        const size_t size = gathered->room * sizeof(*gathered->events);
        gathered->events = arena_grow(gathered->arena, gathered->events, size, 2 * size);
        gathered->room *= 2;
    }
    const int64_t before_ms = gathered->count ? gathered->events[gathered->count - 1].timestamp.v : 0;
    const int64_t at_ms = line->at_ms > before_ms ? line->at_ms : before_ms;
    char *text = arena_alloc_raw(gathered->arena, line->text.len + 1);
    if (line->text.len > 0) {
        memcpy(text, line->text.ptr, line->text.len);
    }
    text[line->text.len] = '\n';
    gathered->events[gathered->count++] = (struct logs_input_log_event){ SOME(at_ms), { text, line->text.len + 1 } };
    gathered->bytes += line->text.len;
}

void function_logs_take(void *self, const struct lambda_line *line)
{
    struct function_logs *logs = self;
    lock_take(logs->lock);
    const bool room = logs->bytes + line->text.len <= WAITING_MAX;
    if (room) {
        struct gathered *gathered = map_get(logs->streams, line->stream);
        if (gathered == NULL) {
            gathered = gathered_new(line);
            map_put(logs->streams, line->stream, gathered); /* a stream's name holds 128 random bits */
        }
        gather(gathered, line);
        logs->bytes += line->text.len;
    }
    lock_give(logs->lock);
    if (!room) {
        lambda_log_locally(line);
    }
}

/* --- sending --- */

static struct err call(struct ctx *ctx, const struct function_logs *logs, const struct gathered *gathered, const char *operation, const void *in)
{
    const struct lambda_line *origin = &gathered->origin;
    const struct inside_call call = {
        .service = "logs", .operation = operation, .in = in, .account = origin->account, .region = origin->region,
        .principal = STR("lambda.amazonaws.com"), .access_key = origin->access_key, .session_token = origin->session_token,
    };
    const void *answer = NULL;
    return inside_call(ctx, logs->inside, &call, &answer);
}

static bool is_code(struct err err, const char *code)
{
    return err.fault && strcmp(err.fault->code, code) == 0;
}

static struct err make_stream(struct ctx *ctx, const struct function_logs *logs, const struct gathered *gathered)
{
    const struct logs_create_log_group_in group = { .log_group_name = gathered->origin.group };
    const struct logs_create_log_stream_in stream = { gathered->origin.group, gathered->origin.stream };
    const struct err err = call(ctx, logs, gathered, "CreateLogStream", &stream);
    if (!is_code(err, "ResourceNotFoundException")) {
        return err;
    }
    const struct err made = call(ctx, logs, gathered, "CreateLogGroup", &group);
    if (made.fault && !is_code(made, "ResourceAlreadyExistsException")) {
        return made;
    }
    return call(ctx, logs, gathered, "CreateLogStream", &stream);
}

static struct err put(struct ctx *ctx, const struct function_logs *logs, const struct gathered *gathered, struct logs_input_log_events events)
{
    const struct logs_put_log_events_in in = { .log_group_name = gathered->origin.group, .log_stream_name = gathered->origin.stream,
                                               .log_events = events };
    struct err err = call(ctx, logs, gathered, "PutLogEvents", &in);
    if (is_code(err, "ResourceNotFoundException")) {
        err = make_stream(ctx, logs, gathered);
        err = err.fault ? err : call(ctx, logs, gathered, "PutLogEvents", &in);
    }
    return err;
}

static void log_here(const struct gathered *gathered, struct logs_input_log_events events)
{
    for (size_t i = 0; i < events.count; i++) {
        struct lambda_line line = gathered->origin;
        line.at_ms = events.items[i].timestamp.v;
        line.text = str_slice(events.items[i].message, 0, events.items[i].message.len - 1);
        lambda_log_locally(&line);
    }
}

/* How many of the events make one batch. */
static size_t batch_size(const struct logs_input_log_event *events, size_t count)
{
    size_t bytes = 0, taken = 0;
    while (taken < count && taken < BLOCK_EVENTS_MAX) {
        bytes += events[taken].message.len + BLOCK_EVENT_OVERHEAD;
        if (bytes > BLOCK_BYTES_MAX) {
            break;
        }
        taken++;
    }
    return taken ? taken : 1;
}

static void send_stream(const struct function_logs *logs, const struct gathered *gathered)
{
    for (size_t at = 0; at < gathered->count;) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        const struct logs_input_log_events events = { gathered->events + at, batch_size(gathered->events + at, gathered->count - at) };
        if (put(&ctx, logs, gathered, events).fault) {
            log_here(gathered, events);
        }
        at += events.count;
    }
}

static void send_all(struct function_logs *logs)
{
    struct str key = STR_NONE;
    void *value = NULL;
    lock_take(logs->lock);
    struct map *streams = logs->streams;
    logs->streams = map_open();
    logs->bytes = 0;
    lock_give(logs->lock);
    for (size_t at = 0; map_next(streams, &at, &key, &value);) {
        struct gathered *gathered = value;
        send_stream(logs, gathered);
        arena_close(gathered->arena);
    }
    map_close(streams, NULL);
}

static void run(void *argument)
{
    struct function_logs *logs = argument;
    bool stopping = false;
    while (!stopping) {
        lock_take(logs->lock);
        if (!logs->stopping) {
            lock_wait(logs->lock, GATHER_MS);
        }
        stopping = logs->stopping;
        lock_give(logs->lock);
        send_all(logs);
    }
}

struct function_logs *function_logs_open(void)
{
    struct function_logs *logs = memory_new(sizeof(*logs));
    logs->lock = lock_open();
    logs->streams = map_open();
    return logs;
}

void function_logs_start(struct function_logs *logs, struct inside *inside)
{
    logs->inside = inside;
    logs->thread = thread_start("function logs", run, logs);
}

void function_logs_close(struct function_logs *logs)
{
    if (logs == NULL) {
        return;
    }
    lock_take(logs->lock);
    logs->stopping = true;
    lock_signal(logs->lock);
    lock_give(logs->lock);
    if (logs->thread) {
        thread_join(logs->thread);
    }
    map_close(logs->streams, NULL);
    lock_free(logs->lock);
    memory_free(logs);
}
