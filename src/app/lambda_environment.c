#include "app/lambda_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/random.h"
#include "net/relay.h"
#include "net/server.h"

enum { RELAY_IDLE_MS = 15 * 60 * 1000 };

/* The log speaks once of what this host does not allow. */
static void tell_missing(struct lambda *lambda, unsigned missing)
{
    static const struct { unsigned bit; const char *what; } names[] = {
        { SANDBOX_NO_USER, "user namespace" }, { SANDBOX_NO_PROCESS, "pid, ipc and uts namespaces" },
        { SANDBOX_NO_ROOT, "mount namespace" }, { SANDBOX_NO_NETWORK, "network namespace" }, { SANDBOX_NO_LANDLOCK, "Landlock" },
        { SANDBOX_NO_SECCOMP, "seccomp" }, { SANDBOX_NO_IDENTITY, "user of their own" },
    };
    lock_take(lambda->lock);
    const bool told = lambda->told_missing & 1U << 31 && (lambda->told_missing & missing) == missing;
    lambda->told_missing |= missing | 1U << 31;
    lock_give(lambda->lock);
    for (size_t i = 0; !told && i < COUNT_OF(names); i++) {
        if (missing & names[i].bit) {
            log_warn(NULL, "this host lets functions run without", LOG_STR("isolation", str_of(names[i].what)));
        }
    }
    if (!told && missing == 0) {
        log_info(NULL, "functions run with every isolation: namespaces, own root, seccomp, Landlock, limits");
    }
}

static bool relay_stopped(void *self)
{
    struct environment *environment = self;
    lock_take(environment->lock);
    const bool stopped = environment->phase == PHASE_ENDED;
    lock_give(environment->lock);
    return stopped;
}

static void run_relay(void *self)
{
    struct relay *relay = self;
    net_relay(relay->fd, relay->destination->where, RELAY_IDLE_MS, relay_stopped, relay->environment);
    atomic_store(&relay->done, true);
}

/* A thread for each connection to a listed destination; beyond RELAYS_MAX connections are refused. */
static void start_relay(struct environment *environment, const struct destination *destination, int fd)
{
    for (size_t i = 0; i < RELAYS_MAX; i++) {
        struct relay *relay = &environment->relays[i];
        if (relay->thread && !atomic_load(&relay->done)) {
            continue;
        }
        if (relay->thread) {
            thread_join(relay->thread);
        }
        relay->environment = environment;
        relay->destination = destination;
        relay->fd = fd;
        atomic_store(&relay->done, false);
        relay->thread = thread_start("lambda-relay", run_relay, relay);
        return;
    }
    close(fd);
}

static void accepted(void *self, size_t listen, int fd)
{
    struct environment *environment = self;
    struct lambda *lambda = environment->lambda;
    if (listen >= LAMBDA_LISTENERS) {
        start_relay(environment, &lambda->network.destinations[listen - LAMBDA_LISTENERS], fd);
    } else if (!net_server_adopt(lambda->server, fd, (uint16_t)(environment->slot * LAMBDA_LISTENERS + listen))) {
        log_warn(NULL, "a function's connection could not be taken", LOG_STR("function", environment->function));
    }
}

static void printed(void *self)
{
    struct environment *environment = self;
    lock_take(environment->lock);
    sandbox_drain(environment->sandbox, log_output, environment);
    lock_give(environment->lock);
}

static void weighed(void *self, uint64_t bytes)
{
    struct environment *environment = self;
    lock_take(environment->lock);
    environment->peak = bytes > environment->peak ? bytes : environment->peak;
    lock_give(environment->lock);
}

static void keep(void *self)
{
    struct environment *environment = self;
    struct sandbox_end end = { .status = -1 };
    sandbox_attend(environment->sandbox, &(struct sandbox_ears){ printed, accepted, weighed, environment }, &end);
    lock_take(environment->lock);
    environment->end = end;
    environment->phase = PHASE_ENDED;
    struct net_exchange *asking = environment->asking;
    environment->asking = NULL;
    lock_signal(environment->lock);
    lock_give(environment->lock);
    if (asking) {
        api_refuse(asking, 500, "Runtime.Ended", "This environment has ended.");
    }
}

