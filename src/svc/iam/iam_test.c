/* iam_test.c - the handlers of IAM, called as the front door calls them. */
#include "svc/guard.h"
#include "svc/iam/iam.h"

#include "iam_model.h"
#include "svc/iam/managed.h"
#include "svc/service_test.h"

/* CALL(create_user, CreateUser, .user_name = STR("ann")): what must succeed, its answer sound, in `out`. */
#define CALL(function, operation, ...)                                                                       \
    struct iam_##function##_out out_##function;                                                              \
    memset(&out_##function, 0, sizeof(out_##function));                                                      \
    CHECK_OK(iam_##function(&rq, &(const struct iam_##function##_in){ __VA_ARGS__ }, &out_##function));      \
    test_sound(&rq, operation, &out_##function)

#define REFUSED(code, reason_, function, ...)                                                                \
    do {                                                                                                     \
        struct iam_##function##_out ignored;                                                                 \
        memset(&ignored, 0, sizeof(ignored));                                                                \
        CHECK_FAULT(iam_##function(&rq, &(const struct iam_##function##_in){ __VA_ARGS__ }, &ignored), code); \
        assert_string_equal(rq.ctx.reason, reason_);                                                         \
    } while (0)

#define ALLOW_ALL "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
#define TRUST "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"}," \
              "\"Action\":\"sts:AssumeRole\"}]}"
#define ALLOW(action) "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"*\"}}"

STORE_TEST(a_user_is_made_read_renamed_and_removed)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    {
        CALL(create_user, "CreateUser", .user_name = STR("Ann"), .path = STR("/team/"));
        CHECK_STR(out_create_user.user->arn, "arn:aws:iam::111122223333:user/team/Ann");
        CHECK(str_starts(out_create_user.user->user_id, STR("AIDA")) && out_create_user.user->user_id.len == 21);
        CHECK_INT(out_create_user.user->create_date.v, 1700000000000);
    }
    REFUSED("EntityAlreadyExists", "User with name ANN already exists.", create_user, .user_name = STR("ANN"));
    {
        CALL(update_user, "UpdateUser", .user_name = STR("Ann"), .new_user_name = STR("Bea"), .new_path = STR("/"));
        CALL(get_user, "GetUser", .user_name = STR("Bea"));
        CHECK_STR(out_get_user.user->arn, "arn:aws:iam::111122223333:user/Bea");
    }
    REFUSED("NoSuchEntity", "The user with name Ann cannot be found.", get_user, .user_name = STR("Ann"));
    REFUSED("NoSuchEntity", "The user with name BEA cannot be found.", delete_user, .user_name = STR("BEA"));
    {
        CALL(delete_user, "DeleteUser", .user_name = STR("Bea"));
    }
    REFUSED("NoSuchEntity", "The user with name Bea cannot be found.", delete_user, .user_name = STR("Bea"));
    test_request_end(&rq);
}

STORE_TEST(accounts_do_not_see_each_other)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    {
        CALL(create_user, "CreateUser", .user_name = STR("ann"));
    }
    rq.account = STR("444455556666");
    REFUSED("NoSuchEntity", "The user with name ann cannot be found.", get_user, .user_name = STR("ann"));
    CALL(list_users, "ListUsers", .path_prefix = STR_NONE);
    CHECK_INT(out_list_users.users.count, 0);
    CHECK(out_list_users.is_truncated.set && !out_list_users.is_truncated.v);
    test_request_end(&rq);
}

STORE_TEST(get_user_without_a_name_is_about_the_caller)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    REFUSED("NoSuchEntity", "The user with name caller cannot be found.", get_user, .user_name = STR_NONE);
    rq.caller.type = PRINCIPAL_ASSUMED_ROLE;
    REFUSED("ValidationError", "Must specify userName when calling with non-User credentials", get_user,
            .user_name = STR_NONE);
    rq.caller.type = PRINCIPAL_ROOT;
    rq.caller.arn = STR("arn:aws:iam::111122223333:root");
    struct iam_get_user_out out = { NULL };
    CHECK_OK(iam_get_user(&rq, &(const struct iam_get_user_in){ .user_name = STR_NONE }, &out));
    CHECK_STR(out.user->user_id, "111122223333");
    test_request_end(&rq);
}

STORE_TEST(lists_come_in_pages_without_gaps_or_repeats)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    for (int i = 0; i < 25; i++) {
        CALL(create_user, "CreateUser", .user_name = str_format(arena, "u%02d", i),
             .path = i % 2 ? STR("/odd/") : STR("/even/"));
    }
    struct str marker = STR_NONE;
    struct text seen = text_new(arena);
    for (int pages = 0; pages == 0 || marker.ptr; pages++) {
        CALL(list_users, "ListUsers", .marker = marker, .max_items = SOME(7), .path_prefix = STR("/odd/"));
        for (size_t i = 0; i < out_list_users.users.count; i++) {
            text_add(&seen, out_list_users.users.items[i].user_name);
        }
        marker = out_list_users.marker;
        CHECK(out_list_users.is_truncated.v == (marker.ptr != NULL));
        CHECK(pages < 3);
    }
    CHECK_STR(text_str(&seen), "u01u03u05u07u09u11u13u15u17u19u21u23");
    REFUSED("ValidationError", "Invalid Marker.", list_users, .marker = STR("not base64!"));
    test_request_end(&rq);
}

