/* bucket_lifecycle.c - lifecycle rules of a bucket: what they may say. lifecycle.c carries them out.
 *
 * spec: S3 API reference, PutBucketLifecycleConfiguration; S3 user guide, "Lifecycle configuration elements". */
#include "crypto/random.h"
#include "svc/s3/setting.h"
#include "svc/s3/tag_set.h"

enum { RULES_MAX = 1000, ID_MAX = 255, DAY_MS = 24 * 3600 * 1000 };

#define ALL_128K STR("all_storage_classes_128K")

static struct err not_positive(struct request *rq, const char *member, const char *action, int32_t days)
{
    return s3_invalid_argument(rq, member, str_format(rq->ctx.arena, "%d", days),
                               str_format(rq->ctx.arena, "'%s' for %s action must be a positive integer", member, action).ptr);
}

static struct err check_date(struct request *rq, struct opt_time date)
{
    return date.set && date.v % DAY_MS != 0
               ? s3_invalid_argument(rq, "Date", STR(""), "'Date' must be at midnight GMT") : ERR_OK;
}

static struct err check_expiration(struct request *rq, const struct s3_lifecycle_expiration *expiration)
{
    if (expiration == NULL) {
        return ERR_OK;
    }
    const int said = expiration->days.set + expiration->date.set + expiration->expired_object_delete_marker.set;
    if (said != 1) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    if (expiration->days.set && expiration->days.v <= 0) {
        return not_positive(rq, "Days", "Expiration", expiration->days.v);
    }
    return check_date(rq, expiration->date);
}

static struct err check_transitions(struct request *rq, const struct s3_lifecycle_rule *rule)
{
    for (size_t i = 0; i < rule->transitions.count; i++) {
        const struct s3_transition *one = &rule->transitions.items[i];
        if (one->storage_class.ptr == NULL || one->days.set == one->date.set) {
            return s3_fail(rq, &S3_MALFORMED_XML);
        }
        if (one->days.set && one->days.v < 0) {
            return s3_invalid_argument(rq, "Days", str_format(rq->ctx.arena, "%d", one->days.v),
                                       "'Days' in Transition action must be nonnegative");
        }
        TRY(check_date(rq, one->date));
    }
    for (size_t i = 0; i < rule->noncurrent_version_transitions.count; i++) {
        const struct s3_noncurrent_version_transition *one = &rule->noncurrent_version_transitions.items[i];
        if (one->storage_class.ptr == NULL || !one->noncurrent_days.set) {
            return s3_fail(rq, &S3_MALFORMED_XML);
        }
    }
    return ERR_OK;
}

static struct err check_noncurrent(struct request *rq, const struct s3_lifecycle_rule *rule)
{
    const struct s3_noncurrent_version_expiration *expiration = rule->noncurrent_version_expiration;
    const struct s3_abort_incomplete_multipart_upload *uploads = rule->abort_incomplete_multipart_upload;
    if (expiration && (!expiration->noncurrent_days.set || expiration->noncurrent_days.v <= 0)) {
        return not_positive(rq, "NoncurrentDays", "NoncurrentVersionExpiration", expiration->noncurrent_days.v);
    }
    return uploads && (!uploads->days_after_initiation.set || uploads->days_after_initiation.v <= 0)
               ? not_positive(rq, "DaysAfterInitiation", "AbortIncompleteMultipartUpload", uploads->days_after_initiation.v) : ERR_OK;
}

static bool has_tags(const struct s3_lifecycle_rule_filter *filter)
{
    return filter && (filter->tag || (filter->and && filter->and->tags.count));
}

static struct err check_filter(struct request *rq, const struct s3_lifecycle_rule *rule)
{
    const struct s3_lifecycle_rule_filter *filter = rule->filter;
    const struct s3_lifecycle_rule_and_operator *all = filter ? filter->and : NULL;
    if ((filter != NULL) == (rule->prefix.ptr != NULL)) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    const int said = filter ? (filter->prefix.ptr != NULL) + (filter->tag != NULL) + (all != NULL)
            + filter->object_size_greater_than.set + filter->object_size_less_than.set : 0;
    if (said > 1) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    if (has_tags(filter) && rule->abort_incomplete_multipart_upload) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "AbortIncompleteMultipartUpload cannot be specified with Tags.");
    }
    if (has_tags(filter) && rule->expiration && rule->expiration->expired_object_delete_marker.v) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "ExpiredObjectDeleteMarker cannot be specified with Tags.");
    }
    return all ? tag_set_check(rq, &all->tags, TAGS_OF_OBJECT) : ERR_OK;
}

