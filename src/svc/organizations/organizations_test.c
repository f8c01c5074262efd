/* organizations_test.c - the organisation's tree, policies and members, called as the front door calls them. */
#include "svc/organizations/organizations.h"

#include "organizations_model.h"
#include "svc/guard.h"
#include "svc/organizations/facts.h"
#include "svc/organizations/policy.h"
#include "svc/service_test.h"

#define MEMBER STR("444455556666")
#define DENY "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"

/* CALL(create_policy, CreatePolicy, .name = ...): what must succeed, its answer sound, in `out`. */
#define CALL(function, operation_, ...)                                                                                \
    struct organizations_##function##_out out_##function;                                                              \
    memset(&out_##function, 0, sizeof(out_##function));                                                                \
    become(&rq, operation_);                                                                                           \
    CHECK_OK(                                                                                                          \
        organizations_##function(&rq, &(const struct organizations_##function##_in){ __VA_ARGS__ }, &out_##function)); \
    test_sound(&rq, operation_, &out_##function)

#define REFUSED(code, function, operation_, ...)                                                                       \
    do {                                                                                                               \
        struct organizations_##function##_out ignored;                                                                 \
        memset(&ignored, 0, sizeof(ignored));                                                                          \
        become(&rq, operation_);                                                                                       \
        CHECK_FAULT(                                                                                                   \
            organizations_##function(&rq, &(const struct organizations_##function##_in){ __VA_ARGS__ }, &ignored),     \
            code);                                                                                                     \
    } while (0)

static void become(struct request *rq, const char *operation)
{
    for (size_t i = 0; i < ORGANIZATIONS_MODEL.operation_count; i++) {
        if (strcmp(ORGANIZATIONS_MODEL.operations[i].name, operation) == 0) {
            rq->operation = &ORGANIZATIONS_MODEL.operations[i];
        }
    }
}

static struct str root_of(struct request *rq)
{
    struct organizations_list_roots_out out = { .next_token = STR_NONE };
    become(rq, "ListRoots");
    CHECK_OK(organizations_list_roots(rq, &(const struct organizations_list_roots_in){ .next_token = STR_NONE }, &out));
    return out.roots.items[0].id;
}

/* An organisation with one member, as CreateAccount and app/accounts.c make it. */
static struct str begin(struct request *rq)
{
    struct organizations_create_organization_out made = { NULL };
    struct organizations_create_account_out asked = { NULL };
    struct organizations_asked *waiting = NULL;
    size_t count = 0;
    bool ok = false;
    become(rq, "CreateOrganization");
    CHECK_OK(organizations_create_organization(
        rq, &(const struct organizations_create_organization_in){ .feature_set = STR_NONE }, &made));
    become(rq, "CreateAccount");
    CHECK_OK(organizations_create_account(
        rq, &(const struct organizations_create_account_in){ .email = STR("a@example.com"), .account_name = STR("a") },
        &asked));
    CHECK(asked.create_account_status->account_id.ptr == NULL);
    CHECK_OK(organizations_accounts_asked(&rq->ctx, rq->db, &waiting, &count));
    CHECK_INT(count, 1);
    CHECK(str_equal(waiting[0].role, STR("OrganizationAccountAccessRole")));
    CHECK_OK(organizations_account_made(&rq->ctx, rq->db, &waiting[0], &ok));
    CHECK(ok);
    return waiting[0].account;
}

STORE_TEST(an_account_asked_for_is_made_once)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    struct organizations_asked *waiting = NULL;
    struct organizations_news *news = NULL;
    size_t count = 0;
    const struct str account = begin(&rq);
    CHECK_OK(organizations_accounts_asked(&rq.ctx, rq.db, &waiting, &count));
    CHECK_INT(count, 0);
    CALL(describe_account, "DescribeAccount", .account_id = account);
    CHECK_STR(out_describe_account.account->joined_method, "CREATED");
    CHECK_OK(organizations_news_list(&rq.ctx, rq.db, &news, &count));
    CHECK_INT(count, 1);
    CHECK(news[0].joined && str_equal(news[0].account, account));
    CHECK_OK(organizations_news_done(&rq.ctx, rq.db, &news[0]));
    CHECK_OK(organizations_news_list(&rq.ctx, rq.db, &news, &count));
    CHECK_INT(count, 0);
    test_request_end(&rq);
}

STORE_TEST(the_facts_name_every_level)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    struct organization_facts facts;
    const struct str account = begin(&rq);
    const struct str root = root_of(&rq);
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, account, &facts));
    CHECK(facts.member && !facts.management && !facts.suspended);
    CHECK_INT(facts.service_control.count, 0); /* the type isn't enabled: it says nothing */
    CALL(enable_policy_type, "EnablePolicyType", .root_id = root, .policy_type = STR("SERVICE_CONTROL_POLICY"));
    CALL(create_organizational_unit, "CreateOrganizationalUnit", .parent_id = root, .name = STR("unit"));
    const struct str unit = out_create_organizational_unit.organizational_unit->id;
    CALL(move_account, "MoveAccount", .account_id = account, .source_parent_id = root, .destination_parent_id = unit);
    CALL(create_policy, "CreatePolicy", .name = STR("deny"), .description = STR(""),
         .type = STR("SERVICE_CONTROL_POLICY"), .content = STR(DENY));
    CALL(attach_policy, "AttachPolicy", .policy_id = out_create_policy.policy->policy_summary->id, .target_id = unit);
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, account, &facts));
    CHECK_INT(facts.service_control.count, 3);
    CHECK_INT(facts.service_control.items[0].count, 1);
    CHECK_INT(facts.service_control.items[1].count, 2);
    CHECK_INT(facts.service_control.items[2].count, 1);
    CHECK_INT(facts.resource_control.count, 0);
    CHECK(str_ends(facts.path, str_format(arena, "/%" STR_FMT "/%" STR_FMT "/", STR_ARG(root), STR_ARG(unit))));
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, TEST_ACCOUNT, &facts));
    CHECK(facts.member && facts.management);
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, STR("999999999999"), &facts));
    CHECK(!facts.member);
    test_request_end(&rq);
}

