#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static struct err split(struct ctx *ctx, struct str address, struct str *host, struct str *port)
{
    const size_t colon = str_find_last(address, ':');
    if (colon == STR_MISSING || colon + 1 == address.len) {
        return fail(ctx, &FAULT_INVALID, "listen address '%" STR_FMT "' is not host:port", STR_ARG(address));
    }
    *port = str_from(address, colon + 1);
    *host = str_slice(address, 0, colon);
    if (str_starts(*host, STR("[")) && str_ends(*host, STR("]"))) {
        *host = str_slice(*host, 1, host->len - 2);
    }
    return ERR_OK;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t size = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&v4, &bound, sizeof(v4));
    memcpy(&v6, &bound, sizeof(v6));
    return ntohs(bound.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

static int open_one(const struct addrinfo *at)
{
    const int yes = 1;
    const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const bool stream = at->ai_socktype == SOCK_STREAM;
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && (!stream || listen(fd, BACKLOG) == 0)) {
        return fd;
    }
    const int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* own_port stands in for the address's, unless it is absent. */
static struct err open_address(struct ctx *ctx, struct str address, struct str own_port, int type, int *fd)
{
    struct str host = STR_NONE;
    struct str service = STR_NONE;
    TRY(split(ctx, address, &host, &service));
    service = own_port.ptr ? own_port : service;
    const struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    const char *name = host.len > 0 ? str_cstr(ctx->arena, host) : NULL;
    const int trouble = getaddrinfo(name, str_cstr(ctx->arena, service), &hints, &found);
    if (trouble != 0) {
        return fail(ctx, &FAULT_INVALID, "listen address '%" STR_FMT "': %s", STR_ARG(address), gai_strerror(trouble));
    }
    *fd = -1;
    for (const struct addrinfo *at = found; at && *fd < 0; at = at->ai_next) {
        *fd = open_one(at);
    }
    const int reason = errno;
    freeaddrinfo(found);
    if (*fd < 0) {
        return fail(ctx, &FAULT_IO, "cannot listen on '%" STR_FMT "': %s", STR_ARG(address), strerror(reason));
    }
    return ERR_OK;
}

struct err net_listen(struct ctx *ctx, struct str address, int *fd, uint16_t *port)
{
    TRY(open_address(ctx, address, STR_NONE, SOCK_STREAM, fd));
    *port = port_of(*fd);
    return ERR_OK;
}

void net_limit_hops(int fd, unsigned hops)
{
    const int limit = (int)hops;
    setsockopt(fd, IPPROTO_IP, IP_TTL, &limit, sizeof(limit));
    setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &limit, sizeof(limit)); /* one of them doesn't apply */
}

struct err net_bind_datagrams(struct ctx *ctx, struct str address, uint16_t port, int *fd)
{
    const int buffer = 4 << 20;
    TRY(open_address(ctx, address, str_format(ctx->arena, "%u", (unsigned)port), SOCK_DGRAM, fd));
    setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    return ERR_OK;
}

void net_address_text(const struct sockaddr *address, char text[NET_ADDRESS_SIZE])
{
    text[0] = '\0';
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        inet_ntop(AF_INET, &v4.sin_addr, text, NET_ADDRESS_SIZE);
    }
    if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? (const void *)&v6.sin6_addr.s6_addr[12] : &v6.sin6_addr, text,
            NET_ADDRESS_SIZE);
    }
}