STORE_TEST(a_user_has_two_access_keys_at_most)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    struct str id = STR_NONE;
    {
        CALL(create_user, "CreateUser", .user_name = STR("ann"));
    }
    for (int i = 0; i < 2; i++) {
        CALL(create_access_key, "CreateAccessKey", .user_name = STR("ann"));
        id = out_create_access_key.access_key->access_key_id;
        CHECK(str_starts(id, STR("AKIA")) && id.len == 20);
        CHECK_INT(out_create_access_key.access_key->secret_access_key.len, 40);
    }
    REFUSED("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", create_access_key, .user_name = STR("ann"));
    REFUSED("DeleteConflict", "Cannot delete entity, must delete access keys first.", delete_user, .user_name = STR("ann"));
    {
        CALL(list_access_keys, "ListAccessKeys", .user_name = STR("ann"), .max_items = SOME(1));
        CHECK_INT(out_list_access_keys.access_key_metadata.count, 1);
        CHECK(out_list_access_keys.is_truncated.v);
        const struct str marker = out_list_access_keys.marker;
        CALL(list_groups, "ListGroups", .marker = STR_NONE);
        struct iam_list_access_keys_out second;
        memset(&second, 0, sizeof(second));
        CHECK_OK(iam_list_access_keys(&rq, &(const struct iam_list_access_keys_in){ .user_name = STR("ann"),
                                                                                   .marker = marker }, &second));
        CHECK_INT(second.access_key_metadata.count, 1);
        CHECK(!second.is_truncated.v);
    }
    {
        CALL(get_access_key_last_used, "GetAccessKeyLastUsed", .access_key_id = id);
        CHECK_STR(out_get_access_key_last_used.user_name, "ann");
        CHECK_STR(out_get_access_key_last_used.access_key_last_used->service_name, "N/A");
        CHECK_OK(iam_credential_used(&rq.ctx, rq.db, id, STR("s3"), STR("eu-west-1")));
    }
    {
        CALL(get_access_key_last_used, "GetAccessKeyLastUsed", .access_key_id = id);
        CHECK_STR(out_get_access_key_last_used.access_key_last_used->service_name, "s3");
        CHECK(out_get_access_key_last_used.access_key_last_used->last_used_date.set);
    }
    CALL(delete_access_key, "DeleteAccessKey", .user_name = STR("ann"), .access_key_id = id);
    REFUSED("NoSuchEntity", str_format(arena, "The Access Key with id %s cannot be found.", id.ptr).ptr,
            delete_access_key, .user_name = STR("ann"), .access_key_id = id);
    test_request_end(&rq);
}

