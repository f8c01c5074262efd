/* rows.h - all the SQL of Organizations: rows as structs, in the arena of rows->ctx.
 *
 * rows->account is the management account, but where a function says so. Lists come in the order of their key, from
 * after (exclusive), at most limit + 1 rows: one more than asked for tells that there are more. *found tells whether.
 */
#ifndef YAGURA_SVC_ORGANIZATIONS_ROWS_H
#define YAGURA_SVC_ORGANIZATIONS_ROWS_H

#include "svc/request.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account;
};

struct page {
    struct str after; /* key of the last row already seen; empty: from the start */
    int64_t limit;
};

struct organization_row {
    struct str account, id, root, features;
    struct str types; /* policy types enabled in the root, separated by spaces */
    int64_t created_ms;
};
struct err org_rows_organization_find(const struct rows *rows, struct organization_row *out, bool *found);
/* Until the end of the write transaction no other one changes the organisation: what is counted or read after it stays. */
struct err org_rows_organization_lock(const struct rows *rows);
struct err org_rows_organization_insert(const struct rows *rows, const struct organization_row *row);
struct err org_rows_organization_update(const struct rows *rows,
                                        const struct organization_row *row); /* features and types */
struct err
org_rows_organization_delete(const struct rows *rows); /* with all that belongs to it, but for its accounts */

struct account_row {
    struct str account, management, parent, name, email, status, method;
    int64_t joined_ms, closed_ms; /* closed_ms 0: open */
};
struct account_rows {
    struct account_row *items;
    size_t count;
};
/* Of any organisation, or of none. */
struct err org_rows_account_find(const struct rows *rows, struct str account, struct account_row *out, bool *found);
struct err org_rows_account_by_email(const struct rows *rows, struct str email, struct account_row *out, bool *found);
struct err org_rows_account_put(const struct rows *rows,
                                const struct account_row *row); /* STORE_CONFLICT: address taken */
/* parent absent: all of the organisation. */
struct err org_rows_accounts(const struct rows *rows, struct str parent, struct page page, struct account_rows *out);
struct err org_rows_accounts_all(const struct rows *rows,
                                 struct account_rows *out); /* of every organisation and of none */
/* Of every organisation, at most 100: those that wait to be suspended, and those closed for good before a time. */
struct err org_rows_accounts_closing(const struct rows *rows, int64_t before_ms, struct account_rows *out);

/* Accounts that joined or left, in the order they did; at most 100. */
struct news_row {
    int64_t id;
    struct str account, member, email;
    bool joined;
};
struct news_rows {
    struct news_row *items;
    size_t count;
};
struct err org_rows_news(const struct rows *rows, struct news_rows *out); /* of every organisation */
struct err org_rows_news_add(const struct rows *rows, struct str member, struct str email, bool joined);
struct err org_rows_news_delete(const struct rows *rows, int64_t id);

struct unit_row {
    struct str id, parent, name;
};
struct unit_rows {
    struct unit_row *items;
    size_t count;
};
struct err org_rows_unit_find(const struct rows *rows, struct str id, struct unit_row *out, bool *found);
struct err org_rows_unit_insert(const struct rows *rows, const struct unit_row *row); /* STORE_CONFLICT: name taken */
struct err org_rows_unit_rename(const struct rows *rows, struct str id, struct str name); /* STORE_CONFLICT alike */
struct err org_rows_unit_delete(const struct rows *rows, struct str id);
struct err org_rows_units(const struct rows *rows, struct str parent, struct page page,
                          struct unit_rows *out); /* absent: all */

struct request_row {
    struct str account, id, name, email, role, state, made, failure;
    int64_t requested_ms, completed_ms; /* 0: under way */
};
struct request_rows {
    struct request_row *items;
    size_t count;
};
struct err org_rows_request_find(const struct rows *rows, struct str id, struct request_row *out, bool *found);
struct err org_rows_request_put(const struct rows *rows, const struct request_row *row);
struct err org_rows_requests(const struct rows *rows, struct page page, struct request_rows *out);
/* Of every organisation, at most 100. */
struct err org_rows_requests_open(const struct rows *rows, struct request_rows *out);

struct policy_row {
    struct str id, type, name, description, content;
};
struct policy_rows {
    struct policy_row *items;
    size_t count;
};
struct err org_rows_policy_find(const struct rows *rows, struct str id, struct policy_row *out, bool *found);
struct err org_rows_policy_insert(const struct rows *rows,
                                  const struct policy_row *row); /* STORE_CONFLICT: name taken */
