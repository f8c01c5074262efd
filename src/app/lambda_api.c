/* lambda_api.c - the Runtime API that functions' runtimes speak to.
 *
 * spec: Lambda developer guide, "Using the Lambda runtime API": next, response, error and init/error. */
#include <stdio.h>

#include "app/lambda_parts.h"
#include "base/json.h"
#include "crypto/equal.h"

#define BASE_PATH "/2018-06-01/runtime/"

static void answer(struct net_exchange *exchange, uint16_t status, struct str body)
{
    struct http_response response = { .status = status, .body = body };
    http_response_add(net_arena(exchange), &response, STR("Content-Type"), STR("application/json"));
    net_answer(exchange, &response);
}

void api_refuse(struct net_exchange *exchange, uint16_t status, const char *type, const char *message)
{
    struct json_writer w = json_writer_new(net_arena(exchange));
    json_open_object(&w);
    json_member_str(&w, STR("errorMessage"), str_of(message));
    json_member_str(&w, STR("errorType"), str_of(type));
    json_close_object(&w);
    answer(exchange, status, json_done(&w));
}

static void add(struct net_exchange *exchange, struct http_response *response, struct str name, struct str value)
{
    if (value.len > 0) {
        http_response_add(net_arena(exchange), response, name, str_copy(net_arena(exchange), value));
    }
}

void api_hand_over(struct environment *environment)
{
    struct invocation *invocation = environment->current;
    struct net_exchange *exchange = environment->asking;
    if (invocation == NULL || exchange == NULL || invocation->taken) {
        return;
    }
    struct arena *arena = net_arena(exchange);
    const struct lambda_call *call = invocation->call;
    struct http_response response = { .status = 200, .body = str_copy(arena, call->payload) };
    add(exchange, &response, STR("Content-Type"), STR("application/json"));
    add(exchange, &response, STR("Lambda-Runtime-Aws-Request-Id"), call->request_id);
    add(exchange, &response, STR("Lambda-Runtime-Deadline-Ms"), str_format(arena, "%lld", (long long)invocation->deadline_ms));
    add(exchange, &response, STR("Lambda-Runtime-Invoked-Function-Arn"), call->arn);
    add(exchange, &response, STR("Lambda-Runtime-Trace-Id"),
        str_format(arena, "Root=1-%08llx-%.12s%.12s;Sampled=0", (unsigned long long)(invocation->deadline_ms / 1000),
                   call->request_id.ptr + 24, call->request_id.ptr + 24));
    struct str context = STR_NONE;
    if (call->client_context.len > 0 && str_unbase64(arena, call->client_context, &context)) {
        add(exchange, &response, STR("Lambda-Runtime-Client-Context"), context);
    }
    invocation->taken = true;
    environment->asking = NULL;
    net_answer(exchange, &response);
}

static void take_next(struct environment *environment, struct net_exchange *exchange)
{
    lock_take(environment->lock);
    if (environment->killed || environment->phase == PHASE_ENDED || environment->asking) {
        lock_give(environment->lock);
        api_refuse(exchange, 403, "InvalidStateTransition", "The runtime can't ask for an event now.");
        return;
    }
    environment->asking = exchange;
    environment->phase = PHASE_READY;
    api_hand_over(environment);
    lock_signal(environment->lock);
    lock_give(environment->lock);
}

/* What outlives the exchange and the lock. */
static struct str keep(struct str body)
{
    char *copy = memory_new(body.len + 1);
    memcpy(copy, body.ptr ? body.ptr : "", body.len);
    return (struct str){ copy, body.len };
}

static struct str too_large(void)
{
    return STR("{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\","
               "\"errorType\":\"Function.ResponseSizeTooLarge\"}");
}

/* Decided by the runtime: it sends its answer as it makes it, and says behind it whether something went wrong.
 * spec: Lambda developer guide, "Building a custom runtime", response streaming. The client for Go does not say so: it sends all
 * in chunks, and streams have another type than JSON. */
static bool is_streamed(const struct http_request *http)
{
    const bool chunked = http_header_find(http, STR("transfer-encoding")).ptr != NULL;
    return str_equal_nocase(http_header_find(http, STR("lambda-runtime-function-response-mode")), STR("streaming"))
        || (chunked && !str_starts(http_header_find(http, STR("content-type")), STR("application/json")));
}

/* The invocation that an answer for this request belongs to; NULL: none. Under the lock. */
static struct invocation *expected(const struct environment *environment, struct str id)
{
    struct invocation *invocation = environment->current;
    return invocation && invocation->taken && !invocation->answered && str_equal(invocation->call->request_id, id) ? invocation : NULL;
}

static struct str trailing_error(struct net_exchange *exchange)
{
    struct str body = STR_NONE;
    if (net_trailer(exchange, "lambda-runtime-function-error-type").len == 0) {
        return STR_NONE;
    }
    const struct str sealed = net_trailer(exchange, "lambda-runtime-function-error-body");
    return sealed.len > 0 && str_unbase64(net_arena(exchange), sealed, &body) && body.len <= LAMBDA_RESPONSE_MAX ? body : STR("{}");
}

