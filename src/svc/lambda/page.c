/* page.c - pages of lists: the marker says, sealed, where the last page ended. */
#include "svc/lambda/function.h"

enum { PAGE_DEFAULT = 50 };

static struct str about(struct request *rq)
{
    return str_format(rq->ctx.arena, "lambda:page:%s:%" STR_FMT ":%" STR_FMT, rq->operation->name, STR_ARG(rq->account), STR_ARG(rq->region));
}

size_t function_page_size(struct opt_int asked)
{
    return asked.set && asked.v > 0 && asked.v < PAGE_DEFAULT ? (size_t)asked.v : PAGE_DEFAULT;
}

struct str function_page_token(struct request *rq, struct str last)
{
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq), last));
}

struct err function_page_start(struct request *rq, struct str token, struct str *after)
{
    struct str sealed = STR_NONE;
    *after = STR_NONE;
    if (token.len == 0) {
        return ERR_OK;
    }
    if (!str_unbase64(rq->ctx.arena, token, &sealed) || !vault_unseal(&rq->ctx, rq->vault, about(rq), sealed, after)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid marker");
    }
    return ERR_OK;
}
