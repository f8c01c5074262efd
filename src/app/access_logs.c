#include "app/access_logs.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "crypto/random.h"
#include "s3_model.h"
#include "svc/s3/access_line.h"
#include "svc/s3/members.h"
#include "svc/s3/s3.h"

enum { BUFFER_MAX = 8 * 1024 * 1024, UNIQUE_DIGITS = 16 };

/* A bucket that logs. */
struct source {
    struct source *next;
    struct arena *arena; /* of all its text */
    struct s3_logging logging;
    struct str owner;    /* canonical id */
    char *lines;
    size_t size, capacity;
    size_t dropped;
    int64_t first_ms;    /* of the oldest line */
};

struct access_logs {
    struct lock *lock;
    struct source *sources;
    _Atomic bool any;
};

static _Atomic(struct access_logs *) current;

struct access_logs *access_logs_open(void)
{
    struct access_logs *logs = memory_new(sizeof(*logs));
    logs->lock = lock_open();
    atomic_store(&current, logs);
    return logs;
}

static void free_source(struct source *source)
{
    memory_free(source->lines);
    arena_close(source->arena);
}

void access_logs_close(struct access_logs *logs)
{
    if (logs == NULL) {
        return;
    }
    atomic_store(&current, NULL);
    for (struct source *source = logs->sources, *next = NULL; source; source = next) {
        next = source->next;
        free_source(source);
    }
    lock_free(logs->lock);
    memory_free(logs);
}

/* --- one call --- */

static const struct {
    const char *operation, *name;
} NAMES[] = {
    { "GetObject", "REST.GET.OBJECT" }, { "HeadObject", "REST.HEAD.OBJECT" }, { "PutObject", "REST.PUT.OBJECT" },
    { "CopyObject", "REST.COPY.OBJECT" }, { "DeleteObject", "REST.DELETE.OBJECT" },
    { "DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE" }, { "ListObjects", "REST.GET.BUCKET" }, { "ListObjectsV2", "REST.GET.BUCKET" },
    { "ListObjectVersions", "REST.GET.BUCKETVERSIONS" }, { "HeadBucket", "REST.HEAD.BUCKET" }, { "CreateBucket", "REST.PUT.BUCKET" },
    { "DeleteBucket", "REST.DELETE.BUCKET" }, { "CreateMultipartUpload", "REST.POST.UPLOADS" }, { "UploadPart", "REST.PUT.PART" },
    { "UploadPartCopy", "REST.COPY.PART" }, { "CompleteMultipartUpload", "REST.POST.UPLOAD" },
    { "AbortMultipartUpload", "REST.DELETE.UPLOAD" }, { "ListParts", "REST.GET.UPLOAD" }, { "ListMultipartUploads", "REST.GET.UPLOADS" },
    { "GetObjectTagging", "REST.GET.OBJECT_TAGGING" }, { "PutObjectTagging", "REST.PUT.OBJECT_TAGGING" },
    { "DeleteObjectTagging", "REST.DELETE.OBJECT_TAGGING" }, { "GetObjectAcl", "REST.GET.ACL" }, { "PutObjectAcl", "REST.PUT.ACL" },
    { "GetBucketAcl", "REST.GET.ACL" }, { "PutBucketAcl", "REST.PUT.ACL" },
    { "GetBucketLogging", "REST.GET.LOGGING_STATUS" }, { "PutBucketLogging", "REST.PUT.LOGGING_STATUS" },
    { "GetBucketLocation", "REST.GET.LOCATION" }, { "GetBucketVersioning", "REST.GET.VERSIONING" },
    { "PutBucketVersioning", "REST.PUT.VERSIONING" }, { "GetBucketPolicy", "REST.GET.BUCKETPOLICY" },
    { "PutBucketPolicy", "REST.PUT.BUCKETPOLICY" }, { "DeleteBucketPolicy", "REST.DELETE.BUCKETPOLICY" },
};

static struct str operation_name(struct arena *arena, const struct request *rq)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(rq->operation->name, NAMES[i].operation) == 0) {
            return str_of(NAMES[i].name);
        }
    }
    return str_format(arena, "REST.%s.%s", rq->operation->method, rq->operation->name);
}

static struct str requester(struct arena *arena, const struct request *rq)
{
    switch (rq->caller.type) {
    case PRINCIPAL_ANONYMOUS: return STR_NONE;
    case PRINCIPAL_ROOT: return s3_owner_id(arena, rq->account);
    case PRINCIPAL_AWS_SERVICE: return str_format(arena, "svc:%" STR_FMT, STR_ARG(rq->caller.name));
    case PRINCIPAL_USER:
    case PRINCIPAL_ASSUMED_ROLE:
    case PRINCIPAL_FEDERATED: return rq->caller.arn;
    }
    return STR_NONE;
}

