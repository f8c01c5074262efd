#include "svc/s3/sse_kms.h"

#include "base/json.h"
#include "kms_model.h"
#include "svc/door.h"

enum { CONTEXT_MAX = 32 };

static const struct fault NOT_FOUND = { "KMS.NotFoundException", NULL, NULL, 400 };
static const struct fault DISABLED = { "KMS.DisabledException", NULL, NULL, 400 };
static const struct fault INVALID_STATE = { "KMS.KMSInvalidStateException", NULL, NULL, 400 };
static const struct fault INVALID_USAGE = { "KMS.InvalidKeyUsageException", NULL, NULL, 400 };
static const struct fault UNAVAILABLE = { "KMS.KeyUnavailableException", NULL, NULL, 400 };
static const struct fault *const KNOWN[] = { &NOT_FOUND, &DISABLED, &INVALID_STATE, &INVALID_USAGE, &UNAVAILABLE };

/* spec: S3 API reference, error codes: KMS's own behind "KMS.", with its message. */
static struct err refused(struct request *rq, struct err err)
{
    const struct str code = str_of(err.fault->code);
    const struct str reason = str_format(rq->ctx.arena, "%s", rq->ctx.reason);
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (str_equal(code, str_of(KNOWN[i]->code + sizeof("KMS.") - 1))) {
            return fail(&rq->ctx, KNOWN[i], "%" STR_FMT, STR_ARG(reason));
        }
    }
    return err.fault->http >= 500 ? err : fail(&rq->ctx, &S3_ACCESS_DENIED, "%" STR_FMT, STR_ARG(reason));
}

struct err sse_kms_context(struct request *rq, struct str header, struct str *json)
{
    struct str text = STR_NONE;
    *json = STR_NONE;
    if (header.ptr == NULL) {
        return ERR_OK;
    }
    const struct json *read = str_unbase64(rq->ctx.arena, header, &text) ? json_parse(rq->ctx.arena, text, NULL) : NULL;
    bool sound = read && read->kind == JSON_OBJECT && read->count < CONTEXT_MAX;
    for (const struct json *one = sound ? read->child : NULL; one; one = one->next) {
        sound = sound && one->kind == JSON_STRING && !str_equal(one->key, STR("aws:s3:arn"));
    }
    if (!sound) {
        return s3_invalid_argument(rq, "x-amz-server-side-encryption-context", header,
                                   "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
                                   "represents a string-string map");
    }
    *json = text;
    return ERR_OK;
}

static struct kms_encryption_context_type context_of(struct request *rq, const struct sse *sse)
{
    const struct json *own = sse->context.ptr ? json_parse(rq->ctx.arena, sse->context, NULL) : NULL;
    struct kms_encryption_context_type context = {
        .items = ARENA_ARRAY(rq->ctx.arena, struct kms_encryption_context_type_entry, CONTEXT_MAX) };
    context.items[context.count++] = (struct kms_encryption_context_type_entry){ STR("aws:s3:arn"), sse->about };
    for (const struct json *one = own ? own->child : NULL; one && context.count < CONTEXT_MAX; one = one->next) {
        context.items[context.count++] = (struct kms_encryption_context_type_entry){ one->key, one->text };
    }
    return context;
}

static struct err take_key(struct request *rq, struct str plain, struct sse *sse)
{
    if (plain.len != SEGMENTS_KEY_SIZE) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "KMS gave a data key of another size");
    }
    memcpy(sse->key, plain.ptr, SEGMENTS_KEY_SIZE);
    return ERR_OK;
}

struct err sse_kms_data_key(struct request *rq, struct sse *sse)
{
    const struct kms_generate_data_key_in in = { .key_id = sse->key_id, .key_spec = STR("AES_256"), .encryption_context = context_of(rq, sse) };
    const struct door_call call = { .service = "kms", .operation = "GenerateDataKey", .in = &in, .writes = sse->pending };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    const bool missing = err.fault && strcmp(err.fault->code, "NotFoundException") == 0;
    if (missing && str_equal(sse->key_id, SSE_KMS_OWN) && rq->db && !rq->writes) {
        sse->pending = true;
        return ERR_OK;
    }
    if (err.fault) {
        return refused(rq, err);
    }
    sse->pending = false;
    const struct kms_generate_data_key_out *made = answer;
    sse->key_id = made->key_id;
    sse->sealed = made->ciphertext_blob;
    return take_key(rq, made->plaintext, sse);
}

/* The key's ARN tells its region. */
struct err sse_kms_open(struct request *rq, struct sse *sse)
{
    struct str rest = sse->key_id, region = STR_NONE;
    for (int i = 0; i < 4 && rest.ptr; i++) {
        region = str_cut(rest, ':', &rest);
    }
    const struct kms_decrypt_in in = { .ciphertext_blob = sse->sealed, .encryption_context = context_of(rq, sse), .key_id = sse->key_id };
    const struct door_call call = { .service = "kms", .operation = "Decrypt", .in = &in, .region = region };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault) {
        return refused(rq, err);
    }
    return take_key(rq, ((const struct kms_decrypt_out *)answer)->plaintext, sse);
}