static void take_answer(struct environment *environment, struct net_exchange *exchange, struct str id, bool failed)
{
    const struct http_request *http = net_request(exchange);
    const struct str error = failed ? STR_NONE : trailing_error(exchange);
    const struct str body = error.ptr ? error : http->body;
    failed = failed || error.ptr;
    const bool large = !failed && body.len > LAMBDA_RESPONSE_MAX;
    lock_take(environment->lock);
    struct invocation *invocation = expected(environment, id);
    if (invocation) {
        if (invocation->call->stream && !failed && is_streamed(http)) {
            stream_begin(invocation->call->stream, http_header_find(http, STR("content-type"))); /* it may have been empty */
        }
        invocation->body = keep(large ? too_large() : body);
        invocation->failed = failed || large;
        invocation->answered = true;
        lock_signal(environment->lock);
    }
    lock_give(environment->lock);
    if (invocation == NULL) {
        api_refuse(exchange, 400, "InvalidRequestID", "Invalid request ID");
    } else if (large) {
        api_refuse(exchange, 413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).");
    } else {
        answer(exchange, 202, STR("{\"status\":\"OK\"}\n"));
    }
}

static void take_init_error(struct environment *environment, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    const struct str type = http_header_find(http, STR("lambda-runtime-function-error-type"));
    lock_take(environment->lock);
    const bool expected = environment->phase == PHASE_INIT && environment->init_error.ptr == NULL;
    if (expected) {
        environment->init_error = keep(http->body);
        snprintf(environment->init_error_type, sizeof(environment->init_error_type), "%" STR_FMT, STR_ARG(type));
        lock_signal(environment->lock);
    }
    lock_give(environment->lock);
    if (expected) {
        answer(exchange, 202, STR("{\"status\":\"OK\"}\n"));
    } else {
        api_refuse(exchange, 403, "InvalidStateTransition", "The runtime has started already.");
    }
}

static void route(struct environment *environment, struct net_exchange *exchange)
{
    const struct http_request *http = net_request(exchange);
    const struct str head = STR(BASE_PATH);
    const struct str path = str_starts(http->path, head) ? str_from(http->path, head.len) : STR("");
    const bool post = str_equal(http->method, STR("POST"));
    struct str id = STR_NONE, what = STR_NONE;
    if (str_equal(path, STR("invocation/next")) && !post) {
        take_next(environment, exchange);
        return;
    }
    if (str_equal(path, STR("init/error")) && post) {
        take_init_error(environment, exchange);
        return;
    }
    if (str_equal(str_cut(path, '/', &id), STR("invocation")) && id.ptr) {
        id = str_cut(id, '/', &what);
    }
    if (post && (str_equal(what, STR("response")) || str_equal(what, STR("error")))) {
        take_answer(environment, exchange, id, str_equal(what, STR("error")));
        return;
    }
    api_refuse(exchange, 404, "UnknownPath", "The Runtime API has no such path.");
}

/* What the path behind invocation/ is about. */
static struct str answered_id(struct str path, struct str *what)
{
    const struct str head = STR(BASE_PATH "invocation/");
    *what = STR_NONE;
    return str_starts(path, head) ? str_cut(str_from(path, head.len), '/', what) : STR_NONE;
}

/* Where the runtime has its secret it must show it: on the host's network, others can reach the listener. */
static bool is_runtime(const struct environment *environment, const struct net_exchange *exchange)
{
    return environment->token.ptr == NULL
        || crypto_equal(http_header_find(net_request(exchange), STR("yagura-token")), environment->token);
}

static bool take_piece(struct environment *environment, const struct http_request *http, struct str piece)
{
    struct str what = STR_NONE;
    const struct str id = answered_id(http->path, &what);
    lock_take(environment->lock);
    const struct invocation *invocation = str_equal(what, STR("response")) ? expected(environment, id) : NULL;
    struct lambda_stream *stream = invocation ? invocation->call->stream : NULL;
    if (stream) {
        stream_begin(stream, http_header_find(http, STR("content-type")));
        stream_take(stream, piece);
    }
    lock_give(environment->lock);
    return stream != NULL;
}

bool api_piece(void *self, struct net_exchange *exchange, struct str piece)
{
    const struct http_request *http = net_request(exchange);
    const uint16_t tag = net_tag(exchange);
    if (tag % LAMBDA_LISTENERS != LAMBDA_LISTENER_RUNTIME || !is_streamed(http)) {
        return false;
    }
    struct environment *environment = pool_find(self, tag / LAMBDA_LISTENERS);
    if (environment == NULL) {
        return false;
    }
    const bool taken = is_runtime(environment, exchange) && take_piece(environment, http, piece);
    pool_drop(environment);
    return taken;
}

void api_rest(void *self)
{
    const struct lambda *lambda = self;
    front_rest(lambda->front);
}

void api_handle(void *self, struct net_exchange *exchange)
{
    struct lambda *lambda = self;
    const uint16_t tag = net_tag(exchange);
    if (tag % LAMBDA_LISTENERS == LAMBDA_LISTENER_ENDPOINT) {
        front_handle(lambda->front, exchange);
        return;
    }
    struct environment *environment = pool_find(lambda, tag / LAMBDA_LISTENERS);
    if (environment == NULL) {
        api_refuse(exchange, 403, "InvalidStateTransition", "This environment is gone.");
        return;
    }
    if (is_runtime(environment, exchange)) {
        route(environment, exchange);
    } else {
        api_refuse(exchange, 403, "AccessDenied", "This Runtime API serves another.");
    }
    pool_drop(environment);
}