static struct err check_rule(struct request *rq, const struct s3_lifecycle_rule *rule)
{
    const bool acts = rule->expiration || rule->transitions.count || rule->noncurrent_version_transitions.count
        || rule->noncurrent_version_expiration || rule->abort_incomplete_multipart_upload;
    if (rule->id.len > ID_MAX) {
        return s3_invalid_argument(rq, "ID", rule->id, "ID length should not exceed allowed limit of 255");
    }
    if (!acts) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "At least one action needs to be specified in a rule.");
    }
    TRY(check_filter(rq, rule));
    TRY(check_expiration(rq, rule->expiration));
    TRY(check_transitions(rq, rule));
    return check_noncurrent(rq, rule);
}

static struct err check_ids(struct request *rq, const struct s3_lifecycle_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal(rules[i].id, rules[j].id)) {
                return s3_invalid_argument(rq, "ID", rules[i].id, "Rule ID must be unique. Found same ID for more than one rule");
            }
        }
    }
    return ERR_OK;
}

static struct err check_minimum(struct request *rq, struct str size)
{
    const bool known = size.ptr == NULL || str_equal(size, ALL_128K) || str_equal(size, STR("varies_by_storage_class"));
    return known ? ERR_OK : fail(&rq->ctx, &S3_INVALID_REQUEST, "Invalid TransitionDefaultMinimumObjectSize found: %" STR_FMT, STR_ARG(size));
}

/* Rules without an id get one. */
static struct err check_rules(struct request *rq, const struct s3_lifecycle_rules *given, struct s3_bucket_lifecycle_configuration *out)
{
    if (given->count == 0 || given->count > RULES_MAX) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    struct s3_lifecycle_rule *rules = ARENA_ARRAY(rq->ctx.arena, struct s3_lifecycle_rule, given->count);
    for (size_t i = 0; i < given->count; i++) {
        rules[i] = given->items[i];
        rules[i].id = rules[i].id.len ? rules[i].id : random_uuid(&rq->ctx);
        TRY(check_rule(rq, &rules[i]));
    }
    out->rules = (struct s3_lifecycle_rules){ rules, given->count };
    return check_ids(rq, rules, given->count);
}

/* The size that transitions are for by default lies beside the rules, under an id of its own. */
#define MINIMUM STR("minimum")

struct err s3_put_bucket_lifecycle_configuration(struct request *rq, const struct s3_put_bucket_lifecycle_configuration_in *in,
                                                 struct s3_put_bucket_lifecycle_configuration_out *out)
{
    struct s3_bucket_lifecycle_configuration whole = { .rules = { NULL, 0 } };
    struct bucket_row row = { .name = STR_NONE };
    TRY(check_minimum(rq, in->transition_default_minimum_object_size));
    if (in->lifecycle_configuration == NULL) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(check_rules(rq, &in->lifecycle_configuration->rules, &whole));
    out->transition_default_minimum_object_size = in->transition_default_minimum_object_size.ptr
        ? in->transition_default_minimum_object_size : ALL_128K;
    TRY(setting_rows_put(&rq->ctx, rq->db, row.name, STR("lifecycle"), MINIMUM, out->transition_default_minimum_object_size));
    return s3_setting_put(rq, &SETTING_LIFECYCLE, in->bucket, in->expected_bucket_owner, &whole);
}

struct err s3_get_bucket_lifecycle_configuration(struct request *rq, const struct s3_get_bucket_lifecycle_configuration_in *in,
                                                 struct s3_get_bucket_lifecycle_configuration_out *out)
{
    TRY(s3_setting_show(rq, &SETTING_LIFECYCLE, in->bucket, in->expected_bucket_owner, out));
    return setting_rows_get(&rq->ctx, rq->db, in->bucket, STR("lifecycle"), MINIMUM, &out->transition_default_minimum_object_size);
}

struct err s3_delete_bucket_lifecycle(struct request *rq, const struct s3_delete_bucket_lifecycle_in *in,
                                      struct s3_delete_bucket_lifecycle_out *out)
{
    (void)out;
    TRY(s3_setting_drop(rq, &SETTING_LIFECYCLE, in->bucket, in->expected_bucket_owner));
    return setting_rows_delete(&rq->ctx, rq->db, in->bucket, STR("lifecycle"), MINIMUM, NULL);
}
