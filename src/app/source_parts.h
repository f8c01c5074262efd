/* source_parts.h - what the kinds of sources share, inside app. */
#ifndef YAGURA_APP_SOURCE_PARTS_H
#define YAGURA_APP_SOURCE_PARTS_H

#include "app/source.h"
#include "app/source_uri.h"
#include "base/queue.h"
#include "net/client.h"
#include "net/syslog.h"
#include "store/source.h"
#include "wire/bucket.h"
#include "wire/sigv4.h"

enum { SOURCE_FETCHERS = 8 };

/* Keys, of whatever origin. */
struct source_keys {
    struct str access_key, secret, token;
    int64_t until_ms; /* 0: for ever */
};

/* Those that end are fetched anew in time. */
struct kept_keys {
    struct source_keys keys;
    struct arena *arena;
};
enum source_keys_origin { KEYS_GIVEN, KEYS_CONTAINER, KEYS_INSTANCE };

struct batch;
struct stream_batch;

struct source {
    const struct sources_options *options;
    struct source_uri uri;
    int64_t id;
    enum source_keys_origin origin; /* of own */
    struct kept_keys own;
    struct kept_keys role; /* when the URI names one */
    struct net_client *clients[SOURCE_FETCHERS]; /* the first is the source's thread's own */
    struct store_conn *db;                       /* of its thread */
    const struct batch *batch;                   /* of source_bucket.c, under way */
    const struct stream_batch *stream;           /* of source_stream.c, under way */
    struct net_syslog *syslog;
    int64_t listed_ms;
    int64_t missing; /* objects that the last listing named and that could not be read */
    struct thread *thread;
    struct lock *lock; /* of what follows, and of the keys */
    bool stopping;
    bool answered;
    struct err result;
};

struct source *sources_first(struct sources *sources); /* for who drives it himself instead of sources_start */
bool source_stopping(void *source); /* for net_client_options */
void source_rest(struct source *source, int64_t ms);
/* Submits and waits. The watch's reason is not handed on: it has logged it. */
struct err source_submit(struct ctx *ctx, struct source *source, struct watch_batch *batch);

/* source_keys.c: keys that were given, in the arena, or where they are to be fetched. FAULT_INVALID: half of them, or a profile
 * that is not there. */
struct err source_keys_find(struct ctx *ctx, struct arena *arena, struct source_keys *keys, enum source_keys_origin *origin);
/* From the container's or the instance's own service; in ctx->arena. */
struct err source_keys_fetch(struct ctx *ctx, struct source *source, struct source_keys *keys);

/* source_aws.c: a signed call, tried again while that may help. Any answer but 2xx is a fault whose reason is for people. */
struct source_call {
    const char *service;
    struct str base; /* scheme://host[:port] */
    struct http_request request; /* without Host and signature */
    int file; /* for the body; -1: into the answer */
    const char *what; /* "list s3://bucket": for reasons */
};
struct err source_call(struct ctx *ctx, struct source *source, struct net_client *client, const struct source_call *call,
                       struct http_response *response);
struct str source_host(struct str base);
struct str source_aws_base(struct ctx *ctx, const struct source *source, const char *service);

/* source_bucket.c: reads those of the objects that are new; taken[i]: it is durable now, was so before, or holds no logs.
 * The fault is that of the first object that could not be had; the others are read nevertheless. */
struct err source_take(struct ctx *ctx, struct source *source, const struct bucket_object *objects, size_t count,
                       bool *taken);
struct err source_list(struct ctx *ctx, struct source *source);
enum source_object_state { SOURCE_OBJECT_NO_LOG, SOURCE_OBJECT_READ, SOURCE_OBJECT_MISSING, SOURCE_OBJECT_CHANGED };
/* What the store knows of an object that a listing names; CHANGED: it was read when it was another. */
struct err source_object_state(struct ctx *ctx, const struct source *source, const struct bucket_object *object,
                               enum source_object_state *out);
/* One page of the bucket below the URI's prefix; token absent: the first. */
struct err source_list_page(struct ctx *ctx, struct source *source, struct str token, struct bucket_page *page);
/* An object whole, in memory. FAULT_MISSING: there is none. */
struct err source_get(struct ctx *ctx, struct source *source, struct net_client *client, struct str key,
                      struct http_response *response);

/* source_queue.c: one answer's worth of notifications. */
struct err source_receive(struct ctx *ctx, struct source *source);

/* source_stream.c: until the source stops, or the input ends. */
struct err source_input(struct ctx *ctx, struct source *source);
struct err source_syslog(struct ctx *ctx, struct source *source);

#endif