static void fill_http(const struct request *rq, struct arena *arena, struct access_line *line)
{
    const struct http_request *http = rq->http;
    const bool header = http_header_find(http, STR("authorization")).ptr != NULL;
    const bool query = str_search(http->query, STR("X-Amz-Signature=")) != STR_MISSING;
    line->method = http->method;
    line->target = http->query.len ? str_format(arena, "%" STR_FMT "?%" STR_FMT, STR_ARG(http->path), STR_ARG(http->query)) : http->path;
    line->referer = http_header_find(http, STR("referer"));
    line->host = http_header_find(http, STR("host"));
    line->signature = header || query ? STR("SigV4") : STR_NONE;
    line->auth_type = header ? STR("AuthHeader") : query ? STR("QueryString") : STR_NONE;
}

static void write_line(const struct source *source, const struct finished *finished, struct text *out)
{
    const struct request *rq = finished->rq;
    struct arena *arena = out->arena;
    const struct shape *shape = rq->operation->input;
    const int64_t spent_ms = (clock_monotonic_us() - finished->started_us) / 1000;
    struct access_line line = {
        .bucket_owner = source->owner,
        .bucket = source->logging.bucket,
        .time_ms = rq->ctx.now_ms,
        .remote_ip = rq->source_ip,
        .requester = requester(arena, rq),
        .request_id = rq->ctx.request_id,
        .operation = operation_name(arena, rq),
        .key = member_text(shape, finished->in, "Key"),
        .status = finished->status,
        .error = finished->err.fault ? str_of(finished->err.fault->code) : STR_NONE,
        .bytes_sent = rq->extra.bytes_out > 0 ? rq->extra.bytes_out : -1,
        .object_size = rq->extra.bytes_in > 0 ? rq->extra.bytes_in : rq->extra.bytes_out > 0 ? rq->extra.bytes_out : -1,
        .total_ms = spent_ms,
        .turnaround_ms = spent_ms,
        .user_agent = rq->user_agent,
        .version_id = member_text(shape, finished->in, "VersionId"),
        .host_id = str_base64(arena, rq->ctx.request_id),
        .cipher = rq->tls_cipher,
        .tls = rq->tls_version,
    };
    if (rq->http) {
        fill_http(rq, arena, &line);
    }
    access_line_write(out, &line);
}

static void append(struct source *source, struct str line, int64_t now_ms)
{
    if (source->size + line.len > BUFFER_MAX) {
        source->dropped++;
        return;
    }
    if (source->size + line.len > source->capacity) {
        source->capacity = (source->size + line.len) * 2;
        source->lines = memory_grow(source->lines, source->capacity);
    }
    source->first_ms = source->size == 0 ? now_ms : source->first_ms;
    memcpy(source->lines + source->size, line.ptr, line.len);
    source->size += line.len;
}

static struct source *find(const struct access_logs *logs, struct str bucket)
{
    for (struct source *source = logs->sources; source; source = source->next) {
        if (str_equal(source->logging.bucket, bucket)) {
            return source;
        }
    }
    return NULL;
}

void access_logs_note(const struct finished *finished)
{
    struct access_logs *logs = atomic_load(&current);
    const struct request *rq = finished->rq;
    if (logs == NULL || !atomic_load(&logs->any) || finished->in == NULL || rq->service == NULL || strcmp(rq->service->name, "s3") != 0) {
        return;
    }
    const struct str bucket = member_text(rq->operation->input, finished->in, "Bucket");
    lock_take(logs->lock);
    struct source *source = bucket.ptr ? find(logs, bucket) : NULL;
    if (source) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct text text = text_new(arena);
        write_line(source, finished, &text);
        append(source, text_str(&text), rq->ctx.now_ms);
    }
    lock_give(logs->lock);
}

/* --- which buckets --- */

static struct source *new_source(const struct s3_logging *logging)
{
    struct arena *arena = arena_open();
    struct source *source = ARENA_NEW(arena, struct source);
    source->arena = arena;
    source->logging = *logging;
    struct str *const texts[] = { &source->logging.bucket, &source->logging.account, &source->logging.region, &source->logging.target,
                                  &source->logging.prefix };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = texts[i]->ptr ? str_copy(arena, *texts[i]) : STR_NONE;
    }
    source->owner = s3_owner_id(arena, source->logging.account);
    return source;
}

