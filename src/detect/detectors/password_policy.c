/* password_policy.c - the rules for passwords of the account's users were weakened, or somebody tried to.
 * spec: GuardDuty user guide, Stealth:IAMUser/PasswordPolicyChange: severity by how much; attempts count.
 * The record does not tell what the policy was before. Our reading: it is weak where it asks for less than the policy AWS
 * applies by itself (8 characters, three of four kinds; spec: IAM user guide, default password policy); one shortcoming is
 * low, two are medium, more are high. A deleted policy leaves that default: medium. */
#include "detect/detectors.h"

enum { DEFAULT_LENGTH = 8, DEFAULT_KINDS = 3, UNSET_LENGTH = 6 };

static int shortcomings(const struct json *request, struct text *why)
{
    static const char *const kinds[] = { "requireSymbols", "requireNumbers", "requireUppercaseCharacters",
                                         "requireLowercaseCharacters" };
    int required = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        required += json_is_true(json_path(request, kinds[i]));
    }
    int64_t length = UNSET_LENGTH; /* what the call sets when it names none */
    if (!json_int(json_path(request, "minimumPasswordLength"), &length)) {
        length = UNSET_LENGTH;
    }
    const int missing = required < DEFAULT_KINDS ? DEFAULT_KINDS - required : 0;
    text_add_format(why, "passwords need %jd characters and %d of four kinds; the default asks for %d and %d", (intmax_t)length,
                    required, DEFAULT_LENGTH, DEFAULT_KINDS);
    return missing + (length < DEFAULT_LENGTH);
}

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    if (str_equal(event_get(ev, FIELD_ACTION), STR("DeleteAccountPasswordPolicy"))) {
        *verdict = (struct verdict){ .severity = 5, .why = STR("the password policy was deleted") };
        return true;
    }
    const struct json *request = json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL);
    struct text why = text_new(ev->arena);
    const int count = request && request->kind == JSON_OBJECT ? shortcomings(request, &why) : 0;
    *verdict = (struct verdict){ .severity = count == 1 ? 2 : count == 2 ? 5 : 8, .why = text_str(&why) };
    return count > 0;
}

const struct detector PASSWORD_POLICY = {
    .detection = {
        .id = STR_INIT("password-policy"),
        .type = STR_INIT("Stealth:IAMUser/PasswordPolicyChange"),
        .severity = 2,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("The account password policy was weakened by ${caller}."),
        .description = STR_INIT("${caller} called ${eventName} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "iam.amazonaws.com" }, { FIELD_ACTION, "UpdateAccountPasswordPolicy" },
              { FIELD_ACTION, "DeleteAccountPasswordPolicy" } },
    .attempts = true,
    .inspect = inspect,
};
