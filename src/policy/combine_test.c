/* How layers combine: who asks whom, in the same account and across accounts. */
#include "policy/policy.h"
#include "tests/test.h"

#define HOME "111122223333"
#define AWAY "444455556666"
#define USER "arn:aws:iam::" HOME ":user/ann"
#define ROLE "arn:aws:iam::" HOME ":role/r"
#define SESSION "arn:aws:sts::" HOME ":assumed-role/r/s"
#define DOCUMENT(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define ALL DOCUMENT("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}")
#define OTHER DOCUMENT("{\"Effect\":\"Allow\",\"Action\":\"ec2:*\",\"Resource\":\"*\"}")
#define DENY DOCUMENT("{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}")
#define FOR(effect, principal)                                                                                       \
    DOCUMENT("{\"Effect\":\"" effect "\",\"Principal\":" principal ",\"Action\":\"*\",\"Resource\":\"*\"}")
#define AWS(arn) FOR("Allow", "{\"AWS\":\"" arn "\"}")

enum { LAYERS_MAX = 8 };

struct stage {
    struct arena *arena;
    const struct policy *policies[LAYERS_MAX];
    struct policy_layer layers[LAYERS_MAX];
    struct policy_question question;
};

static struct stage *stage(struct arena *arena)
{
    struct stage *made = ARENA_NEW(arena, struct stage);
    made->arena = arena;
    made->question = (struct policy_question){ .action = STR("s3:GetObject"), .resource = STR("arn:aws:s3:::b/k"),
                                               .caller = { .account = STR(HOME), .arn = STR(USER) },
                                               .layers = made->layers };
    return made;
}

static struct stage *with(struct stage *stage, enum policy_layer_kind kind, const char *document)
{
    const size_t at = stage->question.layer_count++;
    const bool principals = kind == LAYER_RESOURCE || kind == LAYER_RESOURCE_CONTROL;
    struct policy_error error = { .reason = NULL };
    stage->policies[at] = policy_parse(stage->arena, str_of(document), principals ? POLICY_RESOURCE : POLICY_IDENTITY, &error);
    if (stage->policies[at] == NULL) {
        fail_msg("%s: %s", error.reason, document);
    }
    stage->layers[at] = (struct policy_layer){ kind, &stage->policies[at], 1 };
    return stage;
}

static struct stage *session(struct stage *stage)
{
    stage->question.caller.arn = STR(SESSION);
    stage->question.caller.role_arn = STR(ROLE);
    return stage;
}

static struct stage *away(struct stage *stage)
{
    stage->question.resource_account = STR(AWAY);
    return stage;
}

static struct stage *deciding(struct stage *stage)
{
    stage->question.resource_decides = true;
    return stage;
}

#define CHECK_ALLOWED(stage) CHECK_INT(policy_decide(&(stage)->question).decision, POLICY_ALLOW)
#define CHECK_DENIED(stage) CHECK_INT(policy_decide(&(stage)->question).decision, POLICY_EXPLICIT_DENY)

static void check_refused(const struct stage *stage, enum policy_layer_kind by)
{
    const struct policy_answer answer = policy_decide(&stage->question);
    CHECK_INT(answer.decision, POLICY_IMPLICIT_DENY);
    CHECK_INT(answer.layer, by);
}

TEST(in_one_account_identity_or_resource_suffices)
{
    CHECK_ALLOWED(with(stage(arena), LAYER_IDENTITY, ALL));
    CHECK_ALLOWED(with(stage(arena), LAYER_RESOURCE, AWS(USER)));
    CHECK_ALLOWED(with(with(stage(arena), LAYER_IDENTITY, OTHER), LAYER_RESOURCE, AWS(USER)));
    CHECK_ALLOWED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(ROLE)));
    check_refused(with(with(stage(arena), LAYER_IDENTITY, OTHER), LAYER_RESOURCE, AWS(ROLE)), LAYER_IDENTITY);
    CHECK_DENIED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, FOR("Deny", "\"*\"")));
    CHECK_DENIED(with(with(stage(arena), LAYER_IDENTITY, DENY), LAYER_RESOURCE, AWS(USER)));
}

TEST(naming_the_account_only_delegates)
{
    CHECK_ALLOWED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(HOME)));
    check_refused(with(with(stage(arena), LAYER_IDENTITY, OTHER), LAYER_RESOURCE, AWS(HOME)), LAYER_IDENTITY);
    check_refused(with(stage(arena), LAYER_RESOURCE, AWS("arn:aws:iam::" HOME ":root")), LAYER_IDENTITY);
    const struct stage *both = with(stage(arena), LAYER_RESOURCE, FOR("Allow", "{\"AWS\":[\"" HOME "\",\"" USER "\"]}"));
    CHECK_ALLOWED(both);
}

