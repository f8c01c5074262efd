/* bucket_encryption.c - how new objects are encrypted unless their writer says otherwise.
 *
 * spec: S3 user guide, "Setting default server-side encryption behavior": there always is one, AES256 at first. */
#include "svc/s3/setting.h"

static struct err check_algorithm(struct request *rq, const struct s3_server_side_encryption_by_default *by)
{
    const bool kms = str_equal(by->sse_algorithm, STR("aws:kms"));
    if (!kms && !str_equal(by->sse_algorithm, STR("AES256"))) {
        return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "Encryption with %" STR_FMT " is not implemented by Yagura yet.",
                    STR_ARG(by->sse_algorithm));
    }
    if (!kms && by->kms_master_key_id.len) {
        return s3_invalid_argument(rq, "ApplyServerSideEncryptionByDefault", by->sse_algorithm,
                                   "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse");
    }
    return ERR_OK;
}

struct err s3_put_bucket_encryption(struct request *rq, const struct s3_put_bucket_encryption_in *in,
                                    struct s3_put_bucket_encryption_out *out)
{
    const struct s3_server_side_encryption_rules *rules = &in->server_side_encryption_configuration->rules;
    (void)out;
    if (rules->count != 1) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    struct s3_server_side_encryption_rule rule = rules->items[0];
    const struct s3_server_side_encryption_by_default plain = { .sse_algorithm = STR("AES256") };
    rule.apply_server_side_encryption_by_default = rule.apply_server_side_encryption_by_default
        ? rule.apply_server_side_encryption_by_default : &plain;
    rule.bucket_key_enabled = (struct opt_bool)SOME(rule.bucket_key_enabled.v);
    TRY(check_algorithm(rq, rule.apply_server_side_encryption_by_default));
    const struct s3_server_side_encryption_configuration whole = { .rules = { &rule, 1 } };
    return s3_setting_put(rq, &SETTING_ENCRYPTION, in->bucket, in->expected_bucket_owner, &whole);
}

struct err s3_get_bucket_encryption(struct request *rq, const struct s3_get_bucket_encryption_in *in,
                                    struct s3_get_bucket_encryption_out *out)
{
    static const struct s3_server_side_encryption_by_default plain = { .sse_algorithm = STR_INIT("AES256") };
    static struct s3_server_side_encryption_rule rule = { .apply_server_side_encryption_by_default = &plain,
                                                          .bucket_key_enabled = SOME(false) };
    static const struct s3_server_side_encryption_configuration first = { .rules = { &rule, 1 } };
    out->server_side_encryption_configuration = &first;
    return s3_setting_show(rq, &SETTING_ENCRYPTION, in->bucket, in->expected_bucket_owner, out);
}
