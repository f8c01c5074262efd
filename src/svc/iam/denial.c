/* denial.c - AWS's words for a call that is refused. */
#include "svc/iam/iam.h"

/* spec: IAM user guide, "Troubleshoot access denied error messages". */
struct str iam_denial(struct ctx *ctx, const struct principal *principal, struct str action, struct str resource,
                      const struct policy_answer *answer)
{
    const bool explicit_deny = answer->decision == POLICY_EXPLICIT_DENY;
    const enum policy_layer_kind kind = explicit_deny ? answer->decided.layer : answer->layer;
    const char *layer = policy_layer_words(kind);
    const struct str name = principal->arn.ptr ? principal->arn : principal->name.ptr ? principal->name : STR("anonymous");
    const struct str who = str_format(ctx->arena, "User: %" STR_FMT " is not authorized to perform: %" STR_FMT
                                      " on resource: %" STR_FMT, STR_ARG(name), STR_ARG(action), STR_ARG(resource));
    if (explicit_deny) {
        const char *article = kind == LAYER_IDENTITY ? "an" : "a";
        return str_format(ctx->arena, "%s with an explicit deny in %s %s", who.ptr, article, layer);
    }
    return str_format(ctx->arena, "%s because no %s allows the %" STR_FMT " action", who.ptr, layer, STR_ARG(action));
}
