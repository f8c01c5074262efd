/* body.c - what a request brings: in memory, or beyond a size in a nameless file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "net/exchange.h"

enum { BODY_KEPT = 64 * 1024, BLOCK = 256 * 1024 };

/* Nameless from the start where the file system can; a name that is gone at once otherwise. */
static int open_nameless(struct arena *arena, const char *folder)
{
    const int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd;
    }
    char *path = arena_alloc(arena, strlen(folder) + sizeof("/body-XXXXXX"));
    memcpy(path, folder, strlen(folder));
    memcpy(path + strlen(folder), "/body-XXXXXX", sizeof("/body-XXXXXX"));
    const int named = mkostemp(path, O_CLOEXEC);
    if (named >= 0) {
        unlink(path);
    }
    return named;
}

static void make_room(struct net_body *body, size_t size)
{
    if (size > body->capacity) {
        const size_t twice = body->capacity * 2;
        body->capacity = size < 4096 ? 4096 : size < twice ? twice : size;
        body->bytes = memory_grow(body->bytes, body->capacity);
    }
}

static bool keep_in_memory(struct net_body *body, struct str piece, size_t size)
{
    make_room(body, size);
    memcpy(body->bytes + body->size, piece.ptr, piece.len);
    return true;
}

static bool write_held(struct net_body *body)
{
    const struct str held = { body->bytes, body->held };
    body->held = 0;
    return held.len == 0 || file_write_all(body->fd, held);
}

/* Block by block: the file system does much more for many small pieces, and pages that they share. */
static bool keep_in_file(struct net_body *body, struct str piece)
{
    while (piece.len > 0) {
        const struct str part = str_slice(piece, 0, BLOCK - body->held);
        memcpy(body->bytes + body->held, part.ptr, part.len);
        body->held += part.len;
        piece = str_from(piece, part.len);
        if (body->held == BLOCK && !write_held(body)) {
            return false;
        }
    }
    return true;
}

static bool begin_file(struct net_exchange *exchange)
{
    struct net_body *body = &exchange->body;
    body->fd = open_nameless(exchange->arena, exchange->server->options.spool);
    body->held = body->size;
    make_room(body, BLOCK);
    return body->fd >= 0 && (body->held < BLOCK || write_held(body));
}

/* Grows with what came, not with what was announced. */
bool net_body_take(struct net_exchange *exchange, struct str piece)
{
    const struct net_options *options = &exchange->server->options;
    struct net_body *body = &exchange->body;
    const size_t size = body->size + piece.len;
    if (body->fd < 0 && options->spool && size > options->spool_above) {
        body->failed = !begin_file(exchange);
    }
    if (!body->failed) {
        body->failed = body->fd < 0 ? !keep_in_memory(body, piece, size) : !keep_in_file(body, piece);
    }
    body->size = size;
    return !body->failed;
}

bool net_body_whole(struct net_exchange *exchange, struct str *out)
{
    struct net_body *body = &exchange->body;
    *out = (struct str){ body->bytes ? body->bytes : "", body->size };
    if (body->fd < 0) {
        return true;
    }
    if (!write_held(body)) {
        return false;
    }
    body->map = mmap(NULL, body->size, PROT_READ | PROT_WRITE, MAP_SHARED, body->fd, 0);
    if (body->map == MAP_FAILED) {
        body->map = NULL;
        return false;
    }
    *out = (struct str){ body->map, body->size };
    return true;
}

void net_body_reset(struct net_body *body)
{
    if (body->map) {
        munmap(body->map, body->size);
    }
    if (body->fd >= 0) {
        close(body->fd);
    }
    if (body->capacity > BODY_KEPT) {
        memory_free(body->bytes);
        body->bytes = NULL;
        body->capacity = 0;
    }
    *body = (struct net_body){ .bytes = body->bytes, .capacity = body->capacity, .fd = -1 };
}

void net_body_free(struct net_body *body)
{
    net_body_reset(body);
    memory_free(body->bytes);
}