static struct environment *environment_new(struct lambda *lambda, const struct lambda_call *call, uint16_t slot)
{
    struct environment *environment = memory_new(sizeof(*environment));
    struct arena *arena = arena_open();
    environment->lambda = lambda;
    environment->arena = arena;
    environment->slot = slot;
    environment->lock = lock_open();
    environment->account = str_copy(arena, call->account);
    environment->region = str_copy(arena, call->region);
    environment->function = str_copy(arena, call->name);
    environment->memory = call->memory;
    environment->made_ms = environment->used_ms = clock_now_ms();
    environment->fresh = true;
    environment->started_us = clock_monotonic_us();
    environment->busy = true;
    return environment;
}

struct err environment_make(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, uint16_t slot, bool ahead,
                            struct environment **out)
{
    struct environment *environment = environment_new(lambda, call, slot);
    environment->made_ahead = ahead;
    struct setup *setup = ARENA_NEW(ctx->arena, struct setup);
    struct err err = setup_prepare(ctx, lambda, call, environment, setup);
    if (!err.fault && sandbox_start(ctx, &setup->options, &environment->sandbox).fault) {
        err = (struct err){ &LAMBDA_SERVICE_EXCEPTION };
    }
    if (!err.fault && sandbox_missing(environment->sandbox) & SANDBOX_NO_NETWORK) {
        err = fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "--lambda-network %" STR_FMT " needs network namespaces, which this host does not allow: "
                   "functions are not run rather than run with more", STR_ARG(lambda->options.network));
    }
    const unsigned walls = SANDBOX_NO_ROOT | SANDBOX_NO_LANDLOCK;
    if (!err.fault && (sandbox_missing(environment->sandbox) & walls) == walls) {
        err = fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "this host allows neither mount namespaces nor Landlock: a function could read the "
                   "server's own files, and is not run");
    }
    if (err.fault) {
        environment_close(environment);
        return err;
    }
    tell_missing(lambda, sandbox_missing(environment->sandbox));
    log_say(environment, environment->init_line);
    environment->tail_at = environment->tail_size = 0; /* no call's */
    *out = environment;
    return ERR_OK;
}

void environment_start(struct environment *environment)
{
    environment->keeper = thread_start("lambda-keeper", keep, environment);
}

void environment_kill(struct environment *environment)
{
    lock_take(environment->lock);
    environment->killed = true;
    lock_give(environment->lock);
    sandbox_kill(environment->sandbox);
}

void environment_close(struct environment *environment)
{
    if (environment->keeper) {
        environment_kill(environment);
        thread_join(environment->keeper);
    }
    for (size_t i = 0; i < RELAYS_MAX; i++) {
        if (environment->relays[i].thread) {
            thread_join(environment->relays[i].thread);
        }
    }
    while (atomic_load(&environment->users) > 0) {
        clock_sleep_ms(1);
    }
    log_flush(environment);
    sandbox_close(environment->sandbox);
    code_remove(str_format(environment->arena, "%" STR_FMT "/scratch/%u", STR_ARG(environment->lambda->folder), (unsigned)environment->slot));
    memory_free(environment->line);
    union { const char *text; void *bytes; } init_error = { environment->init_error.ptr };
    memory_free(init_error.bytes);
    lock_free(environment->lock);
    arena_close(environment->arena);
    memory_free(environment);
}

void environment_freeze(struct environment *environment)
{
    lock_take(environment->lock);
    if (!environment->frozen && environment->asking && environment->current == NULL) {
        environment->frozen = true;
        sandbox_freeze(environment->sandbox);
    }
    lock_give(environment->lock);
}

bool environment_usable(struct environment *environment)
{
    lock_take(environment->lock);
    const bool usable = environment->phase == PHASE_READY && !environment->killed
        && clock_now_ms() - environment->made_ms < LAMBDA_AGE_MS;
    lock_give(environment->lock);
    return usable;
}

void environment_await_init(struct environment *environment, int64_t wait_ms)
{
    const int64_t start = clock_monotonic_us();
    int64_t left = wait_ms;
    lock_take(environment->lock);
    while (environment->phase == PHASE_INIT && environment->init_error.ptr == NULL && left > 0) {
        lock_wait(environment->lock, left);
        left = wait_ms - (clock_monotonic_us() - start) / 1000;
    }
    environment->init_ms = (double)(clock_monotonic_us() - environment->started_us) / 1000.0;
    lock_give(environment->lock);
}

