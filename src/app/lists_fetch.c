#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/lists.h"
#include "app/source_parts.h"
#include "detect/intel_format.h"

#define LIST_BYTES_MAX ((size_t)35 << 20) /* spec: GuardDuty quotas, size of a list */

/* Links are followed first: what counts is where the file really lies. */
static struct err open_file(struct ctx *ctx, const struct settings *settings, const struct guardduty_list *list, int *file)
{
    struct stat status;
    char folder[PATH_MAX];
    char path[PATH_MAX];
    const bool allowed = settings->list_folder.len > 0 && realpath(str_cstr(ctx->arena, settings->list_folder), folder);
    const struct str root = allowed ? str_of(folder) : STR_NONE;
    const struct str real = str_of(realpath(str_cstr(ctx->arena, list->path), path));
    if (root.ptr == NULL || real.ptr == NULL || !str_starts(real, root) || real.ptr[root.len] != '/') {
        return fail(ctx, &FAULT_INVALID, "the file is not in the folder that the server allows (--list-folder), or is not there");
    }
    *file = open(real.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (*file < 0 || fstat(*file, &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(ctx, &FAULT_IO, "the file can't be opened");
    }
    return ERR_OK;
}

struct source *lists_fetcher_open(void)
{
    struct source *source = memory_new(sizeof(*source));
    source->lock = lock_open();
    source->own.arena = arena_open_secret();
    return source;
}

void lists_fetcher_stop(struct source *source)
{
    lock_take(source->lock);
    source->stopping = true;
    lock_signal(source->lock);
    lock_give(source->lock);
}

void lists_fetcher_close(struct source *source)
{
    arena_close(source->own.arena);
    lock_free(source->lock);
    memory_free(source);
}

/* Keys are looked for each time: whoever hears that there are none may set them without a restart of anything else. */
static struct err prepare(struct ctx *ctx, struct source *source, const struct guardduty_list *list)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL_S3");
    struct str base = str_copy(ctx->arena, str_of(endpoint ? endpoint : ""));
    base = str_ends(base, STR("/")) ? str_slice(base, 0, base.len - 1) : base;
    source->uri = (struct source_uri){ .endpoint = str_search(base, STR("://")) != STR_MISSING ? base : STR_NONE,
                                       .region = list->bucket_region.len > 0 ? list->bucket_region : list->region };
    arena_reset(source->own.arena);
    return source_keys_find(ctx, source->own.arena, &source->own.keys, &source->origin);
}

static struct err get_object(struct ctx *ctx, struct source *source, const struct guardduty_list *list, int file)
{
    struct net_client *client = net_client_open(&(struct net_client_options){ .stopped = source_stopping, .self = source });
    const struct http_header owner = { STR("x-amz-expected-bucket-owner"), list->owner };
    const struct source_call call = {
        .service = "s3", .file = file,
        .base = source->uri.endpoint.ptr ? source->uri.endpoint : source_aws_base(ctx, source, "s3"),
        .what = str_format(ctx->arena, "get s3://%" STR_FMT "/%" STR_FMT, STR_ARG(list->bucket), STR_ARG(list->key)).ptr,
        .request = { .method = STR("GET"), .headers = &owner, .header_count = list->owner.len > 0,
                     .path = str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT, STR_ARG(list->bucket),
                                        STR_ARG(str_percent_encode(ctx->arena, list->key, true))) },
    };
    struct http_response response;
    const struct err err = source_call(ctx, source, client, &call, &response);
    net_client_close(client);
    return err;
}

static struct err open_object(struct ctx *ctx, struct source *source, const char *folder, const struct guardduty_list *list, int *file)
{
    TRY(prepare(ctx, source, list));
    *file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*file < 0) {
        return fail(ctx, &FAULT_IO, "no file can be made in the data folder");
    }
    TRY(get_object(ctx, source, list, *file));
    return lseek(*file, 0, SEEK_SET) == 0 ? ERR_OK : fail(ctx, &FAULT_IO, "what was fetched can't be read");
}

struct err lists_fetch(struct ctx *ctx, struct source *source, const struct settings *settings, const struct guardduty_list *list, struct str *content)
{
    int file = -1;
    struct err err = list->path.ptr ? open_file(ctx, settings, list, &file) : open_object(ctx, source, str_cstr(ctx->arena, settings->data), list, &file);
    if (!err.fault) {
        err = intel_read(ctx, file, "the list", LIST_BYTES_MAX, content);
    }
    if (file >= 0) {
        close(file);
    }
    return err;
}
