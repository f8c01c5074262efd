#include "match/selector.h"

#include "base/json.h"
#include "match/match.h"
#include "tests/test.h"

/* The words of the last explanation. */
static struct str last_words;

static bool holds(struct ctx *ctx, const struct predicate *predicate, const char *record)
{
    struct match_explanation why = { .words = STR_NONE };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    struct arena *arena = ctx->arena;
    CHECK_OK(match_builder_add(ctx, builder, 1, predicate));
    CHECK_OK(match_compile(ctx, builder, paths, &set));
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    uint32_t id = 0;
    size_t used = 0;
    CHECK(scan_document(scan, str_of(record), &used));
    const bool held = match_run(set, scratch, scan, &id, 1) == 1;
    CHECK_OK(match_explain_last(ctx, scratch, 1, &why));
    CHECK(why.matched == held);
    last_words = why.words;
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
    (void)arena;
    return held;
}

static struct err compile(struct ctx *ctx, const char *text, enum selector_target target, const struct predicate **out)
{
    const struct json *document = json_parse(ctx->arena, str_of(text), NULL);
    assert_non_null(document);
    return selector_json_compile(ctx, document, target, out);
}

static bool ask(struct arena *arena, const char *selectors, enum selector_target target, const char *record)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    CHECK_OK(compile(&ctx, selectors, target, &predicate));
    return holds(&ctx, predicate, record);
}

static void refused(struct arena *arena, const char *selectors, enum selector_target target, const char *words)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    CHECK_FAULT(compile(&ctx, selectors, target, &predicate), "InvalidEventSelectorsException");
    CHECK_STR(str_of(ctx.reason), words);
}

/* One advanced selector of a category, with further fields. */
#define ADVANCED(category, more) \
    "{\"AdvancedEventSelectors\":[{\"FieldSelectors\":[{\"Field\":\"eventCategory\",\"Equals\":[\"" category "\"]}" more "]}]}"
#define FIELD(name, operators) ",{\"Field\":\"" name "\"," operators "}"
#define OBJECTS FIELD("resources.type", "\"Equals\":[\"AWS::S3::Object\"]")

/* A record of an S3 call. */
#define DATA_RECORD(more) \
    "{\"eventCategory\":\"Data\",\"managementEvent\":false,\"eventSource\":\"s3.amazonaws.com\",\"resources\":[{\"type\":\"AWS::S3::Object\"," \
    "\"ARN\":\"arn:aws:s3:::bucket/key\"}]," more "\"z\":0}"

