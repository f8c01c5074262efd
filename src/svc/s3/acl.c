#include "svc/s3/acl.h"

#include "svc/s3/faults.h"
#include "svc/s3/owner.h"
#include "wire/codec.h"

enum { GRANTS_MAX = 100 };

static const struct fault MALFORMED_ACL = { "MalformedACLError", NULL, NULL, 400 };
static const struct fault MISSING_HEADER = { "MissingSecurityHeader", NULL, NULL, 400 };
static const struct fault UNEXPECTED = { "UnexpectedContent", NULL, NULL, 400 };
static const struct fault UNRESOLVABLE = { "UnresolvableGrantByEmailAddress", NULL, NULL, 400 };

/* An ACL that is being put together. */
struct making {
    struct request *rq;
    struct s3_grant *grants;
    size_t count;
};

static bool is_group(struct str uri)
{
    return str_equal(uri, STR(ACL_ALL_USERS)) || str_equal(uri, STR(ACL_AUTHENTICATED_USERS))
        || str_equal(uri, STR(ACL_LOG_DELIVERY));
}

static struct err add(struct making *making, struct s3_grantee grantee, struct str permission)
{
    if (making->count == GRANTS_MAX) {
        return fail(&making->rq->ctx, &MALFORMED_ACL, "An ACL has at most %d grants.", (int)GRANTS_MAX);
    }
    struct s3_grantee *kept = ARENA_NEW(making->rq->ctx.arena, struct s3_grantee);
    *kept = grantee;
    making->grants[making->count++] = (struct s3_grant){ .grantee = kept, .permission = permission };
    return ERR_OK;
}

static struct err add_account(struct making *making, struct str account, struct str permission)
{
    const struct str id = owner_id(making->rq->ctx.arena, account);
    return add(making, (struct s3_grantee){ .id = id, .type = STR("CanonicalUser") }, permission);
}

static struct err add_group(struct making *making, struct str uri, struct str permission)
{
    return add(making, (struct s3_grantee){ .uri = uri, .type = STR("Group") }, permission);
}

/* What each canned ACL grants beside the owner's FULL_CONTROL. */
static const struct canned {
    const char *name;
    const char *group, *permission;
    const char *second_group, *second_permission;
    const char *bucket_owner; /* his permission */
} CANNED[] = {
    { .name = "private" },
    { .name = "aws-exec-read" }, /* what EC2 would read: there is no such account here */
    { .name = "public-read", .group = ACL_ALL_USERS, .permission = "READ" },
    { .name = "public-read-write", .group = ACL_ALL_USERS, .permission = "READ", .second_group = ACL_ALL_USERS,
      .second_permission = "WRITE" },
    { .name = "authenticated-read", .group = ACL_AUTHENTICATED_USERS, .permission = "READ" },
    { .name = "bucket-owner-read", .bucket_owner = "READ" },
    { .name = "bucket-owner-full-control", .bucket_owner = "FULL_CONTROL" },
    { .name = "log-delivery-write", .group = ACL_LOG_DELIVERY, .permission = "WRITE", .second_group = ACL_LOG_DELIVERY,
      .second_permission = "READ_ACP" },
};

static const struct canned *canned_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(CANNED); i++) {
        if (str_equal(name, str_of(CANNED[i].name))) {
            return &CANNED[i];
        }
    }
    return NULL;
}

static struct err make_canned(struct making *making, struct str name, const struct acl_owners *owners)
{
    const struct canned *canned = name.ptr ? canned_of(name) : &CANNED[0];
    if (canned == NULL) {
        return s3_invalid_argument(making->rq, "x-amz-acl", name, "");
    }
    TRY(add_account(making, owners->owner, STR("FULL_CONTROL")));
    if (canned->group) {
        TRY(add_group(making, str_of(canned->group), str_of(canned->permission)));
    }
    if (canned->second_group) {
        TRY(add_group(making, str_of(canned->second_group), str_of(canned->second_permission)));
    }
    const bool apart = canned->bucket_owner && !str_equal(owners->owner, owners->bucket_owner);
    return apart ? add_account(making, owners->bucket_owner, str_of(canned->bucket_owner)) : ERR_OK;
}

static struct str unquoted(struct str value)
{
    const bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
    return quoted ? str_slice(value, 1, value.len - 2) : value;
}

static struct err unresolvable(struct request *rq)
{
    return fail(&rq->ctx, &UNRESOLVABLE, "The e-mail address you provided does not match any account on record.");
}

/* One of `id="...", uri="..."`. */
static struct err add_header_grantee(struct making *making, const char *header, struct str text, struct str permission)
{
    struct str value = STR_NONE;
    const struct str kind = str_trim(str_cut(text, '=', &value));
    const struct str name = unquoted(str_trim(value));
    if (str_equal_nocase(kind, STR("id"))) {
        return owner_account(making->rq->ctx.arena, name).ptr ? add(making, (struct s3_grantee){ .id = name, .type = STR("CanonicalUser") }, permission)
                                  : s3_invalid_argument(making->rq, "id", name, "Invalid id");
    }
    if (str_equal_nocase(kind, STR("uri"))) {
        return is_group(name) ? add_group(making, name, permission) : s3_invalid_argument(making->rq, "uri", name, "Invalid group uri");
    }
    if (str_equal_nocase(kind, STR("emailAddress"))) {
        return unresolvable(making->rq);
    }
    return s3_invalid_argument(making->rq, header, text, "Argument format not recognized");
}

static struct err add_header(struct making *making, const char *header, struct str value, const char *permission)
{
    struct str rest = value.len ? value : STR_NONE;
    while (rest.ptr) {
        TRY(add_header_grantee(making, header, str_trim(str_cut(rest, ',', &rest)), str_of(permission)));
    }
    return ERR_OK;
}

