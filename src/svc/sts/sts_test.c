/* sts_test.c - who may assume what, and what the credentials then say. */
#include "svc/sts/sts.h"

#include "sts_model.h"
#include "svc/changes.h"
#include "svc/service_test.h"
#include "svc/session.h"

#define ROLE "arn:aws:iam::111122223333:role/r"
#define TRUST(principal, rest)                                                                       \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" principal \
    "\"},\"Action\":[\"sts:AssumeRole\"]" rest "}]}"
#define ALLOW_ALL "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"

/* A role "r" in IAM's own table: a service's tests don't call another service. */
static void have_role(struct request *rq, const char *trust)
{
    CHECK_OK(store_run(&rq->ctx, rq->db, "DELETE FROM iam_entity WHERE account = $1",
                       SQL_VALUES(SQL_TEXT(TEST_ACCOUNT)), NULL));
    changes_note(&changes_authority);
    CHECK_OK(store_run(&rq->ctx, rq->db,
                       "INSERT INTO iam_entity (account, kind, key, name, id, path, created_ms, trust, max_session)"
                       " VALUES ($1, 'role', 'r', 'r', 'AROAEXAMPLEROLEID1234', '/', 0, $2, 7200)",
                       SQL_VALUES(SQL_TEXT(TEST_ACCOUNT), SQL_TEXT(str_of(trust))), NULL));
}

static struct err assume(struct request *rq, struct sts_assume_role_in in, struct sts_assume_role_out *out)
{
    memset(out, 0, sizeof(*out));
    in.role_arn = in.role_arn.ptr ? in.role_arn : STR(ROLE);
    in.role_session_name = STR("work");
    const struct err err = sts_assume_role(rq, &in, out);
    if (!err.fault) {
        test_sound(rq, "AssumeRole", out);
    }
    return err;
}

STORE_TEST(a_role_named_in_person_needs_nothing_else)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    have_role(&rq, TRUST("arn:aws:iam::111122223333:user/caller", ""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out));
    CHECK_STR(out.assumed_role_user->arn, "arn:aws:sts::111122223333:assumed-role/r/work");
    CHECK_STR(out.assumed_role_user->assumed_role_id, "AROAEXAMPLEROLEID1234:work");
    CHECK_INT(out.credentials->expiration.v, 1700003600000);

    struct session session = { .expires_ms = 0 };
    CHECK(session_unseal(&rq.ctx, rq.vault, out.credentials->access_key_id, out.credentials->session_token, &session));
    CHECK(str_equal(session.secret, out.credentials->secret_access_key));
    CHECK(session.principal.type == PRINCIPAL_ASSUMED_ROLE);
    CHECK_STR(session.principal.name, "r");
    CHECK_STR(session.principal.role_arn, ROLE);
    test_request_end(&rq);
}

/* spec: IAM user guide: what is granted to a role, boundary and session policy limit; what to its session, they don't. */
STORE_TEST(a_limited_session_is_trusted_only_in_person)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    rq.caller.arn = STR("arn:aws:sts::111122223333:assumed-role/first/work");
    rq.caller.role_arn = STR("arn:aws:iam::111122223333:role/first");
    have_role(&rq, TRUST("arn:aws:iam::111122223333:role/first", ""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out));
    rq.limited = true;
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out), "AccessDenied");
    have_role(&rq, TRUST("arn:aws:sts::111122223333:assumed-role/first/work", ""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out));
    test_request_end(&rq);
}

/* Written past IAM, as another server on the same store does. */
static void close_role(struct request *rq)
{
    CHECK_OK(store_run(&rq->ctx, rq->db, "UPDATE iam_entity SET trust = $2 WHERE account = $1",
                       SQL_VALUES(SQL_TEXT(TEST_ACCOUNT), SQL_TEXT(STR(TRUST("arn:aws:iam::111122223333:user/other", "")))), NULL));
}