STORE_TEST(a_key_is_found_with_its_secret_and_owner)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    struct iam_credential found;
    CALL(create_user, "CreateUser", .user_name = STR("ann"), .path = STR("/team/"));
    CALL(create_access_key, "CreateAccessKey", .user_name = STR("ann"));
    const struct iam_access_key *key = out_create_access_key.access_key;
    CHECK_OK(iam_credential_find(&rq.ctx, rq.db, rq.vault, key->access_key_id, STR_NONE, 0, &found));
    CHECK(found.active && str_equal(found.secret, key->secret_access_key));
    CHECK_STR(found.principal.arn, "arn:aws:iam::111122223333:user/team/ann");
    CHECK_STR(found.principal.account, "111122223333");
    CALL(update_access_key, "UpdateAccessKey", .user_name = STR("ann"), .access_key_id = key->access_key_id,
         .status = STR("Inactive"));
    CHECK_OK(iam_credential_find(&rq.ctx, rq.db, rq.vault, key->access_key_id, STR_NONE, 0, &found));
    CHECK(!found.active);
    const char *strangers[] = { "AKIAQQQQQQQQQQQQQQQQ", "AKIA", "AKIA1111111111111111", "ASIAQQQQQQQQQQQQQQQQ", "" };
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        CHECK_FAULT(iam_credential_find(&rq.ctx, rq.db, rq.vault, str_of(strangers[i]), STR_NONE, 0, &found),
                    "InvalidClientTokenId");
    }
    CHECK_FAULT(iam_credential_find(&rq.ctx, rq.db, rq.vault, key->access_key_id, STR("bm90aGluZw=="), 0, &found),
                "InvalidClientTokenId");
    test_request_end(&rq);
}

STORE_TEST(keys_of_the_root_belong_to_the_account)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    rq.caller = (struct principal){ .type = PRINCIPAL_ROOT, .account = TEST_ACCOUNT };
    struct iam_credential found;
    struct iam_policies policies;
    CALL(create_access_key, "CreateAccessKey", .user_name = STR_NONE);
    CHECK_OK(iam_credential_find(&rq.ctx, rq.db, rq.vault, out_create_access_key.access_key->access_key_id, STR_NONE, 0,
                                 &found));
    CHECK_STR(found.principal.arn, "arn:aws:iam::111122223333:root");
    CHECK_OK(iam_policies_of(&rq.ctx, rq.db, &found.principal, &policies));
    CHECK(policies.all_allowed);
    test_request_end(&rq);
}

STORE_TEST(groups_hold_users)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    CALL(create_group, "CreateGroup", .group_name = STR("devs"));
    CHECK_STR(out_create_group.group->arn, "arn:aws:iam::111122223333:group/devs");
    {
        CALL(add_user_to_group, "AddUserToGroup", .group_name = STR("devs"), .user_name = STR("ann"));
    }
    CALL(add_user_to_group, "AddUserToGroup", .group_name = STR("devs"), .user_name = STR("ann"));
    CALL(get_group, "GetGroup", .group_name = STR("devs"));
    CHECK_INT(out_get_group.users.count, 1);
    CALL(list_groups_for_user, "ListGroupsForUser", .user_name = STR("ann"));
    CHECK_STR(out_list_groups_for_user.groups.items[0].group_name, "devs");
    REFUSED("DeleteConflict", "Cannot delete entity, must remove users from group first.", delete_group,
            .group_name = STR("devs"));
    REFUSED("DeleteConflict", "Cannot delete entity, must remove users from group first.", delete_user,
            .user_name = STR("ann"));
    CALL(update_group, "UpdateGroup", .group_name = STR("devs"), .new_group_name = STR("ops"));
    CALL(remove_user_from_group, "RemoveUserFromGroup", .group_name = STR("ops"), .user_name = STR("ann"));
    REFUSED("NoSuchEntity", "The user with name ann is not in the group ops.", remove_user_from_group,
            .group_name = STR("ops"), .user_name = STR("ann"));
    CALL(delete_group, "DeleteGroup", .group_name = STR("ops"));
    test_request_end(&rq);
}

