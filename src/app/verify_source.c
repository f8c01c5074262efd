#include "app/verify_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/source_parts.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "svc/cloudtrail/digest.h"

enum { THREADS_MAX = 256, DEPTH_MAX = 64, REGIONS_MAX = 64 };
#define FILE_BYTES_MAX ((off_t)1 << 30)

/* A file by the end of its path: names of logs and digests are unique wherever a copy of the bucket lies. */
struct file {
    struct str name, path;
};

struct verify_place {
    struct str folder;
    struct file *files;
    size_t count, capacity;
    struct str *keys;
    bool bucket;
    struct source source;
    struct net_client *clients[THREADS_MAX];
    size_t client_count;
};

static struct str last_part(struct str path)
{
    const size_t slash = str_find_last(path, '/');
    return slash == STR_MISSING ? path : str_from(path, slash + 1);
}

/* --- folders --- */

static void add_file(struct ctx *ctx, struct verify_place *place, struct str path)
{
    if (place->count == place->capacity) {
        const size_t more = place->capacity ? place->capacity * 2 : 1024;
        place->files = arena_grow(ctx->arena, place->files, place->capacity * sizeof(struct file), more * sizeof(struct file));
        place->capacity = more;
    }
    place->files[place->count++] = (struct file){ last_part(path), path };
}

static struct err walk(struct ctx *ctx, struct verify_place *place, struct str path, size_t depth)
{
    const struct str full = path.len ? str_format(ctx->arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(place->folder), STR_ARG(path))
                                     : place->folder;
    DIR *folder = opendir(str_cstr(ctx->arena, full));
    struct err err = ERR_OK;
    if (folder == NULL || depth > DEPTH_MAX) {
        if (folder) {
            closedir(folder);
        }
        return fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(full), folder ? "too deep" : strerror(errno));
    }
    for (const struct dirent *entry = NULL; !err.fault && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        const struct str below = path.len ? str_format(ctx->arena, "%" STR_FMT "/%s", STR_ARG(path), entry->d_name)
                                          : str_copy(ctx->arena, str_of(entry->d_name));
        struct stat status;
        const bool known = fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (known && S_ISDIR(status.st_mode)) {
            err = walk(ctx, place, below, depth + 1);
        } else if (known && S_ISREG(status.st_mode)) {
            add_file(ctx, place, below);
        }
    }
    closedir(folder);
    return err;
}

static int by_name(const void *left, const void *right)
{
    const struct file *a = left;
    const struct file *b = right;
    const int order = str_compare(a->name, b->name);
    return order != 0 ? order : str_compare(a->path, b->path);
}

static size_t common_end(struct str a, struct str b)
{
    size_t same = 0;
    while (same < a.len && same < b.len && a.ptr[a.len - 1 - same] == b.ptr[b.len - 1 - same]) {
        same++;
    }
    return same;
}

