/* accounts_test.c - an account made for an organisation, and whom its policies bind, through the front door's authorisation. */
#include "app/accounts.h"

#include "app/inside.h"
#include "base/clock.h"
#include "iam_model.h"
#include "organizations_model.h"
#include "svc/service_test.h"

#define DENY_ALL "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"
#define ALLOW_ALL "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"
#define TRUST "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"," \
              "\"Principal\":{\"Service\":\"guardduty.amazonaws.com\"}}}"

struct house {
    struct ctx ctx;
    struct store *store;
    struct store_writer *writer;
    struct vault *vault;
    struct inside *inside;
};

static void house_open(struct house *house, struct arena *arena)
{
    *house = (struct house){ .ctx = ctx_new(arena, clock_now_ms()) };
    CHECK_OK(store_open(&house->ctx, store_test_sqlite(arena), &house->store));
    CHECK_OK(store_migrate(&house->ctx, house->store, SCHEMA_STEPS, SCHEMA_STEP_COUNT));
    CHECK_OK(store_writer_open(&house->ctx, house->store, 16, 1, &house->writer));
    CHECK_OK(vault_open(&house->ctx, str_format(arena, "%s/root.key", test_folder(arena)), &house->vault));
    house->inside = inside_open(&(struct inside_options){ .store = house->store, .writer = house->writer,
                                                          .vault = house->vault, .home_account = TEST_ACCOUNT,
                                                          .region = STR("eu-west-1"), .check_answers = true });
}

static void house_close(struct house *house)
{
    store_writer_close(house->writer);
    inside_close(house->inside);
    store_close(house->store);
    vault_close(house->vault);
}

/* As an account's root. */
static const void *by(struct house *house, struct str account, const char *service, const char *operation, const void *in)
{
    const void *out = NULL;
    const struct inside_call call = { .service = service, .operation = operation, .in = in, .account = account };
    CHECK_OK(inside_call(&house->ctx, house->inside, &call, &out));
    return out;
}

static struct err chores(void *argument, struct store_conn *db)
{
    return accounts_do(argument, db);
}

/* A member whose SCP denies everything, once it is set up. */
static struct str make_member(struct house *house)
{
    const struct organizations_create_organization_in organization = { .feature_set = STR_NONE };
    const struct organizations_create_account_in account = { .email = STR("a@example.com"), .account_name = STR("a") };
    by(house, TEST_ACCOUNT, "organizations", "CreateOrganization", &organization);
    const struct organizations_create_account_out *asked =
        by(house, TEST_ACCOUNT, "organizations", "CreateAccount", &account);
    CHECK_OK(store_writer_wait(&house->ctx, house->writer, chores, &house->ctx));
    const struct organizations_describe_create_account_status_in status = { asked->create_account_status->id };
    const struct organizations_describe_create_account_status_out *made =
        by(house, TEST_ACCOUNT, "organizations", "DescribeCreateAccountStatus", &status);
    return made->create_account_status->account_id;
}

static void deny_everything(struct house *house, struct str member)
{
    const struct organizations_list_roots_in roots = { .next_token = STR_NONE };
    const struct organizations_list_roots_out *shown = by(house, TEST_ACCOUNT, "organizations", "ListRoots", &roots);
    const struct organizations_enable_policy_type_in type = { shown->roots.items[0].id, STR("SERVICE_CONTROL_POLICY") };
    const struct organizations_create_policy_in policy = { .content = STR(DENY_ALL), .description = STR(""),
                                                           .name = STR("deny"), .type = type.policy_type };
    by(house, TEST_ACCOUNT, "organizations", "EnablePolicyType", &type);
    const struct organizations_create_policy_out *made =
        by(house, TEST_ACCOUNT, "organizations", "CreatePolicy", &policy);
    const struct organizations_attach_policy_in attach = { made->policy->policy_summary->id, member };
    by(house, TEST_ACCOUNT, "organizations", "AttachPolicy", &attach);
}

/* What GuardDuty is told when it lists users with a role; absent: it may. */
static struct str refusal(struct house *house, struct str account, struct str role)
{
    const struct iam_list_users_in in = { .marker = STR_NONE };
    const struct inside_call call = { .service = "iam", .operation = "ListUsers", .in = &in, .account = account,
                                      .principal = STR("guardduty.amazonaws.com"), .role_arn = role,
                                      .session_name = STR("work") };
    const void *out = NULL;
    return inside_call(&house->ctx, house->inside, &call, &out).fault ? str_of(house->ctx.reason) : STR_NONE;
}

/* spec: Organizations user guide, "Tasks and entities not restricted by SCPs". */
TEST(service_control_policies_bind_roles_but_not_service_linked_ones)
{
    struct house house;
    house_open(&house, arena);
    const struct str member = make_member(&house);
    const struct iam_create_role_in plain = { .role_name = STR("plain"), .assume_role_policy_document = STR(TRUST) };
    const struct iam_put_role_policy_in may = { .role_name = STR("plain"), .policy_name = STR("may"),
                                                .policy_document = STR(ALLOW_ALL) };
    const struct iam_create_service_linked_role_in linked = { .aws_service_name = STR("guardduty.amazonaws.com") };
    const struct iam_create_role_out *role = by(&house, member, "iam", "CreateRole", &plain);
    by(&house, member, "iam", "PutRolePolicy", &may);
    const struct iam_create_service_linked_role_out *bound =
        by(&house, member, "iam", "CreateServiceLinkedRole", &linked);
    CHECK(refusal(&house, member, role->role->arn).ptr == NULL);
    deny_everything(&house, member);
    const struct str words = STR("service control policy");
    CHECK(str_search(refusal(&house, member, role->role->arn), words) != STR_MISSING);
    CHECK(str_search(refusal(&house, member, bound->role->arn), words) == STR_MISSING);
    house_close(&house);
}
