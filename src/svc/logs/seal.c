/* seal.c - blocks of a group with a KMS key: sealed under a data key, which that key enciphers.
 *
 * spec: CloudWatch Logs user guide, "Encrypt log data using AWS KMS": the service itself calls KMS, as
 * logs.REGION.amazonaws.com, with the group's ARN as encryption context; the key's policy must let it. */
#include "svc/logs/group.h"

#include "crypto/envelope.h"
#include "kms_model.h"
#include "svc/door.h"
#include "svc/logs/unseal.h"

static struct kms_encryption_context_type context_of(struct request *rq, const struct group *group)
{
    struct kms_encryption_context_type_entry *pair = ARENA_NEW(rq->ctx.arena, struct kms_encryption_context_type_entry);
    *pair = (struct kms_encryption_context_type_entry){ STR("aws:logs:arn"), logs_group_arn(rq, group) };
    return (struct kms_encryption_context_type){ pair, 1 };
}

static struct err call_kms(struct request *rq, const struct group *group, const char *operation, const void *in, const void **out)
{
    const struct door_call call = {
        .service = "kms",
        .operation = operation,
        .in = in,
        .as = DOOR_AS_SERVICE,
        .principal = str_format(rq->ctx.arena, "logs.%" STR_FMT ".amazonaws.com", STR_ARG(group->region)),
        .source_arn = logs_group_arn(rq, group),
        .account = group->account,
        .region = group->region,
    };
    return door_call(rq, &call, out);
}

static struct err refused(struct request *rq, struct err err, struct str key)
{
    const struct str why = str_format(rq->ctx.arena, "%s", rq->ctx.reason);
    if (err.fault->http >= 500) {
        return err;
    }
    return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION,
                "The specified KMS Key Id could not be found, is disabled, or its policy does not let CloudWatch Logs use it: %" STR_FMT
                " (%s: %" STR_FMT ")", STR_ARG(key), err.fault->code, STR_ARG(why));
}

struct err logs_key_use(struct request *rq, struct group *group, struct str kms_key)
{
    const struct rows rows = { &rq->ctx, rq->db, group->account, group->region };
    const struct kms_generate_data_key_in in = { .key_id = kms_key, .key_spec = STR("AES_256"), .encryption_context = context_of(rq, group) };
    const void *answer = NULL;
    if (!str_starts(kms_key, STR("arn:"))) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified KMS Key Id is not a valid ARN: %" STR_FMT, STR_ARG(kms_key));
    }
    const struct err err = call_kms(rq, group, "GenerateDataKey", &in, &answer);
    if (err.fault) {
        return refused(rq, err, kms_key);
    }
    const struct kms_generate_data_key_out *made = answer;
    group->kms_key = made->key_id;
    group->data_key = rq->ctx.now_ms > group->data_key ? rq->ctx.now_ms : group->data_key + 1;
    return logs_row_key_put(&rows, group->id, group->data_key, made->ciphertext_blob);
}

/* The data key of that number, in the clear. */
static struct err open_key(struct request *rq, const struct group *group, int64_t number, struct str *key)
{
    const struct rows rows = { &rq->ctx, rq->db, group->account, group->region };
    struct kms_decrypt_in in = { .encryption_context = context_of(rq, group) };
    const void *answer = NULL;
    bool found = false;
    TRY(logs_row_key(&rows, group->id, number, &in.ciphertext_blob, &found));
    if (!found) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the data key %lld of a log group is missing", (long long)number);
    }
    const struct err err = call_kms(rq, group, "Decrypt", &in, &answer);
    if (err.fault) {
        return refused(rq, err, group->kms_key.ptr ? group->kms_key : STR("(an earlier key)"));
    }
    *key = ((const struct kms_decrypt_out *)answer)->plaintext;
    return ERR_OK;
}

static struct str about(struct ctx *ctx, int64_t group)
{
    return str_format(ctx->arena, "logs:%lld", (long long)group);
}

struct str logs_seal(struct ctx *ctx, int64_t group, struct str key, struct str plain)
{
    return envelope_seal(ctx, key, about(ctx, group), plain);
}

bool logs_unseal(struct ctx *ctx, int64_t group, struct str key, struct str sealed, struct str *plain)
{
    return envelope_open(ctx, key, about(ctx, group), sealed, plain);
}

struct err logs_block_seal(struct request *rq, const struct group *group, struct block *block)
{
    struct str key = STR_NONE;
    block->data_key = group->data_key;
    if (group->data_key) {
        TRY(open_key(rq, group, group->data_key, &key));
        block->data = logs_seal(&rq->ctx, group->id, key, block->data);
    }
    return ERR_OK;
}

struct err logs_block_unseal(struct request *rq, const struct group *group, struct logs_open_key *opened, const struct block *block,
                             struct str *data)
{
    *data = block->data;
    if (block->data_key == 0) {
        return ERR_OK;
    }
    if (opened->number != block->data_key) {
        TRY(open_key(rq, group, block->data_key, &opened->key));
        opened->number = block->data_key;
    }
    return logs_unseal(&rq->ctx, group->id, opened->key, block->data, data)
               ? ERR_OK
               : fail(&rq->ctx, &FAULT_INTERNAL, "a block of log events was changed and can't be read");
}
