/* page.c - opaque, tamper-proof pagination tokens, good only for the same account, Region, operation and question. */
#include "base/json.h"
#include "crypto/hash.h"
#include "svc/secretsmanager/secret.h"

static struct str about(struct request *rq, struct str question)
{
    return str_format(rq->ctx.arena, "secretsmanager:page:%s:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, rq->operation->name,
                      STR_ARG(rq->account), STR_ARG(rq->region), STR_ARG(hash_hex(rq->ctx.arena, HASH_SHA256, question)));
}

struct str secret_page_token(struct request *rq, struct str question, struct place place)
{
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    json_open_array(&writer);
    json_write_int(&writer, place.number);
    json_str(&writer, place.name);
    json_str(&writer, place.arn);
    json_close_array(&writer);
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq, question), json_done(&writer)));
}

struct err secret_page_place(struct request *rq, struct str question, struct str token, struct place *out)
{
    struct str sealed = STR_NONE;
    struct str plain = STR_NONE;
    *out = (struct place){ .arn = STR_NONE };
    if (token.ptr == NULL) {
        return ERR_OK;
    }
    if (!str_unbase64(rq->ctx.arena, token, &sealed) || !vault_unseal(&rq->ctx, rq->vault, about(rq, question), sealed, &plain)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_NEXT_TOKEN_EXCEPTION, "The NextToken is invalid.");
    }
    const struct json *number = json_parse(rq->ctx.arena, plain, NULL)->child;
    out->name = number->next->text;
    out->arn = number->next->next->text;
    return json_int(number, &out->number) ? ERR_OK
                                          : fail(&rq->ctx, &SECRETSMANAGER_INVALID_NEXT_TOKEN_EXCEPTION, "The NextToken is invalid.");
}
