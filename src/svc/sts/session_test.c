/* session_test.c - sessions that come of sessions: narrowed, tagged, vouched for; and refusals that say more. */
#include "sts_model.h"
#include "svc/denial_message.h"
#include "svc/service_test.h"
#include "svc/session.h"
#include "svc/sts/credentials.h"

static struct session opened(struct request *rq, const struct sts_credentials *credentials)
{
    struct session session = { .expires_ms = 0 };
    CHECK(session_unseal(&rq->ctx, rq->vault, credentials->access_key_id, credentials->session_token, &session));
    return session;
}

STORE_TEST(a_federated_user_is_bound_to_who_vouches)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_tag tags[] = { { STR("team"), STR("red") } };
    struct sts_get_federation_token_out out = { .credentials = NULL };
    CHECK_OK(sts_get_federation_token(&rq, &(const struct sts_get_federation_token_in){
        .name = STR("guest"), .tags = { tags, 1 } }, &out));
    test_sound(&rq, "GetFederationToken", &out);
    const struct session session = opened(&rq, out.credentials);
    CHECK_STR(session.principal.arn, "arn:aws:sts::111122223333:federated-user/guest");
    CHECK_STR(session.principal.issuer_id, "AIDACALLER");
    CHECK_STR(session.tags[0].key, "aws:PrincipalTag/team");
    rq.caller = session.principal;
    CHECK_FAULT(sts_get_federation_token(&rq, &(const struct sts_get_federation_token_in){ .name = STR("guest") }, &out), "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(scopes_pile_up_to_three_and_time_only_shrinks)
{
    static const char ALLOW[] = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}";
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_get_scoped_credentials_out out = { .credentials = NULL };
    const struct sts_get_scoped_credentials_in narrow = { .policy = str_of(ALLOW) };
    CHECK_FAULT(sts_get_scoped_credentials(&rq, &narrow, &out), "InvalidSubjectCredentials");
    rq.caller.session_since_ms = rq.ctx.now_ms;
    rq.caller.session_until_ms = rq.ctx.now_ms + 600000;
    CHECK_FAULT(sts_get_scoped_credentials(&rq, &(const struct sts_get_scoped_credentials_in){ .duration_seconds = SOME(601) }, &out),
                "InsufficientSessionLifetime");
    for (int i = 1; i <= 3; i++) {
        CHECK_OK(sts_get_scoped_credentials(&rq, &narrow, &out));
        CHECK_INT(out.scoped_policies_count.v, i);
        rq.caller = opened(&rq, out.credentials).principal;
    }
    CHECK_FAULT(sts_get_scoped_credentials(&rq, &narrow, &out), "AccessDenied");
    CHECK_OK(sts_get_scoped_credentials(&rq, &(const struct sts_get_scoped_credentials_in){ .duration_seconds = SOME(60) }, &out));
    CHECK_INT(opened(&rq, out.credentials).expires_ms, rq.caller.session_since_ms + 60000);
    test_request_end(&rq);
}

STORE_TEST(transitive_tags_can_not_be_replaced)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    const struct context_pair kept[] = { { STR("aws:PrincipalTag/team"), STR("red") }, { STR("aws:PrincipalTag/cost"), STR("1") } };
    const struct sts_tag again[] = { { STR("TEAM"), STR("blue") } };
    const struct sts_tag fresh[] = { { STR("cost"), STR("2") } };
    struct session session = { .expires_ms = 0 };
    rq.caller.transitive_tags = STR("team");
    rq.caller_tags = kept;
    rq.caller_tag_count = 2;
    CHECK_FAULT(tags_check(&rq, &(const struct session_tags){ .items = again, .count = 1 }), "InvalidParameterValue");
    const struct session_tags tags = { .items = fresh, .count = 1 };
    CHECK_OK(tags_check(&rq, &tags));
    tags_take(&rq, &tags, &session);
    CHECK_INT(session.tag_count, 2);
    CHECK_STR(session.tags[0].value, "2");
    CHECK_STR(session.tags[1].value, "red");
    CHECK_STR(session.principal.transitive_tags, "team");
    test_request_end(&rq);
}

STORE_TEST(a_sealed_refusal_opens_in_its_account_alone)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    const struct guard guard = { .action = STR("ec2:StopInstances"), .resource = STR("*") };
    const struct policy_answer answer = { .decision = POLICY_IMPLICIT_DENY };
    const struct str message = denial_message_seal(&rq, &guard, &answer);
    struct sts_decode_authorization_message_out out = { .decoded_message = STR_NONE };
    const struct sts_decode_authorization_message_in in = { .encoded_message = message };
    CHECK(denial_message_wanted(STR("ec2:StopInstances")));
    CHECK(!denial_message_wanted(STR("iam:CreateUser")));
    CHECK_OK(sts_decode_authorization_message(&rq, &in, &out));
    test_sound(&rq, "DecodeAuthorizationMessage", &out);
    CHECK(str_search(out.decoded_message, STR("\"action\":\"ec2:StopInstances\"")) != STR_MISSING);
    rq.account = STR("444455556666");
    CHECK_FAULT(sts_decode_authorization_message(&rq, &in, &out), "InvalidAuthorizationMessageException");
    test_request_end(&rq);
}