/* How it ended, in Lambda's words; the text is for one request. */
static struct str end_words(struct arena *arena, const struct environment *environment, const char **type)
{
    const struct sandbox_end *end = &environment->end;
    *type = "Runtime.ExitError";
    if (end->reason[0]) {
        char reason[sizeof(end->reason)];
        memcpy(reason, end->reason, sizeof(reason));
        char *cause = strrchr(reason, ':');
        if (cause && cause[1] == ' ') {
            cause[2] = (char)tolower((unsigned char)cause[2]);
        }
        *type = "Runtime.InvalidEntrypoint";
        return str_format(arena, "%s", reason);
    }
    if (end->signal == 9) {
        return STR("Runtime exited with error: signal: killed");
    }
    if (end->signal) {
        return str_format(arena, "Runtime exited with error: signal: %s", str_cstr(arena, str_lower(arena, str_of(sigdescr_np(end->signal)))));
    }
    return end->status == 0 ? STR("Runtime exited without providing a reason")
                            : str_format(arena, "Runtime exited with error: exit status %d", end->status);
}

static struct str error_document(struct arena *arena, const char *type, struct str message)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("errorType"), str_of(type));
    json_member_str(&w, STR("errorMessage"), message);
    json_close_object(&w);
    return json_done(&w);
}

struct outcome_kind {
    const char *status; /* in REPORT; NULL: nothing to say */
    const char *type;
};

/* spec: Lambda developer guide, log formats: tabs between the fields of REPORT. */
static void log_report(struct ctx *ctx, struct environment *environment, struct str request_id, double duration_ms,
                       const struct outcome_kind *kind)
{
    const uint64_t megabyte = 1 << 20;
    const uint64_t most = (environment->peak + megabyte - 1) / megabyte;
    const double billed = duration_ms + (environment->fresh ? environment->init_ms : 0);
    struct text text = text_new(ctx->arena);
    text_add_format(&text, "REPORT RequestId: %" STR_FMT "\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %lld MB\t"
                    "Max Memory Used: %llu MB\t", STR_ARG(request_id), duration_ms, (long long)billed + 1, (long long)environment->memory,
                    (unsigned long long)(most < (uint64_t)environment->memory ? most : (uint64_t)environment->memory));
    if (environment->fresh) {
        text_add_format(&text, "Init Duration: %.2f ms\t", environment->init_ms);
    }
    if (kind->status) {
        text_add_format(&text, "Status: %s%s%s", kind->status, kind->type ? "\tError Type: " : "", kind->type ? kind->type : "");
    }
    log_say(environment, text_str(&text));
}

void environment_report_init(struct ctx *ctx, struct environment *environment, const char *phase, const char *status, const char *type)
{
    lock_take(environment->lock);
    sandbox_drain(environment->sandbox, log_output, environment);
    log_flush(environment);
    log_say(environment, str_format(ctx->arena, "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s%s", environment->init_ms, phase,
                                    status, type ? "\tError Type: " : "", type ? type : ""));
    lock_give(environment->lock);
}

static void take_body(struct ctx *ctx, struct invocation *invocation, struct lambda_outcome *out)
{
    union { const char *text; void *bytes; } body = { invocation->body.ptr };
    out->payload = str_copy(ctx->arena, invocation->body);
    memory_free(body.bytes);
}

static void tell_timeout(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, struct lambda_outcome *out)
{
    const double seconds = (double)call->timeout_ms / 1000.0;
    log_say(environment, str_format(ctx->arena, "%" STR_FMT " %" STR_FMT " Task timed out after %.2f seconds",
                                    STR_ARG(clock_format_iso8601_ms(ctx->arena, clock_now_ms())), STR_ARG(call->request_id), seconds));
    out->payload = error_document(ctx->arena, "Sandbox.Timedout", str_format(ctx->arena, "RequestId: %" STR_FMT
                                  " Error: Task timed out after %.2f seconds", STR_ARG(call->request_id), seconds));
}

static void tell_exit(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, struct lambda_outcome *out,
                      struct outcome_kind *kind)
{
    const struct str words = str_format(ctx->arena, "RequestId: %" STR_FMT " Error: %" STR_FMT, STR_ARG(call->request_id),
                                        STR_ARG(end_words(ctx->arena, environment, &kind->type)));
    log_say(environment, words);
    log_say(environment, str_of(kind->type));
    out->payload = error_document(ctx->arena, kind->type, words);
    kind->type = environment->end.out_of_memory ? "Runtime.OutOfMemory" : kind->type;
}

/* Until it is answered, its environment has ended or its time is over. */
static void wait_for_answer(struct environment *environment, const struct invocation *invocation, int64_t start_us, int64_t timeout_ms)
{
    int64_t left = timeout_ms;
    while (!invocation->answered && environment->phase != PHASE_ENDED && left > 0) {
        lock_wait(environment->lock, left);
        left = timeout_ms - (clock_monotonic_us() - start_us) / 1000;
    }
}