STORE_TEST(a_role_keeps_its_trust_policy)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_role, "CreateRole", .role_name = STR("audit"), .assume_role_policy_document = STR(TRUST));
    CHECK(str_starts(out_create_role.role->assume_role_policy_document, STR("%7B%22Version%22%3A%222012-10-17%22")));
    REFUSED("EntityAlreadyExists", "Role with name audit already exists.", create_role, .role_name = STR("audit"),
            .assume_role_policy_document = STR(TRUST));
    REFUSED("MalformedPolicyDocument", "This policy contains invalid Json (line 1, column 1)", create_role,
            .role_name = STR("bad"), .assume_role_policy_document = STR("nonsense"));
    REFUSED("MalformedPolicyDocument", "Missing required field Principal (Statement[0])", update_assume_role_policy,
            .role_name = STR("audit"), .policy_document = STR("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:*\"}}"));
    CALL(update_role, "UpdateRole", .role_name = STR("audit"), .description = STR("looks"),
         .max_session_duration = SOME(7200));
    CALL(get_role, "GetRole", .role_name = STR("audit"));
    CHECK_STR(out_get_role.role->description, "looks");
    CHECK_INT(out_get_role.role->max_session_duration.v, 7200);
    CALL(update_role_description, "UpdateRoleDescription", .role_name = STR("audit"), .description = STR("looks twice"));
    CHECK_STR(out_update_role_description.role->description, "looks twice");
    CALL(list_roles, "ListRoles", .path_prefix = STR("/"));
    CHECK_INT(out_list_roles.roles.count, 1);
    CALL(list_instance_profiles_for_role, "ListInstanceProfilesForRole", .role_name = out_list_roles.roles.items[0].role_name);
    CHECK_INT(out_list_instance_profiles_for_role.instance_profiles.count, 0);
    REFUSED("NoSuchEntity", "The role with name none cannot be found.", list_instance_profiles_for_role,
            .role_name = STR("none"));
    CALL(delete_role, "DeleteRole", .role_name = STR("audit"));
    test_request_end(&rq);
}

STORE_TEST(a_managed_policy_has_up_to_five_versions)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    const struct str arn = STR("arn:aws:iam::111122223333:policy/p/all");
    CALL(create_policy, "CreatePolicy", .policy_name = STR("all"), .path = STR("/p/"), .description = STR("d"),
         .policy_document = STR(ALLOW_ALL));
    CHECK(str_equal(out_create_policy.policy->arn, arn));
    REFUSED("EntityAlreadyExists", "A policy called ALL already exists. Duplicate names are not allowed.", create_policy,
            .policy_name = STR("ALL"), .policy_document = STR(ALLOW_ALL));
    REFUSED("MalformedPolicyDocument", "Policy statement must contain resources. (Statement[0])", create_policy,
            .policy_name = STR("bad"), .policy_document = STR("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\"}}"));
    for (int i = 2; i <= 5; i++) {
        CALL(create_policy_version, "CreatePolicyVersion", .policy_arn = arn, .policy_document = STR(ALLOW("s3:*")),
             .set_as_default = SOME(i == 3));
        CHECK_STR(out_create_policy_version.policy_version->version_id, str_format(arena, "v%d", i).ptr);
    }
    REFUSED("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must "
            "delete an existing version.", create_policy_version, .policy_arn = arn, .policy_document = STR(ALLOW_ALL));
    REFUSED("DeleteConflict", "Cannot delete the default version of a policy.", delete_policy_version, .policy_arn = arn,
            .version_id = STR("v3"));
    CALL(get_policy, "GetPolicy", .policy_arn = arn);
    CHECK_STR(out_get_policy.policy->default_version_id, "v3");
    CHECK_STR(out_get_policy.policy->description, "d");
    CALL(set_default_policy_version, "SetDefaultPolicyVersion", .policy_arn = arn, .version_id = STR("v1"));
    CALL(delete_policy_version, "DeletePolicyVersion", .policy_arn = arn, .version_id = STR("v3"));
    CALL(list_policy_versions, "ListPolicyVersions", .policy_arn = arn);
    CHECK_INT(out_list_policy_versions.versions.count, 4);
    CHECK_STR(out_list_policy_versions.versions.items[0].version_id, "v5");
    CALL(get_policy_version, "GetPolicyVersion", .policy_arn = arn, .version_id = STR("v1"));
    CHECK(str_equal(out_get_policy_version.policy_version->document, str_percent_encode(arena, STR(ALLOW_ALL), false)));
    REFUSED("NoSuchEntity", str_format(arena, "Policy %s version v3 does not exist or is not attachable.", arn.ptr).ptr,
            get_policy_version, .policy_arn = arn, .version_id = STR("v3"));
    REFUSED("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the "
            "policy's versions. The default version is deleted with the policy.", delete_policy, .policy_arn = arn);
    REFUSED("NoSuchEntity", "Policy arn:aws:iam::111122223333:policy/none was not found.", delete_policy,
            .policy_arn = STR("arn:aws:iam::111122223333:policy/none"));
    test_request_end(&rq);
}

