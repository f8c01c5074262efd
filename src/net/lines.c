#include "net/lines.h"

#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 10000, DATAGRAM_MAX = 65000 };

static struct err refuse(struct ctx *ctx, struct str base, const char *why)
{
    return fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT ": %s", STR_ARG(base), why);
}

/* "host:port" or "[::1]:port". */
static bool split(struct arena *arena, struct str address, const char **host, const char **port)
{
    const size_t colon = str_find_last(address, ':');
    if (colon == STR_MISSING || colon + 1 == address.len) {
        return false;
    }
    struct str name = str_slice(address, 0, colon);
    if (str_starts(name, STR("[")) && str_ends(name, STR("]"))) {
        name = str_slice(name, 1, name.len - 2);
    }
    *host = str_cstr(arena, name);
    *port = str_cstr(arena, str_from(address, colon + 1));
    return name.len > 0;
}

static struct err send_datagrams(struct ctx *ctx, struct str base, struct str address, const struct str *messages, size_t count)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found = NULL;
    const char *host = NULL, *port = NULL;
    if (!split(ctx->arena, address, &host, &port)) {
        return refuse(ctx, base, "a collector is named HOST:PORT");
    }
    const int trouble = getaddrinfo(host, port, &hints, &found);
    if (trouble != 0) {
        return refuse(ctx, base, gai_strerror(trouble));
    }
    const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool fine = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    for (size_t i = 0; i < count && fine; i++) {
        const struct str message = str_slice(messages[i], 0, DATAGRAM_MAX);
        fine = send(fd, message.ptr, message.len, 0) == (ssize_t)message.len;
    }
    const int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    freeaddrinfo(found);
    return fine ? ERR_OK : refuse(ctx, base, strerror(why));
}

/* All of it, waiting while the connection takes nothing. */
static CURLcode push(CURL *curl, curl_socket_t fd, struct str bytes)
{
    while (bytes.len > 0) {
        size_t sent = 0;
        const CURLcode code = curl_easy_send(curl, bytes.ptr, bytes.len, &sent);
        if (code == CURLE_AGAIN) {
            struct pollfd ready = { .fd = fd, .events = POLLOUT };
            if (poll(&ready, 1, WAIT_MS) <= 0) {
                return CURLE_OPERATION_TIMEDOUT;
            }
        } else if (code != CURLE_OK) {
            return code;
        }
        bytes = str_from(bytes, sent);
    }
    return CURLE_OK;
}

/* libcurl only connects here, and does TLS: what is said is not HTTP. */
static CURLcode send_counted(struct ctx *ctx, CURL *curl, bool tls, struct str address, const struct str *messages, size_t count)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_setopt(curl, CURLOPT_URL, str_format(ctx->arena, "%s://%" STR_FMT, tls ? "https" : "http", STR_ARG(address)).ptr);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)WAIT_MS);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    }
    for (size_t i = 0; i < count && code == CURLE_OK; i++) {
        code = push(curl, fd, str_format(ctx->arena, "%zu %" STR_FMT, messages[i].len, STR_ARG(messages[i])));
    }
    return code;
}

struct err net_lines_send(struct ctx *ctx, struct str base, const struct str *messages, size_t count)
{
    const size_t at = str_search(base, STR("://"));
    const struct str address = str_from(base, at + 3);
    if (str_starts(base, STR("udp:"))) {
        return send_datagrams(ctx, base, address, messages, count);
    }
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        return refuse(ctx, base, "no memory for a connection");
    }
    const CURLcode code = send_counted(ctx, curl, str_starts(base, STR("tls:")), address, messages, count);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? ERR_OK : refuse(ctx, base, curl_easy_strerror(code));
}
