#include "app/export.h"

#include <stdlib.h>

#include "app/lists.h"
#include "app/source_parts.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "svc/guardduty/guardduty.h"
#include "wire/gzip.h"

enum { CONNECT_MS = 5000, STILL_S = 20 };

struct export {
    struct source *source; /* signs, and tries again */
    struct net_client *client;
};

/* Where the items of one batch go, as their topic says. */
struct parcel {
    struct str account, region, id;
    struct guardduty_destination_place place;
    struct str bucket, prefix; /* prefix is empty, or ends with a slash */
};

struct export *export_open(void)
{
    struct export *export = memory_new(sizeof(*export));
    export->source = lists_fetcher_open();
    export->client = net_client_open(&(struct net_client_options){
        .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = STILL_S, .stopped = source_stopping, .self = export->source });
    return export;
}

void export_stop(struct export *export)
{
    if (export) {
        lists_fetcher_stop(export->source);
    }
}

void export_close(struct export *export)
{
    if (export) {
        net_client_close(export->client);
        lists_fetcher_close(export->source);
        memory_free(export);
    }
}

/* arn:aws:kms:REGION:… */
static struct str region_of_key(struct str arn)
{
    for (int i = 0; i < 3; i++) {
        str_cut(arn, ':', &arn);
    }
    struct str rest = STR_NONE;
    return str_cut(arn, ':', &rest);
}

/* Keys are looked for each time: whoever sees that there are none may set them without a restart. */
static struct err prepare(struct ctx *ctx, struct source *source, const struct parcel *parcel)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL_S3");
    const struct str base = str_copy(ctx->arena, str_of(endpoint ? endpoint : ""));
    const bool slash = str_ends(base, STR("/"));
    source->uri = (struct source_uri){
        .endpoint = str_search(base, STR("://")) == STR_MISSING ? STR_NONE : str_slice(base, 0, base.len - slash),
        .region = region_of_key(parcel->place.kms_key),
    };
    arena_reset(source->own.arena);
    return source_keys_find(ctx, source->own.arena, &source->own.keys, &source->origin);
}

static struct err put(struct ctx *ctx, const struct export *export, const struct parcel *parcel, struct str key,
                      struct str body)
{
    struct source *source = export->source;
    const struct http_header headers[] = {
        { STR("Content-Type"), STR("application/octet-stream") },
        { STR("x-amz-server-side-encryption"), STR("aws:kms") },
        { STR("x-amz-server-side-encryption-aws-kms-key-id"), parcel->place.kms_key },
        { STR("x-amz-expected-bucket-owner"), parcel->place.bucket_owner },
    };
    TRY(prepare(ctx, source, parcel));
    const struct source_call call = {
        .service = "s3",
        .file = -1,
        .base = source->uri.endpoint.ptr ? source->uri.endpoint : source_aws_base(ctx, source, "s3"),
        .what = str_format(ctx->arena, "put s3://%" STR_FMT "/%" STR_FMT, STR_ARG(parcel->bucket), STR_ARG(key)).ptr,
        .request = {
            .method = STR("PUT"),
            .path = str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT, STR_ARG(parcel->bucket),
                               STR_ARG(str_percent_encode(ctx->arena, key, true))),
            .body = body,
            .headers = headers,
            .header_count = parcel->place.bucket_owner.len > 0 ? COUNT_OF(headers) : COUNT_OF(headers) - 1,
        },
    };
    struct http_response response;
    return source_call(ctx, source, export->client, &call, &response);
}

