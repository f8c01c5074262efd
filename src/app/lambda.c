#include "app/lambda.h"

#include "app/data.h"
#include "app/lambda_parts.h"
#include "base/map.h"

enum { ANSWER_PAUSE_S = 960 /* a function that answers as it goes may be silent for all of its time */, BODY_MAX = 16 << 20 /* a response that is too large must come whole to be told apart */, CODE_REQUEST_MAX = 70167211 }; /* spec: Lambda's own limit for CreateFunction: 50 MB in base64 */

static void close_counter(void *counter)
{
    memory_free(counter);
}

struct err lambda_open(struct ctx *ctx, const struct lambda_options *options, struct lambda **out)
{
    struct lambda *lambda = memory_new(sizeof(*lambda));
    lambda->options = *options;
    lambda->arena = arena_open();
    lambda->lock = lock_open();
    lambda->running = map_open();
    lambda->folder = data_file(lambda->arena, options->data, "lambda");
    *out = lambda;
    struct ctx own = ctx_new(lambda->arena, ctx->now_ms);
    struct err err = network_read(&own, options->network, &lambda->network);
    if (!err.fault) {
        err = setup_folders(&own, lambda);
    }
    if (err.fault) {
        memcpy(ctx->reason, own.reason, sizeof(ctx->reason));
    }
    return err;
}

static uint16_t port_of(struct str endpoint)
{
    int64_t port = 0;
    const struct str text = str_from(endpoint, str_find_last(endpoint, ':') + 1);
    return str_to_int(text, &port) && port > 0 && port < 65536 ? (uint16_t)port : 4700;
}

struct err lambda_start(struct ctx *ctx, struct lambda *lambda, struct front *front, struct str endpoint)
{
    const struct net_options options = {
        .threads = 2,
        .connections_max = LAMBDA_ENVIRONMENTS_MAX * 4,
        .body_max = lambda->options.body_max > BODY_MAX ? lambda->options.body_max : BODY_MAX,
        .context = lambda,
        .handle = api_handle,
        .rest = api_rest,
        .piece = api_piece,
        .idle_timeout_s = ANSWER_PAUSE_S,
    };
    lambda->front = front;
    lambda->inside = front_inside(front);
    lambda->endpoint = str_copy(lambda->arena, endpoint);
    lambda->endpoint_port = port_of(endpoint);
    TRY(net_server_start(ctx, &options, &lambda->server));
    lambda->runner = (struct lambda_runner){
        .invoke = pool_invoke, .stream = stream_invoke, .enqueue = events_enqueue, .provision = provisions_changed,
        .provisioned = provisions_ready, .environments = lambda->options.environments, .endpoint = lambda->endpoint,
        .check_runtime = setup_check_runtime, .self = lambda,
    };
    lambda->visits = afterwards_open();
    lambda->streams = afterwards_open();
    metrics_open(lambda);
    TRY(events_open(ctx, lambda));
    provisions_open(lambda);
    lambda->reaper = thread_start("lambda-reaper", pool_reap, lambda);
    atomic_store(&lambda->ready, true);
    lambda_set_runner(&lambda->runner);
    return ERR_OK;
}

void lambda_stop(struct lambda *lambda, int64_t grace_ms)
{
    if (lambda == NULL || lambda->server == NULL) {
        return;
    }
    events_stop(lambda->events);
    provisions_stop(lambda->provisions);
    pool_stop(lambda, grace_ms);
    metrics_stop(lambda->metrics);
    if (lambda->reaper) {
        thread_join(lambda->reaper);
        lambda->reaper = NULL;
    }
}

void lambda_close(struct lambda *lambda)
{
    if (lambda == NULL) {
        return;
    }
    lambda_set_runner(NULL);
    afterwards_close(lambda->visits);
    afterwards_close(lambda->streams);
    events_close(lambda->events);
    provisions_close(lambda->provisions);
    metrics_close(lambda->metrics);
    if (lambda->server) {
        net_server_stop(lambda->server, 0);
    }
    map_close(lambda->running, close_counter);
    lock_free(lambda->lock);
    arena_close(lambda->arena);
    memory_free(lambda);
}

size_t lambda_body_limit(const struct http_request *head, size_t usual)
{
    const bool functions = str_starts(head->path, STR("/2015-03-31/functions"));
    const bool layers = str_starts(head->path, STR("/2018-10-31/layers/"));
    const bool code = (functions && (str_ends(head->path, STR("/functions")) || str_ends(head->path, STR("/functions/"))
                                     || str_ends(head->path, STR("/code")))) || (layers && str_ends(head->path, STR("/versions")));
    return code && usual < CODE_REQUEST_MAX ? CODE_REQUEST_MAX : usual;
}