STORE_TEST(a_closed_account_is_suspended_and_gone_after_90_days)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    struct organization_facts facts;
    bool due = false;
    const struct str account = begin(&rq);
    CALL(close_account, "CloseAccount", .account_id = account);
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, account, &facts));
    CHECK(facts.suspended && facts.member);
    CHECK_OK(organizations_chores_due(&rq.ctx, rq.db, &due));
    CHECK(due);
    CHECK_OK(organizations_chores_do(&rq.ctx, rq.db));
    CALL(describe_account, "DescribeAccount", .account_id = account);
    CHECK_STR(out_describe_account.account->status, "SUSPENDED");
    REFUSED("ConstraintViolationException", remove_account_from_organization, "RemoveAccountFromOrganization",
            .account_id = account);
    rq.ctx.now_ms += (int64_t)91 * 24 * 3600 * 1000;
    CHECK_OK(organizations_chores_do(&rq.ctx, rq.db));
    REFUSED("AccountNotFoundException", describe_account, "DescribeAccount", .account_id = account);
    CHECK_OK(organizations_facts(&rq.ctx, rq.db, account, &facts));
    CHECK(facts.suspended && !facts.member); /* its keys stay closed */
    test_request_end(&rq);
}

STORE_TEST(an_invitation_ends_after_15_days)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    begin(&rq);
    const struct organizations_handshake_party target = { MEMBER, STR("ACCOUNT") };
    CALL(invite_account_to_organization, "InviteAccountToOrganization", .target = &target);
    const struct str id = out_invite_account_to_organization.handshake->id;
    rq.ctx.now_ms += (int64_t)16 * 24 * 3600 * 1000;
    rq.account = MEMBER;
    CALL(describe_handshake, "DescribeHandshake", .handshake_id = id);
    CHECK_STR(out_describe_handshake.handshake->state, "EXPIRED");
    REFUSED("InvalidHandshakeTransitionException", accept_handshake, "AcceptHandshake", .handshake_id = id);
    rq.account = STR("777788889999");
    REFUSED("HandshakeNotFoundException", describe_handshake, "DescribeHandshake", .handshake_id = id);
    test_request_end(&rq);
}

