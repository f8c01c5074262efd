/* cors_put.c - what a CORS configuration may hold.
 *
 * spec: S3 API reference, PutBucketCors: GET, PUT, HEAD, POST and DELETE; one wildcard in an origin or header, none in what is
 * exposed; 100 rules. */
#include "svc/s3/setting.h"

enum { RULES_MAX = 100 };

static struct err check_methods(struct request *rq, const struct s3_cors_rule *rule)
{
    static const struct str methods[] = { STR_INIT("GET"), STR_INIT("PUT"), STR_INIT("HEAD"), STR_INIT("POST"), STR_INIT("DELETE") };
    for (size_t i = 0; i < rule->allowed_methods.count; i++) {
        bool known = false;
        for (size_t j = 0; j < COUNT_OF(methods); j++) {
            known = known || str_equal(rule->allowed_methods.items[i], methods[j]);
        }
        if (!known) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST, "Found unsupported HTTP method in CORS config. Unsupported method is %" STR_FMT,
                        STR_ARG(rule->allowed_methods.items[i]));
        }
    }
    return ERR_OK;
}

static struct err check_wildcards(struct request *rq, const char *member, const struct str *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t first = str_find(items[i], '*');
        if (first != STR_MISSING && str_find(str_from(items[i], first + 1), '*') != STR_MISSING) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST, "%s \"%" STR_FMT "\" can not have more than one wildcard.", member,
                        STR_ARG(items[i]));
        }
    }
    return ERR_OK;
}

static struct err check_exposed(struct request *rq, const struct s3_cors_rule *rule)
{
    for (size_t i = 0; i < rule->expose_headers.count; i++) {
        if (str_find(rule->expose_headers.items[i], '*') != STR_MISSING) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST,
                        "ExposeHeader \"%" STR_FMT "\" contains wildcard. We currently do not support wildcard for ExposeHeader.",
                        STR_ARG(rule->expose_headers.items[i]));
        }
    }
    return ERR_OK;
}

static struct err check_rule(struct request *rq, const struct s3_cors_rule *rule)
{
    if (rule->allowed_methods.count == 0 || rule->allowed_origins.count == 0) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(check_methods(rq, rule));
    TRY(check_wildcards(rq, "AllowedOrigin", rule->allowed_origins.items, rule->allowed_origins.count));
    TRY(check_wildcards(rq, "AllowedHeader", rule->allowed_headers.items, rule->allowed_headers.count));
    return check_exposed(rq, rule);
}

struct err s3_put_bucket_cors(struct request *rq, const struct s3_put_bucket_cors_in *in, struct s3_put_bucket_cors_out *out)
{
    const struct s3_cors_rules *rules = &in->cors_configuration->cors_rules;
    (void)out;
    if (rules->count == 0 || rules->count > RULES_MAX) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    for (size_t i = 0; i < rules->count; i++) {
        TRY(check_rule(rq, &rules->items[i]));
    }
    return s3_setting_put(rq, &SETTING_CORS, in->bucket, in->expected_bucket_owner, in->cors_configuration);
}
