/* sequence_test.c - detections that need more than one record. */
#include "detect/detectors.h"
#include "detect/harness.h"

#define LOGIN "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"
#define STOLEN "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"

/* 203.0.113.0/24 is Tokyo, 198.51.100.0/24 Paris, everything else unknown. */
static uint16_t country(void *self, struct str address)
{
    (void)self;
    if (str_starts(address, STR("203.0.113."))) {
        return 'J' << 8 | 'P';
    }
    return str_starts(address, STR("198.51.100.")) ? 'F' << 8 | 'R' : 0;
}

static void feed(struct harness *harness, int id, const char *format, const char *time, const char *address)
{
    const struct str own = str_format(harness->arena, "{\"eventTime\":\"2026-01-05T%sZ\",\"sourceIPAddress\":\"%s\",%s}", time, address, format);
    harness_feed(harness, "log.json", harness_record(harness->arena, id, own.ptr));
}

#define SIGNED_IN "\"eventSource\":\"signin.amazonaws.com\",\"eventName\":\"ConsoleLogin\",\"responseElements\":{\"ConsoleLogin\":\"Success\"}"
#define REFUSED "\"eventSource\":\"signin.amazonaws.com\",\"eventName\":\"ConsoleLogin\",\"responseElements\":{\"ConsoleLogin\":\"Failure\"}"

static size_t logins(struct arena *arena, const char *first, const char *from, const char *second, const char *to, const char *what)
{
    struct intel *intel = intel_open();
    intel_set_country(intel, country, NULL);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    feed(harness, 1, SIGNED_IN, first, from);
    feed(harness, 2, what, second, to);
    const size_t count = harness_count(harness, LOGIN);
    harness_close(harness);
    intel_close(intel);
    return count;
}

TEST(signing_in_from_two_countries_within_an_hour_is_a_hit)
{
    CHECK_INT(logins(arena, "10:00:00", "203.0.113.7", "10:20:00", "198.51.100.7", SIGNED_IN), 1);
    CHECK_INT(logins(arena, "10:20:00", "198.51.100.7", "10:00:00", "203.0.113.7", SIGNED_IN), 1);
}

TEST(signing_in_from_one_country_or_later_or_in_vain_is_not)
{
    CHECK_INT(logins(arena, "10:00:00", "203.0.113.7", "10:20:00", "203.0.113.99", SIGNED_IN), 0);
    CHECK_INT(logins(arena, "10:00:00", "203.0.113.7", "11:00:01", "198.51.100.7", SIGNED_IN), 0);
    CHECK_INT(logins(arena, "10:00:00", "203.0.113.7", "10:20:00", "198.51.100.7", REFUSED), 0);
    CHECK_INT(logins(arena, "10:00:00", "203.0.113.7", "10:20:00", "192.0.2.1", SIGNED_IN), 0);
}

#define SESSION(key)                                                                                                          \
    "\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"AROA:i-0123456789abcdef0\",\"arn\":\"arn:aws:sts::111122223333:"  \
    "assumed-role/web/i-0123456789abcdef0\",\"accountId\":\"111122223333\",\"accessKeyId\":\"" key "\",\"sessionContext\":"       \
    "{\"sessionIssuer\":{\"type\":\"Role\",\"arn\":\"arn:aws:iam::111122223333:role/web\",\"userName\":\"web\"}}}"
#define INSTANCE "\"eventName\":\"ListUsers\"," SESSION("ASIAONE")
#define AGENT "\"eventName\":\"UpdateInstanceInformation\",\"userAgent\":\"aws-sdk-go/1.41.4 amazon-ssm-agent/\"," SESSION("ASIAONE")
#define PERSON                                                                                                              \
    "\"eventName\":\"ListUsers\",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/eve\",\"accountId\":" \
    "\"111122223333\",\"accessKeyId\":\"ASIAPERSON\",\"userName\":\"eve\"}"
#define COMMAND(instance)                                                                       \
    "\"eventSource\":\"ssm.amazonaws.com\",\"eventName\":\"SendCommand\","                          \
    "\"requestParameters\":{\"instanceIds\":[\"" instance "\"]}"

