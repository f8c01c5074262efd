#include "app/inside.h"

#include "base/clock.h"
#include "base/queue.h"
#include "guardduty_model.h"
#include "iam_model.h"
#include "svc/service_test.h"
#include "sts_model.h"

/* A store with a writer, and the calls inside above them. */
struct house {
    struct ctx ctx;
    struct journal *journal; /* NULL: nothing is recorded */
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
    house->inside = inside_open(&(struct inside_options){
        .store = house->store, .writer = house->writer, .vault = house->vault, .home_account = TEST_ACCOUNT,
        .region = STR("eu-west-1"), .check_answers = true });
}

static void house_close(struct house *house)
{
    store_writer_close(house->writer);
    inside_close(house->inside);
    store_close(house->store);
    vault_close(house->vault);
}

/* As the account itself. */
static const void *by_account(struct house *house, const char *service, const char *operation, const void *in)
{
    const void *out = NULL;
    CHECK_OK(inside_call(&house->ctx, house->inside,
                         &(struct inside_call){ .service = service, .operation = operation, .in = in, .account = TEST_ACCOUNT }, &out));
    return out;
}

static struct err by_service(struct house *house, const char *service, const char *operation, const void *in, struct str role)
{
    const void *out = NULL;
    const struct inside_call call = { .service = service, .operation = operation, .in = in, .account = TEST_ACCOUNT,
                                      .principal = STR("rotation.amazonaws.com"), .role_arn = role, .session_name = STR("work") };
    return inside_call(&house->ctx, house->inside, &call, &out);
}

static const struct iam_list_users_in NOTHING = { .marker = { NULL, 0 } };

TEST(an_account_reads_and_writes_what_is_its_own)
{
    struct house house;
    house_open(&house, arena);
    const struct iam_create_user_in create = { .user_name = STR("ann") };
    by_account(&house, "iam", "CreateUser", &create);
    const struct iam_list_users_out *users = by_account(&house, "iam", "ListUsers", &NOTHING);
    CHECK_INT(users->users.count, 1);
    CHECK_STR(users->users.items[0].arn, "arn:aws:iam::111122223333:user/ann");
    const void *out = NULL;
    CHECK_FAULT(inside_call(&house.ctx, house.inside,
                            &(struct inside_call){ .service = "iam", .operation = "CreateUser", .in = &create,
                                                   .account = TEST_ACCOUNT }, &out), "EntityAlreadyExists");
    CHECK_STR(str_of(house.ctx.reason), "User with name ann already exists.");
    CHECK_FAULT(inside_call(&house.ctx, house.inside,
                            &(struct inside_call){ .service = "iam", .operation = "None", .in = &create,
                                                   .account = TEST_ACCOUNT }, &out), "InternalFailure");
    house_close(&house);
}

TEST(a_service_may_only_what_a_resource_s_policy_says)
{
    struct house house;
    house_open(&house, arena);
    CHECK_FAULT(by_service(&house, "iam", "ListUsers", &NOTHING, STR_NONE), "AccessDenied");
    CHECK_STR(str_of(house.ctx.reason), "User: rotation.amazonaws.com is not authorized to perform: iam:ListUsers on resource: * "
                                        "because no resource-based policy allows the iam:ListUsers action");
    house_close(&house);
}

#define TRUST(service) "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"," \
                       "\"Principal\":{\"Service\":\"" service "\"}}}"
#define MAY(action) "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"*\"}}"

static struct str make_role(struct house *house, const char *name, const char *trust, const char *policy)
{
    const struct iam_create_role_in role = { .role_name = str_of(name), .assume_role_policy_document = str_of(trust) };
    const struct iam_put_role_policy_in may = { .role_name = str_of(name), .policy_name = STR("may"),
                                                .policy_document = str_of(policy) };
    const struct iam_create_role_out *made = by_account(house, "iam", "CreateRole", &role);
    by_account(house, "iam", "PutRolePolicy", &may);
    return made->role->arn;
}

