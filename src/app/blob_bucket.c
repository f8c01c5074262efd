#include "app/blob_bucket.h"

#include <unistd.h>

#include "app/lists.h"
#include "app/source_parts.h"

enum { CLIENTS = 64, CONNECT_MS = 5000, STILL_S = 30 };
static const uint64_t FILE_MAX = (uint64_t)6 * 1024 * 1024 * 1024;

struct blob_bucket {
    struct source *source; /* signs, and tries again */
    struct arena *arena;
    struct blob_remote remote;
    struct lock *lock; /* of what follows */
    struct net_client *idle[CLIENTS];
    size_t idle_count;
};

static struct net_client *new_client(struct blob_bucket *bucket)
{
    return net_client_open(&(struct net_client_options){ .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = STILL_S, .file_max = FILE_MAX,
                                                         .stopped = source_stopping, .self = bucket->source });
}

/* A connection serves one call at a time. */
static struct net_client *take_client(struct blob_bucket *bucket)
{
    lock_take(bucket->lock);
    struct net_client *client = bucket->idle_count ? bucket->idle[--bucket->idle_count] : NULL;
    lock_give(bucket->lock);
    return client ? client : new_client(bucket);
}

static void give_client(struct blob_bucket *bucket, struct net_client *client)
{
    lock_take(bucket->lock);
    const bool kept = bucket->idle_count < CLIENTS;
    if (kept) {
        bucket->idle[bucket->idle_count++] = client;
    }
    lock_give(bucket->lock);
    if (!kept) {
        net_client_close(client);
    }
}

static struct str path_of(struct ctx *ctx, const struct source *source, struct str id)
{
    return str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT "%" STR_FMT, STR_ARG(source->uri.bucket),
                      STR_ARG(str_percent_encode(ctx->arena, source->uri.prefix.ptr ? source->uri.prefix : STR(""), true)), STR_ARG(id));
}

static struct err call(struct blob_bucket *bucket, struct ctx *ctx, const char *method, struct str id, struct str body, int file)
{
    struct source *source = bucket->source;
    struct http_response response;
    const struct source_call call = {
        .service = "s3",
        .file = file,
        .base = source->uri.endpoint.ptr ? source->uri.endpoint : source_aws_base(ctx, source, "s3"),
        .what = str_format(ctx->arena, "%s s3://%" STR_FMT "/%" STR_FMT, method, STR_ARG(source->uri.bucket), STR_ARG(id)).ptr,
        .request = { .method = str_of(method), .path = path_of(ctx, source, id), .body = body },
    };
    struct net_client *client = take_client(bucket);
    const struct err err = source_call(ctx, source, client, &call, &response);
    give_client(bucket, client);
    return err;
}

static struct err put(void *self, struct ctx *ctx, struct str id, struct str bytes)
{
    return call(self, ctx, "PUT", id, bytes, -1);
}

static struct err get(void *self, struct ctx *ctx, struct str id, int fd)
{
    return call(self, ctx, "GET", id, STR_NONE, fd);
}

static struct err take_away(void *self, struct ctx *ctx, struct str id)
{
    const struct err err = call(self, ctx, "DELETE", id, STR_NONE, -1);
    return err_is(err, &FAULT_MISSING) ? ERR_OK : err;
}

static struct err list(void *self, struct ctx *ctx, struct err (*each)(void *argument, struct ctx *ctx, struct str id), void *argument)
{
    struct blob_bucket *bucket = self;
    const size_t prefix = bucket->source->uri.prefix.len;
    struct bucket_page *page = ARENA_NEW(ctx->arena, struct bucket_page);
    do {
        TRY(source_list_page(ctx, bucket->source, page->next, page));
        for (size_t i = 0; i < page->count; i++) {
            TRY(each(argument, ctx, str_from(page->objects[i].key, prefix)));
        }
    } while (page->next.ptr);
    return ERR_OK;
}

static struct err open_source(struct ctx *ctx, struct blob_bucket *bucket, struct str uri, struct str region)
{
    struct source *source = bucket->source;
    struct bucket_page *page = ARENA_NEW(ctx->arena, struct bucket_page);
    struct ctx lasting = ctx_new(bucket->arena, ctx->now_ms);
    const struct err read = source_uri_read(&lasting, uri, region, &source->uri);
    if (read.fault || source->uri.kind != SOURCE_BUCKET) {
        return fail(ctx, &FAULT_INVALID, "--blobs takes s3://BUCKET/PREFIX, not %" STR_FMT, STR_ARG(uri));
    }
    const struct str prefix = source->uri.prefix;
    if (prefix.len && !str_ends(prefix, STR("/"))) {
        source->uri.prefix = str_format(bucket->arena, "%" STR_FMT "/", STR_ARG(prefix));
    }
    TRY(source_keys_find(ctx, source->own.arena, &source->own.keys, &source->origin));
    return source_list_page(ctx, source, STR_NONE, page);
}

struct err blob_bucket_open(struct ctx *ctx, struct str uri, struct str region, struct blob_bucket **out)
{
    struct blob_bucket *bucket = memory_new(sizeof(*bucket));
    bucket->source = lists_fetcher_open();
    bucket->source->role.arena = arena_open_secret();
    bucket->arena = arena_open();
    bucket->lock = lock_open();
    bucket->source->clients[0] = new_client(bucket);
    bucket->remote = (struct blob_remote){ put, get, take_away, list, bucket };
    *out = bucket;
    return open_source(ctx, bucket, uri, region);
}

void blob_bucket_close(struct blob_bucket *bucket)
{
    if (bucket == NULL) {
        return;
    }
    for (size_t i = 0; i < bucket->idle_count; i++) {
        net_client_close(bucket->idle[i]);
    }
    net_client_close(bucket->source->clients[0]);
    arena_close(bucket->source->role.arena);
    lists_fetcher_close(bucket->source);
    arena_close(bucket->arena);
    lock_free(bucket->lock);
    memory_free(bucket);
}

const struct blob_remote *blob_bucket_remote(struct blob_bucket *bucket)
{
    return &bucket->remote;
}
