#include "svc/s3/cors_answer.h"

#include "svc/s3/bucket.h"

static const struct fault BAD_REQUEST = { "BadRequest", NULL, NULL, 400 };
static const struct fault FORBIDDEN = { "AccessForbidden", NULL, NULL, 403 };

static struct str header(const struct request *rq, const char *name)
{
    return http_header_find(rq->http, str_of(name));
}

static struct err read_rules(struct request *rq, struct str bucket, const struct s3_cors_configuration **out)
{
    const void *known = NULL;
    TRY(bucket_setting(rq, bucket, STR("cors"), STR(""), S3_SHAPE_CORS_CONFIGURATION, &known));
    *out = known;
    return ERR_OK;
}

static void tell(struct request *rq, const struct s3_cors_rule *rule, const struct cors_request *asked)
{
    struct http_header headers[CORS_HEADERS_MAX];
    const size_t count = cors_headers(rq->ctx.arena, rule, asked, headers);
    for (size_t i = 0; i < count; i++) {
        request_header(rq, headers[i].name, headers[i].value);
    }
}

struct err cors_tell(struct request *rq, struct str bucket)
{
    const struct str origin = rq->http ? header(rq, "origin") : STR_NONE;
    const struct s3_cors_configuration *configuration = NULL;
    if (origin.ptr == NULL) {
        return ERR_OK;
    }
    const struct str method = header(rq, "access-control-request-method"); /* S3 heeds a preflight's headers here too */
    const struct cors_request asked = { origin, method.ptr ? method : rq->http->method, header(rq, "access-control-request-headers") };
    TRY(read_rules(rq, bucket, &configuration));
    const struct s3_cors_rule *rule = configuration ? cors_find(&configuration->cors_rules, &asked) : NULL;
    if (rule) {
        tell(rq, rule, &asked);
    }
    return ERR_OK;
}

static struct err forbidden(struct request *rq, struct str method, bool object, const char *words)
{
    request_element(rq, STR("Method"), method);
    request_element(rq, STR("ResourceType"), object ? STR("OBJECT") : STR("BUCKET"));
    return fail(&rq->ctx, &FORBIDDEN, "CORSResponse: %s", words);
}

struct err cors_preflight(struct request *rq)
{
    struct str rest = STR_NONE;
    const struct s3_cors_configuration *configuration = NULL;
    const struct str bucket = str_percent_decode(rq->ctx.arena, str_cut(str_from(rq->http->path, 1), '/', &rest), false);
    const struct cors_request asked = { header(rq, "origin"), header(rq, "access-control-request-method"),
                                        header(rq, "access-control-request-headers") };
    if (asked.origin.ptr == NULL) {
        return fail(&rq->ctx, &BAD_REQUEST, "Insufficient information. Origin request header needed.");
    }
    TRY(read_rules(rq, bucket, &configuration));
    if (configuration == NULL) {
        return forbidden(rq, asked.method.ptr ? asked.method : STR("OPTIONS"), false, "CORS is not enabled for this bucket.");
    }
    if (asked.method.ptr == NULL) {
        return fail(&rq->ctx, &BAD_REQUEST, "Invalid Access-Control-Request-Method: null");
    }
    const struct s3_cors_rule *rule = cors_find(&configuration->cors_rules, &asked);
    if (rule == NULL) {
        return forbidden(rq, asked.method, rest.len > 0,
                         "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
                         "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.");
    }
    tell(rq, rule, &asked);
    return ERR_OK;
}
