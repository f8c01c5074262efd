/* facts.h - what the organisation says of an account, for authorisation. */
#ifndef YAGURA_SVC_ORGANIZATIONS_FACTS_H
#define YAGURA_SVC_ORGANIZATIONS_FACTS_H

#include "svc/organization_policies.h"
#include "svc/organizations/rows.h"

struct err organizations_facts(struct ctx *ctx, struct store_conn *db, struct str account,
                               struct organization_facts *out);

#endif