STORE_TEST(invited_members_agree_to_all_features)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    {
        CALL(create_organization, "CreateOrganization", .feature_set = STR("CONSOLIDATED_BILLING"));
    }
    const struct organizations_handshake_party target = { MEMBER, STR("ACCOUNT") };
    CALL(invite_account_to_organization, "InviteAccountToOrganization", .target = &target);
    rq.account = MEMBER;
    {
        CALL(accept_handshake, "AcceptHandshake", .handshake_id = out_invite_account_to_organization.handshake->id);
    }
    rq.account = TEST_ACCOUNT;
    CALL(enable_all_features, "EnableAllFeatures", 0);
    const struct str whole = out_enable_all_features.handshake->id;
    CHECK_STR(out_enable_all_features.handshake->state, "REQUESTED");
    REFUSED("InvalidHandshakeTransitionException", accept_handshake, "AcceptHandshake", .handshake_id = whole);
    rq.account = MEMBER;
    const struct organizations_handshake_filter approvals = { .action_type = STR("APPROVE_ALL_FEATURES") };
    CALL(list_handshakes_for_account, "ListHandshakesForAccount", .filter = &approvals);
    CHECK_INT(out_list_handshakes_for_account.handshakes.count, 1);
    {
        CALL(accept_handshake, "AcceptHandshake",
             .handshake_id = out_list_handshakes_for_account.handshakes.items[0].id);
    }
    rq.account = TEST_ACCOUNT;
    CALL(accept_handshake, "AcceptHandshake", .handshake_id = whole);
    CALL(describe_organization, "DescribeOrganization", 0);
    CHECK_STR(out_describe_organization.organization->feature_set, "ALL");
    test_request_end(&rq);
}

/* The guard tells the door every ARN that a call names. */
STORE_TEST(the_guard_names_what_a_call_is_about)
{
    struct request rq = test_request(test, arena, &ORGANIZATIONS_MODEL);
    const struct str account = begin(&rq);
    const struct organizations_attach_policy_in in = { .policy_id = STR("p-FullAWSAccess"), .target_id = account };
    struct guard guard = { .action = STR("organizations:AttachPolicy"), .resource = STR("*") };
    become(&rq, "AttachPolicy");
    CHECK_OK(ORGANIZATIONS.guard(&rq, &in, &guard));
    CHECK_STR(guard.resource, "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess");
    CHECK(guard.next && str_ends(guard.next->resource, account) && guard.next->next == NULL);
    CHECK_INT(guard.pair_count, 1);
    CHECK_STR(guard.pairs[0].value, "SERVICE_CONTROL_POLICY");
    test_request_end(&rq);
}

static struct str merged(struct arena *arena, const char *first, const char *second)
{
    const struct str documents[] = { str_of(first), str_of(second) };
    return org_policy_merge(arena, documents, 2);
}

/* spec: Organizations user guide, "Inheritance examples". */
TEST(management_policies_merge_from_the_root_down)
{
    CHECK_STR(merged(arena, "{\"a\":{\"@@assign\":\"x\"}}", "{\"a\":{\"@@assign\":\"y\"}}"), "{\"a\":\"y\"}");
    CHECK_STR(merged(arena, "{\"a\":{\"@@assign\":[\"x\"]}}", "{\"a\":{\"@@append\":[\"y\",\"x\"]}}"),
              "{\"a\":[\"x\",\"y\"]}");
    CHECK_STR(merged(arena, "{\"a\":{\"@@assign\":[\"x\",\"y\"]}}",
                     "{\"a\":{\"@@remove\":\"x\"},\"b\":{\"@@append\":\"z\"}}"),
              "{\"a\":[\"y\"],\"b\":[\"z\"]}");
    CHECK_STR(merged(arena, "{\"a\":{\"b\":{\"@@assign\":1},\"@@operators_allowed_for_child_policies\":[\"@@none\"]}}",
                     "{\"a\":{\"b\":{\"@@assign\":2},\"c\":{\"@@assign\":3},\"@@operators_allowed_for_child_policies\":"
                     "[\"@@all\"]}}"),
              "{\"a\":{\"b\":1}}");
    CHECK_STR(merged(arena, "{\"a\":{\"@@remove\":\"x\",\"b\":{\"@@assign\":\"y\"}}}", "{\"a\":{\"@@remove\":\"x\"}}"), "{\"a\":{\"b\":\"y\"}}");
    CHECK_STR(merged(arena, "{\"a\":{\"@@assign\":[]}}", "nonsense"), "{\"a\":[]}");
}
