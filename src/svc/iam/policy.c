/* policy.c - managed policies, the account's own and those of AWS, and their versions. */
#include "svc/iam/entity.h"
#include "svc/iam/item.h"
#include "svc/iam/managed.h"

enum { DOCUMENT_MAX = 6144, VERSIONS_MAX = 5 };

/* Ours carry the day they were written. */
#define MANAGED_SINCE_MS INT64_C(1704067200000)

static struct err not_found(struct request *rq, struct str arn)
{
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %" STR_FMT " was not found.", STR_ARG(arn));
}

static struct err managed_row(const struct rows *rows, const struct managed_policy *policy, struct policy_row *out)
{
    *out = (struct policy_row){
        .name = policy->name,
        .id = policy->id,
        .path = STR("/"),
        .arn = policy->arn,
        .description = policy->description,
        .default_version = 1,
        .newest_version = 1,
        .created_ms = MANAGED_SINCE_MS,
        .updated_ms = MANAGED_SINCE_MS,
    };
    TRY(rows_count(rows, COUNT_BOUNDED, policy->arn, &out->bounding));
    return rows_count(rows, COUNT_ENTITIES_OF_POLICY, policy->arn, &out->attached);
}

static struct err find(const struct rows *rows, struct str arn, struct policy_row *out, bool *found)
{
    const struct managed_policy *managed = managed_find(arn);
    *found = managed != NULL;
    return managed ? managed_row(rows, managed, out) : rows_policy_find(rows, arn, out, found);
}

static struct err get(struct request *rq, struct str arn, struct policy_row *out)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(find(&rows, arn, out, &found));
    return found ? ERR_OK : not_found(rq, arn);
}

/* For changes: AWS's own policies belong to no caller. */
static struct err get_own(struct request *rq, struct str arn, struct policy_row *out)
{
    if (managed_is_aws(arn)) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Cannot perform the operation on AWS managed policy %"
                    STR_FMT ".", STR_ARG(arn));
    }
    return get(rq, arn, out);
}

static struct err find_version(const struct rows *rows, const struct policy_row *policy, int64_t version,
                               struct version_row *out, bool *found)
{
    const struct managed_policy *managed = managed_find(policy->arn);
    if (managed == NULL) {
        return rows_version_find(rows, policy->id, version, out, found);
    }
    *found = version == 1;
    *out = (struct version_row){ 1, policy->created_ms, managed->document };
    return ERR_OK;
}

struct err managed_document(const struct rows *rows, struct str arn, struct str *document, bool *found)
{
    struct policy_row policy = { .default_version = 0 };
    struct version_row version = { .version = 0 };
    TRY(find(rows, arn, &policy, found));
    if (*found) {
        TRY(find_version(rows, &policy, policy.default_version, &version, found));
    }
    *document = version.document;
    return ERR_OK;
}

