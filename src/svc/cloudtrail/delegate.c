/* delegate.c - an organisation's delegated administrator of CloudTrail: Organizations keeps it; it is asked as the caller.
 * spec: CloudTrail user guide, "Required permissions to assign a delegated administrator". */
#include "svc/cloudtrail/dependencies.h"

#include "organizations_model.h"
#include "svc/door.h"

static const struct str PRINCIPAL = STR_INIT("cloudtrail.amazonaws.com");

static struct err ask(struct request *rq, const char *operation, const void *in)
{
    static const struct { const char *theirs; const struct fault *ours; const char *words; } known[] = {
        { "AccountAlreadyRegisteredException", &CLOUDTRAIL_ACCOUNT_REGISTERED_EXCEPTION,
          "The account is already registered as a delegated administrator of CloudTrail." },
        { "AccountNotRegisteredException", &CLOUDTRAIL_ACCOUNT_NOT_REGISTERED_EXCEPTION,
          "The account is not registered as a delegated administrator of CloudTrail." },
        { "AccountNotFoundException", &CLOUDTRAIL_ACCOUNT_NOT_FOUND_EXCEPTION, "The account is not a member of your organization." },
        { "InvalidInputException", &CLOUDTRAIL_ACCOUNT_NOT_FOUND_EXCEPTION, "The account is not a member of your organization." },
        { "ConstraintViolationException", &CLOUDTRAIL_CANNOT_DELEGATE_MANAGEMENT_ACCOUNT_EXCEPTION,
          "The management account of an organization can't be its delegated administrator." },
        { "AccessDeniedException", &CLOUDTRAIL_INSUFFICIENT_DEPENDENCY_SERVICE_ACCESS_PERMISSION_EXCEPTION,
          "You must be allowed to call Organizations for this." },
    };
    const struct door_call call = { .service = "organizations", .operation = operation, .in = in, .as = DOOR_AS_CALLER,
                                    .region = STR("us-east-1") };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    for (size_t i = 0; err.fault && i < COUNT_OF(known); i++) {
        if (strcmp(err.fault->code, known[i].theirs) == 0) {
            return fail(&rq->ctx, known[i].ours, "%s", known[i].words);
        }
    }
    return err;
}

/* As for organisation trails, but in the words of this operation. */
static struct err need_manager(struct request *rq)
{
    struct str id = STR_NONE;
    const struct err err = dependency_organization(rq, &id);
    return err_is(err, &CLOUDTRAIL_NOT_ORGANIZATION_MASTER_ACCOUNT_EXCEPTION)
        ? fail(&rq->ctx, &CLOUDTRAIL_NOT_ORGANIZATION_MANAGEMENT_ACCOUNT_EXCEPTION,
               "Only the management account of the organization can choose delegated administrators.")
        : err;
}

struct err cloudtrail_register_organization_delegated_admin(struct request *rq,
                                                            const struct cloudtrail_register_organization_delegated_admin_in *in,
                                                            struct cloudtrail_register_organization_delegated_admin_out *out)
{
    const struct organizations_register_delegated_administrator_in ours = { in->member_account_id, PRINCIPAL };
    (void)out;
    TRY(need_manager(rq));
    if (str_equal(in->member_account_id, rq->account)) {
        return fail(&rq->ctx, &CLOUDTRAIL_CANNOT_DELEGATE_MANAGEMENT_ACCOUNT_EXCEPTION,
                    "The management account of an organization can't be its delegated administrator.");
    }
    return ask(rq, "RegisterDelegatedAdministrator", &ours);
}

struct err cloudtrail_deregister_organization_delegated_admin(struct request *rq,
                                                              const struct cloudtrail_deregister_organization_delegated_admin_in *in,
                                                              struct cloudtrail_deregister_organization_delegated_admin_out *out)
{
    const struct organizations_deregister_delegated_administrator_in ours = { in->delegated_admin_account_id, PRINCIPAL };
    (void)out;
    TRY(need_manager(rq));
    return ask(rq, "DeregisterDelegatedAdministrator", &ours);
}