static const struct file *find_file(const struct verify_place *place, struct str key)
{
    const struct str name = last_part(key);
    size_t low = 0;
    for (size_t high = place->count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (str_compare(place->files[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct file *best = NULL;
    for (; low < place->count && str_equal(place->files[low].name, name); low++) {
        const struct file *file = &place->files[low];
        best = best == NULL || common_end(file->path, key) > common_end(best->path, key) ? file : best;
    }
    return best;
}

static struct err read_whole(struct ctx *ctx, struct str path, struct str *out)
{
    const int file = open(str_cstr(ctx->arena, path), O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0) {
        return fail(ctx, errno == ENOENT ? &FAULT_MISSING : &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(path), strerror(errno));
    }
    if (fstat(file, &status) != 0 || status.st_size > FILE_BYTES_MAX) {
        close(file);
        return fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": it is larger than 1 GiB", STR_ARG(path));
    }
    char *bytes = arena_alloc_raw(ctx->arena, (size_t)status.st_size + 1);
    size_t size = 0;
    ssize_t n = 0;
    while (size < (size_t)status.st_size && (n = read(file, bytes + size, (size_t)status.st_size - size)) > 0) {
        size += (size_t)n;
    }
    close(file);
    *out = (struct str){ bytes, size };
    return n < 0 ? fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(path), strerror(errno)) : ERR_OK;
}

/* What S3 keeps as metadata lies in KEY.metadata.json, if it was kept at all. */
static struct err get_file(struct ctx *ctx, const struct verify_place *place, struct str key, struct str *body, struct str *signature)
{
    const struct file *file = find_file(place, key);
    struct str metadata = STR_NONE;
    if (file == NULL) {
        return fail(ctx, &FAULT_MISSING, "there is no %" STR_FMT, STR_ARG(key));
    }
    const struct str path = str_format(ctx->arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(place->folder), STR_ARG(file->path));
    TRY(read_whole(ctx, path, body));
    if (str_search(file->name, STR("_CloudTrail-Digest_")) == STR_MISSING) {
        return ERR_OK;
    }
    const struct err err = read_whole(ctx, str_format(ctx->arena, "%" STR_FMT ".metadata.json", STR_ARG(path)), &metadata);
    if (!err.fault) {
        *signature = json_text(json_get(json_parse(ctx->arena, metadata, NULL), STR("signature")));
    }
    return err_is(err, &FAULT_MISSING) ? ERR_OK : err;
}

/* --- buckets --- */

static struct err get_object(struct ctx *ctx, struct verify_place *place, size_t thread, struct str key, struct str *body,
                             struct str *signature)
{
    struct http_response response = { .status = 0 };
    TRY(source_get(ctx, &place->source, place->clients[thread], key, &response));
    const struct http_request view = { .headers = response.headers, .header_count = response.header_count };
    *body = response.body;
    *signature = http_header_find(&view, STR("x-amz-meta-signature"));
    return ERR_OK;
}

static struct err list_objects(struct ctx *ctx, struct verify_place *place)
{
    struct str token = STR_NONE;
    do {
        struct bucket_page *page = ARENA_NEW(ctx->arena, struct bucket_page);
        TRY(source_list_page(ctx, &place->source, token, page));
        for (size_t i = 0; i < page->count; i++) {
            add_file(ctx, place, page->objects[i].key);
        }
        token = page->next;
    } while (token.ptr);
    return ERR_OK;
}

static struct err open_bucket(struct ctx *ctx, struct verify_place *place, struct str uri, struct str region, size_t threads)
{
    struct source *source = &place->source;
    TRY(source_uri_read(ctx, uri, region, &source->uri));
    if (source->uri.kind != SOURCE_BUCKET) {
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT " is no bucket; give s3://BUCKET/PREFIX or a folder", STR_ARG(uri));
    }
    TRY(source_keys_find(ctx, ctx->arena, &source->own.keys, &source->origin));
    source->lock = lock_open();
    source->own.arena = arena_open_secret();
    source->role.arena = arena_open_secret();
    for (; place->client_count < threads; place->client_count++) {
        place->clients[place->client_count] = net_client_open(&(struct net_client_options){ .stopped = source_stopping, .self = source });
    }
    source->clients[0] = place->clients[0];
    return list_objects(ctx, place);
}

struct err verify_place_open(struct ctx *ctx, struct str where, struct str region, size_t threads, struct verify_place **out,
                             const struct str **keys, size_t *count)
{
    struct verify_place *place = memory_new(sizeof(*place));
    *out = place;
    place->bucket = str_search(where, STR("://")) != STR_MISSING;
    place->folder = where;
    TRY(place->bucket ? open_bucket(ctx, place, where, region, threads) : walk(ctx, place, STR(""), 0));
    if (!place->bucket && place->count > 0) {
        qsort(place->files, place->count, sizeof(*place->files), by_name);
    }
    place->keys = ARENA_ARRAY(ctx->arena, struct str, place->count + 1);
    for (size_t i = 0; i < place->count; i++) {
        place->keys[i] = place->files[i].path;
    }
    *keys = place->keys;
    *count = place->count;
    return ERR_OK;
}

void verify_place_close(struct verify_place *place)
{
    if (place == NULL) {
        return;
    }
    for (size_t i = 0; i < place->client_count; i++) {
        net_client_close(place->clients[i]);
    }
    arena_close(place->source.own.arena);
    arena_close(place->source.role.arena);
    lock_free(place->source.lock);
    memory_free(place);
}

static struct err get(void *self, struct ctx *ctx, size_t thread, struct str key, struct str *body, struct str *signature)
{
    struct verify_place *place = self;
    return place->bucket ? get_object(ctx, place, thread, key, body, signature) : get_file(ctx, place, key, body, signature);
}

struct verify_source verify_place_source(struct verify_place *place)
{
    return (struct verify_source){ get, place };
}

/* --- public keys --- */

struct err verify_keys_read(struct ctx *ctx, struct str json, struct verify_key **out, size_t *count)
{
    const struct json *list = json_get(json_parse(ctx->arena, json, NULL), STR("PublicKeyList"));
    if (list == NULL || list->kind != JSON_ARRAY) {
        return fail(ctx, &FAULT_INVALID, "it holds no PublicKeyList");
    }
    *out = arena_grow(ctx->arena, *out, *count * sizeof(**out), (*count + list->count) * sizeof(**out));
    for (const struct json *item = list->child; item; item = item->next) {
        struct str der = STR_NONE;
        if (!str_unbase64(ctx->arena, json_text(json_get(item, STR("Value"))), &der)) {
            return fail(ctx, &FAULT_INVALID, "a Value of it is no base64");
        }
        /* The fingerprint is what the key is, whatever is written beside it. */
        (*out)[(*count)++] = (struct verify_key){ hash_hex(ctx->arena, HASH_MD5, der), der };
    }
    return ERR_OK;
}

static struct err ask_region(struct ctx *ctx, struct verify_place *place, struct str region, struct verify_key **out, size_t *count)
{
    struct source *source = &place->source;
    const struct str bucket_region = source->uri.region;
    static const struct http_header headers[] = {
        { STR_INIT("Content-Type"), STR_INIT("application/x-amz-json-1.1") },
        { STR_INIT("X-Amz-Target"), STR_INIT("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.ListPublicKeys") },
    };
    struct http_response response = { .status = 0 };
    source->uri.region = region;
    const struct source_call call = {
        .service = "cloudtrail", .file = -1, .what = "list the public keys of CloudTrail",
        .base = source->uri.endpoint.ptr ? source->uri.endpoint : source_aws_base(ctx, source, "cloudtrail"),
        .request = { .method = STR("POST"), .path = STR("/"), .body = STR("{\"StartTime\":0}"), .headers = headers, .header_count = 2 },
    };
    const struct err err = source_call(ctx, source, source->clients[0], &call, &response);
    source->uri.region = bucket_region;
    TRY(err);
    return verify_keys_read(ctx, response.body, out, count);
}

struct err verify_place_public_keys(struct ctx *ctx, struct verify_place *place, const struct str *keys, size_t key_count,
                                    struct verify_key **out, size_t *count)
{
    struct str regions[REGIONS_MAX];
    size_t region_count = 0;
    for (size_t i = 0; i < key_count && place->bucket && region_count < REGIONS_MAX; i++) {
        struct digest_name name;
        bool known = !digest_name_read(keys[i], &name);
        for (size_t j = 0; j < region_count && !known; j++) {
            known = str_equal(regions[j], name.region);
        }
        if (!known) {
            regions[region_count++] = name.region;
            TRY(ask_region(ctx, place, name.region, out, count));
        }
    }
    return ERR_OK;
}
