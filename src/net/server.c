#include "net/server.h"

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/queue.h"
#include "net/exchange.h"

enum { LIBRARY_TABLES = 6 * 1024, PEM_MAX = 1024 * 1024 };

const struct http_request *net_request(const struct net_exchange *exchange)
{
    return &exchange->request;
}

struct arena *net_arena(struct net_exchange *exchange)
{
    return exchange->arena;
}

struct str net_trailer(const struct net_exchange *exchange, const char *name)
{
    return str_of(MHD_lookup_connection_value(exchange->connection, MHD_FOOTER_KIND, name));
}

/* After the state has changed the exchange may be gone at any moment, and after the last line the server too. */
void net_answer(struct net_exchange *exchange, const struct http_response *response)
{
    struct net_server *server = exchange->server;
    struct net_loop *loop = exchange->loop;
    exchange->response = *response;
    if (atomic_exchange(&exchange->state, EXCHANGE_ANSWERED) == EXCHANGE_WAITING) {
        net_loop_wake(loop, exchange);
    }
    atomic_fetch_sub(&server->owed, 1);
}

void net_continue(struct net_exchange *exchange, void (*run)(void *self), void *self)
{
    exchange->then = run;
    exchange->then_self = self;
    net_loop_wake(exchange->loop, exchange);
}

static enum MHD_Result send_answer(struct net_exchange *exchange, bool close_after)
{
    const struct http_response *answer = &exchange->response;
    struct MHD_Response *response = net_answer_body(exchange);
    exchange->response.stream = NULL; /* it belongs to the library now */
    if (response == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct http_header *header = &answer->headers[i];
        if (!str_equal_nocase(header->name, STR("content-length"))) {
            MHD_add_response_header(response, str_cstr(exchange->arena, header->name),
                str_cstr(exchange->arena, header->value));
        }
    }
    if (close_after || atomic_load(&exchange->server->stopping)) {
        MHD_add_response_header(response, "Connection", "close");
    }
    const enum MHD_Result queued = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static void answer_plainly(struct net_exchange *exchange, uint16_t status, struct str reason)
{
    struct http_response response = { .status = status, .body = reason };
    http_response_add(exchange->arena, &response, STR("Content-Type"), STR("text/plain"));
    net_answer(exchange, &response);
}

static enum MHD_Result refuse(struct net_exchange *exchange, uint16_t status, struct str reason)
{
    struct net_server *server = exchange->server;
    atomic_fetch_add(&server->refused, 1);
    atomic_fetch_add(&server->owed, 1);
    atomic_store(&exchange->state, EXCHANGE_HANDED);
    if (server->options.refuse) {
        server->options.refuse(server->options.context, exchange, status, reason);
    } else {
        answer_plainly(exchange, status, reason);
    }
    return send_answer(exchange, true);
}

static enum MHD_Result refuse_large(struct net_exchange *exchange)
{
    return refuse(exchange, 413, STR("The request body is larger than this server accepts"));
}

static enum MHD_Result begin(struct net_exchange *exchange, const char *method, const char *version)
{
    const struct net_options *options = &exchange->server->options;
    exchange->begun = true;
    exchange->counted = true;
    atomic_fetch_add(&exchange->server->in_flight, 1);
    atomic_fetch_add(&exchange->server->requests, 1);

