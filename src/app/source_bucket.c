#include <fcntl.h>
#include <unistd.h>

#include "app/source_parts.h"
#include "base/clock.h"
#include "crypto/hash.h"

enum { BATCH_MAX = 64, KEY_DIGITS = 20, VERSION_DIGITS = 20, ROUNDS_MAX = 5 };
#define BATCH_BYTES ((int64_t)256 << 20)
#define OBJECT_BYTES ((int64_t)1 << 30) /* as net/client.h has it; nothing that AWS delivers comes near */

/* One object on its way from the bucket to the store. */
struct fetch {
    const struct bucket_object *object;
    size_t at; /* in the list given */
    struct str id;
    int file;
    struct err err;
    char reason[1024];
};

struct batch {
    struct source *source;
    struct fetch list[BATCH_MAX];
    size_t count;
    int64_t bytes;
    size_t read[BATCH_MAX]; /* which of list the items are */
    struct watch_item items[BATCH_MAX];
    struct watch_batch watched;
};

/* Which object, then of which version. A store would not keep keys of a kilobyte well. */
static struct str id_of(struct arena *arena, const struct bucket_object *object)
{
    const struct str key = str_format(arena, "%" STR_FMT "\n%" STR_FMT, STR_ARG(object->bucket), STR_ARG(object->key));
    const struct str version = str_format(arena, "%" STR_FMT "\n%" STR_FMT "\n%lld", STR_ARG(key), STR_ARG(object->etag),
                                          (long long)object->size);
    return str_format(arena, "%.*s%.*s", KEY_DIGITS, hash_hex(arena, HASH_SHA256, key).ptr, VERSION_DIGITS,
                      hash_hex(arena, HASH_SHA256, version).ptr);
}

struct err source_object_state(struct ctx *ctx, const struct source *source, const struct bucket_object *object,
                               enum source_object_state *out)
{
    const struct str id = id_of(ctx->arena, object);
    bool has = false;
    *out = SOURCE_OBJECT_NO_LOG;
    if (!bucket_holds_logs(object)) {
        return ERR_OK;
    }
    TRY(store_source_has(ctx, source->db, source->id, id, &has));
    *out = SOURCE_OBJECT_READ;
    if (!has) {
        TRY(store_source_knows(ctx, source->db, source->id, str_slice(id, 0, KEY_DIGITS), &has));
        *out = has ? SOURCE_OBJECT_CHANGED : SOURCE_OBJECT_MISSING;
    }
    return ERR_OK;
}

static struct str bucket_base(struct ctx *ctx, const struct source *source, struct str bucket, bool *path_style)
{
    const bool china = str_starts(source->uri.region, STR("cn-"));
    *path_style = source->uri.endpoint.ptr || str_find(bucket, '.') != STR_MISSING; /* no certificate fits two dots */
    if (source->uri.endpoint.ptr) {
        return source->uri.endpoint;
    }
    if (*path_style) {
        return source_aws_base(ctx, source, "s3");
    }
    return str_format(ctx->arena, "https://%" STR_FMT ".s3.%" STR_FMT ".amazonaws.com%s", STR_ARG(bucket),
                      STR_ARG(source->uri.region), china ? ".cn" : "");
}

static struct str path_of(struct ctx *ctx, struct str bucket, struct str key, bool path_style)
{
    const struct str encoded = str_percent_encode(ctx->arena, key, true);
    return path_style ? str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT, STR_ARG(bucket), STR_ARG(encoded))
                      : str_format(ctx->arena, "/%" STR_FMT, STR_ARG(encoded));
}