TEST(every_operator_hits_and_misses)
{
    static const struct {
        const char *operators;
        bool get, put, absent;
    } cases[] = {
        { "\"Equals\":[\"GetObject\",\"x\"]", true, false, false },
        { "\"StartsWith\":[\"Get\",\"List\"]", true, false, false },
        { "\"EndsWith\":[\"tObject\",\"x\"]", true, true, false },
        { "\"EndsWith\":[\"GetObject\"]", true, false, false },
        { "\"NotEquals\":[\"GetObject\",\"x\"]", false, true, true },
        { "\"NotStartsWith\":[\"Get\",\"Li\"]", false, true, true },
        { "\"NotEndsWith\":[\"tObject\"]", false, false, true },
        { "\"NotEndsWith\":[\"GetObject\"]", false, true, true },
        { "\"Equals\":[\"PutObject\"],\"StartsWith\":[\"Get\"]", true, true, false },
        { "\"StartsWith\":[\"Get\",\"Put\"],\"NotEquals\":[\"PutObject\"]", true, false, false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = str_format(arena, ADVANCED("Data", OBJECTS FIELD("eventName", "%s")), cases[i].operators).ptr;
        CHECK_INT(ask(arena, text, SELECTOR_TRAIL, DATA_RECORD("\"eventName\":\"GetObject\",")), cases[i].get);
        CHECK_INT(ask(arena, text, SELECTOR_TRAIL, DATA_RECORD("\"eventName\":\"PutObject\",")), cases[i].put);
        CHECK_INT(ask(arena, text, SELECTOR_TRAIL, DATA_RECORD("")), cases[i].absent);
    }
}

TEST(every_field_of_data_events_hits_and_misses)
{
    static const struct {
        const char *field, *value, *hit, *miss;
    } cases[] = {
        { "readOnly", "true", DATA_RECORD("\"readOnly\":true,"), DATA_RECORD("\"readOnly\":false,") },
        { "eventName", "GetObject", DATA_RECORD("\"eventName\":\"GetObject\","), DATA_RECORD("\"eventName\":\"getobject\",") },
        { "eventType", "AwsApiCall", DATA_RECORD("\"eventType\":\"AwsApiCall\","), DATA_RECORD("\"eventType\":\"AwsServiceEvent\",") },
        { "sessionCredentialFromConsole", "true", DATA_RECORD("\"sessionCredentialFromConsole\":\"true\","), DATA_RECORD("") },
        { "userIdentity.arn", "arn:u", DATA_RECORD("\"userIdentity\":{\"arn\":\"arn:u\"},"), DATA_RECORD("\"userIdentity\":{\"arn\":\"arn:v\"},") },
        { "eventSource", "s3.amazonaws.com", DATA_RECORD(""), "{\"eventCategory\":\"Data\",\"eventSource\":\"x\",\"resources\":[{\"type\":\"AWS::S3::Object\"}]}" },
        { "resources.ARN", "arn:aws:s3:::bucket/key", DATA_RECORD(""),
          "{\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::bucket/other\"}]}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text =
            str_format(arena, ADVANCED("Data", OBJECTS FIELD("%s", "\"Equals\":[\"%s\"]")), cases[i].field, cases[i].value).ptr;
        CHECK(ask(arena, text, SELECTOR_TRAIL, cases[i].hit));
        CHECK(!ask(arena, text, SELECTOR_TRAIL, cases[i].miss));
    }
    CHECK(!ask(arena, ADVANCED("Data", FIELD("resources.type", "\"Equals\":[\"AWS::Lambda::Function\"]")), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"StartsWith\":[\"arn:aws:s3:::b/\"]")), SELECTOR_TRAIL,
              "{\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::S3::Object\",\"ARNPrefix\":\"arn:aws:s3:::b/\"}]}"));
    CHECK(!ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"NotStartsWith\":[\"arn:aws:s3:::bucket/\"]")), SELECTOR_TRAIL,
               DATA_RECORD("")));
}

#define CALL(more) "{\"eventCategory\":\"Management\"," more "\"z\":0}"

#define TWO_RESOURCES "{\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::a/key\"}," \
                      "{\"type\":\"AWS::S3::Bucket\",\"ARN\":\"arn:aws:s3:::b/\"}]}"

TEST(an_explanation_names_field_and_value)
{
    CHECK(ask(arena, ADVANCED("Data", OBJECTS), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(strstr(last_words.ptr, "matched: ") && strstr(last_words.ptr, "resources.type equals \"AWS::S3::Object\": yes"));
    CHECK(!ask(arena, ADVANCED("Data", FIELD("resources.type", "\"Equals\":[\"AWS::Lambda::Function\"]")), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(strstr(last_words.ptr, "missed: ") && strstr(last_words.ptr, "no, it is \"AWS::S3::Object\""));
}

TEST(type_and_name_are_of_one_resource)
{
    CHECK(ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"StartsWith\":[\"arn:aws:s3:::a/\"]")), SELECTOR_TRAIL, TWO_RESOURCES));
    CHECK(!ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"StartsWith\":[\"arn:aws:s3:::b/\"]")), SELECTOR_TRAIL, TWO_RESOURCES));
    CHECK(ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"NotStartsWith\":[\"arn:aws:s3:::b/\"]")), SELECTOR_TRAIL, TWO_RESOURCES));
    CHECK(!ask(arena, ADVANCED("Data", OBJECTS FIELD("resources.ARN", "\"NotStartsWith\":[\"arn:aws:s3:::a/\"]")), SELECTOR_TRAIL, TWO_RESOURCES));
