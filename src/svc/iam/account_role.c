/* account_role.c - the way into an account that an organisation has just made: a role for its management account.
 *
 * spec: Organizations user guide, "Accessing a member account that has OrganizationAccountAccessRole". */
#include "svc/iam/entity.h"
#include "svc/iam/iam.h"

struct err iam_account_role(struct ctx *ctx, struct store_conn *db, struct str account, struct str name,
                            struct str management)
{
    enum { SESSION_DEFAULT = 3600 };
    const struct rows rows = { ctx, db, account };
    const struct entity role = {
        .kind = ENTITY_ROLE,
        .name = name,
        .path = STR("/"),
        .id = entity_id(ctx, STR("AROA")),
        .created_ms = ctx->now_ms / 1000 * 1000,
        .max_session = SESSION_DEFAULT,
        .trust = str_format(ctx->arena,
                            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
                            "\"arn:aws:iam::%" STR_FMT ":root\"},\"Action\":\"sts:AssumeRole\"}]}",
                            STR_ARG(management)),
    };
    TRY(rows_entity_insert(&rows, &role));
    return rows_pair_put(&rows, ATTACHED_POLICIES, role.id, STR("arn:aws:iam::aws:policy/AdministratorAccess"),
                         STR_NONE);
}
