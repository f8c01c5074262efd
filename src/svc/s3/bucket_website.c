/* bucket_website.c - what a bucket's website would be. It is kept and shown; there is no website endpoint here.
 *
 * spec: S3 API reference, PutBucketWebsite: an index document or a redirection of everything, not both. */
#include "svc/s3/setting.h"

enum { RULES_MAX = 50 };

static struct err check_rule(struct request *rq, const struct s3_routing_rule *rule)
{
    if (rule->redirect->replace_key_with.ptr && rule->redirect->replace_key_prefix_with.ptr) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
    }
    if (rule->condition && rule->condition->key_prefix_equals.ptr == NULL && rule->condition->http_error_code_returned_equals.ptr == NULL) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST,
                    "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.");
    }
    return ERR_OK;
}

static struct err check_documents(struct request *rq, const struct s3_website_configuration *website)
{
    const struct s3_index_document *index = website->index_document;
    if (website->redirect_all_requests_to) {
        const bool alone = !index && !website->error_document && website->routing_rules.count == 0;
        return alone ? ERR_OK : s3_invalid_argument(rq, "RedirectAllRequestsTo", STR("not null"),
                                                    "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.");
    }
    if (index == NULL) {
        return s3_invalid_argument(rq, "IndexDocument", STR("null"), "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
    }
    if (index->suffix.len == 0 || str_find(index->suffix, '/') != STR_MISSING) {
        return s3_invalid_argument(rq, "IndexDocument", index->suffix, "The IndexDocument Suffix is not well formed");
    }
    return website->error_document && website->error_document->key.len == 0
               ? s3_invalid_argument(rq, "ErrorDocument", STR(""), "The ErrorDocument Key is not well formed") : ERR_OK;
}

struct err s3_put_bucket_website(struct request *rq, const struct s3_put_bucket_website_in *in, struct s3_put_bucket_website_out *out)
{
    const struct s3_website_configuration *website = in->website_configuration;
    (void)out;
    TRY(check_documents(rq, website));
    if (website->routing_rules.count > RULES_MAX) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The number of routing rules exceeds the limit of %d.", (int)RULES_MAX);
    }
    for (size_t i = 0; i < website->routing_rules.count; i++) {
        TRY(check_rule(rq, &website->routing_rules.items[i]));
    }
    return s3_setting_put(rq, &SETTING_WEBSITE, in->bucket, in->expected_bucket_owner, website);
}