#define BASIC_OBJECTS(prefix) "{\"EventSelectors\":[{\"IncludeManagementEvents\":false,\"DataResources\":[{\"Type\":\"AWS::S3::Object\",\"Values\":[\"" prefix "\"]}]}]}"
    CHECK(ask(arena, BASIC_OBJECTS("arn:aws:s3:::a/"), SELECTOR_TRAIL, TWO_RESOURCES));
    CHECK(!ask(arena, BASIC_OBJECTS("arn:aws:s3:::b/"), SELECTOR_TRAIL, TWO_RESOURCES));
}

TEST(every_field_of_management_events_hits_and_misses)
{
    static const struct {
        const char *field, *value, *hit, *miss;
    } cases[] = {
        { "readOnly", "false", CALL("\"readOnly\":false,"), CALL("\"readOnly\":true,") },
        { "eventSource", "kms.amazonaws.com", CALL("\"eventSource\":\"kms.amazonaws.com\","), CALL("\"eventSource\":\"iam.amazonaws.com\",") },
        { "eventName", "Run", CALL("\"eventName\":\"Run\","), CALL("\"eventName\":\"Stop\",") },
        { "eventType", "AwsApiCall", CALL("\"eventType\":\"AwsApiCall\","), CALL("\"eventType\":\"AwsConsoleSignIn\",") },
        { "sessionCredentialFromConsole", "true", CALL("\"sessionCredentialFromConsole\":\"true\","), CALL("") },
        { "userIdentity.arn", "arn:u", CALL("\"userIdentity\":{\"arn\":\"arn:u\"},"), CALL("\"userIdentity\":{},") },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text =
            str_format(arena, ADVANCED("Management", FIELD("%s", "\"Equals\":[\"%s\"]")), cases[i].field, cases[i].value).ptr;
        CHECK(ask(arena, text, SELECTOR_STORE, cases[i].hit));
        CHECK(!ask(arena, text, SELECTOR_STORE, cases[i].miss));
        CHECK(!ask(arena, text, SELECTOR_STORE, DATA_RECORD("")));
    }
    const char *without_kms = ADVANCED("Management", FIELD("eventSource", "\"NotEquals\":[\"kms.amazonaws.com\",\"rdsdata.amazonaws.com\"]"));
    CHECK(ask(arena, without_kms, SELECTOR_TRAIL, CALL("\"eventSource\":\"iam.amazonaws.com\",")));
    CHECK(!ask(arena, without_kms, SELECTOR_TRAIL, CALL("\"eventSource\":\"rdsdata.amazonaws.com\",")));
}

#define ENDPOINT(more) "{\"eventCategory\":\"NetworkActivity\",\"eventSource\":\"kms.amazonaws.com\"," more "\"z\":0}"
#define KMS FIELD("eventSource", "\"Equals\":[\"kms.amazonaws.com\"]")

TEST(every_field_of_network_events_hits_and_misses)
{
    static const struct {
        const char *field, *value, *hit, *miss;
    } cases[] = {
        { "eventName", "Decrypt", ENDPOINT("\"eventName\":\"Decrypt\","), ENDPOINT("\"eventName\":\"Encrypt\",") },
        { "errorCode", "VpceAccessDenied", ENDPOINT("\"errorCode\":\"VpceAccessDenied\","), ENDPOINT("") },
        { "vpcEndpointId", "vpce-1", ENDPOINT("\"vpcEndpointId\":\"vpce-1\","), ENDPOINT("\"vpcEndpointId\":\"vpce-2\",") },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text =
            str_format(arena, ADVANCED("NetworkActivity", KMS FIELD("%s", "\"Equals\":[\"%s\"]")), cases[i].field, cases[i].value).ptr;
        CHECK(ask(arena, text, SELECTOR_TRAIL, cases[i].hit));
        CHECK(!ask(arena, text, SELECTOR_TRAIL, cases[i].miss));
    }
    CHECK(!ask(arena, ADVANCED("NetworkActivity", KMS), SELECTOR_TRAIL, "{\"eventCategory\":\"NetworkActivity\",\"eventSource\":\"s3.amazonaws.com\"}"));
}

