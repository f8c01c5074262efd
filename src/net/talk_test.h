/* talk_test.h - a server that echoes, and talking to it byte by byte. */
#ifndef YAGURA_NET_TALK_TEST_H
#define YAGURA_NET_TALK_TEST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/server.h"
#include "tests/test.h"

/* Says what it saw: "METHOD path ?query [name: value]… body". "(none)" is an absent query. */
static inline void echo(void *context, struct net_exchange *exchange)
{
    const struct http_request *request = net_request(exchange);
    struct text text = text_new(net_arena(exchange));
    (void)context;
    text_add_format(&text, "%" STR_FMT " %" STR_FMT " ?%" STR_FMT, STR_ARG(request->method), STR_ARG(request->path),
        STR_ARG(request->query.ptr ? request->query : STR("(none)")));
    for (size_t i = 0; i < request->header_count; i++) {
        text_add_format(&text, " [%" STR_FMT ": %" STR_FMT "]", STR_ARG(request->headers[i].name),
            STR_ARG(request->headers[i].value));
    }
    text_add_char(&text, ' ');
    text_add(&text, request->body);
    struct http_response response = { .status = 200, .body = text_str(&text) };
    http_response_add(net_arena(exchange), &response, STR("X-Peer"), request->remote);
    net_answer(exchange, &response);
}

static inline struct net_server *start_with(struct arena *arena, struct net_options options)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct net_server *server = NULL;
    options.listen = STR("127.0.0.1:0");
    options.threads = options.threads ? options.threads : 2;
    options.handle = options.handle ? options.handle : echo;
    CHECK_OK(net_server_start(&ctx, &options, &server));
    return server;
}

static inline struct net_server *start(struct arena *arena)
{
    return start_with(arena, (struct net_options){ 0 });
}

static inline int dial(const struct net_server *server)
{
    const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(net_server_port(server)),
        .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const struct timeval patience = { .tv_sec = 10 };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    CHECK(connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
    return fd;
}

static inline void say(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        const ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the server has hung up; what it said is read next */
        }
        bytes = str_from(bytes, (size_t)sent);
    }
}

/* All until the server closes, or until `enough` has come. */
static inline struct str hear(struct arena *arena, int fd, const char *enough)
{
    struct text text = text_new(arena);
    char piece[65536];
    for (ssize_t got = 0; (got = recv(fd, piece, sizeof(piece), 0)) > 0;) {
        text_add(&text, (struct str){ piece, (size_t)got });
        if (enough && str_search(text_str(&text), str_of(enough)) != STR_MISSING) {
            break;
        }
    }
    return text_str(&text);
}

static inline bool has(struct str text, const char *part)
{
    return str_search(text, str_of(part)) != STR_MISSING;
}

/* One connection: says all of it, hears all of it. */
static inline struct str talk(struct arena *arena, const struct net_server *server, struct str bytes)
{
    const int fd = dial(server);
    say(fd, bytes);
    const struct str heard = hear(arena, fd, NULL);
    close(fd);
    return heard;
}

#define CLOSE "Host: h\r\nConnection: close\r\n"
#define CHECK_HAS(text, part)                                                          \
    do {                                                                               \
        const struct str text_ = (text);                                               \
        if (!has(text_, part)) {                                                       \
            fail_msg("'%s' is not in '%s'", (part), str_cstr(arena, text_));           \
        }                                                                              \
    } while (0)

static inline void refuse_in_json(void *context, struct net_exchange *exchange, uint16_t status, struct str reason)
{
    (void)context;
    const struct str path = net_request(exchange)->path;
    struct http_response response = { .status = status,
        .body = str_format(net_arena(exchange), "{\"at\":\"%" STR_FMT "\",\"message\":\"%" STR_FMT "\"}", STR_ARG(path),
            STR_ARG(reason)) };
    net_answer(exchange, &response);
}

#endif