struct err org_rows_policy_update(const struct rows *rows, const struct policy_row *row); /* STORE_CONFLICT alike */
struct err org_rows_policy_delete(const struct rows *rows, struct str id);
struct err org_rows_policies(const struct rows *rows, struct str type, struct page page, struct policy_rows *out);

struct attachment_row {
    struct str policy, target, type;
    int64_t since_ms;
};
struct attachment_rows {
    struct attachment_row *items;
    size_t count;
};
struct err org_rows_attachment_find(const struct rows *rows, struct str policy, struct str target, bool *found);
struct err org_rows_attachment_insert(const struct rows *rows, const struct attachment_row *row);
struct err org_rows_attachment_delete(const struct rows *rows, struct str policy, struct str target);
struct err org_rows_attachments_of_target(const struct rows *rows, struct str target, struct str type, struct page page,
                                          struct attachment_rows *out);
struct err org_rows_attachments_of_policy(const struct rows *rows, struct str policy, struct page page,
                                          struct attachment_rows *out);
struct err org_rows_attachments_drop_type(const struct rows *rows, struct str type);
/* Attachments and tags of one that is going, and what is delegated to it. */
struct err org_rows_drop(const struct rows *rows, struct str target);

struct handshake_row {
    struct str account; /* the management account that asks */
    struct str id, organization, action, state, party, invited, notes, parent;
    int64_t requested_ms, expires_ms;
};
struct handshake_rows {
    struct handshake_row *items;
    size_t count;
};
struct err org_rows_handshake_find(const struct rows *rows, struct str id, struct handshake_row *out,
                                   bool *found); /* anybody's */
struct err org_rows_handshake_put(const struct rows *rows, const struct handshake_row *row);
struct err org_rows_handshakes(const struct rows *rows, struct page page, struct handshake_rows *out);
/* Where an account is invited, by its number or its address. */
struct err org_rows_handshakes_of_invited(const struct rows *rows, struct str account, struct str email,
                                          struct page page, struct handshake_rows *out);

/* Trusted services, delegated administrators (name: the member, value: the service) and tags. */
struct pair_row {
    struct str name, value;
    int64_t since_ms;
};
struct pair_rows {
    struct pair_row *items;
    size_t count;
};
struct err org_rows_trusted(const struct rows *rows, struct page page, struct pair_rows *out);
struct err org_rows_trusted_find(const struct rows *rows, struct str principal, bool *found);
struct err org_rows_trusted_put(const struct rows *rows, struct str principal); /* keeps an older one */
struct err org_rows_trusted_delete(const struct rows *rows, struct str principal);
/* Administrators of a service, or of any where principal is absent, each once; and the services of one of them. */
struct err org_rows_delegates(const struct rows *rows, struct str principal, struct page page, struct pair_rows *out);
struct err org_rows_delegations(const struct rows *rows, struct str member, struct page page, struct pair_rows *out);
struct err org_rows_delegate_find(const struct rows *rows, struct str member, struct str principal, bool *found);
struct err org_rows_delegate_insert(const struct rows *rows, struct str member, struct str principal);
struct err org_rows_delegate_delete(const struct rows *rows, struct str member, struct str principal);

struct err org_rows_resource_policy_find(const struct rows *rows, struct pair_row *out,
                                         bool *found); /* name: id; value: content */
struct err org_rows_resource_policy_put(const struct rows *rows, const struct pair_row *row);
struct err org_rows_resource_policy_delete(const struct rows *rows);

struct err org_rows_tags(const struct rows *rows, struct str resource, struct page page, struct pair_rows *out);
struct err org_rows_tag_put(const struct rows *rows, struct str resource, struct str key, struct str value);
struct err org_rows_tag_delete(const struct rows *rows, struct str resource, struct str key);

enum counted {
    COUNT_ACCOUNTS,
    COUNT_UNITS,
    COUNT_POLICIES /* of a type */,
    COUNT_OF_POLICY /* its attachments */,
    COUNT_OF_TARGET /* attachments to it, also: of a type */,
    COUNT_ACCOUNTS_OF /* a parent */,
    COUNT_UNITS_OF,
    COUNT_DELEGATES_OF /* a service */,
    COUNT_DELEGATIONS /* to a member */,
    COUNT_TAGS,
    COUNT_OPEN_REQUESTS
};
struct err org_rows_count(const struct rows *rows, enum counted which, struct str what, struct str also,
                          int64_t *count);
struct err org_rows_closed_since(const struct rows *rows, int64_t since_ms, int64_t *count);

#endif
