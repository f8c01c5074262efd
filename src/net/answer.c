/* answer.c - the body of an answer as the library takes it: bytes, a file, or a stream. */
#include <sys/socket.h>

#include "net/exchange.h"

enum { STREAM_BLOCK = 256 * 1024 };
/* A stream on its way to a peer. */
struct sending {
    struct http_stream stream;
    struct MHD_Connection *connection;
    struct net_exchange *exchange;
};

/* The library gives a broken connection up, yet leaves the peer waiting on it. */
static void cut(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) {
        shutdown(info->connect_fd, SHUT_RDWR);
    }
}

static ssize_t read_stream(void *argument, uint64_t at, char *out, size_t max)
{
    const struct sending *sending = argument;
    const bool endless = sending->stream.size == HTTP_STREAM_ENDLESS;
    const bool over = endless && atomic_load(&sending->exchange->server->stopping);
    const int64_t got = over ? HTTP_STREAM_END : sending->stream.read(sending->stream.self, at, out, max);
    if (endless && got == HTTP_STREAM_END) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (endless && got == 0) {
        net_loop_pause(sending->exchange->loop, sending->exchange);
        return 0;
    }
    if (got <= 0) {
        cut(sending->connection);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return (ssize_t)got;
}

static void close_stream(void *argument)
{
    struct sending *sending = argument;
    sending->stream.close(sending->stream.self);
    memory_free(sending);
}

/* The library closes it from here on, also when it can't make an answer of it. */
static struct MHD_Response *response_of_stream(struct net_exchange *exchange, const struct http_stream *stream)
{
    struct MHD_Response *response = NULL;
    if (stream->read == NULL) {
        response = MHD_create_response_from_fd_at_offset64(stream->size, stream->fd, stream->offset);
        if (response == NULL) {
            http_stream_close(stream);
        }
        return response;
    }
    struct sending *own = memory_new(sizeof(*own));
    *own = (struct sending){ *stream, exchange->connection, exchange };
    response = MHD_create_response_from_callback(stream->size, STREAM_BLOCK, read_stream, own, close_stream);
    if (response == NULL) {
        close_stream(own);
    }
    return response;
}

static ssize_t read_nothing(void *argument, uint64_t at, char *out, size_t max)
{
    (void)argument;
    (void)at;
    (void)out;
    (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* To a HEAD request: as long as it says, and never read. NULL: it says nothing. */
static struct MHD_Response *response_of_length(const struct net_exchange *exchange)
{
    const struct http_response *answer = &exchange->response;
    int64_t length = -1;
    for (size_t i = 0; str_equal(exchange->request.method, STR("HEAD")) && i < answer->header_count; i++) {
        if (str_equal_nocase(answer->headers[i].name, STR("content-length")) && !str_to_int(answer->headers[i].value, &length)) {
            length = -1;
        }
    }
    return length < 0 ? NULL : MHD_create_response_from_callback((uint64_t)length, STREAM_BLOCK, read_nothing, NULL, NULL);
}

static struct MHD_Response *response_of(struct net_exchange *exchange, const struct http_response *answer)
{
    union {
        const char *text;
        void *bytes; /* the library never writes to it */
    } body = { answer->body.ptr };
    return answer->stream ? response_of_stream(exchange, answer->stream)
                          : MHD_create_response_from_buffer(answer->body.ptr ? answer->body.len : 0, body.bytes, MHD_RESPMEM_PERSISTENT);
}

struct MHD_Response *net_answer_body(struct net_exchange *exchange)
{
    struct MHD_Response *response = response_of_length(exchange);
    return response ? response : response_of(exchange, &exchange->response);
}
