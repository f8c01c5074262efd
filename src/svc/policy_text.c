#include "svc/policy_text.h"

struct err policy_text_check(struct request *rq, struct str document, enum policy_kind kind, const struct fault *fault)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(rq->ctx.arena, document, kind, &error);
    if (policy && policy_validate(rq->ctx.arena, policy, &error)) {
        return ERR_OK;
    }
    return error.place.ptr ? fail(&rq->ctx, fault, "%s (%" STR_FMT ")", error.reason, STR_ARG(error.place))
                           : fail(&rq->ctx, fault, "%s", error.reason);
}

size_t policy_text_size(struct str document)
{
    size_t size = 0;
    for (size_t i = 0; i < document.len; i++) {
        const char c = document.ptr[i];
        size += c != ' ' && c != '\t' && c != '\n' && c != '\r';
    }
    return size;
}
