/* server.h - the HTTP/1.1 server: bytes in, struct http_request out to a handler, struct http_response back.
 *
 * Keep-alive, pipelining, Expect: 100-continue, chunked bodies, TLS. A handler runs on one of the server's threads when
 * head and body are complete. It calls net_answer exactly once, before it returns or later from any thread; until then
 * the exchange, its request and its arena are its own. What the response points to must lie in that arena or be static; a
 * stream (base/http.h) is closed when it has been sent.
 * Path and query reach the handler as they stood in the request line.
 *
 * Requests that no handler should see (malformed, too large) go to `refuse` with the status to answer (400, 413, 431, 503);
 * it must answer before it returns. What is too broken to be told apart from noise the library answers by itself. */
#ifndef YAGURA_NET_SERVER_H
#define YAGURA_NET_SERVER_H

#include "base/err.h"
#include "base/http.h"

struct net_server;
struct net_exchange;

typedef void (*net_handler)(void *context, struct net_exchange *exchange);

struct net_options {
    struct str listen;          /* "127.0.0.1:4700", "[::1]:4700", "localhost:0"; port 0: any free one; absent: net_server_adopt alone */
    unsigned threads;           /* 0: one per core */
    unsigned connections_max;   /* 0: 4,096 */
    unsigned idle_timeout_s;    /* 0: 60; a connection that says nothing for so long is closed */
    unsigned request_timeout_s; /* 0: 300; from the first line of a request to the end of its body */
    unsigned hops;              /* routers that answers may pass (IP time to live); 0: as the system has it */
    size_t head_max;            /* 0: 16 KiB of request line and headers */
    size_t body_max;            /* 0: 6 MiB */
    const char *spool;          /* folder for larger bodies, which go into a nameless file; NULL: all stay in memory */
    size_t spool_above;         /* 0: 256 KiB */
    const char *cert_file;      /* PEM chain and key: both or neither */
    const char *key_file;
    void *context;              /* for the functions below */
    net_handler handle;
    /* NULL: the reason as plain text. */
    void (*refuse)(void *context, struct net_exchange *exchange, uint16_t status, struct str reason);
    /* Asked with the head, before any body: the most bytes it may bring. Or it answers, and the connection closes after it:
     * whoever may not bring anything should not get to fill the disk. NULL: body_max for all. */
    size_t (*admit)(void *context, struct net_exchange *exchange);
    /* Given each piece of a body as it comes, on a thread of the server: true: it is taken care of, counts for no limit and isn't kept
     * for the handler. NULL: every piece is kept. */
    bool (*piece)(void *context, struct net_exchange *exchange, struct str piece);
    /* A thread of the server has given all there is to the handler and is about to wait. NULL: nobody wants to know. */
    void (*rest)(void *context);
};

MUST_USE struct err net_server_start(struct ctx *ctx, const struct net_options *options, struct net_server **out);
uint16_t net_server_port(const struct net_server *server);
/* Stops accepting at once, answers what is in flight with "Connection: close", waits for it up to grace_ms, then cuts
 * the connections that are still sending. Handlers that owe an answer are waited for without limit. Frees the server. */
void net_server_stop(struct net_server *server, int64_t grace_ms);

/* Serves a connection that was accepted elsewhere, as one from loopback; fd is the server's from now on. tag says later whose
 * it is. For a server without a listener. False when it takes no more. */
bool net_server_adopt(struct net_server *server, int fd, uint16_t tag);
uint16_t net_tag(const struct net_exchange *exchange);

const struct http_request *net_request(const struct net_exchange *exchange);
struct arena *net_arena(struct net_exchange *exchange);
/* What stood behind a chunked body, for the handler alone; STR_NONE when absent. */
struct str net_trailer(const struct net_exchange *exchange, const char *name);
void net_answer(struct net_exchange *exchange, const struct http_response *response);
/* Instead of an answer, from any thread, once the handler has returned or before: run(self) is called on the exchange's own
 * thread, as if by the handler. */
void net_continue(struct net_exchange *exchange, void (*run)(void *self), void *self);

/* Counters since the start, for metrics. */
struct net_counts {
    uint64_t connections; /* accepted */
    uint64_t open;        /* now */
    uint64_t requests;
    uint64_t refused;
};
struct net_counts net_server_counts(const struct net_server *server);

#endif