/* An object that changed since it was named answers 412: the next listing or notification names it anew. */
static struct err fetch_object(struct ctx *ctx, struct source *source, struct net_client *client, struct fetch *fetch)
{
    const struct bucket_object *object = fetch->object;
    const struct http_header match = { STR("If-Match"), str_format(ctx->arena, "\"%" STR_FMT "\"", STR_ARG(object->etag)) };
    bool path_style = false;
    struct source_call call = { .service = "s3", .file = fetch->file };
    call.base = bucket_base(ctx, source, object->bucket, &path_style);
    call.what = str_format(ctx->arena, "get s3://%" STR_FMT "/%" STR_FMT, STR_ARG(object->bucket), STR_ARG(object->key)).ptr;
    call.request = (struct http_request){ .method = STR("GET"),
                                          .path = path_of(ctx, object->bucket, object->key, path_style),
                                          .headers = &match, .header_count = object->etag.len > 0 };
    struct http_response response;
    if (object->size > OBJECT_BYTES) {
        return fail(ctx, &FAULT_INVALID, "%s: it is larger than 1 GiB", call.what);
    }
    TRY(source_call(ctx, source, client, &call, &response));
    const off_t size = lseek(fetch->file, 0, SEEK_END);
    if (size < 0 || lseek(fetch->file, 0, SEEK_SET) != 0) {
        return fail(ctx, &FAULT_IO, "%s: the file for it can't be read", call.what);
    }
    if (size != object->size) {
        return fail(ctx, &FAULT_UNAVAILABLE, "%s: came with %lld bytes, not %lld", call.what, (long long)size,
                    (long long)object->size);
    }
    return ERR_OK;
}

/* The share of a batch that one thread fetches: every SOURCE_FETCHERS-th. */
struct fetcher {
    struct batch *batch;
    size_t first;
    struct thread *thread;
};

static void run_fetcher(void *argument)
{
    struct fetcher *fetcher = argument;
    struct batch *batch = fetcher->batch;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    for (size_t i = fetcher->first; i < batch->count; i += SOURCE_FETCHERS) {
        struct fetch *fetch = &batch->list[i];
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        const char *folder = str_cstr(arena, batch->source->options->spool);
        fetch->file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        fetch->err = fetch->file < 0 ? fail(&ctx, &FAULT_IO, "no file can be made in %s", folder)
                                     : fetch_object(&ctx, batch->source, batch->source->clients[fetcher->first], fetch);
        memcpy(fetch->reason, ctx.reason, sizeof(fetch->reason));
        arena_reset(arena);
    }
}

static void fetch_all(struct batch *batch)
{
    struct fetcher fetchers[SOURCE_FETCHERS];
    for (size_t i = 0; i < SOURCE_FETCHERS; i++) {
        fetchers[i] = (struct fetcher){ batch, i, NULL };
        if (i > 0 && i < batch->count) {
            fetchers[i].thread = thread_start("fetch", run_fetcher, &fetchers[i]);
        }
    }
    run_fetcher(&fetchers[0]);
    for (size_t i = 1; i < SOURCE_FETCHERS; i++) {
        if (fetchers[i].thread) {
            thread_join(fetchers[i].thread);
        }
    }
}

/* In the transaction of the findings. */
static struct err mark(void *self, struct ctx *ctx, struct store_conn *db)
{
    const struct source *source = self;
    const struct batch *batch = source->batch;
    struct store_source_counts counts = { 0 };
    for (size_t i = 0; i < batch->watched.count; i++) {
        const struct fetch *fetch = &batch->list[batch->read[i]];
        const struct watch_counts *item = &batch->items[i].counts;
        const int64_t lag = fetch->object->modified_ms ? ctx->now_ms - fetch->object->modified_ms : 0;
        struct bucket_place place;
        TRY(store_source_add(ctx, db, source->id, fetch->id));
        if (bucket_place_of(fetch->object->key, &place)) {
            TRY(store_source_add_hour(ctx, db, source->id, &(struct store_source_hour){ place.account, place.region,
                                                                                         place.type, place.hour }));
        }
        counts.objects++;
        counts.bytes += fetch->object->size;
        counts.records += item->records;
        counts.skipped += item->skipped;
        counts.newest_ms = item->newest_ms > counts.newest_ms ? item->newest_ms : counts.newest_ms;
        counts.lag_ms = lag > counts.lag_ms ? lag : counts.lag_ms;
    }
    return store_source_count(ctx, db, source->id, &counts);
}

