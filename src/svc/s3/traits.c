#include "svc/s3/traits.h"

#include <stdlib.h>

#include "svc/s3/members.h"
#include "svc/s3/tag_set.h"
#include "wire/codec.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
enum { TAGS_MAX = 64 };

/* --- tags --- */

static int by_key(const void *a, const void *b)
{
    return str_compare(((const struct s3_tag *)a)->key, ((const struct s3_tag *)b)->key);
}

struct err traits_write_tags(struct request *rq, const struct s3_tag_set *tags, struct str *json)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    TRY(tag_set_check(rq, tags, TAGS_OF_OBJECT));
    *json = STR_NONE;
    if (tags->count > 0) {
        qsort(tags->items, tags->count, sizeof(*tags->items), by_key);
        wire_json_write(&w, S3_SHAPE_TAG_SET, tags);
        *json = json_done(&w);
    }
    return ERR_OK;
}

struct err traits_read_tags(struct request *rq, struct str json, struct s3_tag_set *out)
{
    void *value = NULL;
    *out = (struct s3_tag_set){ ARENA_NEW(rq->ctx.arena, struct s3_tag), 0 };
    if (json.ptr) {
        TRY(wire_json_read(&rq->ctx, S3_SHAPE_TAG_SET, json, &value));
        *out = *(const struct s3_tag_set *)value;
    }
    return ERR_OK;
}

static struct err bad_header(struct request *rq, struct str header)
{
    return s3_invalid_argument(rq, "x-amz-tagging", header,
                               "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.");
}

/* x-amz-tagging: k=v&k2=v2. */
static struct err take_tags(struct request *rq, struct str header, struct str *json)
{
    struct s3_tag_set tags = { ARENA_ARRAY(rq->ctx.arena, struct s3_tag, TAGS_MAX), 0 };
    for (struct str rest = header; rest.len > 0;) {
        struct str value = STR_NONE;
        const struct str key = str_cut(str_cut(rest, '&', &rest), '=', &value);
        if (key.len == 0) {
            continue;
        }
        if (tags.count == TAGS_MAX) {
            return bad_header(rq, header);
        }
        tags.items[tags.count++] = (struct s3_tag){ str_percent_decode(rq->ctx.arena, key, true),
                                                    value.ptr ? str_percent_decode(rq->ctx.arena, value, true) : STR("") };
    }
    return traits_write_tags(rq, &tags, json);
}

/* --- lock --- */

static struct opt_time time_member(struct request *rq, const void *in, const char *name)
{
    const struct member *member = member_named(rq->operation->input, name);
    return member ? *(const struct opt_time *)(const void *)((const char *)in + member->offset) : (struct opt_time){ .set = false };
}

