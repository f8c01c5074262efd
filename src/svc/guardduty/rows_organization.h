/* rows_organization.h - who administers GuardDuty for an organisation, region by region. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_ORGANIZATION_H
#define YAGURA_SVC_GUARDDUTY_ROWS_ORGANIZATION_H

#include "svc/guardduty/rows.h"

struct admin_row {
    struct str management, region, administrator;
    struct str members;  /* NEW, ALL, NONE */
    struct str features; /* organization_features.c knows the form */
};

/* rows.account is the management account. */
struct err rows_admin_of_management(struct rows rows, struct admin_row *out, bool *found);
struct err rows_admin_put(struct rows rows, const struct admin_row *row);
struct err rows_admin_delete(struct rows rows);
/* In every region. */
struct err rows_admin_regions(struct rows rows, struct admin_row **out, size_t *count);
/* rows.account is the administrator. */
struct err rows_admin_of_administrator(struct rows rows, struct admin_row *out, bool *found);

#endif