static struct err read_sources(struct ctx *ctx, struct store_conn *db, struct source **out)
{
    struct s3_logging logging = { .bucket = STR("") };
    for (;;) {
        TRY(s3_logging_next(ctx, db, logging.bucket, &logging));
        if (logging.bucket.ptr == NULL) {
            return ERR_OK;
        }
        if (logging.target.len > 0) {
            struct source *source = new_source(&logging);
            source->next = *out;
            *out = source;
        }
    }
}

/* Lines of buckets that still log go over; the others' have been delivered, or are dropped with their bucket. */
static void exchange(struct access_logs *logs, struct source *fresh)
{
    lock_take(logs->lock);
    struct source *old = logs->sources;
    for (struct source *source = fresh; source; source = source->next) {
        struct source *before = find(logs, source->logging.bucket);
        if (before) {
            source->lines = before->lines;
            source->size = before->size;
            source->capacity = before->capacity;
            source->dropped = before->dropped;
            source->first_ms = before->first_ms;
            before->lines = NULL;
        }
    }
    logs->sources = fresh;
    atomic_store(&logs->any, fresh != NULL);
    lock_give(logs->lock);
    for (struct source *next = NULL; old; old = next) {
        next = old->next;
        free_source(old);
    }
}

struct err access_logs_look(struct ctx *ctx, struct access_logs *logs, struct store_conn *db)
{
    struct source *fresh = NULL;
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = read_sources(ctx, db, &fresh);
    store_rollback(db);
    exchange(logs, fresh);
    return err;
}

/* --- delivering --- */

/* spec: TargetPrefixYYYY-mm-DD-HH-MM-SS-UniqueString, or partitioned by account, Region, bucket and day. */
static struct str key_of(struct ctx *ctx, const struct source *source)
{
    const struct s3_logging *logging = &source->logging;
    const struct civil_time now = clock_civil(ctx->now_ms);
    const struct civil_time day = clock_civil(logging->by_event_time ? source->first_ms : ctx->now_ms);
    struct text key = text_new(ctx->arena);
    text_add(&key, logging->prefix);
    if (logging->partitioned) {
        text_add_format(&key, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/%04d/%02d/%02d/", STR_ARG(logging->account), STR_ARG(logging->region),
                        STR_ARG(logging->bucket), (int)day.year, day.month, day.day);
    }
    text_add_format(&key, "%04d-%02d-%02d-%02d-%02d-%02d-", (int)now.year, now.month, now.day, now.hour, now.minute, now.second);
    text_add(&key, random_alphabet(ctx, STR("0123456789ABCDEF"), UNIQUE_DIGITS));
    return text_str(&key);
}

static void put(struct ctx *ctx, struct inside *inside, const struct source *source)
{
    const struct s3_logging *logging = &source->logging;
    const struct s3_put_object_in in = { .bucket = logging->target, .key = key_of(ctx, source), .content_type = STR("text/plain"),
                                         .body = { source->lines, source->size } };
    const struct inside_call call = { .service = "s3", .operation = "PutObject", .in = &in, .account = logging->account,
                                      .region = logging->region, .principal = STR("logging.s3.amazonaws.com"),
                                      .source_arn = str_format(ctx->arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(logging->bucket)) };
    const void *answer = NULL;
    if (inside_call(ctx, inside, &call, &answer).fault) {
        log_warn(ctx, "an access log can't be delivered", LOG_STR("bucket", logging->bucket), LOG_STR("target", logging->target),
                 LOG_STR("reason", str_of(ctx->reason)));
    }
    if (source->dropped) {
        log_warn(ctx, "lines of an access log were dropped", LOG_STR("bucket", logging->bucket), LOG_INT("lines", (int64_t)source->dropped));
    }
}

/* A source as it stands, its lines taken from it. */
static struct source *take(struct access_logs *logs)
{
    struct source *taken = NULL;
    lock_take(logs->lock);
    for (struct source *source = logs->sources; source; source = source->next) {
        if (source->size > 0) {
            struct source *copy = new_source(&source->logging);
            copy->lines = source->lines;
            copy->size = source->size;
            copy->dropped = source->dropped;
            copy->first_ms = source->first_ms;
            copy->next = taken;
            taken = copy;
            source->lines = NULL;
            source->size = source->capacity = source->dropped = 0;
        }
    }
    lock_give(logs->lock);
    return taken;
}

void access_logs_deliver(struct ctx *ctx, struct access_logs *logs, struct inside *inside)
{
    for (struct source *source = take(logs), *next = NULL; source; source = next) {
        next = source->next;
        put(ctx, inside, source);
        free_source(source);
    }
}
