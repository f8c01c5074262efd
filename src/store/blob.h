/* blob.h - what is too large for a row: files of bytes under ids of our own, in a folder or in a bucket of another S3.
 *
 * A blob is written once, whole, and never changed. blob_put is durable when it returns; whoever calls it then commits a row
 * that names the id. One without a row (a crash came between) is nobody's: blob_sweep removes it at the next start. Ids are
 * random; no name of a user's ever becomes part of a path. A struct blob_store is safe for threads; what blocks here must not
 * run on the writer's thread. Faults: FAULT_IO with the reason. */
#ifndef YAGURA_STORE_BLOB_H
#define YAGURA_STORE_BLOB_H

#include "base/err.h"
#include "base/http.h"

struct blob_store;

/* Another S3 in the folder's stead. Each may be called by several threads at a time; what they are given is an id of ours. */
struct blob_remote {
    struct err (*put)(void *self, struct ctx *ctx, struct str id, struct str bytes); /* durable there when it returns */
    struct err (*get)(void *self, struct ctx *ctx, struct str id, int fd);           /* whole, into the file */
    struct err (*remove)(void *self, struct ctx *ctx, struct str id);
    struct err (*list)(void *self, struct ctx *ctx, struct err (*each)(void *argument, struct ctx *ctx, struct str id), void *argument);
    void *self;
};

/* Below `folder`, which is made; bodies that the server spools lie there too (blob_spool), so that they need no copy. */
struct err blob_open(struct ctx *ctx, struct str folder, struct blob_store **out);
void blob_use_remote(struct blob_store *store, const struct blob_remote *remote); /* before anything is put; it outlives the store */
/* Opening a blob may take long: not to be done where others wait. */
bool blob_is_remote(const struct blob_store *store);
void blob_close(struct blob_store *store); /* NULL is allowed */
struct str blob_spool(const struct blob_store *store); /* folder for nameless files that blob_put can take over */

/* A nameless file there; the caller closes it. */
struct err blob_spool_file(struct ctx *ctx, const struct blob_store *store, int *fd);

/* The bytes, or the first `size` bytes of the file fd, which then becomes the blob itself (fd stays the caller's to close).
 * *id lies in ctx->arena. */
struct err blob_put(struct ctx *ctx, struct blob_store *store, struct str bytes, int fd, struct str *id);
/* For reading at offsets; the caller closes it. */
struct err blob_fd(struct ctx *ctx, struct blob_store *store, struct str id, int *fd);
/* size bytes from offset on, as an answer's body. */
struct err blob_stream(struct ctx *ctx, struct blob_store *store, struct str id, uint64_t offset, uint64_t size,
                       struct http_stream *out);
/* One that isn't there is no fault. */
struct err blob_remove(struct ctx *ctx, struct blob_store *store, struct str id);

/* At start, before anything is put: removes what `known` doesn't know. */
struct err blob_sweep(struct ctx *ctx, struct blob_store *store, struct err (*known)(void *self, struct ctx *ctx, struct str id, bool *out),
                      void *self, size_t *removed);

#endif
