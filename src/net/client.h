/* client.h - the HTTP client: one request out, one answer back, over libcurl.
 *
 * A client keeps its connections and serves one thread at a time. TLS certificates are verified, redirects are not
 * followed, proxies of the environment are used except for loopback and link-local addresses. A body is collected in the arena up to body_max, or,
 * when a file descriptor is given and the status is 2xx, written to it up to file_max: hence nothing is unbounded.
 * An answer of any status is a success here; FAULT_UNAVAILABLE means that none came (whole), with the reason. */
#ifndef YAGURA_NET_CLIENT_H
#define YAGURA_NET_CLIENT_H

#include "base/err.h"
#include "base/http.h"

struct net_client;

struct net_client_options {
    int64_t connect_timeout_ms; /* 0: 10,000 */
    int64_t idle_timeout_s;     /* 0: 60; an answer that stands still for so long is given up */
    size_t body_max;            /* 0: 4 MiB */
    uint64_t file_max;          /* 0: 1 GiB */
    struct str ca;              /* PEM certificates that are trusted instead of the system's; absent: the system's */
    /* Asked about once a second; true gives the call up. NULL: never. */
    bool (*stopped)(void *self);
    void *self;
};

struct net_client *net_client_open(const struct net_client_options *options);
void net_client_close(struct net_client *client); /* NULL is allowed */

/* base is "https://host[:port]"; the request's path and query follow it as they are. A Host header stays as given.
 * file: where the body of a 2xx answer goes; -1: into response->body, as the body of any other answer always does. */
MUST_USE struct err net_client_call(struct ctx *ctx, struct net_client *client, struct str base,
                                    const struct http_request *request, int file, struct http_response *response);

/* The certificates that the server of base shows, its own first, as PEM, at most max: whoever they belong to. To be compared
 * with what is known of them, and then trusted by options.ca. */
MUST_USE struct err net_client_chain(struct ctx *ctx, struct net_client *client, struct str base, struct str *out, size_t max,
                                     size_t *count);

#endif