    struct str reason = STR_NONE;
    const uint16_t status = net_read_head(exchange, method, version, &reason);
    if (status != 0) {
        return refuse(exchange, status, reason);
    }
    if ((size_t)(exchange->head_end - method) > options->head_max) {
        return refuse(exchange, 431, STR("The request's headers are larger than this server accepts"));
    }
    exchange->body_limit = options->body_max;
    if (options->admit) {
        atomic_fetch_add(&exchange->server->owed, 1);
        atomic_store(&exchange->state, EXCHANGE_HANDED);
        exchange->body_limit = options->admit(options->context, exchange);
        if (atomic_load(&exchange->state) == EXCHANGE_ANSWERED) {
            atomic_fetch_add(&exchange->server->refused, 1);
            return send_answer(exchange, true);
        }
        atomic_store(&exchange->state, EXCHANGE_READING);
        atomic_fetch_sub(&exchange->server->owed, 1);
    }
    int64_t length = 0;
    const struct str announced = http_header_find(&exchange->request, STR("content-length"));
    if (announced.ptr && (!str_to_int(announced, &length) || length < 0)) {
        return refuse(exchange, 400, STR("Content-Length is not a number"));
    }
    return (uint64_t)length > exchange->body_limit ? refuse_large(exchange) : MHD_YES;
}

/* Whoever may bring more than most may also take longer; the idle time-out still holds. */
static bool is_late(const struct net_exchange *exchange)
{
    const struct net_options *options = &exchange->server->options;
    const int64_t spent_us = clock_monotonic_us() - exchange->started_us;
    return exchange->body_limit <= options->body_max && spent_us > (int64_t)options->request_timeout_s * 1000000;
}

/* Beyond the limit, or when it can't be kept, all is read and dropped up to as much again: a client that is still sending
 * could not hear the refusal. */
static enum MHD_Result take_body(struct net_exchange *exchange, struct str piece)
{
    const struct net_options *options = &exchange->server->options;
    if (options->piece && options->piece(options->context, exchange, piece)) {
        return MHD_YES;
    }
    struct net_body *body = &exchange->body;
    size_t size = 0;
    if (ADD_OVERFLOWS(body->size, piece.len, &size) || size / 2 > exchange->body_limit || is_late(exchange)) {
        atomic_fetch_add(&exchange->server->refused, 1);
        return MHD_NO;
    }
    exchange->body_too_large = size > exchange->body_limit;
    if (exchange->body_too_large || body->failed) {
        body->size = size;
    } else {
        net_body_take(exchange, piece);
    }
    return MHD_YES;
}

/* The connection sleeps first and then offers itself to be woken: an answer that came in between is seen here. It is woken by the
 * loop as others are: the library, resumed within its own turn, would not tell that there is something to do. */
static enum MHD_Result wait_for_answer(struct net_exchange *exchange)
{
    int expected = EXCHANGE_HANDED;
    MHD_suspend_connection(exchange->connection);
    if (!atomic_compare_exchange_strong(&exchange->state, &expected, EXCHANGE_WAITING)) {
        net_loop_wake(exchange->loop, exchange);
    }
    return MHD_YES;
}

static enum MHD_Result hand_over(struct net_exchange *exchange)
{
    struct net_server *server = exchange->server;
    if (exchange->body_too_large) {
        return refuse_large(exchange);
    }
    if (exchange->body.failed || !net_body_whole(exchange, &exchange->request.body)) {
        return refuse(exchange, 503, STR("The request body can't be kept: is the disk full?"));
    }
    exchange->request.body_fd = exchange->body.fd < 0 ? 0 : exchange->body.fd;
    exchange->request.body_map = exchange->body.map;
    atomic_fetch_add(&server->owed, 1);
    atomic_store(&exchange->state, EXCHANGE_HANDED);
    if (atomic_load(&server->cutting)) {
        answer_plainly(exchange, 503, STR("The server is stopping"));
    } else {
        server->options.handle(server->options.context, exchange);
    }
    return atomic_load(&exchange->state) == EXCHANGE_ANSWERED ? send_answer(exchange, false) : wait_for_answer(exchange);
}

/* Called by the library: once with the head, then per piece of the body, then without one; and again once woken. */
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *piece, size_t *piece_size, void **slot)
{
    struct net_exchange *exchange = *slot;
    (void)context;
    (void)connection;
    (void)path;
    if (exchange == NULL) {
        return MHD_NO;
    }
    if (!exchange->begun) {
        return begin(exchange, method, version);
    }
    if (*piece_size > 0) {
        const struct str body = { piece, *piece_size };
        *piece_size = 0;
        return take_body(exchange, body);
    }
    return atomic_load(&exchange->state) == EXCHANGE_ANSWERED ? send_answer(exchange, false) : hand_over(exchange);
}

static struct net_exchange *exchange_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* In the words of CloudTrail: GnuTLS says "TLS1.3". */
static void tell_tls(struct MHD_Connection *connection, struct net_exchange *exchange)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    const char *version = session ? gnutls_protocol_get_name(gnutls_protocol_get_version(session)) : NULL;
    exchange->request.tls_cipher = str_of(session ? gnutls_ciphersuite_get(session) : NULL);
    if (version && str_starts(str_of(version), STR("TLS"))) {
        exchange->request.tls_version = str_format(exchange->arena, "TLSv%s", version + 3);
    }
}

