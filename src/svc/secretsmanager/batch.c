/* batch.c - BatchGetSecretValue: each secret by a call of its own through the front door, so that each is authorised and recorded
 * by itself; what is refused stands beside what is given.
 *
 * spec: BatchGetSecretValue: "you must have secretsmanager:GetSecretValue permission for each secret". */
#include "svc/door.h"
#include "svc/secretsmanager/list.h"

enum { BATCH_MAX = 20 };

static struct err add_answer(struct request *rq, struct str id, struct secretsmanager_batch_get_secret_value_out *out)
{
    const struct secretsmanager_get_secret_value_in in = { .secret_id = id };
    const struct door_call call = { .service = "secretsmanager", .operation = "GetSecretValue", .in = &in };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault && err.fault->http >= 500) {
        return err;
    }
    if (err.fault) {
        out->errors.items[out->errors.count++] = (struct secretsmanager_api_error_type){
            id, str_of(err.fault->code), str_format(rq->ctx.arena, "%s", rq->ctx.reason) };
        return ERR_OK;
    }
    const struct secretsmanager_get_secret_value_out *got = answer;
    out->secret_values.items[out->secret_values.count++] = (struct secretsmanager_secret_value_entry){
        .arn = got->arn,
        .name = got->name,
        .version_id = got->version_id,
        .secret_binary = got->secret_binary,
        .secret_string = got->secret_string,
        .version_stages = got->version_stages,
        .created_date = got->created_date,
    };
    return ERR_OK;
}

static struct err judge(struct request *rq, const struct secretsmanager_batch_get_secret_value_in *in)
{
    if ((in->secret_id_list.count > 0) == (in->filters.count > 0)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "Either 'SecretIdList' or 'Filters' must be provided, but not both.");
    }
    if (in->secret_id_list.count > 0 && (in->max_results.set || in->next_token.ptr)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "MaxResults and NextToken can't be used with SecretIdList.");
    }
    return ERR_OK;
}

/* The secrets that the filters choose, a page of them. */
static struct err choose(struct request *rq, const struct secretsmanager_batch_get_secret_value_in *in, struct str *ids, size_t *count,
                         struct str *token)
{
    const struct listing listing = { .filters = in->filters, .order = BY_CREATED,
                                     .limit = in->max_results.set ? (size_t)in->max_results.v : BATCH_MAX };
    struct secrets secrets = { NULL, 0 };
    struct place place = { .number = 0 };
    struct place next = { .number = 0 };
    TRY(secret_page_place(rq, secret_list_question(rq, &listing), in->next_token, &place));
    TRY(secret_list(rq, &listing, place, &secrets, &next));
    for (size_t i = 0; i < secrets.count; i++) {
        ids[i] = secrets.items[i].arn;
    }
    *count = secrets.count;
    *token = next.arn.ptr ? secret_page_token(rq, secret_list_question(rq, &listing), next) : STR_NONE;
    return ERR_OK;
}

struct err secretsmanager_batch_get_secret_value(struct request *rq, const struct secretsmanager_batch_get_secret_value_in *in,
                                                 struct secretsmanager_batch_get_secret_value_out *out)
{
    struct str ids[BATCH_MAX];
    size_t count = in->secret_id_list.count;
    TRY(judge(rq, in));
    for (size_t i = 0; i < count && i < BATCH_MAX; i++) {
        ids[i] = in->secret_id_list.items[i];
    }
    if (count == 0) {
        TRY(choose(rq, in, ids, &count, &out->next_token));
    }
    out->secret_values.items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_secret_value_entry, BATCH_MAX);
    out->errors.items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_api_error_type, BATCH_MAX);
    for (size_t i = 0; i < count && i < BATCH_MAX; i++) {
        TRY(add_answer(rq, ids[i], out));
    }
    return ERR_OK;
}
