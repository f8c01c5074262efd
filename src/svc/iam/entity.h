/* entity.h - what the files of IAM share: finding things by name with IAM's own words for what is missing, pages, ids,
 * ARNs, and rows as answers. */
#ifndef YAGURA_SVC_IAM_ENTITY_H
#define YAGURA_SVC_IAM_ENTITY_H

#include "iam_model.h"
#include "policy/policy.h"
#include "svc/iam/rows.h"

struct rows rows_of(struct request *rq);

/* NoSuchEntity when it is not there. */
struct err entity_get(struct request *rq, enum entity_kind kind, struct str name, struct entity *out);
/* For changes of what it may do: UnmodifiableEntity for a service-linked role. */
struct err entity_get_own(struct request *rq, enum entity_kind kind, struct str name, struct entity *out);
/* The user named, or the caller itself when name is absent. */
struct err entity_user_or_caller(struct request *rq, struct str name, struct entity *out);
struct err entity_create(struct request *rq, struct entity *entity, struct iam_tag_list_type tags);
struct err entity_save(struct request *rq, const struct entity *entity, struct str new_name);
/* DeleteConflict when keys, policies or members still hang on it. */
struct err entity_remove(struct request *rq, const struct entity *entity);

struct str entity_id(struct ctx *ctx, struct str prefix); /* "AIDA" and 17 characters */
struct str entity_arn(struct request *rq, const struct entity *entity);

/* From a request's Marker and MaxItems; ValidationError for a marker that we never gave. */
struct err page_of(struct request *rq, struct str marker, struct opt_int max_items, struct page *out);
struct page page_all(void); /* everything, up to 1000 */
/* Cuts *count to the page's limit; the next marker (made of the last key left) and truncated when there was more. */
struct str page_cut(struct request *rq, struct page page, size_t *count, struct str (*key)(const void *list, size_t at),
                    const void *list, struct opt_bool *truncated);

/* LimitExceeded "Cannot exceed quota for QUOTA: MAX" when there are max already. */
struct err entity_quota(struct request *rq, enum counted which, struct str owner, int64_t max, const char *quota);
/* MalformedPolicyDocument with IAM's reason and our place. */
struct err document_check(struct request *rq, struct str document, enum policy_kind kind);
size_t document_size(struct str document); /* without white space, as quotas count it */
struct str document_out(struct request *rq, struct str document); /* percent-encoded, as answers carry it */

struct err tags_read(struct request *rq, struct str owner, struct iam_tag_list_type *out);
struct err tags_put(struct request *rq, struct str owner, struct iam_tag_list_type tags);
struct err tags_drop(struct request *rq, struct str owner, struct iam_tag_key_list_type keys);
/* A page of them. */
struct tag_page {
    struct iam_tag_list_type tags;
    struct opt_bool truncated;
    struct str marker;
};
struct err tags_list(struct request *rq, struct str owner, struct str marker, struct opt_int max_items,
                     struct tag_page *out);

struct iam_user user_out(struct request *rq, const struct entity *entity);
struct iam_group group_out(struct request *rq, const struct entity *entity);
struct iam_user_list_type users_out(struct request *rq, struct entities entities);
struct iam_group_list_type groups_out(struct request *rq, struct entities entities);
struct iam_role role_out(struct request *rq, const struct entity *role);
bool role_is_linked(const struct entity *role);
/* UnmodifiableEntity for a service-linked role: only its service may change it. */
struct err role_check_linked(struct request *rq, const struct entity *role);
struct err role_last_used(struct request *rq, const struct entity *role, const struct iam_role_last_used **out);
const struct iam_attached_permissions_boundary *boundary_out(struct request *rq, const struct entity *entity);
/* For page_cut. */
struct str entities_key(const void *list, size_t at);
struct str pairs_key(const void *list, size_t at);

/* A managed policy, AWS's own or the account's: its default document. */
struct err managed_document(const struct rows *rows, struct str arn, struct str *document, bool *found);
struct err managed_check(struct request *rq, struct str arn); /* NoSuchEntity when it can't be attached */

/* AWS's own after page.after, in the order of their ARNs: all of them, they are few. */
struct err managed_rows(const struct rows *rows, struct page page, struct policy_rows *out);
struct err policy_detail(struct request *rq, const struct policy_row *policy, struct iam_managed_policy_detail *out);

/* The id of a managed policy, NoSuchEntity without one; for changes only the account's own will do. */
struct err policy_id_of(struct request *rq, struct str arn, bool change, struct str *id);

#endif
