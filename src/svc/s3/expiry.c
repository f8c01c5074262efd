#include "svc/s3/expiry.h"

#include "base/clock.h"
#include "base/json.h"
#include "svc/s3/bucket.h"
#include "svc/s3/lifecycle.h"
#include "svc/s3/notify.h"
#include "svc/s3/object.h"
#include "svc/s3/rows_upload.h"
#include "svc/s3/traits.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct rules {
    struct lifecycle_rule *items;
    size_t count;
};

/* --- rules --- */

static const struct lifecycle_tag *tags_of(struct arena *arena, const struct s3_tag *tags, size_t count)
{
    struct lifecycle_tag *out = ARENA_ARRAY(arena, struct lifecycle_tag, count + 1);
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct lifecycle_tag){ tags[i].key, tags[i].value };
    }
    return out;
}

static void take_size(struct lifecycle_rule *rule, struct opt_long greater, struct opt_long less)
{
    rule->greater_set = greater.set;
    rule->greater = greater.v;
    rule->less_set = less.set;
    rule->less = less.v;
}

static void take_filter(struct arena *arena, const struct s3_lifecycle_rule *from, struct lifecycle_rule *rule)
{
    const struct s3_lifecycle_rule_filter *filter = from->filter;
    rule->prefix = from->prefix;
    if (filter && filter->and) {
        rule->prefix = filter->and->prefix;
        rule->tags = tags_of(arena, filter->and->tags.items, filter->and->tags.count);
        rule->tag_count = filter->and->tags.count;
        take_size(rule, filter->and->object_size_greater_than, filter->and->object_size_less_than);
    } else if (filter) {
        rule->prefix = filter->prefix.ptr ? filter->prefix : rule->prefix;
        rule->tags = tags_of(arena, filter->tag, filter->tag ? 1 : 0);
        rule->tag_count = filter->tag ? 1 : 0;
        take_size(rule, filter->object_size_greater_than, filter->object_size_less_than);
    }
}

static void take_rule(struct arena *arena, const struct s3_lifecycle_rule *from, struct lifecycle_rule *rule)
{
    *rule = (struct lifecycle_rule){ .id = from->id, .enabled = str_equal(from->status, STR("Enabled")) };
    take_filter(arena, from, rule);
    if (from->expiration) {
        rule->days = from->expiration->days.v;
        rule->date_ms = from->expiration->date.v;
        rule->lone_markers = from->expiration->expired_object_delete_marker.v;
    }
    if (from->noncurrent_version_expiration) {
        rule->noncurrent_days = from->noncurrent_version_expiration->noncurrent_days.v;
        rule->noncurrent_kept = from->noncurrent_version_expiration->newer_noncurrent_versions.v;
    }
    if (from->abort_incomplete_multipart_upload) {
        rule->abort_days = from->abort_incomplete_multipart_upload->days_after_initiation.v;
    }
}

static struct err read_rules(struct request *rq, struct str bucket, struct rules *out)
{
    const void *found = NULL;
    TRY(bucket_setting(rq, bucket, STR("lifecycle"), STR(""), S3_SHAPE_BUCKET_LIFECYCLE_CONFIGURATION, &found));
    const struct s3_bucket_lifecycle_configuration *configuration = found;
    const size_t count = configuration ? configuration->rules.count : 0;
    *out = (struct rules){ ARENA_ARRAY(rq->ctx.arena, struct lifecycle_rule, count + 1), count };
    for (size_t i = 0; i < count; i++) {
        take_rule(rq->ctx.arena, &configuration->rules.items[i], &out->items[i]);
    }
    return ERR_OK;
}

static struct err version_of(struct request *rq, const struct object_row *row, struct lifecycle_version *out)
{
    struct s3_tag_set tags = { NULL, 0 };
    TRY(traits_read_tags(rq, row->tags, &tags));
    *out = (struct lifecycle_version){ .key = row->name, .size = row->size, .modified_ms = row->modified_ms, .marker = row->marker,
                                       .latest = row->latest, .tags = tags_of(rq->ctx.arena, tags.items, tags.count), .tag_count = tags.count };
    return ERR_OK;
}

/* --- objects --- */

static bool same_key(const struct object_row *a, const struct object_row *b)
{
    return a && b && str_equal(a->name, b->name);
}

/* One key's versions stand together, the newest first: `first` to `end`. */
static struct err find_of_key(struct request *rq, const struct rules *rules, const struct object_row *rows, size_t first, size_t end,
                              struct expiry_item *items, size_t *count)
{
    for (size_t i = first; i < end; i++) {
        struct lifecycle_version version = { .size = 0 };
        int64_t when = 0;
        TRY(version_of(rq, &rows[i], &version));
        version.alone = end - first == 1;
        version.newer = rows[i].latest ? 0 : (int64_t)(i - first) - 1;
        version.noncurrent_ms = i > first ? rows[i - 1].modified_ms : rows[i].modified_ms;
        if (lifecycle_expiry(rules->items, rules->count, &version, &when) && when <= rq->ctx.now_ms) {
            items[(*count)++] = (struct expiry_item){ .bucket = rows[i].bucket, .name = rows[i].name, .place = rows[i].place };
        }
    }
    return ERR_OK;
}

