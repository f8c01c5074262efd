/* setting_many.c - configurations of which a bucket has many, each with an id: metrics, analytics, inventories, tiering.
 *
 * They are kept and shown; nothing here makes inventories, analyses or request metrics of them. */
#include "svc/s3/setting.h"

enum { ID_MAX = 64 };

/* spec: S3 API reference, PutBucketMetricsConfiguration: up to 64 letters, digits, dots, hyphens and underscores. */
static struct err check_id(struct request *rq, struct str id, struct str inner)
{
    bool odd = id.len == 0 || id.len > ID_MAX;
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.ptr[i];
        odd = odd || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_');
    }
    if (odd) {
        return s3_invalid_argument(rq, "id", id, "The specified id is not valid.");
    }
    return str_equal(id, inner) ? ERR_OK : s3_invalid_argument(rq, "id", inner, "Document ID does not match the specified configuration ID.");
}

struct err s3_get_bucket_analytics_configuration(struct request *rq, const struct s3_get_bucket_analytics_configuration_in *in,
    struct s3_get_bucket_analytics_configuration_out *out)
{
    return s3_setting_show_one(rq, &SETTING_ANALYTICS, in->bucket, in->expected_bucket_owner, in->id, out);
}

struct err s3_delete_bucket_analytics_configuration(struct request *rq, const struct s3_delete_bucket_analytics_configuration_in *in,
    struct s3_delete_bucket_analytics_configuration_out *out)
{
    (void)out;
    return s3_setting_drop_one(rq, &SETTING_ANALYTICS, in->bucket, in->expected_bucket_owner, in->id);
}

struct err s3_put_bucket_analytics_configuration(struct request *rq, const struct s3_put_bucket_analytics_configuration_in *in,
    struct s3_put_bucket_analytics_configuration_out *out)
{
    (void)out;
    if (!str_equal(in->id, in->analytics_configuration->id)) {
        return s3_fail(rq, &S3_MALFORMED_XML); /* as AWS answered it, of this kind alone; the answer's status likewise */
    }
    TRY(check_id(rq, in->id, in->analytics_configuration->id));
    rq->extra.status = 204;
    return s3_setting_put_one(rq, &SETTING_ANALYTICS, in->bucket, in->expected_bucket_owner, in->id, in->analytics_configuration);
}

struct err s3_list_bucket_analytics_configurations(struct request *rq, const struct s3_list_bucket_analytics_configurations_in *in,
    struct s3_list_bucket_analytics_configurations_out *out)
{
    void *items = NULL;
    TRY(s3_setting_page(rq, &SETTING_ANALYTICS, in->bucket, in->expected_bucket_owner, in->continuation_token, &items,
                     &out->analytics_configuration_list.count, &out->next_continuation_token));
    out->analytics_configuration_list.items = items;
    out->continuation_token = in->continuation_token;
    out->is_truncated = (struct opt_bool)SOME(out->next_continuation_token.ptr != NULL);
    return ERR_OK;
}

struct err s3_get_bucket_inventory_configuration(struct request *rq, const struct s3_get_bucket_inventory_configuration_in *in,
    struct s3_get_bucket_inventory_configuration_out *out)
{
    return s3_setting_show_one(rq, &SETTING_INVENTORY, in->bucket, in->expected_bucket_owner, in->id, out);
}

struct err s3_delete_bucket_inventory_configuration(struct request *rq, const struct s3_delete_bucket_inventory_configuration_in *in,
    struct s3_delete_bucket_inventory_configuration_out *out)
{
    (void)out;
    return s3_setting_drop_one(rq, &SETTING_INVENTORY, in->bucket, in->expected_bucket_owner, in->id);
}

struct err s3_put_bucket_inventory_configuration(struct request *rq, const struct s3_put_bucket_inventory_configuration_in *in,
    struct s3_put_bucket_inventory_configuration_out *out)
{
    (void)out;
    TRY(check_id(rq, in->id, in->inventory_configuration->id));
    return s3_setting_put_one(rq, &SETTING_INVENTORY, in->bucket, in->expected_bucket_owner, in->id, in->inventory_configuration);
}

