/* caller.c - who asks, from what a person writes: an ARN, a service, an account or nobody. */
#include "policy/compiled.h"

/* spec: IAM user guide, identifiers: a session's ARN holds the role's name without its path. */
static struct str role_of(struct arena *arena, const struct str *parts)
{
    struct str rest = STR_NONE;
    const struct str kind = str_cut(parts[5], '/', &rest);
    const struct str name = str_cut(rest, '/', &(struct str){ NULL, 0 });
    const bool role = str_equal(kind, STR("assumed-role"));
    if (!str_equal(parts[2], STR("sts")) || rest.ptr == NULL || (!role && !str_equal(kind, STR("federated-user")))) {
        return STR_NONE;
    }
    return str_format(arena, "arn:%" STR_FMT ":iam::%" STR_FMT ":%s/%" STR_FMT, STR_ARG(parts[1]), STR_ARG(parts[4]),
                      role ? "role" : "user", STR_ARG(role ? name : rest));
}

bool policy_caller_of(struct arena *arena, struct str text, struct policy_caller *out)
{
    struct str parts[ARN_PARTS];
    *out = (struct policy_caller){ .account = STR_NONE };
    if (str_equal(text, STR("anonymous"))) {
        return true;
    }
    if (!str_starts(text, STR("arn:"))) {
        out->service = text;
        return str_ends(text, STR(".amazonaws.com"));
    }
    if (arn_split(text, parts) < ARN_PARTS || parts[4].len == 0 || parts[5].len == 0) {
        return false;
    }
    out->account = parts[4];
    out->arn = text;
    out->role_arn = role_of(arena, parts);
    return str_equal(parts[2], STR("iam")) || str_equal(parts[2], STR("sts"));
}