/* The first that we hear of a request, and the only time that its target is whole: the library cuts it up afterwards. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    const struct net_loop *loop = context;
    const struct net_server *server = loop->server;
    struct net_exchange *exchange = exchange_of(connection);
    if (exchange) {
        exchange->raw_uri = target;
        exchange->target = str_copy(exchange->arena, str_of(target));
        exchange->started_us = clock_monotonic_us();
        exchange->request = (struct http_request){
            .remote = str_of(exchange->remote),
            .tls = server->options.cert_file != NULL,
        };
        if (exchange->request.tls) {
            tell_tls(connection, exchange);
        }
    }
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode how)
{
    struct net_server *server = ((struct net_loop *)context)->server;
    struct net_exchange *exchange = *slot;
    (void)connection;
    (void)how;
    if (exchange == NULL) {
        return;
    }
    *slot = NULL;
    if (exchange->response.stream) {
        http_stream_close(exchange->response.stream); /* the peer went before it could be sent */
    }
    exchange->response = (struct http_response){ .status = 0 };
    net_body_reset(&exchange->body);
    exchange->body_too_large = false;
    exchange->begun = false;
    exchange->hidden_bytes = false;
    atomic_store(&exchange->state, EXCHANGE_READING);
    arena_reset(exchange->arena);
    if (exchange->counted) {
        exchange->counted = false;
        atomic_fetch_sub(&server->in_flight, 1);
    }
}

/* An adopted connection carries its tag as port. */
static uint16_t tag_of(const struct sockaddr *address)
{
    struct sockaddr_in known;
    memcpy(&known, address, sizeof(known));
    return ntohs(known.sin_port);
}

bool net_server_adopt(struct net_server *server, int fd, uint16_t tag)
{
    const int yes = 1;
    if (atomic_load(&server->open) >= server->options.connections_max) {
        return false;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    net_loop_adopt(&server->loops[atomic_fetch_add(&server->next_loop, 1) % server->options.threads], fd, tag);
    return true;
}

uint16_t net_tag(const struct net_exchange *exchange)
{
    return exchange->tag;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    struct net_loop *loop = context;
    struct net_server *server = loop->server;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct net_exchange *exchange = memory_new(sizeof(*exchange));
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        exchange->server = server;
        exchange->loop = loop;
        exchange->connection = connection;
        exchange->arena = arena_open_secret();
        exchange->body.fd = -1;
        net_address_text(info ? info->client_addr : NULL, exchange->remote);
        exchange->tag = server->listener < 0 && info ? tag_of(info->client_addr) : 0;
        atomic_fetch_add(&server->connections, 1);
        atomic_fetch_add(&server->open, 1);
        *slot = exchange;
        return;
    }
    struct net_exchange *exchange = *slot;
    if (exchange) {
        atomic_fetch_sub(&server->open, 1);
        arena_close(exchange->arena);
        net_body_free(&exchange->body);
        memory_free(exchange);
        *slot = NULL;
    }
}

