/* http_fuzz.c - bytes of a stranger against the HTTP server, over loopback. Whatever comes, a handler sees only sound
 * heads and the server goes on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void must_be_clean(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        must((unsigned char)s.ptr[i] >= ' ' || s.ptr[i] == '\t');
    }
}

static void look(void *context, struct net_exchange *exchange)
{
    const struct http_request *request = net_request(exchange);
    (void)context;
    must(request->path.len > 0 && request->path.ptr[0] == '/');
    must_be_clean(request->method);
    must_be_clean(request->path);
    must_be_clean(request->query);
    for (size_t i = 0; i < request->header_count; i++) {
        must(request->headers[i].name.len > 0);
        must_be_clean(request->headers[i].name);
        must_be_clean(request->headers[i].value);
    }
    must(request->body.len <= 4096);
    const struct http_response response = { .status = 200, .body = request->body };
    net_answer(exchange, &response);
}

static const struct net_server *server(void)
{
    static struct net_server *started;
    if (started == NULL) {
        struct arena *arena = arena_open();
        struct ctx ctx = ctx_new(arena, 0);
        const struct net_options options = { .listen = STR("127.0.0.1:0"), .threads = 1, .body_max = 4096, .head_max = 2048,
            .handle = look };
        must(net_server_start(&ctx, &options, &started).fault == NULL);
        arena_close(arena);
    }
    return started;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(net_server_port(server())),
        .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const struct linger at_once = { .l_onoff = 1 }; /* no ports left in TIME_WAIT */
    /* libmicrohttpd may miss the end of a stream that comes in one event with data, and then waits for its idle time. */
    const struct timeval patience = { .tv_usec = 20000 };
    char answer[4096];
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)!send(fd, data, size, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, answer, sizeof(answer), 0) > 0) {
    }
    close(fd);
    return 0;
}
