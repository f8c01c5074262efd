#include "net/relay.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16384, ASK_MS = 1000, CONNECT_MS = 10000 };

static int connect_one(const struct addrinfo *address)
{
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd ready = { fd, POLLOUT, 0 };
    int trouble = 0;
    socklen_t size = sizeof(trouble);
    if (fd < 0) {
        return -1;
    }
    if ((connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) || poll(&ready, 1, CONNECT_MS) <= 0
        || getsockopt(fd, SOL_SOCKET, SO_ERROR, &trouble, &size) != 0 || trouble != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_to(struct str destination)
{
    const size_t colon = str_find_last(destination, ':');
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char host[256], port[8];
    int fd = -1;
    snprintf(host, sizeof(host), "%" STR_FMT, STR_ARG(str_slice(destination, 0, colon == STR_MISSING ? destination.len : colon)));
    snprintf(port, sizeof(port), "%" STR_FMT, STR_ARG(colon == STR_MISSING ? STR("") : str_from(destination, colon + 1)));
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (const struct addrinfo *one = found; one && fd < 0; one = one->ai_next) {
        fd = connect_one(one);
    }
    freeaddrinfo(found);
    return fd;
}

static bool send_all(int fd, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        struct pollfd ready = { fd, POLLOUT, 0 };
        const ssize_t sent = send(fd, bytes + at, size - at, MSG_NOSIGNAL);
        if (sent < 0 && (errno != EAGAIN || poll(&ready, 1, CONNECT_MS) <= 0)) {
            return false;
        }
        at += sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

/* False when the connection has failed; at its end the other side is told. */
static bool carry(struct pollfd *from, int to)
{
    char piece[PIECE];
    const ssize_t size = recv(from->fd, piece, sizeof(piece), 0);
    if (size > 0) {
        return send_all(to, piece, (size_t)size);
    }
    if (size < 0) {
        return errno == EAGAIN;
    }
    from->events = 0;
    return shutdown(to, SHUT_WR) == 0;
}

void net_relay(int fd, struct str destination, int64_t idle_ms, bool (*stopped)(void *self), void *self)
{
    struct pollfd both[] = { { fd, POLLIN, 0 }, { connect_to(destination), POLLIN, 0 } };
    bool open = both[1].fd >= 0;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    for (int64_t idle = 0; open && idle < idle_ms && !stopped(self) && (both[0].events || both[1].events);) {
        const int ready = poll(both, 2, ASK_MS);
        idle = ready > 0 ? 0 : idle + ASK_MS;
        for (int i = 0; i < 2 && ready > 0; i++) {
            open = open && (!both[i].events || !both[i].revents || carry(&both[i], both[1 - i].fd));
            open = open && (both[i].events || !(both[i].revents & (POLLERR | POLLHUP)));
        }
    }
    close(fd);
    if (both[1].fd >= 0) {
        close(both[1].fd);
    }
}