static struct err first_trouble(struct ctx *ctx, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->list[i].err.fault) {
            return fail(ctx, batch->list[i].err.fault, "%s", batch->list[i].reason);
        }
    }
    return ERR_OK;
}

static struct err submit(struct ctx *ctx, struct batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct fetch *fetch = &batch->list[i];
        if (fetch->err.fault == NULL) {
            batch->items[count] = (struct watch_item){
                .name = str_format(ctx->arena, "s3://%" STR_FMT "/%" STR_FMT, STR_ARG(fetch->object->bucket),
                                   STR_ARG(fetch->object->key)),
                .file = fetch->file,
            };
            batch->read[count++] = i;
        }
    }
    batch->watched = (struct watch_batch){ .items = batch->items, .count = count, .mark = mark };
    batch->source->batch = batch;
    return count > 0 ? source_submit(ctx, batch->source, &batch->watched) : ERR_OK;
}

/* Fetches, submits, and leaves the batch empty. */
static struct err flush(struct ctx *ctx, struct batch *batch, bool *taken)
{
    if (batch->count == 0) {
        return ERR_OK;
    }
    fetch_all(batch);
    const struct err stored = submit(ctx, batch);
    for (size_t i = 0; i < batch->count; i++) {
        const struct fetch *fetch = &batch->list[i];
        taken[fetch->at] = stored.fault == NULL && fetch->err.fault == NULL;
        if (fetch->file >= 0) {
            close(fetch->file);
        }
    }
    const struct err err = stored.fault ? stored : first_trouble(ctx, batch);
    batch->count = 0;
    batch->bytes = 0;
    return err;
}