STORE_TEST(a_role_is_kept_until_something_is_written_here_or_for_two_seconds)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    const struct sts_assume_role_in in = { .role_arn = STR_NONE };
    have_role(&rq, TRUST("arn:aws:iam::111122223333:user/caller", ""));
    CHECK_OK(assume(&rq, in, &out)); /* what was written before is noticed: nothing is kept for a while */
    rq.ctx.now_ms += CHANGES_SETTLE_MS;
    CHECK_OK(assume(&rq, in, &out));
    close_role(&rq);
    rq.ctx.now_ms += CHANGES_FRESH_MS - 1;
    CHECK_OK(assume(&rq, in, &out));
    rq.ctx.now_ms += 1;
    CHECK_FAULT(assume(&rq, in, &out), "AccessDenied");

    have_role(&rq, TRUST("arn:aws:iam::111122223333:user/caller", ""));
    rq.ctx.now_ms += 2 * CHANGES_SETTLE_MS;
    CHECK_OK(assume(&rq, in, &out));
    rq.ctx.now_ms += CHANGES_SETTLE_MS;
    CHECK_OK(assume(&rq, in, &out));
    close_role(&rq);
    changes_note(&changes_authority);
    CHECK_FAULT(assume(&rq, in, &out), "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(an_account_that_is_trusted_only_delegates)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    have_role(&rq, TRUST("arn:aws:iam::111122223333:root", ""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out), "AccessDenied");
    assert_string_equal(rq.ctx.reason, "User: arn:aws:iam::111122223333:user/caller is not authorized to perform: "
                                       "sts:AssumeRole on resource: " ROLE);
    rq.identity_allows = true;
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out));
    have_role(&rq, TRUST("arn:aws:iam::444455556666:root", ""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out), "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(an_external_id_must_be_the_one_agreed)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    rq.identity_allows = true;
    have_role(&rq, TRUST("111122223333", ",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"agreed\"}}"));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out), "AccessDenied");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .external_id = STR("other") }, &out), "AccessDenied");
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .external_id = STR("agreed") }, &out));
    test_request_end(&rq);
}

STORE_TEST(a_missing_role_looks_like_a_closed_one)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    rq.identity_allows = true;
    have_role(&rq, TRUST("*", ""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR("arn:aws:iam::111122223333:role/x") }, &out),
                "AccessDenied");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR("arn:aws:iam::111122223333:role/p/r") }, &out),
                "AccessDenied");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR("arn:aws:iam::111122223333:role/R") }, &out),
                "AccessDenied");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR("arn:aws:iam::111122223333:user/r") }, &out),
                "ValidationError");
    rq.caller.type = PRINCIPAL_ROOT;
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out), "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(sessions_end_in_time)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    have_role(&rq, TRUST("*", ""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .duration_seconds = SOME(7200) }, &out));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .duration_seconds = SOME(7201) }, &out), "ValidationError");
    rq.caller.type = PRINCIPAL_ASSUMED_ROLE;
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .duration_seconds = SOME(7200) }, &out), "ValidationError");
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .duration_seconds = SOME(3600) }, &out));
    test_request_end(&rq);
}

STORE_TEST(session_policies_and_tags_travel_in_the_token)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    struct sts_policy_descriptor_type arns[] = { { STR("arn:aws:iam::aws:policy/A") }, { STR("arn:aws:iam::aws:policy/B") } };
    struct sts_tag tags[] = { { STR("team"), STR("red") }, { STR("TEAM"), STR("blue") } };
    struct str keys[] = { STR("cost") };
    rq.identity_allows = true;
    have_role(&rq, TRUST("111122223333", ""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .tags = { tags, 1 } }, &out), "AccessDenied");
    have_role(&rq, TRUST("111122223333", "},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:TagSession\""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .policy = STR("{}") }, &out), "MalformedPolicyDocument");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .tags = { tags, 2 } }, &out), "InvalidParameterValue");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .transitive_tag_keys = { keys, 1 } }, &out),
                "InvalidParameterValue");
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .policy = STR(ALLOW_ALL), .policy_arns = { arns, 2 },
                                                      .tags = { tags, 1 } }, &out));
    CHECK(out.packed_policy_size.set);
    struct session session = { .expires_ms = 0 };
    CHECK(session_unseal(&rq.ctx, rq.vault, out.credentials->access_key_id, out.credentials->session_token, &session));
    CHECK_STR(session.principal.session_policy, ALLOW_ALL);
    CHECK_STR(session.principal.session_policy_arns, "arn:aws:iam::aws:policy/A arn:aws:iam::aws:policy/B");
    CHECK_STR(session.tags[0].key, "aws:PrincipalTag/team");
    test_request_end(&rq);
}