TEST(across_accounts_both_must_allow)
{
    check_refused(away(with(stage(arena), LAYER_IDENTITY, ALL)), LAYER_RESOURCE);
    check_refused(away(with(stage(arena), LAYER_RESOURCE, AWS(USER))), LAYER_IDENTITY);
    CHECK_ALLOWED(away(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(USER))));
    CHECK_ALLOWED(away(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(HOME))));
    check_refused(away(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(AWAY))), LAYER_RESOURCE);
}

TEST(a_boundary_limits_what_is_granted_to_a_role_but_not_to_its_session)
{
    check_refused(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_BOUNDARY, OTHER), LAYER_BOUNDARY);
    CHECK_ALLOWED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_BOUNDARY, ALL));
    check_refused(session(with(with(stage(arena), LAYER_RESOURCE, AWS(ROLE)), LAYER_BOUNDARY, OTHER)), LAYER_BOUNDARY);
    CHECK_ALLOWED(session(with(with(stage(arena), LAYER_RESOURCE, AWS(SESSION)), LAYER_BOUNDARY, OTHER)));
    CHECK_ALLOWED(with(with(stage(arena), LAYER_RESOURCE, AWS(USER)), LAYER_BOUNDARY, OTHER));
    CHECK_ALLOWED(with(with(stage(arena), LAYER_RESOURCE, FOR("Allow", "\"*\"")), LAYER_BOUNDARY, OTHER));
    CHECK_DENIED(session(with(with(stage(arena), LAYER_RESOURCE, AWS(SESSION)), LAYER_BOUNDARY, DENY)));
    check_refused(away(with(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(USER)), LAYER_BOUNDARY,
                            OTHER)), LAYER_BOUNDARY);
}

/* spec: IAM user guide, "Policies and permissions", session policies: a resource's policy that names the session adds to
 * what they allow; one that names the role doesn't. */
TEST(a_session_policy_limits_all_but_grants_to_the_session)
{
    CHECK_ALLOWED(session(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_SESSION, ALL)));
    check_refused(session(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_SESSION, OTHER)), LAYER_SESSION);
    check_refused(session(with(with(stage(arena), LAYER_RESOURCE, AWS(ROLE)), LAYER_SESSION, OTHER)), LAYER_SESSION);
    CHECK_ALLOWED(session(with(with(stage(arena), LAYER_RESOURCE, AWS(SESSION)), LAYER_SESSION, OTHER)));
    check_refused(session(with(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_SESSION, ALL), LAYER_SESSION, OTHER)),
                  LAYER_SESSION);
}

TEST(every_level_of_the_organisation_must_allow)
{
    struct stage *levels = with(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_ORGANIZATION, ALL),
                                LAYER_ORGANIZATION, OTHER);
    check_refused(levels, LAYER_ORGANIZATION);
    levels->question.caller.management_account = true;
    CHECK_ALLOWED(levels);
    levels->question.caller.management_account = false;
    levels->question.caller.role_arn = STR("arn:aws:iam::" HOME ":role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX");
    CHECK_ALLOWED(levels);
    CHECK_DENIED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_ORGANIZATION, DENY));
    CHECK_ALLOWED(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_ORGANIZATION, ALL));
    struct stage *root = with(stage(arena), LAYER_ORGANIZATION, OTHER);
    root->question.caller.arn = STR("arn:aws:iam::" HOME ":root");
    check_refused(root, LAYER_ORGANIZATION);
    root->question.layer_count = 0;
    CHECK_ALLOWED(root);
}

TEST(control_policies_of_the_resource_s_organisation_bind_callers_from_outside)
{
    struct stage *visitor = with(with(stage(arena), LAYER_RESOURCE, FOR("Allow", "\"*\"")), LAYER_RESOURCE_CONTROL,
                                 FOR("Allow", "\"*\""));
    visitor->question.caller = (struct policy_caller){ .account = STR_NONE };
    CHECK_ALLOWED(away(visitor));
    CHECK_DENIED(with(visitor, LAYER_RESOURCE_CONTROL, FOR("Deny", "\"*\"")));
    check_refused(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE_CONTROL,
                       DOCUMENT("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ec2:*\",\"Resource\":\"*\"}")),
                  LAYER_RESOURCE_CONTROL);
    check_refused(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_ENDPOINT, OTHER), LAYER_ENDPOINT);
}