/* A key whose versions go on in the next page waits for it, unless it alone fills this one. */
static struct err find_objects(struct request *rq, const struct rules *rules, struct expiry_place *place, struct expiry_item *items,
                               size_t *count)
{
    struct object_row *rows = NULL;
    size_t found = 0, first = 0;
    const struct object_range range = { .bucket = place->bucket, .from = place->key, .after = place->key.ptr != NULL, .versions = true,
                                        .max = EXPIRY_PAGE };
    TRY(object_rows_list(&rq->ctx, rq->db, &range, &rows, &found));
    while (first < found) {
        size_t end = first + 1;
        while (end < found && same_key(&rows[first], &rows[end])) {
            end++;
        }
        if (end == found && found == EXPIRY_PAGE && first > 0) {
            break;
        }
        TRY(find_of_key(rq, rules, rows, first, end, items, count));
        place->key = rows[first].name;
        first = end;
    }
    place->uploads = found < EXPIRY_PAGE;
    return ERR_OK;
}

/* --- uploads --- */

static struct err find_uploads(struct request *rq, const struct rules *rules, struct expiry_place *place, struct expiry_item *items,
                               size_t *count)
{
    struct upload_row *rows = NULL;
    size_t found = 0;
    TRY(upload_rows_begun_before(&rq->ctx, rq->db, place->bucket, rq->ctx.now_ms - DAY_MS, EXPIRY_PAGE, &rows, &found));
    for (size_t i = 0; i < found; i++) {
        int64_t when = 0;
        if (lifecycle_abort(rules->items, rules->count, rows[i].name, rows[i].created_ms, &when) && when <= rq->ctx.now_ms) {
            items[(*count)++] = (struct expiry_item){ .bucket = place->bucket, .name = rows[i].name, .upload = rows[i].upload };
        }
    }
    return ERR_OK;
}

/* --- the walk --- */

static struct err next_bucket(struct request *rq, struct expiry_place *place)
{
    struct str next = STR_NONE;
    TRY(setting_rows_next_bucket(&rq->ctx, rq->db, STR("lifecycle"), place->bucket.ptr ? place->bucket : STR(""), &next));
    *place = (struct expiry_place){ .bucket = next, .done = next.ptr == NULL };
    return ERR_OK;
}

struct err expiry_find(struct request *rq, struct expiry_place *place, struct expiry_item *items, size_t *count)
{
    struct rules rules = { NULL, 0 };
    *count = 0;
    if (place->bucket.ptr == NULL) {
        TRY(next_bucket(rq, place));
    }
    if (place->done) {
        return ERR_OK;
    }
    TRY(read_rules(rq, place->bucket, &rules));
    if (!place->uploads) {
        return find_objects(rq, &rules, place, items, count);
    }
    TRY(find_uploads(rq, &rules, place, items, count));
    return next_bucket(rq, place);
}

/* --- going --- */

static struct err put_marker(struct request *rq, const struct bucket_row *bucket, const struct object_row *row)
{
    struct object_row marker = { .bucket = bucket->name, .name = row->name, .version = object_new_version(rq, bucket), .marker = true,
                                 .modified_ms = rq->ctx.now_ms / 1000 * 1000, .owner = bucket->account };
    TRY(object_put(rq, &marker));
    return notify(rq, bucket, "LifecycleExpiration:DeleteMarkerCreated", &marker);
}

static struct err expire_version(struct request *rq, const struct bucket_row *bucket, const struct expiry_item *item)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    TRY(object_rows_at(&rq->ctx, rq->db, bucket->name, item->name, item->place, &row, &found));
    if (!found) {
        return ERR_OK;
    }
    if (row.latest && !row.marker && bucket->versioning.len) {
        return put_marker(rq, bucket, &row);
    }
    const struct err locked = lock_check(rq, &row, false);
    if (locked.fault) {
        return ERR_OK;
    }
    TRY(object_rows_delete(&rq->ctx, rq->db, &row));
    return notify(rq, bucket, "LifecycleExpiration:Delete", &row);
}

static struct err abort_upload(struct request *rq, const struct expiry_item *item)
{
    struct upload_row row = { .name = STR_NONE };
    bool found = false;
    TRY(upload_rows_get(&rq->ctx, rq->db, item->bucket, item->name, item->upload, &row, &found));
    return found ? upload_rows_delete(&rq->ctx, rq->db, &row, true) : ERR_OK;
}

struct err expiry_apply(struct request *rq, const struct expiry_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bucket_row bucket = { .name = STR_NONE };
        bool found = false;
        TRY(bucket_rows_get(&rq->ctx, rq->db, items[i].bucket, &bucket, &found));
        if (found) {
            TRY(items[i].upload.ptr ? abort_upload(rq, &items[i]) : expire_version(rq, &bucket, &items[i]));
        }
    }
    return ERR_OK;
}

struct err expiry_forget(struct request *rq)
{
    return upload_done_rows_forget(&rq->ctx, rq->db, rq->ctx.now_ms - DAY_MS);
}

/* --- telling --- */

struct err expiry_text(struct request *rq, const struct object_row *row, struct str *out)
{
    struct rules rules = { NULL, 0 };
    struct lifecycle_version version = { .size = 0 };
    int64_t when = 0;
    *out = STR_NONE;
    if (!row->latest || row->marker) {
        return ERR_OK;
    }
    TRY(read_rules(rq, row->bucket, &rules));
    TRY(rules.count ? version_of(rq, row, &version) : ERR_OK);
    const struct lifecycle_rule *rule = rules.count ? lifecycle_expiry(rules.items, rules.count, &version, &when) : NULL;
    if (rule) {
        const struct str date = clock_format_rfc7231(rq->ctx.arena, when);
        const struct str id = str_percent_encode(rq->ctx.arena, rule->id, false);
        *out = str_format(rq->ctx.arena, "expiry-date=\"%" STR_FMT "\", rule-id=\"%" STR_FMT "\"", STR_ARG(date), STR_ARG(id));
    }
    return ERR_OK;
}