static size_t stolen(struct arena *arena, const char *first, const char *from, const char *second, const char *to)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    feed(harness, 1, first, "10:00:00", from);
    feed(harness, 2, second, "10:30:00", to);
    const size_t count = harness_count(harness, STOLEN);
    if (count > 0) {
        CHECK_STR(harness->found[harness->count - 1].resource_id, "i-0123456789abcdef0");
    }
    harness_close(harness);
    return count;
}

TEST(an_instance_key_used_elsewhere_is_a_hit)
{
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE, "198.51.100.7"), 1);
    CHECK_INT(stolen(arena, PERSON, "203.0.113.7", INSTANCE, "203.0.113.7"), 1);
    CHECK_INT(stolen(arena, COMMAND("i-0123456789abcdef0"), "203.0.113.7", INSTANCE, "203.0.113.7"), 1);
}

TEST(an_instance_key_used_at_home_is_not)
{
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE, "203.0.113.7"), 0);
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", "\"eventName\":\"ListUsers\"," SESSION("ASIATWO"), "198.51.100.7"), 0);
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE, "2001:db8::1"), 0);
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE ",\"vpcEndpointId\":\"vpce-1\"", "10.0.0.5"), 0);
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE, "s3.amazonaws.com"), 0);
    CHECK_INT(stolen(arena, INSTANCE, "203.0.113.7", INSTANCE, "10.0.1.50"), 0);
    CHECK_INT(stolen(arena, "\"eventName\":\"ListUsers\"," SESSION(""), "203.0.113.7", "\"eventName\":\"ListUsers\"," SESSION(""),
                     "198.51.100.7"), 0);
    CHECK_INT(stolen(arena, COMMAND("i-0fedcba9876543210"), "203.0.113.7", INSTANCE, "203.0.113.7"), 0);
    CHECK_INT(stolen(arena, PERSON, "203.0.113.7", AGENT, "203.0.113.7"), 0);
    CHECK_INT(stolen(arena, "\"eventName\":\"ListUsers\"", "203.0.113.7", INSTANCE, "203.0.113.7"), 0);
}

TEST(with_the_ranges_of_aws_known_one_record_is_enough)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_AWS, STR("203.0.113.0/24"), &used);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    feed(harness, 1, INSTANCE, "10:00:00", "203.0.113.7");
    CHECK_INT(harness_count(harness, STOLEN), 0);
    feed(harness, 2, "\"eventName\":\"ListUsers\"," SESSION("ASIATWO"), "10:00:00", "192.0.2.9");
    CHECK_INT(harness_count(harness, STOLEN), 1);
    harness_close(harness);
    intel_close(intel);
}

#define FUNCTION_SESSION                                                                                                     \
    "\"eventName\":\"ListUsers\",\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::111122223333:assumed-role/f/f\"," \
    "\"accessKeyId\":\"ASIAF\",\"inScopeOf\":{\"issuerType\":\"AWS::Lambda::Function\",\"credentialsIssuedTo\":"                 \
    "\"arn:aws:lambda:ap-northeast-1:111122223333:function:f\"}}"

static size_t outside(struct arena *arena, const char *what, const char *address, bool ranges)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    if (ranges) {
        intel_load_text(intel, INTEL_AWS, STR("203.0.113.0/24"), &used);
    }
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    feed(harness, 1, what, "10:00:00", address);
    const size_t count = harness_count(harness, "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS");
    harness_close(harness);
    intel_close(intel);
    return count;
}

TEST(a_functions_key_is_a_hit_outside_aws_and_only_there)
{
    CHECK_INT(outside(arena, FUNCTION_SESSION, "192.0.2.9", true), 1);
    CHECK_INT(outside(arena, FUNCTION_SESSION, "203.0.113.9", true), 0);
    CHECK_INT(outside(arena, FUNCTION_SESSION, "lambda.amazonaws.com", true), 0);
    CHECK_INT(outside(arena, FUNCTION_SESSION, "192.0.2.9", false), 0);
    CHECK_INT(outside(arena, INSTANCE, "192.0.2.9", true), 0);
}