TEST(other_categories_and_old_records)
{
    CHECK(ask(arena, ADVANCED("Insight", ""), SELECTOR_STORE, "{\"eventCategory\":\"Insight\"}"));
    CHECK(!ask(arena, ADVANCED("Insight", ""), SELECTOR_STORE, CALL("")));
    CHECK(ask(arena, ADVANCED("ConfigurationItem", ""), SELECTOR_STORE, "{\"eventCategory\":\"ConfigurationItem\"}"));
    CHECK(ask(arena, ADVANCED("Management", ""), SELECTOR_TRAIL, "{\"eventName\":\"RunInstances\"}"));
    CHECK(!ask(arena, ADVANCED("Management", ""), SELECTOR_TRAIL, "{\"managementEvent\":false}"));
    CHECK(ask(arena, ADVANCED("Data", OBJECTS), SELECTOR_TRAIL, "{\"managementEvent\":false,\"resources\":[{\"type\":\"AWS::S3::Object\"}]}"));
    CHECK(!ask(arena, "{\"AdvancedEventSelectors\":[]}", SELECTOR_TRAIL, CALL("")));
}

TEST(advanced_selectors_are_alternatives)
{
    const char *two = "{\"AdvancedEventSelectors\":[{\"Name\":\"calls\",\"FieldSelectors\":[{\"Field\":\"eventCategory\",\"Equals\":[\"Management\"]}]},"
                      "{\"FieldSelectors\":[{\"Field\":\"eventCategory\",\"Equals\":[\"Data\"]},"
                      "{\"Field\":\"resources.type\",\"Equals\":[\"AWS::S3::Object\"]}]}]}";
    CHECK(ask(arena, two, SELECTOR_TRAIL, CALL("")));
    CHECK(ask(arena, two, SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(!ask(arena, two, SELECTOR_TRAIL, "{\"eventCategory\":\"Insight\"}"));
}

TEST(wrong_advanced_selectors_are_refused)
{
    refused(arena, "{\"AdvancedEventSelectors\":[{\"FieldSelectors\":[]}]}", SELECTOR_TRAIL, "Field eventCategory is required, with Equals and one value.");
    refused(arena, ADVANCED("Other", ""), SELECTOR_TRAIL, "Value Other for eventCategory is invalid.");
    refused(arena, ADVANCED("Insight", ""), SELECTOR_TRAIL, "Value Insight for eventCategory is invalid.");
    refused(arena, ADVANCED("Data", ""), SELECTOR_TRAIL, "Field resources.type is required, with Equals and one value.");
    refused(arena, ADVANCED("NetworkActivity", ""), SELECTOR_TRAIL, "Field eventSource is required, with Equals and one value.");
    refused(arena, ADVANCED("Management", FIELD("eventName", "\"Equals\":[\"x\"]")), SELECTOR_TRAIL, "Field eventName is not valid for Management events.");
    refused(arena, ADVANCED("Management", FIELD("eventSource", "\"Equals\":[\"x\"]")), SELECTOR_TRAIL, "Operator Equals is not valid for field eventSource.");
    refused(arena, ADVANCED("Management", FIELD("eventSource", "\"NotEquals\":[\"x\"]")), SELECTOR_TRAIL, "Value x for eventSource is invalid.");
    refused(arena, ADVANCED("Management", FIELD("readOnly", "\"NotEquals\":[\"true\"]")), SELECTOR_TRAIL, "Operator NotEquals is not valid for field readOnly.");
    refused(arena, ADVANCED("Management", FIELD("readOnly", "\"Equals\":[\"yes\"]")), SELECTOR_TRAIL, "Value yes for readOnly is invalid.");
    refused(arena, ADVANCED("Management", FIELD("readOnly", "\"Equals\":[\"true\"]") FIELD("readOnly", "\"Equals\":[\"true\"]")), SELECTOR_TRAIL,
            "Field readOnly is there twice.");
    refused(arena, ADVANCED("Data", OBJECTS FIELD("eventName", "\"Like\":[\"x\"]")), SELECTOR_TRAIL, "Field eventName has no operator.");
    refused(arena, ADVANCED("Data", OBJECTS FIELD("eventName", "\"Equals\":[\"\"]")), SELECTOR_TRAIL, "Value  for eventName is invalid.");
    refused(arena, ADVANCED("Data", OBJECTS FIELD("eventName", "\"Equals\":\"x\"")), SELECTOR_TRAIL, "Equals is not as the API has it.");
    refused(arena, ADVANCED("Data", FIELD("resources.type", "\"Equals\":[\"S3\"]")), SELECTOR_TRAIL, "Value S3 for resources.type is invalid.");
    refused(arena, ADVANCED("NetworkActivity", KMS FIELD("errorCode", "\"Equals\":[\"AccessDenied\"]")), SELECTOR_TRAIL, "Value AccessDenied for errorCode is invalid.");
    refused(arena, "{\"EventSelectors\":[],\"AdvancedEventSelectors\":[]}", SELECTOR_TRAIL,
            "EventSelectors or AdvancedEventSelectors must be given, not both.");
    struct text many = text_new(arena);
    for (int i = 0; i < 500; i++) {
        text_add(&many, STR("\"x\","));
    }
    const char *text = str_format(arena, ADVANCED("Data", OBJECTS FIELD("eventName", "\"Equals\":[%s\"x\"]")), text_str(&many).ptr).ptr;
    refused(arena, text, SELECTOR_TRAIL, "All selectors together have more than 500 values.");
}

#define BASIC(members) "{\"EventSelectors\":[{" members "}]}"
#define RESOURCES(type, value) BASIC("\"IncludeManagementEvents\":false,\"DataResources\":[{\"Type\":\"" type "\",\"Values\":[\"" value "\"]}]")

TEST(basic_selectors_of_management_events)
{
    CHECK(ask(arena, BASIC(""), SELECTOR_TRAIL, CALL("")));
    CHECK(!ask(arena, BASIC(""), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(!ask(arena, BASIC("\"IncludeManagementEvents\":false"), SELECTOR_TRAIL, CALL("")));
    CHECK(ask(arena, BASIC("\"ReadWriteType\":\"WriteOnly\""), SELECTOR_TRAIL, CALL("\"readOnly\":false,")));
    CHECK(!ask(arena, BASIC("\"ReadWriteType\":\"WriteOnly\""), SELECTOR_TRAIL, CALL("\"readOnly\":true,")));
    CHECK(ask(arena, BASIC("\"ReadWriteType\":\"ReadOnly\""), SELECTOR_TRAIL, CALL("\"readOnly\":true,")));
    CHECK(ask(arena, BASIC("\"ReadWriteType\":\"All\""), SELECTOR_TRAIL, CALL("\"readOnly\":true,")));
    CHECK(!ask(arena, BASIC("\"ExcludeManagementEventSources\":[\"kms.amazonaws.com\"]"), SELECTOR_TRAIL, CALL("\"eventSource\":\"kms.amazonaws.com\",")));
    CHECK(ask(arena, BASIC("\"ExcludeManagementEventSources\":[\"kms.amazonaws.com\"]"), SELECTOR_TRAIL, CALL("\"eventSource\":\"s3.amazonaws.com\",")));
}

#define INVOKED "{\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::Lambda::Function\",\"ARN\":\"arn:aws:lambda:r:111122223333:function:f\"}]}"
#define TABLE "{\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::DynamoDB::Table\",\"ARN\":\"arn:aws:dynamodb:r:111122223333:table/t\"}]}"

TEST(basic_selectors_of_data_events)
{
    CHECK(ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3"), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3:::"), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3:::bucket/"), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3:::bucket/ke"), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(!ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3:::bucke/"), SELECTOR_TRAIL, DATA_RECORD("")));
    CHECK(!ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3"), SELECTOR_TRAIL, INVOKED));
    CHECK(!ask(arena, RESOURCES("AWS::S3::Object", "arn:aws:s3"), SELECTOR_TRAIL, CALL("")));
    CHECK(ask(arena, RESOURCES("AWS::Lambda::Function", "arn:aws:lambda"), SELECTOR_TRAIL, INVOKED));
    CHECK(ask(arena, RESOURCES("AWS::Lambda::Function", "arn:aws:lambda:r:111122223333:function:f"), SELECTOR_TRAIL, INVOKED));
    CHECK(!ask(arena, RESOURCES("AWS::Lambda::Function", "arn:aws:lambda:r:111122223333:function:ff"), SELECTOR_TRAIL, INVOKED));
    CHECK(ask(arena, RESOURCES("AWS::DynamoDB::Table", "arn:aws:dynamodb"), SELECTOR_TRAIL, TABLE));
    CHECK(ask(arena, RESOURCES("AWS::DynamoDB::Table", "arn:aws:dynamodb:r:111122223333:table/t"), SELECTOR_TRAIL, TABLE));
    CHECK(!ask(arena, RESOURCES("AWS::DynamoDB::Table", "arn:aws:dynamodb:r:111122223333:table/u"), SELECTOR_TRAIL, TABLE));
}

TEST(wrong_basic_selectors_are_refused)
{
    refused(arena, "{\"EventSelectors\":[{},{},{},{},{},{}]}", SELECTOR_TRAIL, "A trail has at most 5 event selectors.");
    refused(arena, BASIC("\"ReadWriteType\":\"read-only\""), SELECTOR_TRAIL, "Value read-only for ReadWriteType is invalid.");
    refused(arena, BASIC("\"ExcludeManagementEventSources\":[\"x\"]"), SELECTOR_TRAIL, "Value x for ExcludeManagementEventSources is invalid.");
    refused(arena, BASIC("\"IncludeManagementEvents\":false,\"ExcludeManagementEventSources\":[\"kms.amazonaws.com\"]"), SELECTOR_TRAIL,
            "ExcludeManagementEventSources needs IncludeManagementEvents.");
    refused(arena, RESOURCES("AWS::S3::Bucket", "arn:aws:s3"), SELECTOR_TRAIL, "Value AWS::S3::Bucket for DataResources.Type is invalid.");
    static const char *const values[] = { "arn:aws:s3:::*", "arn:aws:s3:::bucket", "arn:aws:s3:::/", "arn:aws:s3x", "bucket/" };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        refused(arena, str_format(arena, RESOURCES("AWS::S3::Object", "%s"), values[i]).ptr, SELECTOR_TRAIL,
                str_format(arena, "Value %s for DataResources.Values is invalid.", values[i]).ptr);
    }
    refused(arena, RESOURCES("AWS::Lambda::Function", "arn:aws:lambda:*"), SELECTOR_TRAIL, "Value arn:aws:lambda:* for DataResources.Values is invalid.");
    refused(arena, RESOURCES("AWS::Lambda::Function", "arn:aws:lambda:r:1:function:f"), SELECTOR_TRAIL,
            "Value arn:aws:lambda:r:1:function:f for DataResources.Values is invalid.");
    struct text many = text_new(arena);
    for (int i = 0; i < 250; i++) {
        text_add(&many, STR("\"arn:aws:s3:::b/\",\"arn:aws:s3\","));
    }
    const char *list = text_str(&many).ptr;
    const char *full = str_format(arena, BASIC("\"DataResources\":[{\"Type\":\"AWS::S3::Object\",\"Values\":[%s\"arn:aws:s3\"]}]"), list).ptr;
    const char *over = str_format(arena, BASIC("\"DataResources\":[{\"Type\":\"AWS::S3::Object\",\"Values\":[%s\"arn:aws:s3:::b/\"]}]"), list).ptr;
    CHECK(ask(arena, full, SELECTOR_TRAIL, DATA_RECORD("")));
    refused(arena, over, SELECTOR_TRAIL, "A trail's event selectors have at most 250 data resources.");
}

TEST(operators_have_their_names)
{
    enum selector_operator op = SELECTOR_EQUALS;
    CHECK(selector_operator_parse(STR("NotEndsWith"), &op));
    CHECK_INT(op, SELECTOR_NOT_ENDS_WITH);
    CHECK_STR(selector_operator_name(op), "NotEndsWith");
    CHECK(!selector_operator_parse(STR("equals"), &op));
}
