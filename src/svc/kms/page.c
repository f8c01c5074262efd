#include "svc/kms/page.h"

enum { MARKER_MAX = 2048 };

static struct str binding(struct request *rq, struct str about)
{
    return str_format(rq->ctx.arena, "kms:page:%s:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, rq->operation->name,
                      STR_ARG(rq->account), STR_ARG(rq->region), STR_ARG(about));
}

struct err kms_page_begin(struct request *rq, struct str about, struct opt_int limit, int32_t usual, struct str marker,
                      struct page *out)
{
    struct str sealed = STR_NONE;
    *out = (struct page){ .after = STR(""), .limit = limit.set ? limit.v : usual };
    if (marker.ptr == NULL) {
        return ERR_OK;
    }
    if (marker.len > MARKER_MAX || !str_unbase64(rq->ctx.arena, marker, &sealed)
        || !vault_unseal(&rq->ctx, rq->vault, binding(rq, about), sealed, &out->after)) {
        return fail(&rq->ctx, &KMS_INVALID_MARKER_EXCEPTION, "Could not deserialize marker");
    }
    return ERR_OK;
}

struct str kms_page_marker(struct request *rq, struct str about, struct str last)
{
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, binding(rq, about), last));
}
