#include "net/syslog.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "net/listen.h"

enum { DATAGRAM_MAX = 65536, DATAGRAMS_AT_ONCE = 1024, DIGITS_MAX = 6, LISTENERS = 2 };

struct peer {
    int fd;
    char *bytes; /* SYSLOG_MESSAGE_MAX + DIGITS_MAX + 1 */
    size_t count;
};

struct net_syslog {
    int stream, datagrams;
    struct peer peers[SYSLOG_PEERS];
    size_t count;
    char datagram[DATAGRAM_MAX];
    void (*take)(void *self, struct str message);
    void *self;
};

enum { PEER_BYTES = SYSLOG_MESSAGE_MAX + DIGITS_MAX + 1 };

struct err net_syslog_open(struct ctx *ctx, struct str address, struct net_syslog **out)
{
    uint16_t port = 0;
    int stream = -1, datagrams = -1;
    TRY(net_listen(ctx, address, &stream, &port));
    const struct err err = net_bind_datagrams(ctx, address, port, &datagrams);
    if (err.fault) {
        close(stream);
        return err;
    }
    struct net_syslog *syslog = memory_new(sizeof(*syslog));
    syslog->stream = stream;
    syslog->datagrams = datagrams;
    *out = syslog;
    return ERR_OK;
}

static void drop_peer(struct net_syslog *syslog, size_t at)
{
    close(syslog->peers[at].fd);
    memory_free(syslog->peers[at].bytes);
    syslog->peers[at] = syslog->peers[--syslog->count];
}

void net_syslog_close(struct net_syslog *syslog)
{
    if (syslog == NULL) {
        return;
    }
    while (syslog->count > 0) {
        drop_peer(syslog, 0);
    }
    close(syslog->stream);
    close(syslog->datagrams);
    memory_free(syslog);
}

static void deliver(struct net_syslog *syslog, struct str message)
{
    message = str_trim(message);
    if (message.len > 0) {
        syslog->take(syslog->self, message);
    }
}

static void read_datagrams(struct net_syslog *syslog)
{
    for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        const ssize_t got = recv(syslog->datagrams, syslog->datagram, sizeof(syslog->datagram), MSG_DONTWAIT);
        if (got < 0) {
            return;
        }
        deliver(syslog, (struct str){ syslog->datagram, (size_t)got });
    }
}

static void accept_peer(struct net_syslog *syslog)
{
    const int fd = accept4(syslog->stream, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        syslog->peers[syslog->count++] = (struct peer){ .fd = fd, .bytes = memory_new(PEER_BYTES) };
    }
}

/* The next whole message of what is there and the bytes it takes, framing included; 0: not whole yet; false: nonsense.
 * spec: RFC 6587, section 3.4. */
static bool next_message(struct str bytes, struct str *message, size_t *taken)
{
    *taken = 0;
    if (bytes.len == 0) {
        return true;
    }
    if (bytes.ptr[0] >= '1' && bytes.ptr[0] <= '9') {
        const size_t space = str_find(str_slice(bytes, 0, DIGITS_MAX + 1), ' ');
        int64_t count = 0;
        if (space == STR_MISSING) {
            return bytes.len <= DIGITS_MAX;
        }
        if (!str_to_int(str_slice(bytes, 0, space), &count) || count < 1 || count > SYSLOG_MESSAGE_MAX) {
            return false;
        }
        *message = str_slice(bytes, space + 1, (size_t)count);
        *taken = bytes.len >= space + 1 + (size_t)count ? space + 1 + (size_t)count : 0;
        return true;
    }
    const size_t end = str_find(bytes, '\n');
    *message = str_slice(bytes, 0, end);
    *taken = end == STR_MISSING ? 0 : end + 1;
    return end != STR_MISSING || bytes.len <= SYSLOG_MESSAGE_MAX;
}

/* False: the peer is done with, or to be cut off. */
static bool read_peer(struct net_syslog *syslog, struct peer *peer)
{
    const ssize_t got = recv(peer->fd, peer->bytes + peer->count, PEER_BYTES - peer->count, MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    peer->count += (size_t)got;
    struct str bytes = { peer->bytes, peer->count };
    struct str message = STR_NONE;
    size_t taken = 0;
    bool fine = next_message(bytes, &message, &taken);
    while (fine && taken > 0) {
        deliver(syslog, message);
        bytes = str_from(bytes, taken);
        fine = next_message(bytes, &message, &taken);
    }
    if (fine && got == 0 && bytes.len > 0 && (bytes.ptr[0] < '1' || bytes.ptr[0] > '9')) {
        deliver(syslog, bytes); /* the last line needs no end */
    }
    memmove(peer->bytes, bytes.ptr, bytes.len);
    peer->count = bytes.len;
    return fine && got > 0;
}

void net_syslog_wait(struct net_syslog *syslog, int64_t wait_ms, void (*take)(void *self, struct str message), void *self)
{
    struct pollfd polled[LISTENERS + SYSLOG_PEERS] = { { .fd = syslog->datagrams, .events = POLLIN },
                                                       { .fd = syslog->count < SYSLOG_PEERS ? syslog->stream : -1,
                                                         .events = POLLIN } };
    const size_t peers = syslog->count;
    for (size_t i = 0; i < peers; i++) {
        polled[LISTENERS + i] = (struct pollfd){ .fd = syslog->peers[i].fd, .events = POLLIN };
    }
    syslog->take = take;
    syslog->self = self;
    if (poll(polled, LISTENERS + peers, (int)wait_ms) <= 0) {
        return;
    }
    for (size_t i = peers; i-- > 0;) { /* from the end: dropping one moves the last into its place */
        if (polled[LISTENERS + i].revents && !read_peer(syslog, &syslog->peers[i])) {
            drop_peer(syslog, i);
        }
    }
    if (polled[0].revents) {
        read_datagrams(syslog);
    }
    if (polled[1].revents) {
        accept_peer(syslog);
    }
}

bool net_readable(int fd, int64_t wait_ms)
{
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    return poll(&polled, 1, (int)wait_ms) > 0;
}
