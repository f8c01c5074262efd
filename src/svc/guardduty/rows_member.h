/* rows_member.h - who administers whom. A relationship stands in two tables: the administrator's and the invited account's,
 * so that each side's statements begin with its own account. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_MEMBER_H
#define YAGURA_SVC_GUARDDUTY_ROWS_MEMBER_H

#include "svc/guardduty/rows.h"

/* One relationship, seen from rows.account; other is the account at its other end. */
struct member_row {
    struct str other;
    struct str email;      /* of a member; absent in an invitation */
    struct str status;     /* Created, Invited, Enabled, Disabled, Removed, Resigned */
    struct str invitation; /* id; empty before the first */
    int64_t invited_ms, updated_ms;
};

enum { MEMBER_PAGE_MAX = 50 };

/* From the administrator's side. */
struct err rows_membership_get(struct rows rows, struct str member, struct member_row *out, bool *found);
struct err rows_membership_put(struct rows rows, const struct member_row *row);
struct err rows_membership_delete(struct rows rows, struct str member);
/* By account, after one; at most limit. */
struct err rows_membership_list(struct rows rows, struct str after, size_t limit, struct member_row **out, size_t *count);
/* Those that were invited or are associated. */
struct err rows_membership_bound(struct rows rows, int64_t *count);

/* From the invited account's side. */
struct err rows_invitation_get(struct rows rows, struct str administrator, struct member_row *out, bool *found);
struct err rows_invitation_put(struct rows rows, const struct member_row *row);
struct err rows_invitation_delete(struct rows rows, struct str administrator);
struct err rows_invitation_list(struct rows rows, struct str after, size_t limit, struct member_row **out,
                                size_t *count);
/* Those that are not the accepted one. */
struct err rows_invitation_open(struct rows rows, int64_t *count);
/* The administrator whose invitation was accepted. */
struct err rows_administrator_get(struct rows rows, struct member_row *out, bool *found);

#endif
