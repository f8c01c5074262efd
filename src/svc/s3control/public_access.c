/* public_access.c - what an account says of public access to all its buckets. svc/s3 heeds it at each call.
 *
 * spec: S3 user guide, "Configuring block public access settings for your account": the stricter of account and bucket holds. */
#include "svc/s3/rows_access.h"
#include "svc/s3control/s3control.h"
#include "wire/codec.h"

#define KIND STR("public-access")

static const struct fault MALFORMED_XML = { "MalformedXML", NULL, NULL, 400 };

struct err s3control_get_public_access_block(struct request *rq, const struct s3control_get_public_access_block_in *in,
                                             struct s3control_get_public_access_block_out *out)
{
    struct str document = STR_NONE;
    void *value = NULL;
    TRY(account_setting_get(&rq->ctx, rq->db, in->account_id, KIND, &document));
    if (document.ptr == NULL) {
        request_element(rq, STR("AccountId"), in->account_id);
        return fail(&rq->ctx, &S3CONTROL_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, "The public access block configuration was not found");
    }
    TRY(wire_json_read(&rq->ctx, S3CONTROL_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, document, &value));
    out->public_access_block_configuration = value;
    return ERR_OK;
}

static struct opt_bool settled(struct opt_bool value)
{
    return (struct opt_bool)SOME(value.v);
}

struct err s3control_put_public_access_block(struct request *rq, const struct s3control_put_public_access_block_in *in,
                                             struct s3control_put_public_access_block_out *out)
{
    const struct s3control_public_access_block_configuration *asked = in->public_access_block_configuration;
    (void)out;
    if (asked == NULL) {
        return fail(&rq->ctx, &MALFORMED_XML,
                    "The XML you provided was not well-formed or did not validate against our published schema");
    }
    const struct s3control_public_access_block_configuration whole = {
        settled(asked->block_public_acls), settled(asked->ignore_public_acls), settled(asked->block_public_policy),
        settled(asked->restrict_public_buckets) };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, S3CONTROL_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, &whole);
    return account_setting_put(&rq->ctx, rq->db, in->account_id, KIND, json_done(&w));
}

struct err s3control_delete_public_access_block(struct request *rq, const struct s3control_delete_public_access_block_in *in,
                                                struct s3control_delete_public_access_block_out *out)
{
    (void)out;
    rq->extra.status = 204;
    return account_setting_delete(&rq->ctx, rq->db, in->account_id, KIND);
}