static bool is_in_batch(const struct batch *batch, struct str id)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (str_equal(batch->list[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Adds an object that is new. One named twice: whether it is new, the store knows once its twin is done. */
static struct err consider(struct ctx *ctx, struct batch *batch, const struct bucket_object *object, size_t at, bool *taken)
{
    struct source *source = batch->source;
    const struct str id = id_of(ctx->arena, object);
    bool has = false;
    if (!bucket_holds_logs(object)) {
        taken[at] = true;
        return ERR_OK;
    }
    if (is_in_batch(batch, id)) {
        TRY(flush(ctx, batch, taken));
    }
    TRY(store_source_has(ctx, source->db, source->id, id, &has));
    if (has) {
        taken[at] = true;
        return ERR_OK;
    }
    batch->list[batch->count++] = (struct fetch){ .object = object, .at = at, .id = id, .file = -1 };
    batch->bytes += object->size;
    return ERR_OK;
}

static struct err take_once(struct ctx *ctx, struct source *source, const struct bucket_object *objects, size_t count,
                            bool *taken)
{
    struct batch *batch = ARENA_NEW(ctx->arena, struct batch);
    struct err first = ERR_OK;
    char reason[sizeof(ctx->reason)] = "";
    batch->source = source;
    for (size_t i = 0; i < count || batch->count > 0; i++) {
        struct err err = i < count && !taken[i] ? consider(ctx, batch, &objects[i], i, taken) : ERR_OK;
        if (!err.fault && (i + 1 >= count || batch->count == BATCH_MAX || batch->bytes >= BATCH_BYTES)) {
            err = flush(ctx, batch, taken);
        }
        if (err.fault && !first.fault) {
            first = err;
            memcpy(reason, ctx->reason, sizeof(reason));
        }
        if (source_stopping(source)) {
            break;
        }
    }
    memcpy(ctx->reason, first.fault ? reason : ctx->reason, sizeof(reason));
    return first;
}

/* A batch that another server on the same store was faster with, in part, is taken apart anew. */
struct err source_take(struct ctx *ctx, struct source *source, const struct bucket_object *objects, size_t count, bool *taken)
{
    struct err err = { &STORE_CONFLICT };
    for (int round = 0; err_is(err, &STORE_CONFLICT) && round < ROUNDS_MAX && !source_stopping(source); round++) {
        err = take_once(ctx, source, objects, count, taken);
    }
    return err;
}

struct err source_list_page(struct ctx *ctx, struct source *source, struct str token, struct bucket_page *page)
{
    struct text query = text_new(ctx->arena);
    bool path_style = false;
    if (token.ptr) {
        text_add_format(&query, "continuation-token=%" STR_FMT "&", STR_ARG(str_percent_encode(ctx->arena, token, false)));
    }
    text_add_format(&query, "encoding-type=url&list-type=2&max-keys=%d&prefix=%" STR_FMT, BUCKET_PAGE_MAX,
                    STR_ARG(str_percent_encode(ctx->arena, source->uri.prefix, false)));
    struct source_call call = { .service = "s3", .file = -1 };
    call.base = bucket_base(ctx, source, source->uri.bucket, &path_style);
    call.what = str_format(ctx->arena, "list s3://%" STR_FMT "/%" STR_FMT, STR_ARG(source->uri.bucket),
                           STR_ARG(source->uri.prefix)).ptr;
    call.request = (struct http_request){ .method = STR("GET"), .path = path_of(ctx, source->uri.bucket, STR(""), path_style),
                                          .query = text_str(&query) };
    struct http_response response;
    TRY(source_call(ctx, source, source->clients[0], &call, &response));
    const char *reason = bucket_page_read(ctx->arena, response.body, page);
    if (reason) {
        return fail(ctx, &FAULT_INVALID, "%s: the answer can't be read: %s", call.what, reason);
    }
    for (size_t i = 0; i < page->count; i++) {
        page->objects[i].bucket = source->uri.bucket;
    }
    return ERR_OK;
}

struct err source_get(struct ctx *ctx, struct source *source, struct net_client *client, struct str key,
                      struct http_response *response)
{
    bool path_style = false;
    struct source_call call = { .service = "s3", .file = -1 };
    call.base = bucket_base(ctx, source, source->uri.bucket, &path_style);
    call.what = str_format(ctx->arena, "get s3://%" STR_FMT "/%" STR_FMT, STR_ARG(source->uri.bucket), STR_ARG(key)).ptr;
    call.request = (struct http_request){ .method = STR("GET"), .path = path_of(ctx, source->uri.bucket, key, path_style) };
    return source_call(ctx, source, client, &call, response);
}

/* An object that can't be had is no reason to leave out the others, but a page is: the next one is not known. */
struct err source_list(struct ctx *ctx, struct source *source)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct arena *tokens CLEANUP(arena_cleanup) = arena_open();
    struct str token = STR_NONE;
    struct err first = ERR_OK;
    int64_t missing = 0;
    do {
        struct ctx inner = ctx_new(arena, clock_now_ms());
        struct bucket_page *page = ARENA_NEW(arena, struct bucket_page);
        bool *taken = ARENA_ARRAY(arena, bool, BUCKET_PAGE_MAX);
        struct err err = source_list_page(&inner, source, token, page);
        token = STR_NONE;
        arena_reset(tokens);
        if (!err.fault) {
            token = page->next.ptr ? str_copy(tokens, page->next) : STR_NONE;
            err = source_take(&inner, source, page->objects, page->count, taken);
        }
        for (size_t i = 0; i < page->count; i++) {
            missing += !taken[i];
        }
        if (err.fault && !first.fault) {
            first = fail(ctx, err.fault, "%s", inner.reason);
        }
        arena_reset(arena);
    } while (token.ptr && !source_stopping(source));
    source->missing = missing;
    return first;
}
