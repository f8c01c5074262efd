/* caller.h - what every handler begins with: whose organisation it is about and whether the caller may ask; and what
 * all of them share: faults with their Reason, ids, ARNs, pages.
 *
 * spec: Organizations API reference: most operations can be called only from the management account, many that read
 * also by a delegated administrator of a service, and by those whom the organisation's resource policy allows. */
#ifndef YAGURA_SVC_ORGANIZATIONS_CALLER_H
#define YAGURA_SVC_ORGANIZATIONS_CALLER_H

#include "organizations_model.h"
#include "svc/organizations/rows.h"

#define FULL_AWS_ACCESS "p-FullAWSAccess"
#define RCP_FULL_AWS_ACCESS "p-RCPFullAWSAccess"

/* The caller's place in its organisation. */
struct standing {
    struct rows rows; /* of the organisation */
    struct organization_row organization;
    struct account_row account;
    bool management;
};

/* A member of any kind; AWSOrganizationsNotInUseException otherwise. */
struct err org_caller_member(struct request *rq, struct standing *out);
/* in: the operation's input, for the resource policy. AccessDeniedException for those who may not. */
struct err org_caller_reads(struct request *rq, const void *in, struct standing *out);
struct err org_caller_manages(struct request *rq, const void *in, struct standing *out);
struct err org_caller_is_management(struct request *rq, struct standing *out); /* what can't be delegated */
/* As caller_manages, where the organisation must have all features. */
struct err org_caller_manages_all_features(struct request *rq, const void *in, struct standing *out);
/* Found: the caller's account is in an organisation. */
struct err org_caller_find(struct request *rq, struct standing *out, bool *found);

/* Faults with a member Reason. */
struct err org_refuse_input(struct request *rq, struct str reason, const char *format, ...) PRINTF_LIKE(3, 4);
struct err org_refuse_constraint(struct request *rq, struct str reason, const char *format, ...) PRINTF_LIKE(3, 4);
struct err org_refuse_handshake(struct request *rq, struct str reason, const char *format, ...) PRINTF_LIKE(3, 4);

struct str org_id_new(struct ctx *ctx, const char *prefix, size_t digits); /* lower case letters and digits */

/* "arn:aws:organizations::MANAGEMENT:account/o-…/111122223333"; KIND "account", "ou", "root", … */
struct str org_arn_of(struct ctx *ctx, const struct organization_row *organization, const char *kind, struct str id);
struct str org_arn_of_policy(struct ctx *ctx, const struct organization_row *organization, struct str type,
                             struct str id);
struct str org_arn_of_handshake(struct ctx *ctx, const struct handshake_row *handshake);

/* From NextToken and MaxResults; a token is good for the same operation, account and question only. question: what must
 * be the same on the next page. */
struct err org_page_of(struct request *rq, struct str question, struct str token, struct opt_int max, struct page *out);
/* Cuts *count to the page's limit; the token when there was more. last: the key of the last one that stays. */
bool org_page_cut(struct page page, size_t *count);
struct str org_page_token(struct request *rq, struct str question, struct str last);
struct page org_page_all(void); /* everything there is */

/* What an id names. */
enum target_kind { TARGET_NONE, TARGET_ROOT, TARGET_UNIT, TARGET_ACCOUNT };
struct target {
    enum target_kind kind; /* TARGET_NONE: there is no such thing in the organisation */
    struct unit_row unit;
    struct account_row account;
};
struct err org_target_find(const struct standing *standing, struct str id, struct target *out);
/* The ids from the root down to a root or unit, it included. */
enum { CHAIN_MAX = 6 };
struct chain {
    struct str ids[CHAIN_MAX];
    size_t count;
};
struct err org_chain_of(const struct rows *rows, const struct organization_row *organization, struct str parent,
                        struct chain *out);
/* "o-…/r-…/ou-…/", and the account's number when there is one. */
struct str org_chain_path(struct ctx *ctx, const struct organization_row *organization, const struct chain *chain,
                          struct str account);

/* The ARNs of what the input names, "*" when it names nothing; at most RESOURCES_MAX. guard.c */
enum { RESOURCES_MAX = 4 };
struct err org_resources_of(struct request *rq, const struct rows *rows, const struct organization_row *organization,
                            const void *in, struct str *out, size_t *count);
/* organizations:PolicyType and organizations:ServicePrincipal, as far as the input tells them; at most KEYS_MAX. */
enum { KEYS_MAX = 2 };
struct err org_keys_of(struct request *rq, const struct rows *rows, const void *in, struct context_pair *out,
                       size_t *count);

#endif