/* Escapes are the signature's and the router's business. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void close_file(FILE *const *file)
{
    if (*file) {
        fclose(*file);
    }
}

static struct err read_pem(struct ctx *ctx, struct arena *arena, const char *path, char **out)
{
    FILE *const CLEANUP(close_file) file = fopen(path, "rb");
    *out = arena_alloc(arena, PEM_MAX);
    const size_t size = file ? fread(*out, 1, PEM_MAX - 1, file) : 0;
    if (size == 0 || size == PEM_MAX - 1) {
        return fail(ctx, &FAULT_IO, "cannot read certificate or key %s", path);
    }
    return ERR_OK;
}

static struct net_options with_defaults(const struct net_options *asked)
{
    struct net_options o = *asked;
    o.threads = o.threads ? o.threads : (unsigned)thread_cores();
    o.connections_max = o.connections_max ? o.connections_max : 4096;
    o.idle_timeout_s = o.idle_timeout_s ? o.idle_timeout_s : 60;
    o.request_timeout_s = o.request_timeout_s ? o.request_timeout_s : 300;
    o.head_max = o.head_max ? o.head_max : (size_t)16 * 1024;
    o.body_max = o.body_max ? o.body_max : (size_t)6 * 1024 * 1024;
    o.spool_above = o.spool_above ? o.spool_above : (size_t)256 * 1024;
    return o;
}

static struct err read_pair(struct ctx *ctx, struct net_server *server, char **cert, char **key)
{
    const struct net_options *o = &server->options;
    if (o->cert_file && o->key_file) {
        TRY(read_pem(ctx, server->secrets, o->cert_file, cert));
        TRY(read_pem(ctx, server->secrets, o->key_file, key));
    }
    return ERR_OK;
}

static struct MHD_Daemon *make_daemon(struct net_loop *loop, char *cert, char *key)
{
    const struct net_server *server = loop->server;
    const struct net_options *o = &server->options;
    /* Beside the head the library keeps its tables there. It zeroes all of it after each request: not larger than needed. */
    const struct MHD_OptionItem items[] = {
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(o->head_max + LIBRARY_TABLES), NULL },
        { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)((o->connections_max + o->threads - 1) / o->threads), NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)o->idle_timeout_s, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL }, /* head.c is stricter, and its refusals are ours to word */
        { MHD_OPTION_END, 0, NULL },
    };
    const struct MHD_OptionItem tls_items[] = {
        { cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, cert },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
        { MHD_OPTION_TLS_NO_ALPN, 1, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    const struct MHD_OptionItem listen_items[] = {
        { server->listener >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, server->listener, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    /* Connections are woken on their own thread: the library needs no channel for it. */
    const unsigned flags = (unsigned)MHD_USE_EPOLL | (unsigned)MHD_USE_TURBO | ((unsigned)MHD_ALLOW_SUSPEND_RESUME & ~(unsigned)MHD_USE_ITC) |
        (server->listener < 0 ? (unsigned)MHD_USE_NO_LISTEN_SOCKET : 0U) | (cert ? (unsigned)MHD_USE_TLS : 0U);
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, loop, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        loop, MHD_OPTION_NOTIFY_COMPLETED, on_completed, loop, MHD_OPTION_URI_LOG_CALLBACK, on_target, loop,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, loop, MHD_OPTION_ARRAY, items, MHD_OPTION_ARRAY, listen_items,
        MHD_OPTION_ARRAY, tls_items, MHD_OPTION_END);
}

static struct err start_loops(struct ctx *ctx, struct net_server *server)
{
    char *cert = NULL;
    char *key = NULL;
    TRY(read_pair(ctx, server, &cert, &key));
    server->loops = memory_new(server->options.threads * sizeof(*server->loops));
    for (; server->started < server->options.threads; server->started++) {
        struct net_loop *loop = &server->loops[server->started];
        *loop = (struct net_loop){ .server = server, .bell = -1, .daemon = NULL };
        loop->daemon = make_daemon(loop, cert, key);
        if (loop->daemon == NULL) {
            return fail(ctx, &FAULT_IO, "the HTTP server cannot start%s", cert ? "; are certificate and key a pair?" : "");
        }
    }
    for (unsigned i = 0; i < server->started; i++) {
        TRY(net_loop_start(ctx, &server->loops[i]));
    }
    return ERR_OK;
}

static void stop_loops(struct net_server *server)
{
    for (unsigned i = 0; i < server->started; i++) {
        net_loop_stop(&server->loops[i]);
    }
}

static void server_free(struct net_server *server)
{
    stop_loops(server);
    memory_free(server->loops);
    if (server->listener >= 0) {
        close(server->listener);
    }
    arena_close(server->secrets);
    memory_free(server);
}

struct err net_server_start(struct ctx *ctx, const struct net_options *options, struct net_server **out)
{
    *out = NULL;
    if ((options->cert_file == NULL) != (options->key_file == NULL)) {
        return fail(ctx, &FAULT_INVALID, "TLS needs a certificate and its key: one of them is missing");
    }
    struct net_server *server = memory_new(sizeof(*server));
    server->options = with_defaults(options);
    server->secrets = arena_open_secret();
    server->listener = -1;
    struct err started = options->listen.ptr ? net_listen(ctx, options->listen, &server->listener, &server->port) : ERR_OK;
    if (started.fault == NULL && options->hops > 0) {
        net_limit_hops(server->listener, options->hops);
    }
    if (started.fault == NULL) {
        started = start_loops(ctx, server);
    }
    if (started.fault) {
        server_free(server);
        return started;
    }
    *out = server;
    return ERR_OK;
}

uint16_t net_server_port(const struct net_server *server)
{
    return server->port;
}

static void wait_for_none(const _Atomic uint64_t *count, int64_t deadline_ms)
{
    while (atomic_load(count) > 0 && clock_monotonic_us() / 1000 < deadline_ms) {
        clock_sleep_ms(1);
    }
}

void net_server_stop(struct net_server *server, int64_t grace_ms)
{
    atomic_store(&server->stopping, true);
    for (unsigned i = 0; i < server->started; i++) {
        net_loop_ring(&server->loops[i]);
    }
    wait_for_none(&server->owed, INT64_MAX);
    wait_for_none(&server->in_flight, clock_monotonic_us() / 1000 + grace_ms);
    atomic_store(&server->cutting, true);
    wait_for_none(&server->owed, INT64_MAX); /* what became whole meanwhile; from here on nothing sleeps */
    server_free(server);
}

struct net_counts net_server_counts(const struct net_server *server)
{
    return (struct net_counts){
        .connections = atomic_load(&server->connections),
        .open = atomic_load(&server->open),
        .requests = atomic_load(&server->requests),
        .refused = atomic_load(&server->refused),
    };
}
