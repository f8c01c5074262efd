/* exchange.h - one connection's current request and answer, inside net. server.c drives it; head.c reads the head. */
#ifndef YAGURA_NET_EXCHANGE_H
#define YAGURA_NET_EXCHANGE_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "net/listen.h"
#include "net/loop.h"
#include "net/server.h"

enum { NET_HEADERS_MAX = 128 };

struct net_server {
    struct net_loop *loops; /* as many as options.threads */
    unsigned started;       /* of them */
    struct net_options options;
    int listener;
    uint16_t port;
    struct arena *secrets; /* certificate and key */
    _Atomic bool stopping; /* answers close their connections */
    _Atomic bool cutting;  /* no handler is called any more */
    _Atomic uint64_t in_flight; /* requests from head to the end of the answer */
    _Atomic uint64_t owed;      /* with a handler */
    _Atomic uint64_t connections, open, requests, refused;
    _Atomic unsigned next_loop; /* for an adopted connection */
};

enum exchange_state {
    EXCHANGE_READING,  /* head and body come in */
    EXCHANGE_HANDED,   /* a handler has it */
    EXCHANGE_WAITING,  /* the same, and the connection sleeps until the answer */
    EXCHANGE_ANSWERED, /* the answer is to be sent */
};

struct net_body {
    char *bytes;
    size_t size, capacity;
    int fd;      /* -1: in memory */
    size_t held; /* of `bytes`: not yet in the file */
    void *map;   /* of the file, once it is whole */
    bool failed; /* the file can't be written */
};

/* Lives as long as its connection; arena and body buffer serve one request after the other. */
struct net_exchange {
    struct net_server *server;
    struct net_loop *loop;
    struct net_exchange *next_woken;
    struct net_exchange *next_paused; /* in the middle of an endless answer */
    struct MHD_Connection *connection;
    struct arena *arena;
    struct http_request request;
    struct http_header headers[NET_HEADERS_MAX];
    char remote[NET_ADDRESS_SIZE];
    uint16_t tag; /* of an adopted connection */

    const char *raw_uri; /* where the library keeps it, to be compared only */
    struct str target;   /* our copy */
    bool begun;
    bool counted;
    bool hidden_bytes; /* something in the head that the library passed over */
    const char *head_at; /* up to here the head has been accounted for */
    const char *head_end;

    struct net_body body;
    size_t body_limit;
    bool body_too_large;
    int64_t started_us;

    _Atomic int state;
    void (*then)(void *self); /* NULL: the answer is there */
    void *then_self;
    struct http_response response;
};

/* Whether the piece could be kept. */
bool net_body_take(struct net_exchange *exchange, struct str piece);
/* All of it, in memory or mapped. */
bool net_body_whole(struct net_exchange *exchange, struct str *out);
void net_body_reset(struct net_body *body);
void net_body_free(struct net_body *body);

/* answer.c: what exchange->response holds for the peer; NULL: it can't be made. Its stream is the library's then. */
struct MHD_Response *net_answer_body(struct net_exchange *exchange);

/* Fills exchange->request from the parsed head. 0, or the status to refuse it with and why. */
uint16_t net_read_head(struct net_exchange *exchange, const char *method, const char *version, struct str *reason);

#endif