struct err s3_list_bucket_inventory_configurations(struct request *rq, const struct s3_list_bucket_inventory_configurations_in *in,
    struct s3_list_bucket_inventory_configurations_out *out)
{
    void *items = NULL;
    TRY(s3_setting_page(rq, &SETTING_INVENTORY, in->bucket, in->expected_bucket_owner, in->continuation_token, &items,
                     &out->inventory_configuration_list.count, &out->next_continuation_token));
    out->inventory_configuration_list.items = items;
    out->continuation_token = in->continuation_token;
    out->is_truncated = (struct opt_bool)SOME(out->next_continuation_token.ptr != NULL);
    return ERR_OK;
}

struct err s3_get_bucket_intelligent_tiering_configuration(struct request *rq, const struct s3_get_bucket_intelligent_tiering_configuration_in *in,
    struct s3_get_bucket_intelligent_tiering_configuration_out *out)
{
    return s3_setting_show_one(rq, &SETTING_INTELLIGENT_TIERING, in->bucket, in->expected_bucket_owner, in->id, out);
}

struct err s3_delete_bucket_intelligent_tiering_configuration(struct request *rq, const struct s3_delete_bucket_intelligent_tiering_configuration_in *in,
    struct s3_delete_bucket_intelligent_tiering_configuration_out *out)
{
    (void)out;
    return s3_setting_drop_one(rq, &SETTING_INTELLIGENT_TIERING, in->bucket, in->expected_bucket_owner, in->id);
}

struct err s3_put_bucket_intelligent_tiering_configuration(struct request *rq, const struct s3_put_bucket_intelligent_tiering_configuration_in *in,
    struct s3_put_bucket_intelligent_tiering_configuration_out *out)
{
    (void)out;
    TRY(check_id(rq, in->id, in->intelligent_tiering_configuration->id));
    return s3_setting_put_one(rq, &SETTING_INTELLIGENT_TIERING, in->bucket, in->expected_bucket_owner, in->id, in->intelligent_tiering_configuration);
}

struct err s3_list_bucket_intelligent_tiering_configurations(struct request *rq, const struct s3_list_bucket_intelligent_tiering_configurations_in *in,
    struct s3_list_bucket_intelligent_tiering_configurations_out *out)
{
    void *items = NULL;
    TRY(s3_setting_page(rq, &SETTING_INTELLIGENT_TIERING, in->bucket, in->expected_bucket_owner, in->continuation_token, &items,
                     &out->intelligent_tiering_configuration_list.count, &out->next_continuation_token));
    out->intelligent_tiering_configuration_list.items = items;
    out->continuation_token = in->continuation_token;
    out->is_truncated = (struct opt_bool)SOME(out->next_continuation_token.ptr != NULL);
    return ERR_OK;
}

struct err s3_get_bucket_metrics_configuration(struct request *rq, const struct s3_get_bucket_metrics_configuration_in *in,
    struct s3_get_bucket_metrics_configuration_out *out)
{
    return s3_setting_show_one(rq, &SETTING_METRICS, in->bucket, in->expected_bucket_owner, in->id, out);
}

struct err s3_delete_bucket_metrics_configuration(struct request *rq, const struct s3_delete_bucket_metrics_configuration_in *in,
    struct s3_delete_bucket_metrics_configuration_out *out)
{
    (void)out;
    return s3_setting_drop_one(rq, &SETTING_METRICS, in->bucket, in->expected_bucket_owner, in->id);
}

struct err s3_put_bucket_metrics_configuration(struct request *rq, const struct s3_put_bucket_metrics_configuration_in *in,
    struct s3_put_bucket_metrics_configuration_out *out)
{
    (void)out;
    TRY(check_id(rq, in->id, in->metrics_configuration->id));
    return s3_setting_put_one(rq, &SETTING_METRICS, in->bucket, in->expected_bucket_owner, in->id, in->metrics_configuration);
}

struct err s3_list_bucket_metrics_configurations(struct request *rq, const struct s3_list_bucket_metrics_configurations_in *in,
    struct s3_list_bucket_metrics_configurations_out *out)
{
    void *items = NULL;
    TRY(s3_setting_page(rq, &SETTING_METRICS, in->bucket, in->expected_bucket_owner, in->continuation_token, &items,
                     &out->metrics_configuration_list.count, &out->next_continuation_token));
    out->metrics_configuration_list.items = items;
    out->continuation_token = in->continuation_token;
    out->is_truncated = (struct opt_bool)SOME(out->next_continuation_token.ptr != NULL);
    return ERR_OK;
}
