#include "app/export.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "net/client.h"
#include "svc/guardduty/guardduty.h"
#include "wire/gzip.h"
#include "wire/sigv4.h"

enum { CONNECT_MS = 5000, STILL_S = 20 };

struct export {
    struct arena *arena; /* of endpoint and keys */
    struct str endpoint;
    struct sigv4_signer signer;
    struct net_client *client;
};

/* Where the items of one batch go, as their topic says. */
struct parcel {
    struct str account, region, id;
    struct guardduty_destination_place place;
    struct str bucket, prefix; /* prefix is empty, or ends with a slash */
};

static struct str variable(struct arena *arena, const char *name)
{
    const char *value = getenv(name);
    return value && *value ? str_copy(arena, str_of(value)) : STR_NONE;
}

static bool is_endpoint(struct str s)
{
    const size_t start = str_starts(s, STR("https://")) ? 8 : str_starts(s, STR("http://")) ? 7 : 0;
    return start > 0 && s.len > start && str_find(str_from(s, start), '/') == STR_MISSING;
}

struct err export_open(struct ctx *ctx, struct str endpoint, struct export **out)
{
    const struct str base = str_ends(endpoint, STR("/")) ? str_slice(endpoint, 0, endpoint.len - 1) : endpoint;
    if (base.ptr && !is_endpoint(base)) {
        return fail(ctx, &FAULT_INVALID, "--export-endpoint takes http[s]://HOST[:PORT], not \"%" STR_FMT "\"",
                    STR_ARG(endpoint));
    }
    struct export *export = memory_new(sizeof(*export));
    export->arena = arena_open_secret();
    export->endpoint = base.ptr ? str_copy(export->arena, base) : STR_NONE;
    export->signer = (struct sigv4_signer){
        .access_key = variable(export->arena, "AWS_ACCESS_KEY_ID"),
        .secret = variable(export->arena, "AWS_SECRET_ACCESS_KEY"),
        .token = variable(export->arena, "AWS_SESSION_TOKEN"),
        .service = STR("s3"),
    };
    export->client =
        net_client_open(&(struct net_client_options){ .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = STILL_S });
    *out = export;
    return ERR_OK;
}

void export_close(struct export *export)
{
    if (export) {
        net_client_close(export->client);
        arena_close(export->arena);
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

/* The address of the bucket: within the host's name at AWS, unless dots in it would fit no certificate. */
static struct str base_of(struct ctx *ctx, const struct export *export, const struct parcel *parcel, bool *in_path)
{
    const struct str region = region_of_key(parcel->place.kms_key);
    *in_path = export->endpoint.ptr || str_find(parcel->bucket, '.') != STR_MISSING;
    if (export->endpoint.ptr) {
        return export->endpoint;
    }
    const struct str host = str_format(ctx->arena, "s3.%" STR_FMT ".amazonaws.com", STR_ARG(region));
    return *in_path ? str_format(ctx->arena, "https://%" STR_FMT, STR_ARG(host))
                    : str_format(ctx->arena, "https://%" STR_FMT ".%" STR_FMT, STR_ARG(parcel->bucket), STR_ARG(host));
}

static struct err put(struct ctx *ctx, const struct export *export, const struct parcel *parcel, struct str key,
                      struct str body)
{
    bool in_path = false;
    const struct str base = base_of(ctx, export, parcel, &in_path);
    const struct str path = str_percent_encode(ctx->arena, key, true);
    struct http_header headers[6] = {
        { STR("Host"), str_from(base, str_search(base, STR("://")) + 3) },
        { STR("Content-Type"), STR("application/octet-stream") },
        { STR("x-amz-server-side-encryption"), STR("aws:kms") },
        { STR("x-amz-server-side-encryption-aws-kms-key-id"), parcel->place.kms_key },
    };
    size_t count = 4;
    if (parcel->place.bucket_owner.len > 0) {
        headers[count++] = (struct http_header){ STR("x-amz-expected-bucket-owner"), parcel->place.bucket_owner };
    }
    struct http_request request = {
        .method = STR("PUT"),
        .path = in_path ? str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT, STR_ARG(parcel->bucket), STR_ARG(path))
                        : str_format(ctx->arena, "/%" STR_FMT, STR_ARG(path)),
        .body = body,
        .headers = headers,
        .header_count = count,
    };
    struct sigv4_signer signer = export->signer;
    struct http_response response;
    signer.region = region_of_key(parcel->place.kms_key);
    ctx->now_ms = clock_now_ms();
    sigv4_sign(ctx, &signer, &request);
    TRY(net_client_call(ctx, export->client, base, &request, -1, &response));
    if (response.status < 200 || response.status > 299) {
        return fail(ctx, &FAULT_UNAVAILABLE, "s3://%" STR_FMT "/%" STR_FMT " answered %u: %" STR_FMT,
                    STR_ARG(parcel->bucket), STR_ARG(key), (unsigned)response.status,
                    STR_ARG(str_slice(response.body, 0, 300)));
    }
    return ERR_OK;
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
    if (export->signer.access_key.ptr == NULL || export->signer.secret.ptr == NULL) {
        return fail(ctx, &FAULT_UNAVAILABLE, "export needs keys: start with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set");
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