struct err managed_check(struct request *rq, struct str arn)
{
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    bool found = false;
    TRY(find(&rows, arn, &policy, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                        "Policy %" STR_FMT " does not exist or is not attachable.", STR_ARG(arn));
}

static struct str version_out(struct request *rq, int64_t version)
{
    return str_format(rq->ctx.arena, "v%lld", (long long)version);
}

static struct iam_policy policy_out(struct request *rq, const struct policy_row *policy)
{
    return (struct iam_policy){
        .policy_name = policy->name,
        .policy_id = policy->id,
        .arn = policy->arn,
        .path = policy->path,
        .default_version_id = version_out(rq, policy->default_version),
        .attachment_count = SOME((int32_t)policy->attached),
        .permissions_boundary_usage_count = SOME((int32_t)policy->bounding),
        .is_attachable = SOME(true),
        .create_date = SOME(policy->created_ms),
        .update_date = SOME(policy->updated_ms),
    };
}

static struct err check_document(struct request *rq, struct str document)
{
    TRY(document_check(rq, document, POLICY_IDENTITY));
    return document_size(document) <= DOCUMENT_MAX
               ? ERR_OK
               : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for PolicySize: %d", DOCUMENT_MAX);
}

struct err iam_create_policy(struct request *rq, const struct iam_create_policy_in *in, struct iam_create_policy_out *out)
{
    const struct rows rows = rows_of(rq);
    const int64_t now = rq->ctx.now_ms / 1000 * 1000;
    const struct str path = in->path.ptr ? in->path : STR("/");
    const struct policy_row policy = {
        .name = in->policy_name,
        .id = entity_id(&rq->ctx, STR("ANPA")),
        .path = path,
        .arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":policy%" STR_FMT "%" STR_FMT, STR_ARG(rq->account),
                          STR_ARG(path), STR_ARG(in->policy_name)),
        .description = in->description,
        .default_version = 1,
        .newest_version = 1,
        .created_ms = now,
        .updated_ms = now,
    };
    TRY(check_document(rq, in->policy_document));
    const struct err err = rows_policy_insert(&rows, &policy);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION,
                    "A policy called %" STR_FMT " already exists. Duplicate names are not allowed.",
                    STR_ARG(in->policy_name));
    }
    TRY(err);
    TRY(rows_version_insert(&rows, policy.id, &(struct version_row){ 1, now, in->policy_document }));
    TRY(tags_put(rq, policy.id, in->tags));
    struct iam_policy *made = ARENA_NEW(rq->ctx.arena, struct iam_policy);
    *made = policy_out(rq, &policy);
    made->tags = in->tags;
    out->policy = made;
    return ERR_OK;
}

struct err iam_get_policy(struct request *rq, const struct iam_get_policy_in *in, struct iam_get_policy_out *out)
{
    struct policy_row policy = { .default_version = 0 };
    TRY(get(rq, in->policy_arn, &policy));
    struct iam_policy *answer = ARENA_NEW(rq->ctx.arena, struct iam_policy);
    *answer = policy_out(rq, &policy);
    answer->description = policy.description;
    out->policy = answer;
    return tags_read(rq, policy.id, &answer->tags);
}

struct err managed_rows(const struct rows *rows, struct page page, struct policy_rows *out)
{
    *out = (struct policy_rows){ ARENA_ARRAY(rows->ctx->arena, struct policy_row, managed_count() + 1), 0 };
    for (size_t i = 0; i < managed_count(); i++) {
        if (str_compare(managed_at(i)->arn, page.after) > 0) {
            TRY(managed_row(rows, managed_at(i), &out->items[out->count++]));
        }
    }
    return ERR_OK;
}

/* The account's own come before AWS's in the order of ARNs: digits sort before letters. */
static struct err list_all(struct request *rq, const struct iam_list_policies_in *in, struct page page,
                           struct policy_rows *out)
{
    const struct rows rows = rows_of(rq);
    struct policy_rows own = { NULL, 0 };
    const bool local = !str_equal(in->scope, STR("AWS"));
    const bool aws = !str_equal(in->scope, STR("Local")) && (in->path_prefix.ptr == NULL || in->path_prefix.len == 1);
    if (local) {
        TRY(rows_policies(&rows, in->path_prefix, page, &own));
    }
    *out = (struct policy_rows){ ARENA_ARRAY(rq->ctx.arena, struct policy_row, own.count + managed_count() + 1), 0 };
    for (size_t i = 0; i < own.count; i++) {
        out->items[out->count++] = own.items[i];
    }
    struct policy_rows theirs = { NULL, 0 };
    if (aws) {
        TRY(managed_rows(&rows, page, &theirs));
    }
    for (size_t i = 0; i < theirs.count; i++) {
        out->items[out->count++] = theirs.items[i];
    }
    return ERR_OK;
}

static struct str policies_key(const void *list, size_t at)
{
    return ((const struct policy_rows *)list)->items[at].arn;
}