STORE_TEST(policies_are_attached_and_listed_from_both_ends)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    const struct str admin = STR("arn:aws:iam::aws:policy/AdministratorAccess");
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    CALL(create_role, "CreateRole", .role_name = STR("r"), .assume_role_policy_document = STR(TRUST));
    CALL(create_group, "CreateGroup", .group_name = STR("g"));
    {
        CALL(attach_user_policy, "AttachUserPolicy", .user_name = STR("ann"), .policy_arn = admin);
    }
    CALL(attach_user_policy, "AttachUserPolicy", .user_name = STR("ann"), .policy_arn = admin);
    CALL(attach_role_policy, "AttachRolePolicy", .role_name = STR("r"), .policy_arn = admin);
    CALL(attach_group_policy, "AttachGroupPolicy", .group_name = STR("g"), .policy_arn = admin);
    REFUSED("NoSuchEntity", "Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.",
            attach_user_policy, .user_name = STR("ann"), .policy_arn = STR("arn:aws:iam::aws:policy/None"));
    CALL(list_attached_user_policies, "ListAttachedUserPolicies", .user_name = STR("ann"));
    CHECK_STR(out_list_attached_user_policies.attached_policies.items[0].policy_name, "AdministratorAccess");
    {
        CALL(list_entities_for_policy, "ListEntitiesForPolicy", .policy_arn = admin);
        CHECK_INT(out_list_entities_for_policy.policy_users.count, 1);
        CHECK_INT(out_list_entities_for_policy.policy_roles.count, 1);
        CHECK_INT(out_list_entities_for_policy.policy_groups.count, 1);
    }
    CALL(list_entities_for_policy, "ListEntitiesForPolicy", .policy_arn = admin, .entity_filter = STR("Role"));
    CHECK_INT(out_list_entities_for_policy.policy_users.count, 0);
    CHECK_INT(out_list_entities_for_policy.policy_roles.count, 1);
    CALL(get_policy, "GetPolicy", .policy_arn = admin);
    CHECK_INT(out_get_policy.policy->attachment_count.v, 3);
    REFUSED("DeleteConflict", "Cannot delete entity, must detach all policies first.", delete_user,
            .user_name = STR("ann"));
    CALL(detach_user_policy, "DetachUserPolicy", .user_name = STR("ann"), .policy_arn = admin);
    REFUSED("NoSuchEntity", "Policy arn:aws:iam::aws:policy/AdministratorAccess was not found.", detach_user_policy,
            .user_name = STR("ann"), .policy_arn = admin);
    REFUSED("InvalidInput", "Cannot perform the operation on AWS managed policy "
            "arn:aws:iam::aws:policy/AdministratorAccess.", delete_policy, .policy_arn = admin);
    test_request_end(&rq);
}

STORE_TEST(list_policies_shows_own_and_aws_s)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_policy, "CreatePolicy", .policy_name = STR("mine"), .policy_document = STR(ALLOW_ALL));
    struct str marker = STR_NONE;
    size_t seen = 0;
    for (int pages = 0; pages == 0 || marker.ptr; pages++) {
        CALL(list_policies, "ListPolicies", .marker = marker, .max_items = SOME(3));
        seen += out_list_policies.policies.count;
        marker = out_list_policies.marker;
        CHECK(pages < 5);
    }
    CHECK_INT(seen, 1 + managed_count());
    CALL(list_policies, "ListPolicies", .scope = STR("Local"));
    CHECK_INT(out_list_policies.policies.count, 1);
    test_request_end(&rq);
}

TEST(the_managed_policies_we_wrote_are_sound)
{
    CHECK(managed_count() >= 7);
    for (size_t i = 0; i < managed_count(); i++) {
        struct policy_error error = { .reason = NULL };
        const struct policy *policy = policy_parse(arena, managed_at(i)->document, POLICY_IDENTITY, &error);
        CHECK(policy && policy_validate(arena, policy, &error));
        CHECK(managed_find(managed_at(i)->arn) == managed_at(i));
    }
}

