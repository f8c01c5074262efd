/* code_fetch.c - code and layers that lie in S3: read as the caller before the transaction, which then only keeps them. */
#include <stdatomic.h>

#include "s3_model.h"
#include "svc/door.h"
#include "svc/lambda/function.h"

enum { FETCHES_MAX = 4 }; /* at once: each may hold CODE_UNZIPPED_MAX */

struct fetch {
    struct code_source source;
    struct code code;
    struct err err; /* said by the handler, which first says what else is wrong */
    char reason[sizeof(((struct ctx *)NULL)->reason)];
    bool counted;
};

static atomic_int fetches;

static bool begin(struct fetch *fetch)
{
    fetch->counted = atomic_fetch_add(&fetches, 1) < FETCHES_MAX;
    if (!fetch->counted) {
        atomic_fetch_sub(&fetches, 1);
    }
    return fetch->counted;
}

/* The archive is kept, or of no use to a call that failed. */
static void end(void *self, struct request *rq)
{
    struct fetch *fetch = self;
    (void)rq;
    if (fetch->counted) {
        atomic_fetch_sub(&fetches, 1);
    }
    fetch->counted = false;
}

bool code_is_object(const struct code_source *source)
{
    return source->s3_bucket.len > 0 && source->s3_key.len > 0;
}

static struct code_source source_of(const struct request *rq, const void *in)
{
    if (strcmp(rq->operation->name, "CreateFunction") == 0) {
        const struct lambda_function_code *code = ((const struct lambda_create_function_in *)in)->code;
        return (struct code_source){ code->zip_file, code->s3_bucket, code->s3_key, code->s3_object_version, code->image_uri };
    }
    if (strcmp(rq->operation->name, "UpdateFunctionCode") == 0) {
        const struct lambda_update_function_code_in *code = in;
        return (struct code_source){ code->zip_file, code->s3_bucket, code->s3_key, code->s3_object_version, code->image_uri };
    }
    if (strcmp(rq->operation->name, "PublishLayerVersion") == 0) {
        const struct lambda_layer_version_content_input *content = ((const struct lambda_publish_layer_version_in *)in)->content;
        return (struct code_source){ content->zip_file, content->s3_bucket, content->s3_key, content->s3_object_version, STR_NONE };
    }
    return (struct code_source){ .zip_file = STR_NONE };
}

/* spec: the words of AWS's answers (LocalStack's recordings of CreateFunction); the fault of a refusal is AccessDeniedException. */
static struct err explain(struct request *rq, const struct code_source *source, struct err err)
{
    char why[sizeof(rq->ctx.reason)];
    memcpy(why, rq->ctx.reason, sizeof(why));
    if (err.fault->http >= 500) {
        return err;
    }
    if (str_equal(str_of(err.fault->code), STR("AccessDenied"))) {
        return fail(&rq->ctx, &LAMBDA_ACCESS_DENIED, "Your access has been denied by S3, please make sure your request credentials have "
                    "permission to GetObject for %" STR_FMT "/%" STR_FMT ". S3 Error Code: AccessDenied. S3 Error Message: "
                    "%.300s", STR_ARG(source->s3_bucket), STR_ARG(source->s3_key), why);
    }
    return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: "
                "%.700s", err.fault->code, why);
}

/* What HeadObject refuses GetObject refuses too, in better words. */
static struct err check_size(struct request *rq, const struct code_source *source)
{
    const struct s3_head_object_in in = { .bucket = source->s3_bucket, .key = source->s3_key, .version_id = source->s3_version };
    const struct door_call call = { .service = "s3", .operation = "HeadObject", .in = &in, .as = DOOR_AS_CALLER };
    const void *answer = NULL;
    if (door_call(rq, &call, &answer).fault) {
        return ERR_OK;
    }
    return ((const struct s3_head_object_out *)answer)->content_length.v <= CODE_UNZIPPED_MAX
        ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Unzipped size must be smaller than %d bytes", CODE_UNZIPPED_MAX);
}

static struct err fetch_object(struct request *rq, const struct code_source *source, struct code *out)
{
    const struct s3_get_object_in in = { .bucket = source->s3_bucket, .key = source->s3_key, .version_id = source->s3_version };
    const struct door_call call = { .service = "s3", .operation = "GetObject", .in = &in, .as = DOOR_AS_CALLER };
    const void *answer = NULL;
    TRY(check_size(rq, source));
    const struct err err = door_call(rq, &call, &answer);
    TRY(err.fault ? explain(rq, source, err) : ERR_OK);
    return code_check(rq, ((const struct s3_get_object_out *)answer)->body, out);
}

static struct err run(void *self, struct request *rq)
{
    struct fetch *fetch = self;
    if (!begin(fetch)) {
        return fail(&rq->ctx, &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION, "Rate exceeded");
    }
    fetch->err = fetch_object(rq, &fetch->source, &fetch->code);
    memcpy(fetch->reason, rq->ctx.reason, sizeof(fetch->reason));
    rq->ctx.reason[0] = '\0';
    return ERR_OK;
}

struct err code_before(struct request *rq, const void *in)
{
    const struct code_source source = source_of(rq, in);
    if (source.zip_file.ptr == NULL && code_is_object(&source)) {
        struct fetch *fetch = ARENA_NEW(rq->ctx.arena, struct fetch);
        fetch->source = source;
        rq->before = (struct before){ .run = run, .undo = end, .self = fetch };
    }
    return ERR_OK;
}

struct err code_fetched(struct request *rq, struct code *out)
{
    struct fetch *fetch = rq->before.self;
    if (fetch == NULL) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the code was not fetched");
    }
    end(fetch, rq);
    if (fetch->err.fault) {
        memcpy(rq->ctx.reason, fetch->reason, sizeof(fetch->reason));
        return fetch->err;
    }
    *out = fetch->code;
    return ERR_OK;
}
