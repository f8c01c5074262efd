/* lambda_parts.h - the inside of app/lambda*.c.
 *
 *   lambda.c              opening and closing, the runner that the service is given
 *   lambda_pool.c         which environment takes a call, and how many there may be
 *   lambda_environment.c  one environment: its sandbox, its thread, its calls
 *   lambda_provision.c    environments that stand ready before anybody calls
 *   lambda_setup.c        what an environment is made of: folders, variables, interpreter, credentials
 *   lambda_code.c         archives, unpacked
 *   lambda_api.c          the Runtime API
 *   lambda_stream.c       answers that are sent while they come
 *   lambda_log.c          lines of a function's log
 *   lambda_metrics.c      what functions did, as metrics
 *   lambda_event.c        asynchronous calls
 *   lambda_url.c          function URLs and links to code
 *   lambda_network.c      --lambda-network, and carrying to listed destinations */
#ifndef YAGURA_APP_LAMBDA_PARTS_H
#define YAGURA_APP_LAMBDA_PARTS_H

#include <stdatomic.h>

#include "app/afterwards.h"
#include "app/lambda.h"
#include "base/queue.h"
#include "sandbox/sandbox.h"

enum {
    LAMBDA_ENVIRONMENTS_MAX = 1024, LAMBDA_DESTINATIONS_MAX = 32, LAMBDA_TAIL_MAX = 4096, LAMBDA_LINE_MAX = 262144,
    LAMBDA_INIT_MS = 10000, LAMBDA_RESPONSE_MAX = 6291556, LAMBDA_AGE_MS = 40 * 60 * 1000,
    LAMBDA_RUNTIME_PORT = 9001, LAMBDA_LISTENER_RUNTIME = 0, LAMBDA_LISTENER_ENDPOINT = 1, LAMBDA_LISTENERS = 2,
    RELAYS_MAX = 32
};

/* From the embedded content (tools/embed_rules.py). */
extern const struct str LAMBDA_BOOTSTRAP_PY, LAMBDA_BOOTSTRAP_MJS;

struct destination {
    struct str where;   /* "db.example.org:5432" */
    struct str host;
    char address[16];   /* that stands for it inside */
    uint16_t port;
};

struct network {
    bool open;          /* the host's network */
    struct destination destinations[LAMBDA_DESTINATIONS_MAX];
    size_t count;
    struct str hosts;   /* /etc/hosts inside */
};
struct err network_read(struct ctx *ctx, struct str setting, struct network *out);

/* One call under way, on the stack of the thread that waits for it. */
struct invocation {
    const struct lambda_call *call;
    int64_t deadline_ms;
    bool taken;         /* the runtime has it */
    bool answered;      /* response or error came */
    bool failed;        /* it was an error */
    struct str body;    /* memory_new'd, the waiting thread frees it */
};

enum environment_phase { PHASE_INIT, PHASE_READY, PHASE_ENDED };

struct environment {
    struct lambda *lambda;
    struct arena *arena;       /* of what lives as long as it */
    uint16_t slot;
    struct str key;            /* which version of which function */
    struct str account, region, function, group, stream, version;
    struct str access_key, session_token; /* of the function's role */
    struct str init_line;      /* the log's first */
    struct str token;          /* absent: the runtime shows none */
    int64_t memory;
    int64_t made_ms, used_ms;
    struct lock *lock;         /* of all below */
    enum environment_phase phase;
    struct sandbox *sandbox;
    struct thread *keeper;
    struct sandbox_end end;
    struct net_exchange *asking; /* a runtime waits for its next event */
    struct invocation *current;
    struct str init_error;     /* what the runtime said of its failed start, memory_new'd */
    char init_error_type[96];
    uint64_t peak;
    char *line;                /* the log's last line, not yet ended */
    size_t line_size;
    char tail[LAMBDA_TAIL_MAX]; /* a ring */
    size_t tail_at, tail_size;
    bool killed;
    bool frozen;
    bool fresh;                /* has not served a call yet */
    double init_ms;
    int64_t started_us;
    struct environment *next;  /* in the pool */
    bool busy;
    bool provisioned;          /* kept ready; under the pool's lock */
    bool made_ahead;           /* made before anybody called */
    _Atomic int users;         /* threads of the Runtime API that look at it */
    struct relay {
        struct environment *environment;
        struct thread *thread;
        const struct destination *destination;
        int fd;
        _Atomic bool done;
    } relays[RELAYS_MAX];
};

struct lambda {
    struct lambda_options options;
    struct arena *arena;
    struct network network;
    struct front *front;
    struct inside *inside;
    struct net_server *server; /* what functions reach: the Runtime API and the front door */
    struct str endpoint;
    uint16_t endpoint_port;
    struct str folder;         /* DATA/lambda */
    struct lambda_runner runner;
    struct lock *lock;         /* of the pool */
    struct environment *environments;
    size_t count;
    uint16_t next_slot;
    struct map *running;       /* per function: how many calls are under way */
    size_t under_way;
    size_t coming;             /* environments that are being made */
    bool stopping;
    _Atomic bool ready;        /* started: links are served */
    unsigned told_missing;     /* isolation that the log has spoken of; bit 31: told */
    struct thread *reaper;
    struct events *events;
    struct metrics *metrics;
    struct provisions *provisions;
    struct afterwards *visits;  /* threads that serve function URLs */
    struct afterwards *streams; /* threads that run what answers as it comes */
};