static void settle(struct ctx *ctx, struct environment *environment, struct invocation *invocation, double duration_ms,
                   struct lambda_outcome *out)
{
    struct outcome_kind kind = { NULL, NULL };
    const struct lambda_call *call = invocation->call;
    sandbox_drain(environment->sandbox, log_output, environment);
    log_flush(environment);
    if (invocation->answered) {
        take_body(ctx, invocation, out);
        out->error = invocation->failed ? STR("Unhandled") : STR_NONE;
    } else {
        out->error = STR("Unhandled");
        kind.status = environment->phase == PHASE_ENDED ? "error" : "timeout";
        if (environment->phase == PHASE_ENDED) {
            tell_exit(ctx, environment, call, out, &kind);
        } else {
            tell_timeout(ctx, environment, call, out);
            environment->killed = true;
        }
    }
    log_say(environment, str_format(ctx->arena, "END RequestId: %" STR_FMT, STR_ARG(call->request_id)));
    log_report(ctx, environment, call->request_id, duration_ms, &kind);
    out->duration_ms = duration_ms;
    out->tail = call->tail ? log_tail(ctx->arena, environment) : STR_NONE;
}

static void begin(struct ctx *ctx, struct environment *environment, struct invocation *invocation)
{
    const struct lambda_call *call = invocation->call;
    if (!environment->fresh) {
        environment->tail_at = environment->tail_size = 0;
    }
    log_flush(environment);
    log_say(environment, str_format(ctx->arena, "START RequestId: %" STR_FMT " Version: %" STR_FMT, STR_ARG(call->request_id),
                                    STR_ARG(environment->version)));
    environment->current = invocation;
    if (environment->frozen) {
        environment->frozen = false;
        sandbox_thaw(environment->sandbox);
    }
    api_hand_over(environment);
}

void environment_run(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, struct lambda_outcome *out)
{
    struct invocation invocation = { .call = call, .deadline_ms = clock_now_ms() + call->timeout_ms };
    const int64_t start_us = clock_monotonic_us();
    lock_take(environment->lock);
    begin(ctx, environment, &invocation);
    wait_for_answer(environment, &invocation, start_us, call->timeout_ms);
    environment->current = NULL;
    const double ran_ms = (double)(clock_monotonic_us() - start_us) / 1000.0;
    const bool late = !invocation.answered && environment->phase != PHASE_ENDED;
    settle(ctx, environment, &invocation, late ? (double)call->timeout_ms : ran_ms, out);
    environment->fresh = false;
    const bool killed = environment->killed;
    lock_give(environment->lock);
    if (killed) {
        sandbox_kill(environment->sandbox);
    }
}

/* The runtime never asked for an event. */
void environment_fail_init(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, bool late, struct lambda_outcome *out)
{
    struct outcome_kind kind = { late ? "timeout" : "error", NULL };
    lock_take(environment->lock);
    log_say(environment, str_format(ctx->arena, "START RequestId: %" STR_FMT " Version: %" STR_FMT, STR_ARG(call->request_id),
                                    STR_ARG(environment->version)));
    out->error = STR("Unhandled");
    if (late) {
        tell_timeout(ctx, environment, call, out);
    } else if (environment->init_error.ptr) {
        out->payload = str_copy(ctx->arena, environment->init_error);
        kind.type = environment->init_error_type;
    } else {
        tell_exit(ctx, environment, call, out, &kind);
    }
    log_say(environment, str_format(ctx->arena, "END RequestId: %" STR_FMT, STR_ARG(call->request_id)));
    out->duration_ms = late ? (double)call->timeout_ms : environment->init_ms;
    log_report(ctx, environment, call->request_id, out->duration_ms, &kind);
    out->tail = call->tail ? log_tail(ctx->arena, environment) : STR_NONE;
    environment->killed = true;
    lock_give(environment->lock);
}

enum environment_start environment_started(struct environment *environment, const char **type)
{
    lock_take(environment->lock);
    const enum environment_start how = environment->init_error.ptr || environment->phase == PHASE_ENDED ? START_FAILED
        : environment->phase == PHASE_READY ? START_READY : START_LATE;
    *type = environment->init_error.ptr ? environment->init_error_type
        : environment->phase == PHASE_ENDED ? (environment->end.reason[0] ? "Runtime.InvalidEntrypoint" : "Runtime.ExitError") : NULL;
    lock_give(environment->lock);
    return how;
}
