#include "svc/s3/headers.h"

#include "base/json.h"
#include "svc/s3/encoded_word.h"
#include "svc/s3/members.h"

enum { METADATA_MAX = 2048 }; /* spec: S3 user guide, "Working with object metadata": 2 KB of keys and values */

static const char *const NAMES[] = { "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
                                     "WebsiteRedirectLocation" };

/* spec: S3 API reference, "Signature calculations": aws-chunked is the transport's business and isn't stored. */
static struct str without_chunked(struct arena *arena, struct str encoding)
{
    struct text text = text_new(arena);
    for (struct str rest = encoding; rest.ptr;) {
        const struct str one = str_trim(str_cut(rest, ',', &rest));
        if (one.len && !str_equal_nocase(one, STR("aws-chunked"))) {
            text_add(&text, text.len ? STR(",") : STR(""));
            text_add(&text, one);
        }
    }
    return text.len ? text_str(&text) : STR_NONE;
}

static struct str taken(struct request *rq, const void *in, const char *name)
{
    const struct str value = member_text(rq->operation->input, in, name);
    if (strcmp(name, "ContentEncoding") == 0) {
        return without_chunked(rq->ctx.arena, value);
    }
    return value.ptr == NULL && strcmp(name, "ContentType") == 0 ? STR("binary/octet-stream") : value;
}

/* What comes by headers may be encoded; the fields of a form are text already. */
static struct str decoded(const struct request *rq, struct str value)
{
    const bool form = rq->http && str_equal(rq->http->method, STR("POST")) && strcmp(rq->operation->name, "PutObject") == 0;
    return form ? value : encoded_words_read(rq->ctx.arena, value);
}

static struct err take_metadata(struct request *rq, const struct s3_metadata *metadata, struct json_writer *w)
{
    size_t size = 0;
    json_key(w, STR("Metadata"));
    json_open_object(w);
    for (size_t i = 0; i < metadata->count; i++) {
        const struct s3_metadata_entry *entry = &metadata->items[i];
        const struct str value = decoded(rq, entry->value);
        size += entry->key.len + value.len;
        json_member_str(w, str_lower(rq->ctx.arena, entry->key), value);
    }
    json_close_object(w);
    if (size > METADATA_MAX) {
        request_element(rq, STR("Size"), str_format(rq->ctx.arena, "%zu", size));
        request_element(rq, STR("MaxSizeAllowed"), STR("2048"));
        return s3_fail(rq, &S3_METADATA_TOO_LARGE);
    }
    return ERR_OK;
}

struct err headers_take(struct request *rq, const void *in, struct str *json)
{
    const struct member *metadata = member_named(rq->operation->input, "Metadata");
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        json_member_str(&w, str_of(NAMES[i]), taken(rq, in, NAMES[i]));
    }
    TRY(take_metadata(rq, (const void *)((const char *)in + metadata->offset), &w));
    json_close_object(&w);
    *json = json_done(&w);
    return ERR_OK;
}

struct err headers_show(struct request *rq, struct str text, void *out)
{
    const struct shape *shape = rq->operation->output;
    const struct member *member = member_named(shape, "Metadata");
    const struct json *json = text.ptr ? json_parse(rq->ctx.arena, text, NULL) : NULL;
    const struct json *metadata = json_get(json, STR("Metadata"));
    for (size_t i = 0; json && i < COUNT_OF(NAMES); i++) {
        member_set_text(shape, out, NAMES[i], json_text(json_get(json, str_of(NAMES[i]))));
    }
    if (metadata == NULL || metadata->count == 0 || member == NULL) {
        return ERR_OK;
    }
    struct s3_metadata *shown = (void *)((char *)out + member->offset);
    shown->items = ARENA_ARRAY(rq->ctx.arena, struct s3_metadata_entry, metadata->count);
    for (const struct json *one = metadata->child; one; one = one->next) {
        shown->items[shown->count++] = (struct s3_metadata_entry){ one->key, encoded_words_write(rq->ctx.arena, json_text(one)) };
    }
    return ERR_OK;
}