STORE_TEST(inline_policies_are_put_read_and_deleted)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    {
        CALL(put_user_policy, "PutUserPolicy", .user_name = STR("ann"), .policy_name = STR("p"),
             .policy_document = STR(ALLOW("s3:*")));
    }
    CALL(put_user_policy, "PutUserPolicy", .user_name = STR("ann"), .policy_name = STR("p"),
         .policy_document = STR(ALLOW_ALL));
    CALL(get_user_policy, "GetUserPolicy", .user_name = STR("ann"), .policy_name = STR("p"));
    CHECK(str_equal(out_get_user_policy.policy_document, str_percent_encode(arena, STR(ALLOW_ALL), false)));
    CALL(list_user_policies, "ListUserPolicies", .user_name = STR("ann"));
    CHECK_INT(out_list_user_policies.policy_names.count, 1);
    REFUSED("DeleteConflict", "Cannot delete entity, must delete policies first.", delete_user, .user_name = STR("ann"));
    REFUSED("MalformedPolicyDocument", "Syntax errors in policy. (line 1, column 2)", put_user_policy,
            .user_name = STR("ann"), .policy_name = STR("q"), .policy_document = STR("{"));
    char *long_sid = arena_alloc(arena, 2100);
    memset(long_sid, 'a', 2099);
    REFUSED("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user ann", put_user_policy,
            .user_name = STR("ann"), .policy_name = STR("q"),
            .policy_document = str_format(arena, "{\"Statement\":{\"Sid\":\"%s\",\"Effect\":\"Allow\",\"Action\":\"a:b\","
                                                 "\"Resource\":\"*\"}}", long_sid));
    CALL(delete_user_policy, "DeleteUserPolicy", .user_name = STR("ann"), .policy_name = STR("p"));
    REFUSED("NoSuchEntity", "The user policy with name p cannot be found.", get_user_policy, .user_name = STR("ann"),
            .policy_name = STR("p"));
    test_request_end(&rq);
}

STORE_TEST(tags_compare_without_case)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    struct iam_tag tags[] = { { STR("Team"), STR("red") }, { STR("cost"), STR("") } };
    struct iam_tag twice[] = { { STR("a"), STR("1") }, { STR("A"), STR("2") } };
    struct iam_tag blue[] = { { STR("team"), STR("blue") } };
    struct str gone[] = { STR("COST") };
    CALL(create_user, "CreateUser", .user_name = STR("ann"), .tags = { tags, 2 });
    REFUSED("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", tag_user,
            .user_name = STR("ann"), .tags = { twice, 2 });
    CALL(tag_user, "TagUser", .user_name = STR("ann"), .tags = { blue, 1 });
    CALL(untag_user, "UntagUser", .user_name = STR("ann"), .tag_keys = { gone, 1 });
    CALL(get_user, "GetUser", .user_name = STR("ann"));
    bool blue_seen = false;
    for (size_t i = 0; i < out_get_user.user->tags.count; i++) {
        blue_seen = blue_seen || str_equal(out_get_user.user->tags.items[i].value, STR("blue"));
        CHECK(!str_equal_nocase(out_get_user.user->tags.items[i].key, STR("cost")));
    }
    CHECK(blue_seen);
    test_request_end(&rq);
}

STORE_TEST(the_account_has_one_alias_and_a_summary)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    {
        CALL(create_account_alias, "CreateAccountAlias", .account_alias = STR("castle"));
    }
    CALL(create_account_alias, "CreateAccountAlias", .account_alias = STR("keep"));
    CALL(list_account_aliases, "ListAccountAliases", .marker = STR_NONE);
    CHECK_INT(out_list_account_aliases.account_aliases.count, 1);
    CHECK_STR(out_list_account_aliases.account_aliases.items[0], "keep");
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    CALL(get_account_summary, "GetAccountSummary", 0);
    for (size_t i = 0; i < out_get_account_summary.summary_map.count; i++) {
        const struct iam_summary_map_type_entry *entry = &out_get_account_summary.summary_map.items[i];
        CHECK(!str_equal(entry->key, STR("Users")) || entry->value == 1);
    }
    CALL(delete_account_alias, "DeleteAccountAlias", .account_alias = STR("keep"));
    REFUSED("NoSuchEntity", "The account alias with name keep cannot be found.", delete_account_alias,
            .account_alias = STR("keep"));
    test_request_end(&rq);
}