TEST(callers_without_identity_policies_depend_on_the_resource_s)
{
    struct stage *service = with(stage(arena), LAYER_RESOURCE, FOR("Allow", "{\"Service\":\"sns.amazonaws.com\"}"));
    service->question.caller = (struct policy_caller){ .service = STR("sns.amazonaws.com") };
    CHECK_ALLOWED(away(service));
    CHECK_ALLOWED(with(service, LAYER_ORGANIZATION, OTHER));
    service->question.caller.service = STR("sqs.amazonaws.com");
    check_refused(service, LAYER_RESOURCE);
    struct stage *nobody = with(stage(arena), LAYER_RESOURCE, AWS(USER));
    nobody->question.caller = (struct policy_caller){ .account = STR_NONE };
    check_refused(nobody, LAYER_RESOURCE);
    struct stage *token = with(stage(arena), LAYER_RESOURCE, FOR("Allow", "{\"Federated\":\"accounts.example\"}"));
    token->question.caller = (struct policy_caller){ .federated = STR("accounts.example") };
    CHECK_ALLOWED(token);
    token->question.caller.federated = STR("accounts.other");
    check_refused(token, LAYER_RESOURCE);
}

TEST(a_key_policy_must_let_identity_policies_in)
{
    check_refused(deciding(with(stage(arena), LAYER_IDENTITY, ALL)), LAYER_RESOURCE);
    check_refused(deciding(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(ROLE))), LAYER_RESOURCE);
    CHECK_ALLOWED(deciding(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, AWS(HOME))));
    CHECK_ALLOWED(deciding(with(stage(arena), LAYER_RESOURCE, AWS(USER))));
    check_refused(deciding(with(stage(arena), LAYER_RESOURCE, AWS(HOME))), LAYER_IDENTITY);
}

static bool context_of(void *argument, struct str key, struct policy_values *values)
{
    static const struct str keys[] = { STR_INIT("app"), STR_INIT("stage") };
    static const struct str app = STR_INIT("${x}");
    const size_t *count = argument;
    if (str_equal(key, STR("kms:EncryptionContextKeys"))) {
        *values = (struct policy_values){ keys, *count };
        return true;
    }
    *values = (struct policy_values){ &app, 1 };
    return str_equal(key, STR("kms:EncryptionContext:app"));
}

TEST(a_grant_allows_its_operations_in_its_context)
{
    static const struct str operations[] = { STR_INIT("Decrypt") };
    static const struct policy_pair pairs[] = { { STR_INIT("app"), STR_INIT("${x}") } };
    struct policy_kms_grant grant = { STR(USER), operations, 1, pairs, 1, false };
    size_t keys = 2;
    struct stage *key = deciding(with(stage(arena), LAYER_IDENTITY, OTHER));
    const struct policy *granted[] = { policy_of_grant(arena, &grant) };
    key->layers[key->question.layer_count++] = (struct policy_layer){ LAYER_GRANT, granted, 1 };
    key->question.action = STR("kms:Decrypt");
    check_refused(key, LAYER_RESOURCE);
    key->question.lookup = context_of;
    key->question.lookup_argument = &keys;
    CHECK_ALLOWED(key);
    CHECK_ALLOWED(away(key));
    key->question.action = STR("kms:Encrypt");
    check_refused(key, LAYER_RESOURCE);
    key->question.action = STR("kms:Decrypt");
    grant.context_exact = true;
    granted[0] = policy_of_grant(arena, &grant);
    check_refused(key, LAYER_RESOURCE);
    keys = 1;
    CHECK_ALLOWED(key);
}

TEST(deny_with_not_principal)
{
    const char *document = DOCUMENT("{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":\"" USER
                                    "\"},\"Action\":\"*\",\"Resource\":\"*\"}");
    struct stage *ann = with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, document);
    CHECK_ALLOWED(ann);
    CHECK_DENIED(session(with(with(stage(arena), LAYER_IDENTITY, ALL), LAYER_RESOURCE, document)));
    CHECK_DENIED(with(ann, LAYER_BOUNDARY, ALL)); /* spec: whoever has a boundary is denied, named or not */
}

TEST(who_i_am_is_never_denied)
{
    struct stage *denied = with(stage(arena), LAYER_IDENTITY, DENY);
    denied->question.action = STR("sts:GetCallerIdentity");
    CHECK_ALLOWED(denied);
}

TEST(each_layer_tells_what_it_said)
{
    struct stage *both = with(with(stage(arena), LAYER_IDENTITY, OTHER), LAYER_RESOURCE, AWS(USER));
    CHECK_INT(policy_weigh(&both->question, &both->layers[0]).decision, POLICY_IMPLICIT_DENY);
    const struct policy_verdict verdict = policy_weigh(&both->question, &both->layers[1]);
    CHECK_INT(verdict.decision, POLICY_ALLOW);
    CHECK_INT(verdict.grant, GRANT_DIRECT);
    CHECK_INT(verdict.decided.layer, LAYER_RESOURCE);
    with(both, LAYER_ORGANIZATION, OTHER)->question.caller.management_account = true;
    CHECK(policy_weigh(&both->question, &both->layers[2]).exempt);
}