static struct err make_headers(struct making *making, const struct acl_wish *wish)
{
    TRY(add_header(making, "x-amz-grant-full-control", wish->full_control, "FULL_CONTROL"));
    TRY(add_header(making, "x-amz-grant-read", wish->read, "READ"));
    TRY(add_header(making, "x-amz-grant-write", wish->write, "WRITE"));
    TRY(add_header(making, "x-amz-grant-read-acp", wish->read_acp, "READ_ACP"));
    return add_header(making, "x-amz-grant-write-acp", wish->write_acp, "WRITE_ACP");
}

static struct err malformed(struct request *rq)
{
    return fail(&rq->ctx, &MALFORMED_ACL,
                "The XML you provided was not well-formed or did not validate against our published schema");
}

static struct err add_given(struct making *making, const struct s3_grant *grant)
{
    struct request *rq = making->rq;
    const struct s3_grantee *grantee = grant->grantee;
    if (grantee == NULL || grant->permission.ptr == NULL) {
        return malformed(rq);
    }
    if (grantee->email_address.ptr) {
        return unresolvable(rq);
    }
    if (grantee->uri.ptr) {
        return is_group(grantee->uri) ? add_group(making, grantee->uri, grant->permission)
                                      : s3_invalid_argument(rq, "Group/URI", grantee->uri, "Invalid group uri");
    }
    if (grantee->id.ptr == NULL) {
        return malformed(rq);
    }
    return owner_account(making->rq->ctx.arena, grantee->id).ptr
               ? add(making, (struct s3_grantee){ .id = grantee->id, .type = STR("CanonicalUser") }, grant->permission)
               : s3_invalid_argument(rq, "CanonicalUser/ID", grantee->id, "Invalid id");
}

static struct err make_given(struct making *making, const struct s3_access_control_policy *document, struct str owner)
{
    struct request *rq = making->rq;
    if (document->owner == NULL || document->owner->id.ptr == NULL || document->grants.items == NULL) {
        return malformed(rq);
    }
    if (!owner_account(making->rq->ctx.arena, document->owner->id).ptr) {
        return s3_invalid_argument(rq, "CanonicalUser/ID", document->owner->id, "Invalid id");
    }
    if (!str_equal(document->owner->id, owner_id(rq->ctx.arena, owner))) {
        return s3_fail(rq, &S3_ACCESS_DENIED); /* an ACL can't give the thing away */
    }
    for (size_t i = 0; i < document->grants.count; i++) {
        TRY(add_given(making, &document->grants.items[i]));
    }
    return ERR_OK;
}

static bool has_headers(const struct acl_wish *wish)
{
    return wish->full_control.ptr || wish->read.ptr || wish->read_acp.ptr || wish->write.ptr || wish->write_acp.ptr;
}

bool acl_wished(const struct acl_wish *wish)
{
    return wish->canned.ptr || has_headers(wish) || wish->document;
}

struct err acl_needed(struct request *rq)
{
    request_element(rq, STR("MissingHeaderName"), STR("x-amz-acl"));
    return fail(&rq->ctx, &MISSING_HEADER, "Your request was missing a required header");
}

struct err acl_make(struct request *rq, const struct acl_wish *wish, const struct acl_owners *owners,
                    struct s3_access_control_policy *out)
{
    struct making making = { rq, ARENA_ARRAY(rq->ctx.arena, struct s3_grant, GRANTS_MAX), 0 };
    if (wish->document && (wish->canned.ptr || has_headers(wish))) {
        return fail(&rq->ctx, &UNEXPECTED, "This request does not support content");
    }
    if (wish->canned.ptr && has_headers(wish)) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Specifying both Canned ACLs and Header Grants is not allowed");
    }
    TRY(wish->document     ? make_given(&making, wish->document, owners->owner)
        : has_headers(wish) ? make_headers(&making, wish)
                            : make_canned(&making, wish->canned, owners));
    *out = (struct s3_access_control_policy){ .owner = owner_of_account(rq->ctx.arena, owners->owner), .grants = { making.grants, making.count } };
    return ERR_OK;
}

bool acl_keeps_to_owner(const struct s3_access_control_policy *acl, struct str owner_id)
{
    for (size_t i = 0; i < acl->grants.count; i++) {
        const struct s3_grant *grant = &acl->grants.items[i];
        if (!str_equal(grant->grantee->id, owner_id) || !str_equal(grant->permission, STR("FULL_CONTROL"))) {
            return false;
        }
    }
    return acl->grants.count == 1;
}

static bool is_everybody(const struct s3_grantee *grantee)
{
    return str_equal(grantee->uri, STR(ACL_ALL_USERS)) || str_equal(grantee->uri, STR(ACL_AUTHENTICATED_USERS));
}

bool acl_is_public(const struct s3_access_control_policy *acl)
{
    for (size_t i = 0; i < acl->grants.count; i++) {
        if (is_everybody(acl->grants.items[i].grantee)) {
            return true;
        }
    }
    return false;
}

struct str acl_write(struct request *rq, const struct s3_access_control_policy *acl)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, S3_SHAPE_ACCESS_CONTROL_POLICY, acl);
    return json_done(&w);
}

struct err acl_read(struct request *rq, struct str json, struct str owner, struct s3_access_control_policy *out)
{
    if (json.ptr == NULL) {
        const struct acl_owners owners = { owner, owner };
        return acl_make(rq, &(const struct acl_wish){ .canned = STR_NONE }, &owners, out);
    }
    void *value = NULL;
    TRY(wire_json_read(&rq->ctx, S3_SHAPE_ACCESS_CONTROL_POLICY, json, &value));
    memcpy(out, value, sizeof(*out));
    return ERR_OK;
}