TEST(a_service_acts_with_a_role_that_trusts_it)
{
    struct house house;
    house_open(&house, arena);
    const struct str mine = make_role(&house, "mine", TRUST("rotation.amazonaws.com"), MAY("iam:ListUsers"));
    const struct str other = make_role(&house, "other", TRUST("lambda.amazonaws.com"), MAY("iam:ListUsers"));
    CHECK_OK(by_service(&house, "iam", "ListUsers", &NOTHING, mine));
    CHECK_FAULT(by_service(&house, "iam", "ListUsers", &NOTHING, other), "AccessDenied");
    CHECK_FAULT(by_service(&house, "iam", "ListRoles", &(const struct iam_list_roles_in){ .marker = STR_NONE }, mine), "AccessDenied");
    CHECK(str_search(str_of(house.ctx.reason), STR("assumed-role/mine/work")) != STR_MISSING);
    house_close(&house);
}

/* Names of the calls on record, in order. */
static struct str recorded(struct house *house)
{
    struct journal_found entries[16];
    size_t count = 0;
    journal_place next = 0;
    struct text names = text_new(house->ctx.arena);
    CHECK_OK(journal_read(&house->ctx, house->journal, 0, entries, COUNT_OF(entries), 1 << 20, &count, &next));
    for (size_t i = 0; i < count; i++) {
        const struct str key = STR("\"eventName\":\"");
        const size_t at = str_search(entries[i].payload, key);
        CHECK(at != STR_MISSING);
        text_add(&names, i > 0 ? STR(" ") : STR(""));
        text_add(&names, str_cut(str_from(entries[i].payload, at + key.len), '"', &(struct str){ NULL, 0 }));
    }
    return text_str(&names);
}

TEST(a_call_with_a_role_is_on_record_behind_the_assumption)
{
    struct house house;
    house_open(&house, arena);
    const struct str mine = make_role(&house, "mine", TRUST("rotation.amazonaws.com"), MAY("iam:ListUsers"));
    CHECK_OK(journal_open(&house.ctx, str_format(arena, "%s/journal", test_folder(arena)), house.store, &house.journal));
    inside_close(house.inside);
    house.inside = inside_open(&(struct inside_options){
        .store = house.store, .writer = house.writer, .vault = house.vault, .home_account = TEST_ACCOUNT,
        .region = STR("eu-west-1"), .check_answers = true, .journal = house.journal });
    CHECK_OK(by_service(&house, "iam", "ListUsers", &NOTHING, mine));
    CHECK_STR(recorded(&house), "AssumeRole ListUsers");
    journal_close(house.journal);
    house_close(&house);
}

/* --- one service calls another --- */

/* A call to GuardDuty under way, by user ann, from whose handler others are called. */
struct outer {
    struct request rq;
    struct inside_door door;
    struct identity identity;
};

static void outer_open(struct outer *outer, struct house *house, struct store_conn *db, const char *policy)
{
    struct iam_policies *policies = &outer->identity.policies;
    struct policy_error error = { .reason = NULL };
    const struct policy **compiled = ARENA_ARRAY(house->ctx.arena, const struct policy *, 1);
    compiled[0] = policy_parse(house->ctx.arena, str_of(policy), POLICY_IDENTITY, &error);
    CHECK(compiled[0] != NULL);
    policies->layers[policies->layer_count++] = (struct policy_layer){ LAYER_IDENTITY, compiled, 1 };
    outer->rq = (struct request){
        .ctx = house->ctx, .db = db, .vault = house->vault, .service = &GUARDDUTY_MODEL,
        .operation = &GUARDDUTY_MODEL.operations[0], .partition = STR("aws"), .region = STR("eu-west-1"),
        .account = TEST_ACCOUNT, .home_account = TEST_ACCOUNT, .source_ip = STR("192.0.2.7"),
        .caller = { .type = PRINCIPAL_USER, .account = TEST_ACCOUNT, .name = STR("ann"), .id = STR("AIDAANN"),
                    .arn = STR("arn:aws:iam::111122223333:user/ann") },
    };
    inside_door_open(&outer->door, house->inside, &outer->identity, &outer->rq);
}

