#include "svc/s3/acl.h"

#include "svc/s3/owner.h"
#include "tests/test.h"

#define OWNER STR("111122223333")
#define OTHER STR("444455556666")

static const struct acl_owners OWNERS = { STR_INIT("111122223333"), STR_INIT("444455556666") };

static struct err make(struct arena *arena, struct request *rq, struct acl_wish wish, struct s3_access_control_policy *acl)
{
    *rq = (struct request){ .ctx = ctx_new(arena, 0) };
    return acl_make(rq, &wish, &OWNERS, acl);
}

TEST(without_a_wish_the_owner_alone_has_everything)
{
    struct request rq;
    struct s3_access_control_policy acl;
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .canned = STR_NONE }, &acl));
    CHECK(acl_keeps_to_owner(&acl, owner_id(arena, OWNER)) && !acl_is_public(&acl));
    CHECK(acl_policy(arena, &acl, ACL_OF_OBJECT, true).ptr == NULL);
}

TEST(canned_lists_grant_what_their_names_say)
{
    struct request rq;
    struct s3_access_control_policy acl;
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .canned = STR("public-read-write") }, &acl));
    CHECK_INT(acl.grants.count, 3);
    CHECK(acl_is_public(&acl));
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .canned = STR("bucket-owner-full-control") }, &acl));
    CHECK_INT(acl.grants.count, 2);
    CHECK_STR(acl_policy(arena, &acl, ACL_OF_OBJECT, true),
              "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},\"Action\":[\"s3:GetObject\",\"s3:GetObjectVersion\","
              "\"s3:GetObjectAcl\",\"s3:GetObjectVersionAcl\",\"s3:PutObjectAcl\",\"s3:PutObjectVersionAcl\"],\"Resource\":\"*\"}]}");
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .canned = STR("fake-acl") }, &acl), "InvalidArgument");
}

TEST(headers_name_grantees)
{
    struct request rq;
    struct s3_access_control_policy acl;
    const struct str headers = str_format(arena, "id=\"%" STR_FMT "\", uri=\"" ACL_AUTHENTICATED_USERS "\"", STR_ARG(owner_id(arena, OTHER)));
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .read = headers }, &acl));
    CHECK_INT(acl.grants.count, 2);
    const struct str policy = acl_policy(arena, &acl, ACL_OF_BUCKET, true);
    CHECK(str_search(policy, STR("aws:PrincipalType")) != STR_MISSING && str_search(policy, STR("s3:ListBucket")) != STR_MISSING);
    CHECK(str_search(acl_policy(arena, &acl, ACL_OF_BUCKET, false), STR("aws:PrincipalType")) == STR_MISSING);
    static const char *const bad[] = { "id=\"wrong\"", "uri=\"http://acs.amazonaws.com/groups/s3/Fake\"", "fakekey=\"1\"", "x" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .write = str_of(bad[i]) }, &acl), "InvalidArgument");
    }
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .write = STR("emailAddress=\"a@b\"") }, &acl), "UnresolvableGrantByEmailAddress");
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .write = headers, .canned = STR("private") }, &acl), "InvalidRequest");
}

TEST(documents_name_their_owner_and_known_grantees)
{
    struct request rq;
    struct s3_access_control_policy acl;
    struct s3_grantee grantee = { .uri = STR(ACL_LOG_DELIVERY) };
    struct s3_grant grant = { &grantee, STR("WRITE") };
    struct s3_access_control_policy document = { .grants = { &grant, 1 }, .owner = owner_of_account(arena, OWNER) };
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .document = &document }, &acl));
    CHECK(str_search(acl_policy(arena, &acl, ACL_OF_BUCKET, false), STR("logging.s3.amazonaws.com")) != STR_MISSING);
    document.owner = owner_of_account(arena, OTHER);
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .document = &document }, &acl), "AccessDenied");
    document.owner = NULL;
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .document = &document }, &acl), "MalformedACLError");
    grantee.uri = STR_NONE;
    document.owner = owner_of_account(arena, OWNER);
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .document = &document }, &acl), "MalformedACLError");
    CHECK_FAULT(make(arena, &rq, (struct acl_wish){ .document = &document, .canned = STR("private") }, &acl), "UnexpectedContent");
}

TEST(a_list_survives_the_store)
{
    struct request rq;
    struct s3_access_control_policy acl, back;
    CHECK_OK(make(arena, &rq, (struct acl_wish){ .canned = STR("public-read") }, &acl));
    CHECK_OK(acl_read(&rq, acl_write(&rq, &acl), OWNER, &back));
    CHECK_INT(back.grants.count, 2);
    CHECK_STR(back.owner->id, str_cstr(arena, acl.owner->id));
    CHECK_OK(acl_read(&rq, STR_NONE, OWNER, &back));
    CHECK(acl_keeps_to_owner(&back, owner_id(arena, OWNER)));
}