static bool may(struct request *rq, const struct principal *principal, const char *action)
{
    struct iam_policies policies;
    CHECK_OK(iam_policies_of(&rq->ctx, rq->db, principal, &policies));
    const struct policy_question question = { .action = str_of(action), .resource = STR("*"),
                                              .layers = policies.layers, .layer_count = policies.layer_count };
    return policies.all_allowed || policy_decide(&question).decision == POLICY_ALLOW;
}

STORE_TEST(a_user_may_do_what_its_own_and_its_groups_policies_allow)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    CALL(create_group, "CreateGroup", .group_name = STR("g"));
    CALL(add_user_to_group, "AddUserToGroup", .group_name = STR("g"), .user_name = STR("ann"));
    CALL(put_user_policy, "PutUserPolicy", .user_name = STR("ann"), .policy_name = STR("p"),
         .policy_document = STR(ALLOW("s3:*")));
    CALL(attach_group_policy, "AttachGroupPolicy", .group_name = STR("g"),
         .policy_arn = STR("arn:aws:iam::aws:policy/IAMFullAccess"));
    struct principal ann = { .type = PRINCIPAL_USER, .account = TEST_ACCOUNT, .name = STR("ann"),
                             .id = out_create_user.user->user_id };
    CHECK(may(&rq, &ann, "s3:GetObject"));
    CHECK(may(&rq, &ann, "iam:CreateUser"));
    CHECK(!may(&rq, &ann, "guardduty:ListDetectors"));

    ann.session_policy = STR(ALLOW("iam:*"));
    CHECK(may(&rq, &ann, "iam:CreateUser"));
    CHECK(!may(&rq, &ann, "s3:GetObject"));
    ann.session_policy_arns = STR("arn:aws:iam::aws:policy/AdministratorAccess");
    CHECK(may(&rq, &ann, "s3:GetObject"));
    ann.session_policy = STR_NONE;
    ann.session_policy_arns = STR("arn:aws:iam::aws:policy/Nonsense");
    CHECK(!may(&rq, &ann, "s3:GetObject"));
    ann.session_policy_arns = STR_NONE;

    CALL(put_user_permissions_boundary, "PutUserPermissionsBoundary", .user_name = STR("ann"),
         .permissions_boundary = STR("arn:aws:iam::aws:policy/IAMReadOnlyAccess"));
    CHECK(may(&rq, &ann, "iam:GetUser"));
    CHECK(!may(&rq, &ann, "iam:CreateUser"));
    CALL(get_user, "GetUser", .user_name = STR("ann"));
    CHECK(out_get_user.user->permissions_boundary != NULL);
    CALL(delete_user_permissions_boundary, "DeleteUserPermissionsBoundary", .user_name = STR("ann"));
    CHECK(may(&rq, &ann, "iam:CreateUser"));

    ann.id = STR("AIDASOMEONEELSE");
    CHECK(!may(&rq, &ann, "s3:GetObject"));
    test_request_end(&rq);
}

STORE_TEST(a_session_may_do_what_its_role_allows)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_role, "CreateRole", .role_name = STR("r"), .assume_role_policy_document = STR(TRUST));
    CALL(attach_role_policy, "AttachRolePolicy", .role_name = STR("r"),
         .policy_arn = STR("arn:aws:iam::aws:policy/AmazonGuardDutyReadOnlyAccess"));
    const struct principal session = { .type = PRINCIPAL_ASSUMED_ROLE, .account = TEST_ACCOUNT, .name = STR("r"),
                                       .id = str_format(arena, "%s:s", out_create_role.role->role_id.ptr) };
    CHECK(may(&rq, &session, "guardduty:ListFindings"));
    CHECK(!may(&rq, &session, "guardduty:CreateDetector"));
    test_request_end(&rq);
}

