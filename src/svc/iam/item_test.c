/* item_test.c - passwords, devices, certificates and reports of IAM, where a clock or a second account tells more than a
 * client can. */
#include "svc/iam/item.h"

#include "crypto/totp.h"
#include "svc/iam/namespaces.h"
#include "svc/iam/password.h"
#include "svc/service_test.h"

#define CALL(function, operation, ...)                                                                       \
    struct iam_##function##_out out_##function;                                                              \
    memset(&out_##function, 0, sizeof(out_##function));                                                      \
    CHECK_OK(iam_##function(&rq, &(const struct iam_##function##_in){ __VA_ARGS__ }, &out_##function));      \
    test_sound(&rq, operation, &out_##function)

#define REFUSED(code, function, ...)                                                                          \
    do {                                                                                                      \
        struct iam_##function##_out ignored;                                                                  \
        memset(&ignored, 0, sizeof(ignored));                                                                 \
        CHECK_FAULT(iam_##function(&rq, &(const struct iam_##function##_in){ __VA_ARGS__ }, &ignored), code); \
    } while (0)

#define DAY_MS INT64_C(86400000)
#define GOOD STR("correct-Horse-7")

STORE_TEST(an_expired_password_is_changed_by_an_administrator_alone)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("caller"));
    CALL(create_login_profile, "CreateLoginProfile", .user_name = STR("caller"), .password = GOOD);
    CALL(update_account_password_policy, "UpdateAccountPasswordPolicy", .max_password_age = SOME(1),
         .hard_expiry = SOME(true));
    rq.ctx.now_ms += DAY_MS;
    REFUSED("AccessDenied", change_password, .old_password = GOOD, .new_password = STR("another-Horse-8"));
    CALL(update_login_profile, "UpdateLoginProfile", .user_name = STR("caller"), .password = STR("another-Horse-8"));
    CALL(change_password, "ChangePassword", .old_password = STR("another-Horse-8"), .new_password = GOOD);
    test_request_end(&rq);
}

STORE_TEST(guessing_a_password_has_its_pace)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    rq.caller.id = str_starts(test->url, STR("sqlite:")) ? STR("AIDAGUESSING") : STR("AIDAGUESSER");
    for (int i = 0; i < 10; i++) {
        REFUSED("NoSuchEntity", change_password, .old_password = GOOD, .new_password = GOOD);
    }
    REFUSED("Throttling", change_password, .old_password = GOOD, .new_password = GOOD);
    rq.ctx.now_ms += 10000;
    REFUSED("NoSuchEntity", change_password, .old_password = GOOD, .new_password = GOOD);
    test_request_end(&rq);
}

STORE_TEST(only_users_change_their_password)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    rq.caller.type = PRINCIPAL_ASSUMED_ROLE;
    REFUSED("InvalidUserType", change_password, .old_password = GOOD, .new_password = GOOD);
    test_request_end(&rq);
}

STORE_TEST(a_seed_is_sealed_and_each_code_is_good_once)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_user, "CreateUser", .user_name = STR("ann"));
    CALL(create_virtual_mfa_device, "CreateVirtualMFADevice", .virtual_mfa_device_name = STR("phone"));
    const struct str serial = out_create_virtual_mfa_device.virtual_mfa_device->serial_number;
    struct item device = { .kind = ITEM_MFA };
    struct str seed = STR_NONE;
    CHECK_OK(item_get(&rq, ITEM_MFA, serial, &device));
    CHECK(item_unseal(&rq, &device, &seed) && seed.len == TOTP_SEED_SIZE);
    CHECK(str_search(device.secret, seed) == STR_MISSING);
    CHECK(str_equal(totp_base32(arena, seed), out_create_virtual_mfa_device.virtual_mfa_device->base32_string_seed));

    const int64_t now = totp_step(rq.ctx.now_ms);
    const struct str first = totp_code(arena, seed, now - 1);
    const struct str second = totp_code(arena, seed, now);
    REFUSED("InvalidAuthenticationCode", enable_mfa_device, .user_name = STR("ann"), .serial_number = serial,
            .authentication_code1 = second, .authentication_code2 = first);
    CALL(enable_mfa_device, "EnableMFADevice", .user_name = STR("ann"), .serial_number = serial,
         .authentication_code1 = first, .authentication_code2 = second);
    REFUSED("InvalidAuthenticationCode", resync_mfa_device, .user_name = STR("ann"), .serial_number = serial,
            .authentication_code1 = first, .authentication_code2 = second);
    CHECK_OK(item_get(&rq, ITEM_MFA, serial, &device));
    CHECK_INT(device.number, now);
    test_request_end(&rq);
}