STORE_TEST(session_policies_and_tags_have_limited_room)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    struct sts_tag tags[20];
    char value[200];
    memset(value, 'v', sizeof(value));
    for (int i = 0; i < 20; i++) {
        tags[i] = (struct sts_tag){ str_format(arena, "k%d", i), { value, sizeof(value) } };
    }
    have_role(&rq, TRUST("*", "},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:TagSession\""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .tags = { tags, 5 } }, &out));
    CHECK_INT(out.packed_policy_size.v, 50);
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .tags = { tags, 20 } }, &out), "PackedPolicyTooLarge");
    test_request_end(&rq);
}

STORE_TEST(a_source_identity_stays)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_assume_role_out out;
    struct session session = { .expires_ms = 0 };
    have_role(&rq, TRUST("*", ""));
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .source_identity = STR("ann") }, &out), "AccessDenied");
    have_role(&rq, TRUST("*", "},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:SetSourceIdentity\""));
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .source_identity = STR("ann") }, &out));
    CHECK_STR(out.source_identity, "ann");
    CHECK(session_unseal(&rq.ctx, rq.vault, out.credentials->access_key_id, out.credentials->session_token, &session));
    rq.caller.source_identity = session.principal.source_identity;
    CHECK_OK(assume(&rq, (struct sts_assume_role_in){ .role_arn = STR_NONE }, &out));
    CHECK_STR(out.source_identity, "ann");
    CHECK_FAULT(assume(&rq, (struct sts_assume_role_in){ .source_identity = STR("bea") }, &out), "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(a_user_gets_a_session_of_its_own)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_get_session_token_out out = { .credentials = NULL };
    struct session session = { .expires_ms = 0 };
    CHECK_OK(sts_get_session_token(&rq, &(const struct sts_get_session_token_in){ .duration_seconds = SOME(900) }, &out));
    test_sound(&rq, "GetSessionToken", &out);
    CHECK(session_unseal(&rq.ctx, rq.vault, out.credentials->access_key_id, out.credentials->session_token, &session));
    CHECK_STR(session.principal.arn, "arn:aws:iam::111122223333:user/caller");
    CHECK_INT(session.expires_ms, 1700000900000);
    rq.caller = session.principal;
    CHECK_FAULT(sts_get_session_token(&rq, &(const struct sts_get_session_token_in){ .serial_number = STR_NONE }, &out),
                "AccessDenied");
    test_request_end(&rq);
}

STORE_TEST(the_caller_and_the_owner_of_a_key_are_told)
{
    struct request rq = test_request(test, arena, &STS_MODEL);
    struct sts_get_caller_identity_out caller = { .arn = STR_NONE };
    struct sts_get_access_key_info_out info = { .account = STR_NONE };
    CHECK_OK(sts_get_caller_identity(&rq, &(const struct sts_get_caller_identity_in){ 0 }, &caller));
    test_sound(&rq, "GetCallerIdentity", &caller);
    CHECK_STR(caller.arn, "arn:aws:iam::111122223333:user/caller");
    CHECK_STR(caller.user_id, "AIDACALLER");
    const struct str key = access_key_new(&rq.ctx, STR("AKIA"), STR("444455556666"));
    CHECK_OK(sts_get_access_key_info(&rq, &(const struct sts_get_access_key_info_in){ .access_key_id = key }, &info));
    test_sound(&rq, "GetAccessKeyInfo", &info);
    CHECK_STR(info.account, "444455556666");
    test_request_end(&rq);
}
