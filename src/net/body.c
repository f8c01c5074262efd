/* body.c - what a request brings: in memory, or beyond a size in a nameless file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "net/exchange.h"

enum { BODY_KEPT = 64 * 1024 };

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

static bool keep_in_memory(struct net_body *body, struct str piece, size_t size)
{
    if (size > body->capacity) {
        const size_t twice = body->capacity * 2;
        body->capacity = size < 4096 ? 4096 : size < twice ? twice : size;
        body->bytes = memory_grow(body->bytes, body->capacity);
    }
    memcpy(body->bytes + body->size, piece.ptr, piece.len);
    return true;
}

/* Grows with what came, not with what was announced. */
bool net_body_take(struct net_exchange *exchange, struct str piece)
{
    const struct net_options *options = &exchange->server->options;
    struct net_body *body = &exchange->body;
    const size_t size = body->size + piece.len;
    if (body->fd < 0 && options->spool && size > options->spool_above) {
        body->fd = open_nameless(exchange->arena, options->spool);
        body->failed = body->fd < 0 || !file_write_all(body->fd, (struct str){ body->bytes ? body->bytes : "", body->size });
    }
    if (!body->failed) {
        body->failed = body->fd < 0 ? !keep_in_memory(body, piece, size) : !file_write_all(body->fd, piece);
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