static struct str object_key(struct ctx *ctx, const struct parcel *parcel, struct str lines)
{
    const struct civil_time day = clock_civil(ctx->now_ms);
    const char *hex = hash_hex(ctx->arena, HASH_SHA256, lines).ptr;
    return str_format(ctx->arena,
                      "%" STR_FMT "AWSLogs/%" STR_FMT "/GuardDuty/%" STR_FMT "/%04d/%02d/%02d/%.8s-%.4s-%.4s-%.4s-%.12s"
                      ".jsonl.gz",
                      STR_ARG(parcel->prefix), STR_ARG(parcel->account), STR_ARG(parcel->region), (int)day.year, day.month,
                      day.day, hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static bool is_together(const struct delivery *a, const struct delivery *b)
{
    return str_equal(a->item.topic, b->item.topic) && str_equal(a->item.account, b->item.account);
}

/* All that goes where the first one goes: a trial when one is asked for, then the findings. */
static struct err send(struct ctx *ctx, const struct export *export, const struct parcel *parcel,
                       const struct delivery *first, const struct delivery *end)
{
    struct text lines = text_new(ctx->arena);
    bool trial = false;
    for (const struct delivery *at = first; at < end; at++) {
        if (is_together(first, at)) {
            trial = trial || at->item.payload.len == 0;
            text_add(&lines, at->item.payload);
            text_add(&lines, at->item.payload.len > 0 ? STR("\n") : STR(""));
        }
    }
    if (trial) {
        TRY(put(ctx, export, parcel, str_format(ctx->arena, "%" STR_FMT "AWSLogs/", STR_ARG(parcel->prefix)), STR("")));
    }
    const struct str text = text_str(&lines);
    return text.len == 0 ? ERR_OK
                         : put(ctx, export, parcel, object_key(ctx, parcel, text), gzip_pack(ctx->arena, text));
}

/* False when the destination is gone. */
static struct err find_parcel(struct ctx *ctx, struct store_conn *db, const struct outbox_item *item,
                              struct parcel *out, bool *found)
{
    struct str rest = STR_NONE, arn = STR_NONE;
    str_cut(item->topic, '/', &rest);
    *out = (struct parcel){ .account = item->account };
    out->region = str_cut(rest, '/', &out->id);
    TRY(guardduty_destination_find(ctx, db, out->account, out->region, out->id, &out->place, found));
    if (*found) {
        arn = str_from(out->place.arn, sizeof("arn:aws:s3:::") - 1);
        out->bucket = str_cut(arn, '/', &out->prefix);
        const bool open = out->prefix.len > 0 && !str_ends(out->prefix, STR("/"));
        out->prefix = open ? str_format(ctx->arena, "%" STR_FMT "/", STR_ARG(out->prefix)) : out->prefix;
    }
    return ERR_OK;
}

static enum delivery_outcome deliver_together(struct ctx *ctx, const struct export *export, struct store_conn *db,
                                              const struct delivery *first, const struct delivery *end)
{
    struct parcel parcel;
    bool found = false;
    struct err err = find_parcel(ctx, db, &first->item, &parcel, &found);
    if (!err.fault && !found) {
        return DELIVERY_NEVER;
    }
    if (!err.fault) {
        err = send(ctx, export, &parcel, first, end);
    }
    if (err.fault) {
        log_warn(NULL, "findings are not exported yet", LOG_STR("account", first->item.account),
                 LOG_STR("topic", first->item.topic), LOG_STR("reason", str_of(ctx->reason)));
    }
    return err.fault ? DELIVERY_LATER : DELIVERY_DONE;
}

static bool was_before(const struct delivery *deliveries, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (is_together(&deliveries[j], &deliveries[i])) {
            return true;
        }
    }
    return false;
}

static void deliver(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (was_before(deliveries, i)) {
            continue;
        }
        const enum delivery_outcome outcome = deliver_together(ctx, self, db, &deliveries[i], deliveries + count);
        for (size_t j = i; j < count; j++) {
            if (is_together(&deliveries[i], &deliveries[j])) {
                deliveries[j].outcome = outcome;
            }
        }
    }
}

static struct err settle(void *self, struct ctx *ctx, struct store_conn *db, const struct delivery *deliveries,
                         size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        const struct delivery *delivery = &deliveries[i];
        struct str region = STR_NONE, id = STR_NONE;
        if (delivery->outcome == DELIVERY_NEVER || was_before(deliveries, i)) {
            continue;
        }
        str_cut(delivery->item.topic, '/', &region);
        region = str_cut(region, '/', &id);
        TRY(guardduty_destination_note(ctx, db, delivery->item.account, region, id, delivery->outcome == DELIVERY_DONE));
    }
    return ERR_OK;
}

struct deliverer_channel export_channel(struct export *export)
{
    return (struct deliverer_channel){ .name = STR(GUARDDUTY_EXPORT), .deliver = deliver, .settle = settle,
                                       .self = export };
}