STORE_TEST(a_sealed_value_opens_nowhere_else)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    struct item item = { .kind = ITEM_SAML_KEY, .key = STR("one") };
    struct str plain = STR_NONE;
    item.secret = item_seal(&rq, &item, STR("secret"));
    CHECK(item_unseal(&rq, &item, &plain));
    CHECK_STR(plain, "secret");
    item.key = STR("two");
    CHECK(!item_unseal(&rq, &item, &plain));
    test_request_end(&rq);
}

STORE_TEST(the_root_has_a_device_of_its_own)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    rq.caller = (struct principal){ .type = PRINCIPAL_ROOT, .account = TEST_ACCOUNT, .id = TEST_ACCOUNT };
    CALL(create_virtual_mfa_device, "CreateVirtualMFADevice", .virtual_mfa_device_name = STR("root-phone"));
    const struct str serial = out_create_virtual_mfa_device.virtual_mfa_device->serial_number;
    struct item device = { .kind = ITEM_MFA };
    struct str seed = STR_NONE;
    CHECK_OK(item_get(&rq, ITEM_MFA, serial, &device));
    CHECK(item_unseal(&rq, &device, &seed));
    const int64_t now = totp_step(rq.ctx.now_ms);
    CALL(enable_mfa_device, "EnableMFADevice", .user_name = STR("root"), .serial_number = serial,
         .authentication_code1 = totp_code(arena, seed, now - 1), .authentication_code2 = totp_code(arena, seed, now));
    CALL(list_mfa_devices, "ListMFADevices", .user_name = STR_NONE);
    CHECK_INT(out_list_mfa_devices.mfa_devices.count, 1);
    CALL(get_account_summary, "GetAccountSummary", .no_members = 0);
    for (size_t i = 0; i < out_get_account_summary.summary_map.count; i++) {
        if (str_equal(out_get_account_summary.summary_map.items[i].key, STR("AccountMFAEnabled"))) {
            CHECK_INT(out_get_account_summary.summary_map.items[i].value, 1);
        }
    }
    test_request_end(&rq);
}

/* spec: IAM user guide, credential reports: one in four hours. */
STORE_TEST(a_credential_report_holds_for_four_hours)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    {
        CALL(generate_credential_report, "GenerateCredentialReport", .no_members = 0);
        CHECK_STR(out_generate_credential_report.state, "STARTED");
    }
    rq.ctx.now_ms += 4 * 3600 * 1000 - 1000;
    {
        CALL(generate_credential_report, "GenerateCredentialReport", .no_members = 0);
        CHECK_STR(out_generate_credential_report.state, "COMPLETE");
        CALL(get_credential_report, "GetCredentialReport", .no_members = 0);
    }
    rq.ctx.now_ms += 1000;
    REFUSED("ReportExpired", get_credential_report, .no_members = 0);
    {
        CALL(generate_credential_report, "GenerateCredentialReport", .no_members = 0);
        CHECK_STR(out_generate_credential_report.state, "STARTED");
    }
    test_request_end(&rq);
}

STORE_TEST(items_of_other_accounts_are_not_there)
{
    struct request rq = test_request(test, arena, &IAM_MODEL);
    CALL(create_instance_profile, "CreateInstanceProfile", .instance_profile_name = STR("Web"));
    REFUSED("EntityAlreadyExists", create_instance_profile, .instance_profile_name = STR("WEB"));
    REFUSED("NoSuchEntity", get_instance_profile, .instance_profile_name = STR("web"));
    rq.account = STR("444455556666");
    REFUSED("NoSuchEntity", get_instance_profile, .instance_profile_name = STR("Web"));
    test_request_end(&rq);
}

TEST(a_document_grants_what_its_allow_statements_name)
{
    const struct str document = STR("{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\",\"KMS:Decrypt\"]},"
                                    "{\"Effect\":\"Deny\",\"Action\":\"sts:*\"},{\"Effect\":\"Allow\",\"Action\":\"dynamo*:*\"}]}");
    CHECK(namespace_granted(arena, document, STR("s3")));
    CHECK(namespace_granted(arena, document, STR("kms")));
    CHECK(namespace_granted(arena, document, STR("dynamodb")));
    CHECK(!namespace_granted(arena, document, STR("sts")));
    CHECK(!namespace_granted(arena, STR("no JSON"), STR("s3")));
    const struct str inverse = STR("{\"Statement\":{\"Effect\":\"Allow\",\"NotAction\":[\"iam:*\",\"kms:Decrypt\"]}}");
    CHECK(!namespace_granted(arena, inverse, STR("iam")));
    CHECK(namespace_granted(arena, inverse, STR("kms")));
    struct namespaces found = { NULL, 0 };
    namespaces_add_granted(arena, &found, document);
    CHECK_INT(found.count, 2);
    CHECK_STR(found.items[0], "kms");
}