/* With OnlyAttached a page may hold fewer than asked for, as IAM warns that pages may. */
struct err iam_list_policies(struct request *rq, const struct iam_list_policies_in *in, struct iam_list_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct policy_rows policies = { NULL, 0 };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list_all(rq, in, page, &policies));
    out->marker = page_cut(rq, page, &policies.count, policies_key, &policies, &out->is_truncated);
    out->policies.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy, policies.count + 1);
    for (size_t i = 0; i < policies.count; i++) {
        if (!in->only_attached.v || policies.items[i].attached > 0) {
            out->policies.items[out->policies.count++] = policy_out(rq, &policies.items[i]);
        }
    }
    return ERR_OK;
}

struct err iam_delete_policy(struct request *rq, const struct iam_delete_policy_in *in, struct iam_delete_policy_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    int64_t versions = 0;
    TRY(get_own(rq, in->policy_arn, &policy));
    TRY(rows_count(&rows, COUNT_VERSIONS, policy.id, &versions));
    if (policy.attached > 0 || policy.bounding > 0) {
        return fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete a policy attached to entities.");
    }
    if (versions > 1) {
        return fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION,
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    "versions. The default version is deleted with the policy.");
    }
    return rows_policy_delete(&rows, &policy);
}

static struct iam_policy_version policy_version_out(struct request *rq, const struct policy_row *policy,
                                                    const struct version_row *version)
{
    return (struct iam_policy_version){
        .version_id = version_out(rq, version->version),
        .is_default_version = SOME(version->version == policy->default_version),
        .create_date = SOME(version->created_ms),
    };
}

struct err iam_create_policy_version(struct request *rq, const struct iam_create_policy_version_in *in,
                                     struct iam_create_policy_version_out *out)
{
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    int64_t versions = 0;
    TRY(get_own(rq, in->policy_arn, &policy));
    TRY(check_document(rq, in->policy_document));
    TRY(rows_count(&rows, COUNT_VERSIONS, policy.id, &versions));
    if (versions >= VERSIONS_MAX) {
        return fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                    "A managed policy can have up to %d versions. Before you create a new version, you must delete an "
                    "existing version.", VERSIONS_MAX);
    }
    const struct version_row version = { policy.newest_version + 1, rq->ctx.now_ms / 1000 * 1000, in->policy_document };
    policy.newest_version = version.version;
    policy.default_version = in->set_as_default.v ? version.version : policy.default_version;
    policy.updated_ms = version.created_ms;
    TRY(rows_version_insert(&rows, policy.id, &version));
    TRY(rows_policy_update(&rows, &policy));
    struct iam_policy_version *made = ARENA_NEW(rq->ctx.arena, struct iam_policy_version);
    *made = policy_version_out(rq, &policy, &version);
    out->policy_version = made;
    return ERR_OK;
}

/* "v3" of a policy that is there; NoSuchEntity otherwise. */
static struct err get_version(struct request *rq, const struct policy_row *policy, struct str id,
                              struct version_row *out)
{
    const struct rows rows = rows_of(rq);
    int64_t number = 0;
    bool found = false;
    if (str_to_int(str_from(id, 1), &number)) {
        TRY(find_version(&rows, policy, number, out, &found));
    }
    return found ? ERR_OK
                 : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                        "Policy %" STR_FMT " version %" STR_FMT " does not exist or is not attachable.",
                        STR_ARG(policy->arn), STR_ARG(id));
}

struct err iam_get_policy_version(struct request *rq, const struct iam_get_policy_version_in *in,
                                  struct iam_get_policy_version_out *out)
{
    struct policy_row policy = { .default_version = 0 };
    struct version_row version = { .version = 0 };
    TRY(get(rq, in->policy_arn, &policy));
    TRY(get_version(rq, &policy, in->version_id, &version));
    struct iam_policy_version *answer = ARENA_NEW(rq->ctx.arena, struct iam_policy_version);
    *answer = policy_version_out(rq, &policy, &version);
    answer->document = document_out(rq, version.document);
    out->policy_version = answer;
    return ERR_OK;
}