static struct str judged(struct request *rq, const char *operation, const void *in)
{
    for (size_t i = 0; i < IAM_MODEL.operation_count; i++) {
        if (strcmp(IAM_MODEL.operations[i].name, operation) == 0) {
            rq->operation = &IAM_MODEL.operations[i];
        }
    }
    struct guard guard = { .resource = request_resource(rq, in) };
    CHECK_OK(iam_guard(rq, in, &guard));
    return guard.resource;
}

STORE_TEST(a_call_is_judged_by_the_whole_arn)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("Ann"), .path = STR("/kings/"));
    CHECK_STR(judged(&rq, "GetUser", &(const struct iam_get_user_in){ .user_name = STR("ann") }),
              "arn:aws:iam::111122223333:user/kings/Ann");
    CHECK_STR(judged(&rq, "GetUser", &(const struct iam_get_user_in){ .user_name = STR_NONE }),
              "arn:aws:iam::111122223333:user/caller");
    CHECK_STR(judged(&rq, "CreateRole", &(const struct iam_create_role_in){ .role_name = STR("r"), .path = STR("/p/") }),
              "arn:aws:iam::111122223333:role/p/r");
    CHECK_STR(judged(&rq, "ListUsers", &(const struct iam_list_users_in){ .marker = STR_NONE }), "*");
    CHECK_STR(judged(&rq, "GetPolicy", &(const struct iam_get_policy_in){ .policy_arn = STR("arn:aws:iam::1:policy/p") }),
              "arn:aws:iam::1:policy/p");
    test_request_end(&rq);
}

TEST(a_refusal_says_why_in_aws_s_words)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct principal ann = { .arn = STR("arn:aws:iam::1:user/ann") };
    struct policy_answer answer = { .decision = POLICY_IMPLICIT_DENY, .layer = LAYER_IDENTITY };
    CHECK_STR(iam_denial(&ctx, &ann, STR("s3:GetObject"), STR("arn:aws:s3:::b/k"), &answer),
              "User: arn:aws:iam::1:user/ann is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k "
              "because no identity-based policy allows the s3:GetObject action");
    answer = (struct policy_answer){ .decision = POLICY_EXPLICIT_DENY, .decided.layer = LAYER_BOUNDARY };
    CHECK_STR(iam_denial(&ctx, &ann, STR("s3:GetObject"), STR("*"), &answer),
              "User: arn:aws:iam::1:user/ann is not authorized to perform: s3:GetObject on resource: * "
              "with an explicit deny in a permissions boundary");
}

STORE_TEST(a_policy_that_bounds_someone_stays)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    const struct str arn = STR("arn:aws:iam::111122223333:policy/limit");
    CALL(create_policy, "CreatePolicy", .policy_name = STR("limit"), .policy_document = STR(ALLOW_ALL));
    CALL(create_user, "CreateUser", .user_name = STR("ann"), .permissions_boundary = arn);
    CHECK(out_create_user.user->permissions_boundary != NULL);
    CALL(get_policy, "GetPolicy", .policy_arn = arn);
    CHECK_INT(out_get_policy.policy->permissions_boundary_usage_count.v, 1);
    REFUSED("DeleteConflict", "Cannot delete a policy attached to entities.", delete_policy, .policy_arn = arn);
    REFUSED("NoSuchEntity", "Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable.",
            create_user, .user_name = STR("bea"), .permissions_boundary = STR("arn:aws:iam::111122223333:policy/none"));
    test_request_end(&rq);
}

STORE_TEST(the_first_administrator_is_made_once)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    struct str key = STR_NONE;
    struct str secret = STR_NONE;
    struct iam_credential found;
    const uint64_t before = iam_generation();
    CHECK_OK(iam_first_administrator(&rq.ctx, rq.db, rq.vault, TEST_ACCOUNT, &key, &secret));
    CHECK(iam_generation() > before);
    CHECK_OK(iam_credential_find(&rq.ctx, rq.db, rq.vault, key, STR_NONE, 0, &found));
    CHECK(str_equal(found.secret, secret));
    CHECK_STR(found.principal.arn, "arn:aws:iam::111122223333:user/admin");
    CHECK(may(&rq, &found.principal, "organizations:LeaveOrganization"));
    CHECK_OK(iam_first_administrator(&rq.ctx, rq.db, rq.vault, TEST_ACCOUNT, &key, &secret));
    CHECK(key.ptr == NULL);
    test_request_end(&rq);
}