static struct err list_users(struct request *rq, enum door_as as)
{
    const void *out = NULL;
    return door_call(rq, &(struct door_call){ .service = "iam", .operation = "ListUsers", .in = &NOTHING, .as = as }, &out);
}

#define MAY_VIA(service) "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"*\"," \
    "\"Condition\":{\"StringEquals\":{\"aws:CalledViaFirst\":\"" service "\",\"aws:CalledViaLast\":\"" service "\"," \
    "\"iam:ViaService\":\"guardduty.eu-west-1.amazonaws.com\"},\"ForAnyValue:StringEquals\":{\"aws:CalledVia\":\"" service "\"}," \
    "\"Bool\":{\"aws:ViaAWSService\":\"true\",\"aws:PrincipalIsAWSService\":\"false\"}}}}"

static struct err call_once(struct arena *arena, const char *policy, enum door_as as)
{
    struct house house;
    struct outer outer = { .identity.arena = NULL };
    struct store_conn *db = NULL;
    house_open(&house, arena);
    CHECK_OK(store_connect(&house.ctx, house.store, &db));
    CHECK_OK(store_begin(&house.ctx, db, STORE_READ));
    outer_open(&outer, &house, db, policy);
    const struct err err = list_users(&outer.rq, as);
    store_disconnect(db);
    house_close(&house);
    return err;
}

TEST(a_service_calls_another_with_its_caller_s_rights)
{
    CHECK_OK(call_once(arena, MAY("iam:ListUsers"), DOOR_AS_CALLER));
    CHECK_FAULT(call_once(arena, MAY("iam:ListRoles"), DOOR_AS_CALLER), "AccessDenied");
    CHECK_FAULT(call_once(arena, MAY("iam:ListUsers"), DOOR_AS_SERVICE), "AccessDenied");
}

TEST(a_forward_access_session_tells_its_way)
{
    CHECK_OK(call_once(arena, MAY_VIA("guardduty.amazonaws.com"), DOOR_AS_CALLER));
    CHECK_FAULT(call_once(arena, MAY_VIA("lambda.amazonaws.com"), DOOR_AS_CALLER), "AccessDenied");
}

TEST(who_only_reads_can_t_have_others_write)
{
    struct house house;
    struct outer outer = { .identity.arena = NULL };
    struct store_conn *db = NULL;
    const void *out = NULL;
    const struct iam_create_user_in create = { .user_name = STR("bea") };
    const struct door_call call = { .service = "iam", .operation = "CreateUser", .in = &create };
    house_open(&house, arena);
    CHECK_OK(store_connect(&house.ctx, house.store, &db));
    CHECK_OK(store_begin(&house.ctx, db, STORE_WRITE));
    outer_open(&outer, &house, db, MAY("iam:*"));
    CHECK_FAULT(door_call(&outer.rq, &call, &out), "InternalFailure");
    outer.rq.writes = true;
    CHECK_OK(door_call(&outer.rq, &call, &out));
    CHECK(outer.door.authority_changed);
    CHECK_STR(((const struct iam_create_user_out *)out)->user->user_name, "bea");
    CHECK_FAULT(door_call(&outer.rq, &call, &out), "EntityAlreadyExists");
    CHECK_STR(str_of(outer.rq.ctx.reason), "User with name bea already exists.");
    store_disconnect(db); /* rolled back */
    outer.rq.db = NULL; /* as within struct after: each call has its own transaction */
    CHECK_OK(door_call(&outer.rq, &call, &out));
    CHECK_OK(list_users(&outer.rq, DOOR_AS_CALLER));
    house_close(&house);
}

TEST(without_a_front_door_nobody_calls)
{
    struct request rq = { .ctx = ctx_new(arena, 0) };
    CHECK_FAULT(list_users(&rq, DOOR_AS_CALLER), "InternalFailure");
}