static struct err versions_of(const struct rows *rows, const struct policy_row *policy, struct version_rows *out)
{
    struct version_row *first = ARENA_NEW(rows->ctx->arena, struct version_row);
    bool found = false;
    *out = (struct version_rows){ first, 1 };
    return managed_find(policy->arn) ? find_version(rows, policy, 1, first, &found)
                                     : rows_versions(rows, policy->id, out);
}

/* Never more than five: one page. */
struct err iam_list_policy_versions(struct request *rq, const struct iam_list_policy_versions_in *in,
                                    struct iam_list_policy_versions_out *out)
{
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    struct version_rows versions = { NULL, 0 };
    struct slice slice = { .start = 0 };
    TRY(get(rq, in->policy_arn, &policy));
    TRY(versions_of(&rows, &policy, &versions));
    TRY(slice_of(rq, in->marker, in->max_items, versions.count, &slice));
    out->versions.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_version, slice.count + 1);
    for (out->versions.count = 0; out->versions.count < slice.count; out->versions.count++) {
        out->versions.items[out->versions.count] =
            policy_version_out(rq, &policy, &versions.items[slice.start + out->versions.count]);
    }
    out->marker = slice.marker;
    out->is_truncated = slice.truncated;
    return ERR_OK;
}

struct err iam_set_default_policy_version(struct request *rq, const struct iam_set_default_policy_version_in *in,
                                          struct iam_set_default_policy_version_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    struct version_row version = { .version = 0 };
    TRY(get_own(rq, in->policy_arn, &policy));
    TRY(get_version(rq, &policy, in->version_id, &version));
    policy.default_version = version.version;
    policy.updated_ms = rq->ctx.now_ms / 1000 * 1000;
    return rows_policy_update(&rows, &policy);
}

struct err iam_delete_policy_version(struct request *rq, const struct iam_delete_policy_version_in *in,
                                     struct iam_delete_policy_version_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .default_version = 0 };
    struct version_row version = { .version = 0 };
    TRY(get_own(rq, in->policy_arn, &policy));
    TRY(get_version(rq, &policy, in->version_id, &version));
    if (version.version == policy.default_version) {
        return fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete the default version of a policy.");
    }
    return rows_version_delete(&rows, policy.id, version.version);
}

struct err policy_id_of(struct request *rq, struct str arn, bool change, struct str *id)
{
    struct policy_row policy = { .default_version = 0 };
    TRY(change ? get_own(rq, arn, &policy) : get(rq, arn, &policy));
    *id = policy.id;
    return ERR_OK;
}

struct err policy_detail(struct request *rq, const struct policy_row *policy, struct iam_managed_policy_detail *out)
{
    const struct rows rows = rows_of(rq);
    struct version_rows versions = { NULL, 0 };
    *out = (struct iam_managed_policy_detail){
        .policy_name = policy->name,
        .policy_id = policy->id,
        .arn = policy->arn,
        .path = policy->path,
        .default_version_id = version_out(rq, policy->default_version),
        .attachment_count = SOME((int32_t)policy->attached),
        .permissions_boundary_usage_count = SOME((int32_t)policy->bounding),
        .is_attachable = SOME(true),
        .description = policy->description,
        .create_date = SOME(policy->created_ms),
        .update_date = SOME(policy->updated_ms),
    };
    TRY(versions_of(&rows, policy, &versions));
    out->policy_version_list.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_version, versions.count + 1);
    for (size_t i = 0; i < versions.count; i++) {
        out->policy_version_list.items[i] = policy_version_out(rq, policy, &versions.items[i]);
        out->policy_version_list.items[i].document = document_out(rq, versions.items[i].document);
    }
    out->policy_version_list.count = versions.count;
    return ERR_OK;
}