static struct err check_lock(struct request *rq, struct str mode, struct opt_time until)
{
    if (mode.ptr && !str_equal(mode, STR("GOVERNANCE")) && !str_equal(mode, STR("COMPLIANCE"))) {
        return s3_invalid_argument(rq, "x-amz-object-lock-mode", mode, "Unknown wormMode directive.");
    }
    if ((mode.ptr != NULL) != until.set) {
        request_element(rq, STR("ArgumentName"), until.set ? STR("x-amz-object-lock-mode") : STR("x-amz-object-lock-retain-until-date"));
        return fail(&rq->ctx, &S3_INVALID_ARGUMENT, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
    }
    return until.set && until.v <= rq->ctx.now_ms
               ? s3_invalid_argument(rq, "x-amz-object-lock-retain-until-date", member_text(rq->operation->input, rq->in, "ObjectLockRetainUntilDate"),
                                     "The retain until date must be in the future!") : ERR_OK;
}

/* What new objects of the bucket get. */
static struct err take_default(struct request *rq, const struct bucket_row *bucket, struct traits *out)
{
    const void *found = NULL;
    TRY(bucket_setting(rq, bucket->name, STR("object-lock"), STR(""), S3_SHAPE_OBJECT_LOCK_CONFIGURATION, &found));
    const struct s3_object_lock_configuration *lock = found;
    const struct s3_default_retention *retention = lock && lock->rule ? lock->rule->default_retention : NULL;
    if (retention) {
        const int64_t days = retention->days.set ? retention->days.v : (int64_t)retention->years.v * 365;
        out->lock_mode = retention->mode;
        out->retain_until_ms = rq->ctx.now_ms + days * DAY_MS;
    }
    return ERR_OK;
}

static struct err take_lock(struct request *rq, const void *in, const struct bucket_row *bucket, struct traits *out)
{
    const struct str mode = member_text(rq->operation->input, in, "ObjectLockMode");
    const struct str hold = member_text(rq->operation->input, in, "ObjectLockLegalHoldStatus");
    const struct opt_time until = time_member(rq, in, "ObjectLockRetainUntilDate");
    if (!bucket->object_lock) {
        return mode.ptr || hold.ptr || until.set ? fail(&rq->ctx, &S3_INVALID_REQUEST, "Bucket is missing Object Lock Configuration") : ERR_OK;
    }
    TRY(check_lock(rq, mode, until));
    if (hold.ptr && !str_equal(hold, STR("ON")) && !str_equal(hold, STR("OFF"))) {
        return s3_invalid_argument(rq, "x-amz-object-lock-legal-hold", hold, "Legal Hold must be either of 'ON' or 'OFF'");
    }
    out->legal_hold = str_equal(hold, STR("ON"));
    out->hold_said = hold.ptr != NULL;
    if (mode.ptr == NULL) {
        return take_default(rq, bucket, out);
    }
    out->lock_mode = mode;
    out->retain_until_ms = until.v;
    return ERR_OK;
}

/* The model knows more of them: of Outposts, directory buckets and file systems. */
static struct err check_class(struct request *rq, struct str name)
{
    static const struct str known[] = { STR_INIT("STANDARD"), STR_INIT("STANDARD_IA"), STR_INIT("ONEZONE_IA"), STR_INIT("INTELLIGENT_TIERING"),
                                        STR_INIT("GLACIER"), STR_INIT("GLACIER_IR"), STR_INIT("DEEP_ARCHIVE"), STR_INIT("REDUCED_REDUNDANCY") };
    bool found = name.ptr == NULL;
    for (size_t i = 0; !found && i < COUNT_OF(known); i++) {
        found = str_equal(name, known[i]);
    }
    if (!found) {
        request_element(rq, STR("StorageClassRequested"), name);
    }
    return found ? ERR_OK : s3_fail(rq, &S3_INVALID_STORAGE_CLASS);
}

struct err traits_take(struct request *rq, const void *in, const struct bucket_row *bucket, struct traits *out)
{
    const struct str header = member_text(rq->operation->input, in, "Tagging");
    TRY(check_class(rq, member_text(rq->operation->input, in, "StorageClass")));
    *out = (struct traits){ .tags = STR_NONE };
    TRY(header.len > 0 ? take_tags(rq, header, &out->tags) : ERR_OK);
    return take_lock(rq, in, bucket, out);
}

static size_t tag_count(struct request *rq, struct str json)
{
    const struct json *tags = json.ptr ? json_parse(rq->ctx.arena, json, NULL) : NULL;
    return tags ? tags->count : 0;
}

static void set(const struct shape *shape, void *out, const char *name, const void *value, size_t size)
{
    const struct member *member = member_named(shape, name);
    if (member) {
        memcpy((char *)out + member->offset, value, size);
    }
}

void traits_show(struct request *rq, const struct object_row *row, void *out)
{
    const struct shape *shape = rq->operation->output;
    const struct opt_int tags = { true, (int32_t)tag_count(rq, row->tags) };
    const struct opt_time until = { true, row->retain_until_ms };
    if (tags.v > 0) {
        set(shape, out, "TagCount", &tags, sizeof(tags));
    }
    if (row->lock_mode.ptr) {
        member_set_text(shape, out, "ObjectLockMode", row->lock_mode);
        set(shape, out, "ObjectLockRetainUntilDate", &until, sizeof(until));
    }
    if (row->hold_said) {
        member_set_text(shape, out, "ObjectLockLegalHoldStatus", row->legal_hold ? STR("ON") : STR("OFF"));
    }
}

struct err lock_check(struct request *rq, const struct object_row *row, bool bypass)
{
    const bool retained = row->lock_mode.ptr && row->retain_until_ms > rq->ctx.now_ms;
    const bool held = row->legal_hold || (retained && !(bypass && str_equal(row->lock_mode, STR("GOVERNANCE"))));
    return held ? fail(&rq->ctx, &S3_ACCESS_DENIED, "Access Denied because object protected by object lock.") : ERR_OK;
}