/* lambda_pool.c. A call takes an environment and gives it back; NULL with a fault when there is none to have. */
struct err pool_take(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment **out);
void pool_give(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment *environment);
struct environment *pool_find(struct lambda *lambda, uint16_t slot); /* NULL: gone; else kept until pool_drop */
void pool_drop(struct environment *environment);
/* One call from the first line of its log to the last. */
struct err pool_invoke(void *self, struct ctx *ctx, const struct lambda_call *call, struct lambda_outcome *out);
struct str pool_key(struct arena *arena, const struct lambda_call *call);
/* Makes one more environment of the call's version and waits until it is ready. Fault: there is no room; failed: it did not start. */
struct err pool_provision(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, bool *failed);
/* How many there are; those beyond `wanted` are let go. */
int64_t pool_provisioned(struct lambda *lambda, struct str key, int64_t wanted);
/* Those of other versions are let go. */
void pool_provision_only(struct lambda *lambda, const struct str *keys, size_t count);
void pool_reap(void *self); /* a thread's */
void pool_stop(struct lambda *lambda, int64_t grace_ms);

/* lambda_environment.c */
struct err environment_make(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, uint16_t slot, bool ahead,
                            struct environment **out);
void environment_start(struct environment *environment); /* its thread; once the pool knows it */
/* Until its runtime asks for the first event, fails or the time is over. */
void environment_await_init(struct environment *environment, int64_t wait_ms);
enum environment_start { START_READY, START_FAILED, START_LATE };
enum environment_start environment_started(struct environment *environment, const char **type);
void environment_report_init(struct ctx *ctx, struct environment *environment, const char *phase, const char *status, const char *type);
/* What a call hears of a start that failed. */
void environment_fail_init(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, bool late, struct lambda_outcome *out);
void environment_run(struct ctx *ctx, struct environment *environment, const struct lambda_call *call, struct lambda_outcome *out);
void environment_freeze(struct environment *environment); /* while no call has it */
void environment_kill(struct environment *environment);
void environment_close(struct environment *environment);
bool environment_usable(struct environment *environment);

/* lambda_setup.c */
struct setup {
    struct sandbox_options options;
    const char *arguments[4];
    const char *environment[256];
    size_t environment_count;
    struct sandbox_bind binds[4];
    struct sandbox_file files[2];
    struct sandbox_listen listens[LAMBDA_LISTENERS + LAMBDA_DESTINATIONS_MAX];
};
struct err setup_prepare(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment *environment, struct setup *out);
struct err setup_check_runtime(void *self, struct ctx *ctx, struct str runtime);
struct err setup_folders(struct ctx *ctx, struct lambda *lambda);

/* lambda_code.c: the folder of an unpacked archive, or of several one over the other. */
struct err code_folder(struct ctx *ctx, struct lambda *lambda, struct store_conn *db, const struct str *accounts, const struct str *digests,
                       size_t count, struct str *out);
void code_remove(struct str folder); /* with all in it */

/* lambda_log.c. Under the environment's lock. */
void log_output(void *environment, struct str bytes);
void log_say(struct environment *environment, struct str line);
void log_flush(struct environment *environment);
struct str log_tail(struct arena *arena, const struct environment *environment);

/* lambda_stream.c. Runs a call on a thread of its own; returns once it is known how the answer begins. Faults: as those of an
 * invocation that never ran. */
struct err stream_open(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, bool framed, struct lambda_stream **out);
/* The runtime's answer: its type, then its pieces. Under the lock of the environment whose call has the stream. */
void stream_begin(struct lambda_stream *stream, struct str type);
void stream_take(struct lambda_stream *stream, struct str piece);
/* What begins it: the JSON before eight NUL bytes, absent where there is none; its type. False: it came whole, or failed: *outcome. */
bool stream_head(struct lambda_stream *stream, struct arena *arena, struct str *prelude, struct str *type, struct lambda_outcome *outcome);
/* The bytes (behind the prelude), as the body of an answer, which is the stream's last holder; or nobody wants them. */
struct http_stream stream_body(struct lambda_stream *stream);
void stream_leave(struct lambda_stream *stream);
struct err stream_invoke(void *self, struct ctx *ctx, const struct lambda_call *call, struct http_stream *out);

/* lambda_api.c: a net_handler of the inner server. */
void api_handle(void *self, struct net_exchange *exchange);
bool api_piece(void *self, struct net_exchange *exchange, struct str piece);
void api_rest(void *self);
/* Gives a waiting runtime its event; the environment's lock is held. */
void api_hand_over(struct environment *environment);
void api_refuse(struct net_exchange *exchange, uint16_t status, const char *type, const char *message);

/* lambda_provision.c: the latter two are the runner's. */
void provisions_open(struct lambda *lambda);
void provisions_stop(struct provisions *provisions);
void provisions_close(struct provisions *provisions);
void provisions_changed(void *self);
void provisions_ready(void *self, struct ctx *ctx, const struct lambda_call *call, int64_t *ready, bool *failed);

/* lambda_metrics.c */
void metrics_open(struct lambda *lambda);
void metrics_note(struct metrics *metrics, struct arena *arena, const struct lambda_call *call, struct err err,
                  const struct lambda_outcome *outcome);
void metrics_stop(struct metrics *metrics); /* once no call is under way; what is left is put */
void metrics_close(struct metrics *metrics);

/* lambda_event.c */
struct err events_open(struct ctx *ctx, struct lambda *lambda);
void events_stop(struct events *events);
void events_close(struct events *events);
struct err events_enqueue(void *self, struct ctx *ctx, const struct lambda_call *call);

#endif
