/* access_keys.c - condition keys of S3 beyond the input's own (rules/authorization/s3.tsv), told when a policy asks.
 *
 * spec: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". */
#include "base/clock.h"
#include "base/json.h"
#include "svc/s3/access.h"
#include "svc/s3/members.h"
#include "svc/s3/setting.h"
#include "wire/sigv4.h"

static struct str header(const struct request *rq, const char *name)
{
    return rq->http ? http_header_find(rq->http, str_of(name)) : STR_NONE;
}

static struct str query(const struct request *rq, struct str name)
{
    struct str rest = rq->http && rq->http->query.len ? rq->http->query : STR_NONE;
    while (rest.ptr) {
        struct str value = STR_NONE;
        if (str_equal(str_cut(str_cut(rest, '&', &rest), '=', &value), name)) {
            return value;
        }
    }
    return STR_NONE;
}

static bool is_presigned(const struct request *rq)
{
    return query(rq, STR("X-Amz-Signature")).ptr != NULL;
}

static bool is_signed(const struct request *rq)
{
    return rq->http && rq->caller.type != PRINCIPAL_ANONYMOUS;
}

static struct str auth_type(struct request *rq)
{
    const bool posted = rq->http && str_equal(rq->http->method, STR("POST")) && strcmp(rq->operation->method, "PUT") == 0;
    return !is_signed(rq) ? STR_NONE : posted ? STR("POST") : is_presigned(rq) ? STR("REST-QUERY-STRING") : STR("REST-HEADER");
}

static struct str signature_version(struct request *rq)
{
    return is_signed(rq) ? STR("AWS4-HMAC-SHA256") : STR_NONE;
}

/* In milliseconds; of presigned URLs alone. */
static struct str signature_age(struct request *rq)
{
    int64_t signed_ms = 0;
    return is_presigned(rq) && clock_parse_amz(query(rq, STR("X-Amz-Date")), &signed_ms)
               ? str_format(rq->ctx.arena, "%lld", (long long)(rq->ctx.now_ms - signed_ms)) : STR_NONE;
}

/* "1.3" of "TLSv1.3". */
static struct str tls_version(struct request *rq)
{
    const size_t at = str_find(rq->tls_version, 'v');
    return rq->tls_version.len && at != STR_MISSING ? str_from(rq->tls_version, at + 1) : STR_NONE;
}

static struct str content_hash(struct request *rq)
{
    return header(rq, "x-amz-content-sha256");
}

static struct str retention_days(struct request *rq)
{
    const struct member *member = rq->in ? member_named(rq->operation->input, "ObjectLockRetainUntilDate") : NULL;
    if (member == NULL || member->shape->kind != SHAPE_TIMESTAMP) {
        return STR_NONE;
    }
    const struct opt_time *until = (const void *)((const char *)rq->in + member->offset);
    const int64_t day_ms = (int64_t)24 * 3600 * 1000;
    return until->set ? str_format(rq->ctx.arena, "%lld", (long long)((until->v - rq->ctx.now_ms + day_ms - 1) / day_ms)) : STR_NONE;
}

static const struct {
    const char *key;
    struct str (*value)(struct request *rq);
} KEYS[] = {
    { "s3:authType", auth_type },
    { "s3:signatureversion", signature_version },
    { "s3:signatureAge", signature_age },
    { "s3:TlsVersion", tls_version },
    { "s3:x-amz-content-sha256", content_hash },
    { "s3:object-lock-remaining-retention-days", retention_days },
};

/* The value of a tag in `a=1&b=2`, as x-amz-tagging has it. */
static struct str tag_of_header(struct request *rq, struct str wanted)
{
    struct str rest = member_text(rq->operation->input, rq->in, "Tagging");
    while (rest.len) {
        struct str value = STR_NONE;
        const struct str name = str_percent_decode(rq->ctx.arena, str_cut(str_cut(rest, '&', &rest), '=', &value), true);
        if (str_equal(name, wanted)) {
            return str_percent_decode(rq->ctx.arena, value.ptr ? value : STR(""), true);
        }
    }
    return STR_NONE;
}

/* Tags as they are stored: {"TagSet":[{"Key":...,"Value":...}]}, or the bare list. */
static struct str tag_of_json(struct request *rq, struct str json, struct str wanted)
{
    const struct json *tree = json.ptr ? json_parse(rq->ctx.arena, json, NULL) : NULL;
    const struct json *list = tree && tree->kind == JSON_OBJECT ? json_get(tree, STR("TagSet")) : tree;
    for (const struct json *tag = list && list->kind == JSON_ARRAY ? list->child : NULL; tag; tag = tag->next) {
        if (str_equal(json_text(json_get(tag, STR("Key"))), wanted)) {
            return json_text(json_get(tag, STR("Value")));
        }
    }
    return tree && tree->kind == JSON_OBJECT && list == NULL ? json_text(json_get(tree, wanted)) : STR_NONE;
}

static struct str existing_tag(struct request *rq, const struct guard *guard, struct str name)
{
    struct subject *subject = (struct subject *)(uintptr_t)guard->late_self;
    if (subject_look(rq, subject).fault) {
        return STR_NONE;
    }
    return tag_of_json(rq, subject->belongings.tags, name);
}

/* spec: S3 user guide, "Using tags with S3 general purpose buckets": tags of a bucket count once ABAC is on. */
static struct str bucket_tag(struct request *rq, const struct subject *subject, struct str name)
{
    struct str document = STR_NONE;
    if (!subject->access.abac
        || setting_rows_get(&rq->ctx, rq->db, subject->bucket.name, STR("tagging"), STR(""), &document).fault) {
        return STR_NONE;
    }
    return tag_of_json(rq, document, name);
}

static bool cut_prefix(struct str key, const char *prefix, struct str *rest)
{
    const struct str start = str_of(prefix);
    *rest = str_from(key, start.len);
    return key.len > start.len && str_equal_nocase(str_slice(key, 0, start.len), start);
}

struct str access_late_key(struct request *rq, const struct guard *guard, struct str key)
{
    const struct subject *subject = guard->late_self;
    struct str name = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        if (str_equal_nocase(key, str_of(KEYS[i].key))) {
            return KEYS[i].value(rq);
        }
    }
    if (subject && str_equal_nocase(key, STR("s3:ResourceAccount"))) {
        return subject->bucket.account;
    }
    if (cut_prefix(key, "s3:RequestObjectTag/", &name)) {
        return tag_of_header(rq, name);
    }
    if (subject && cut_prefix(key, "s3:ExistingObjectTag/", &name)) {
        return existing_tag(rq, guard, name);
    }
    if (subject && (cut_prefix(key, "aws:ResourceTag/", &name) || cut_prefix(key, "s3:BucketTag/", &name))) {
        return bucket_tag(rq, subject, name);
    }
    return STR_NONE;
}
