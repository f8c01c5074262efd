/* organization.h - the accounts of an AWS organisation as members: without invitations, and by themselves. */
#ifndef YAGURA_SVC_GUARDDUTY_ORGANIZATION_H
#define YAGURA_SVC_GUARDDUTY_ORGANIZATION_H

#include "svc/guardduty/member.h"
#include "svc/guardduty/rows_organization.h"

/* What an organisation's accounts get of a feature. */
enum auto_enable { AUTO_NONE, AUTO_NEW, AUTO_ALL };
struct organization_features {
    enum auto_enable items[FEATURE_COUNT];
};
struct organization_features organization_features_read(struct str text);
struct str organization_features_write(struct ctx *ctx, const struct organization_features *features);
/* From the request; BadRequestException for a name or value that there isn't. */
struct err organization_features_apply(struct request *rq,
                                       const struct guardduty_update_organization_configuration_in *in,
                                       struct organization_features *features);
void organization_features_show(struct request *rq, const struct organization_features *features,
                                struct guardduty_describe_organization_configuration_out *out);

/* Makes an account a member of the region's administrator, with a detector. Accounts that are one already keep theirs.
 */
struct err organization_enroll(struct ctx *ctx, struct store_conn *db, const struct admin_row *admin,
                               struct str account, struct str email);
/* Ends what organization_enroll began; its detector stays. */
struct err organization_release(struct ctx *ctx, struct store_conn *db, const struct admin_row *admin,
                                struct str account);
/* The caller administers its organisation here; AWS's refusal otherwise. */
struct err organization_admin_need(struct request *rq, struct admin_row *out);
/* Whether an account is in the caller's organisation, and its address; asked of Organizations as the caller. */
struct err organization_account(struct request *rq, struct str account, struct str *email, bool *found);

#endif
