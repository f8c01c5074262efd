/* http.h - a request and an answer as plain data, shared by the server that carries them and the codecs that read them.
 *
 * Everything borrows: it lives as long as the arena of the exchange. Path and query are exactly as they stood in the
 * request line (percent-encoded, never normalised); headers keep their order and duplicates, and their values are
 * trimmed. Header names are compared without regard to case. */
#ifndef YAGURA_BASE_HTTP_H
#define YAGURA_BASE_HTTP_H

#include "base/str.h"

struct http_header {
    struct str name;
    struct str value;
};

struct http_request {
    struct str method;
    struct str path;
    struct str query; /* without '?'; absent when there is none */
    struct str body;  /* with any HTTP chunking taken off */
    int body_fd;      /* the file that `body` is a view of, at its start, nameless: to be linked or read; 0: it is in memory */
    char *body_map; /* the same bytes, to be written to; NULL: it is in memory */
    const struct http_header *headers;
    size_t header_count;
    const struct http_header *trailers; /* behind an aws-chunked body whose sums nobody has checked yet */
    size_t trailer_count;
    struct str remote; /* address of the peer, without port */
    bool tls;
    struct str tls_version, tls_cipher; /* "TLSv1.3", "TLS_AES_256_GCM_SHA384"; absent without TLS */
};

#define HTTP_STREAM_ENDLESS UINT64_MAX
#define HTTP_STREAM_END ((int64_t)-2)

/* A body that needn't be in memory: a part of a file, or what `read` gives. Lies in the arena, self does not: the answer may
 * still be under way when the arena is gone. */
struct http_stream {
    uint64_t size;   /* HTTP_STREAM_ENDLESS: nobody knows; then read may give 0, for it has nothing now and is asked again in a
                      * moment, or HTTP_STREAM_END. It never blocks. */
    int fd;          /* closed by whoever sends it; without read */
    uint64_t offset; /* within the file */
    /* Up to max bytes from `at` on, at least one; negative: it broke, and the connection is cut. */
    int64_t (*read)(void *self, uint64_t at, char *out, size_t max);
    void (*close)(void *self); /* once: all was sent, or the peer is gone */
    void *self;
};

/* The holder of `headers` sets status and body; http_response_add takes care of the rest. */
struct http_response {
    uint16_t status;
    struct http_header *headers;
    size_t header_count;
    size_t header_capacity;
    struct str body;
    const struct http_stream *stream; /* instead of body; NULL: none */
};

/* Up to max bytes of a stream from `at` on; 0 beyond its end, negative: it broke. */
int64_t http_stream_read(const struct http_stream *stream, uint64_t at, char *out, size_t max);
void http_stream_close(const struct http_stream *stream);
/* The first value of that name; STR_NONE when absent. */
struct str http_header_find(const struct http_request *request, struct str name);
/* name and value must live as long as the response is used. Control bytes in the value become spaces. */
void http_response_add(struct arena *arena, struct http_response *response, struct str name, struct str value);

/* The same, instead of what stands there under that name. */
void http_response_set(struct arena *arena, struct http_response *response, struct str name, struct str value);

#endif
