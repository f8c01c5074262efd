/* acl_policy.c - an ACL as the policy that allows the same.
 *
 * spec: S3 user guide, "Mapping of ACL permissions and access policy permissions". WRITE on a bucket lets its grantee delete
 * too, as S3 does. */
#include "base/json.h"
#include "svc/s3/acl.h"
#include "svc/s3/owner.h"

struct mapping {
    enum acl_of of;
    const char *permission;
    const char *actions[4];
};

static const struct mapping MAPPINGS[] = {
    { ACL_OF_BUCKET, "READ", { "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads" } },
    { ACL_OF_BUCKET, "WRITE", { "s3:PutObject", "s3:DeleteObject" } },
    { ACL_OF_BUCKET, "READ_ACP", { "s3:GetBucketAcl" } },
    { ACL_OF_BUCKET, "WRITE_ACP", { "s3:PutBucketAcl" } },
    { ACL_OF_OBJECT, "READ", { "s3:GetObject", "s3:GetObjectVersion" } },
    { ACL_OF_OBJECT, "READ_ACP", { "s3:GetObjectAcl", "s3:GetObjectVersionAcl" } },
    { ACL_OF_OBJECT, "WRITE_ACP", { "s3:PutObjectAcl", "s3:PutObjectVersionAcl" } },
};

static bool is_everybody(const struct s3_grantee *grantee)
{
    return str_equal(grantee->uri, STR(ACL_ALL_USERS)) || str_equal(grantee->uri, STR(ACL_AUTHENTICATED_USERS));
}

static void write_one(struct json_writer *w, const char *key, const char *member, struct str value)
{
    json_key(w, str_of(key));
    json_open_object(w);
    json_member_str(w, str_of(member), value);
    json_close_object(w);
}

static void write_principal(struct json_writer *w, const struct s3_grantee *grantee)
{
    if (grantee->id.ptr) {
        write_one(w, "Principal", "AWS", owner_account(w->text.arena, grantee->id));
    } else if (str_equal(grantee->uri, STR(ACL_LOG_DELIVERY))) {
        write_one(w, "Principal", "Service", STR("logging.s3.amazonaws.com"));
    } else {
        json_member_str(w, STR("Principal"), STR("*"));
    }
    if (str_equal(grantee->uri, STR(ACL_AUTHENTICATED_USERS))) {
        json_key(w, STR("Condition"));
        json_open_object(w);
        write_one(w, "StringNotEquals", "aws:PrincipalType", STR("Anonymous"));
        json_close_object(w);
    }
}

static bool fits(const struct mapping *mapping, enum acl_of of, struct str permission)
{
    return mapping->of == of
        && (str_equal(permission, str_of(mapping->permission)) || str_equal(permission, STR("FULL_CONTROL")));
}

static void write_actions(struct json_writer *w, enum acl_of of, struct str permission)
{
    json_key(w, STR("Action"));
    json_open_array(w);
    for (size_t i = 0; i < COUNT_OF(MAPPINGS); i++) {
        for (size_t j = 0; j < COUNT_OF(MAPPINGS[i].actions) && fits(&MAPPINGS[i], of, permission); j++) {
            if (MAPPINGS[i].actions[j]) {
                json_str(w, str_of(MAPPINGS[i].actions[j]));
            }
        }
    }
    json_close_array(w);
}

static bool says_something(enum acl_of of, struct str permission)
{
    for (size_t i = 0; i < COUNT_OF(MAPPINGS); i++) {
        if (fits(&MAPPINGS[i], of, permission)) {
            return true;
        }
    }
    return false;
}

struct str acl_policy(struct arena *arena, const struct s3_access_control_policy *acl, enum acl_of of, bool public_too)
{
    struct json_writer w = json_writer_new(arena);
    size_t count = 0;
    json_open_object(&w);
    json_key(&w, STR("Statement"));
    json_open_array(&w);
    for (size_t i = 0; i < acl->grants.count; i++) {
        const struct s3_grant *grant = &acl->grants.items[i];
        const bool own = str_equal(grant->grantee->id, acl->owner->id);
        if (own || !says_something(of, grant->permission) || (!public_too && is_everybody(grant->grantee))) {
            continue;
        }
        count++;
        json_open_object(&w);
        json_member_str(&w, STR("Effect"), STR("Allow"));
        write_principal(&w, grant->grantee);
        write_actions(&w, of, grant->permission);
        json_member_str(&w, STR("Resource"), STR("*"));
        json_close_object(&w);
    }
    json_close_array(&w);
    json_close_object(&w);
    return count > 0 ? json_done(&w) : STR_NONE;
}
