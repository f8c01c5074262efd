/* Routing, decoding, answers and errors of whole requests. */
#include "wire/codec.h"

#include "tests/test.h"
#include "wire/sample_case.h"
#include "wire/xml.h"

static const struct service_model REST_MODEL = SAMPLE_MODEL(PROTOCOL_REST_JSON, 1u << PROTOCOL_REST_JSON);
static const struct service_model XML_MODEL = SAMPLE_MODEL(PROTOCOL_REST_XML, 1u << PROTOCOL_REST_XML);
static const struct service_model RPC_MODEL
    = SAMPLE_MODEL(PROTOCOL_CBOR, 1u << PROTOCOL_CBOR | 1u << PROTOCOL_JSON | 1u << PROTOCOL_QUERY);
static const struct service_model EC2_MODEL = SAMPLE_MODEL(PROTOCOL_EC2, 1u << PROTOCOL_EC2);

static const struct http_header JSON_TYPE[] = { { STR_INIT("Content-Type"), STR_INIT("application/json") } };
static const struct http_header JSON_TARGET[] = { { STR_INIT("X-Amz-Target"), STR_INIT("com.example.Sample_2020.PutSample") } };
static const struct http_header CBOR_MARK[] = { { STR_INIT("Smithy-Protocol"), STR_INIT("rpc-v2-cbor") } };

static struct err route(struct ctx *ctx, const struct service_model *model, const struct http_request *request, struct str signing_name,
                        struct wire_match *match, struct str *labels)
{
    struct wire_router *router = wire_router_open(&model, 1);
    const struct err err = wire_route(ctx, router, request, signing_name, match);
    if (labels && match->label_count) {
        *labels = match->labels[0];
    }
    wire_router_close(router);
    match->uri = NULL;
    return err;
}

TEST(rest_requests_are_found_by_method_path_and_constant_query)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct wire_match match;
    struct str label = STR_NONE;
    struct http_request request = { .method = STR("POST"), .path = STR("/samples/a%2Fb") };
    CHECK_OK(route(&ctx, &REST_MODEL, &request, STR("sample"), &match, &label));
    assert_string_equal(match.operation->name, "GetSample");
    CHECK_STR(label, "a%2Fb");
    request = (struct http_request){ .method = STR("GET"), .path = STR("/samples") };
    CHECK_FAULT(route(&ctx, &REST_MODEL, &request, STR("sample"), &match, NULL), "UnknownOperationException");
    CHECK(match.service == &REST_MODEL && match.operation == NULL);
    request.query = STR("list");
    CHECK_OK(route(&ctx, &REST_MODEL, &request, STR("sample"), &match, NULL));
}

TEST(a_service_that_is_not_here_is_named_in_the_form_its_clients_read)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct wire_match match;
    struct http_request request = { .method = STR("GET"), .path = STR("/2015-03-31/functions") };
    CHECK_FAULT(route(&ctx, &REST_MODEL, &request, STR("lambda"), &match, NULL), "NotImplemented");
    assert_string_equal(ctx.reason, "The service lambda is not implemented by Yagura yet.");
    CHECK_INT(match.protocol, PROTOCOL_REST_JSON);
    CHECK_FAULT(route(&ctx, &REST_MODEL, &request, STR("s3"), &match, NULL), "NotImplemented");
    CHECK_INT(match.protocol, PROTOCOL_REST_XML);
    request.headers = JSON_TARGET;
    request.header_count = 1;
    CHECK_FAULT(route(&ctx, &REST_MODEL, &request, STR("kms"), &match, NULL), "NotImplemented");
    CHECK_INT(match.protocol, PROTOCOL_JSON);
}

TEST(one_service_speaks_three_protocols)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct wire_match match;
    struct http_request request = { .method = STR("POST"), .path = STR("/"), .headers = JSON_TARGET, .header_count = 1 };
    CHECK_OK(route(&ctx, &RPC_MODEL, &request, STR("sample"), &match, NULL));
    CHECK_INT(match.protocol, PROTOCOL_JSON);
    CHECK_OK(route(&ctx, &RPC_MODEL, &request, STR_NONE, &match, NULL));
    request = (struct http_request){ .method = STR("POST"), .path = STR("/"), .body = STR("Action=PutSample&Version=2020-01-01") };
    CHECK_OK(route(&ctx, &RPC_MODEL, &request, STR_NONE, &match, NULL));
    CHECK_INT(match.protocol, PROTOCOL_QUERY);
    request.body = STR("Action=Nothing");
    CHECK_FAULT(route(&ctx, &RPC_MODEL, &request, STR("sample"), &match, NULL), "InvalidAction");
    request = (struct http_request){ .method = STR("POST"), .path = STR("/service/Sample/operation/PutSample"), .headers = CBOR_MARK,
                                     .header_count = 1 };
    CHECK_OK(route(&ctx, &RPC_MODEL, &request, STR("sample"), &match, NULL));
    CHECK_INT(match.protocol, PROTOCOL_CBOR);
    request.method = STR("GET");
    CHECK_FAULT(route(&ctx, &RPC_MODEL, &request, STR("sample"), &match, NULL), "UnknownOperationException");
}

static struct err decode(struct ctx *ctx, const char *path, const char *query, const char *body, const struct get_sample_in **in)
{
    const struct service_model *model = &REST_MODEL;
    struct wire_router *router = wire_router_open(&model, 1);
    const struct http_header headers[] = { JSON_TYPE[0], { STR("x-mark"), STR("m") } };
    const struct http_request request = { .method = STR("POST"), .path = str_of(path), .query = str_of(query), .body = str_of(body),
                                          .headers = headers, .header_count = 2 };
    struct wire_match match;
    void *value = NULL;
    struct err err = wire_route(ctx, router, &request, STR("sample"), &match);
    if (err.fault == NULL) {
        err = wire_decode(ctx, &match, &request, &value);
    }
    *in = value;
    wire_router_close(router);
    return err;
}

TEST(labels_query_headers_and_body_meet_in_one_struct)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct get_sample_in *in = NULL;
    CHECK_OK(decode(&ctx, "/samples/%61b", "page=3&x=1", "{\"text\":\"t\"}", &in));
    CHECK_STR(in->id, "ab");
    CHECK_INT(in->page.v, 3);
    CHECK_STR(in->mark, "m");
    CHECK_STR(in->text, "t");
}

TEST(broken_constraints_are_the_services_own_fault_and_malformed_bodies_are_not)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct get_sample_in *in = NULL;
    CHECK_FAULT(decode(&ctx, "/samples/a", NULL, "{}", &in), "InvalidSample");
    CHECK_FAULT(decode(&ctx, "/samples/a", NULL, "{\"text\":1}", &in), "SerializationException");
    CHECK_FAULT(decode(&ctx, "/samples/a", "page=x", "{\"text\":\"a\"}", &in), "SerializationException");
    CHECK_FAULT(decode(&ctx, "/samples/a", NULL, "[", &in), "SerializationException");
}

static struct http_response error_of(struct ctx *ctx, const struct service_model *model, enum protocol protocol)
{
    const struct wire_match match = { .service = model, .protocol = (uint8_t)protocol };
    struct http_response response = { 0 };
    wire_encode_error(ctx, &match, &SAMPLE_INVALID, STR("it's <bad>"), &response);
    CHECK_INT(response.status, 400);
    return response;
}

static struct str header_of(const struct http_response *response, struct str name)
{
    const struct http_request same = { .headers = response->headers, .header_count = response->header_count };
    return http_header_find(&same, name);
}

TEST(errors_have_the_form_of_their_protocol)
{
    struct ctx ctx = ctx_new(arena, 0);
    ctx.request_id = STR("rid");
    struct http_response response = error_of(&ctx, &REST_MODEL, PROTOCOL_REST_JSON);
    CHECK_STR(header_of(&response, STR("x-amzn-errortype")), "InvalidSampleException");
    CHECK_STR(response.body, "{\"__type\":\"InvalidSampleException\",\"Message\":\"it's <bad>\"}");
    CHECK_STR(header_of(&response, STR("x-amzn-requestid")), "rid");
    response = error_of(&ctx, &RPC_MODEL, PROTOCOL_QUERY);
    CHECK_STR(response.body, "<ErrorResponse xmlns=\"http://example.com/\"><Error><Type>Sender</Type><Code>InvalidSample</Code><Message>"
                             "it's &lt;bad&gt;</Message></Error><RequestId>rid</RequestId></ErrorResponse>");
    response = error_of(&ctx, &EC2_MODEL, PROTOCOL_EC2);
    CHECK(str_search(response.body, STR("<Response><Errors><Error><Code>InvalidSample</Code>")) != STR_MISSING);
    CHECK(str_search(response.body, STR("<RequestID>rid</RequestID>")) != STR_MISSING);
    response = error_of(&ctx, &RPC_MODEL, PROTOCOL_CBOR);
    CHECK_STR(header_of(&response, STR("smithy-protocol")), "rpc-v2-cbor");
    CHECK(str_search(response.body, STR("com.amazonaws.sample#InvalidSampleException")) != STR_MISSING);
    CHECK(header_of(&response, STR("x-amzn-errortype")).ptr == NULL);
    response = error_of(&ctx, NULL, PROTOCOL_REST_XML);
    CHECK(str_search(response.body, STR("<Error><Code>InvalidSample</Code>")) != STR_MISSING);
    CHECK_STR(header_of(&response, STR("x-amz-request-id")), "rid");
}

TEST(an_operation_not_built_names_itself)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct wire_match match = { .service = &REST_MODEL, .operation = &SAMPLE_OPERATIONS[0] };
    const struct err err = wire_unbuilt(&ctx, &match);
    CHECK_INT(err.fault->http, 501);
    assert_string_equal(ctx.reason, "The operation sample:GetSample is not implemented by Yagura yet.");
}

static struct http_response answer_of(struct ctx *ctx, const struct service_model *model, enum protocol protocol, size_t operation)
{
    const struct wire_match match = { .service = model, .operation = &SAMPLE_OPERATIONS[operation], .protocol = (uint8_t)protocol };
    const struct sample out = { .text = STR("a&b"), .at = SOME(1422172800000) };
    struct http_response response = { 0 };
    ctx->request_id = STR("rid");
    wire_encode(ctx, &match, &out, &response);
    return response;
}

TEST(answers_have_the_form_of_their_protocol)
{
    struct ctx ctx = ctx_new(arena, 0);
    CHECK_STR(answer_of(&ctx, &RPC_MODEL, PROTOCOL_QUERY, 2).body,
              "<PutSampleResponse xmlns=\"http://example.com/\"><PutSampleResult><text>a&amp;b</text><at>2015-01-25T08:00:00Z</at>"
              "</PutSampleResult><ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></PutSampleResponse>");
    CHECK_STR(answer_of(&ctx, &REST_MODEL, PROTOCOL_REST_JSON, 2).body, "{\"text\":\"a&b\",\"at\":1422172800}");
    CHECK_STR(answer_of(&ctx, &XML_MODEL, PROTOCOL_REST_XML, 2).body,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Sample xmlns=\"http://example.com/\"><text>a&amp;b</text>"
              "<at>2015-01-25T08:00:00Z</at></Sample>");
    CHECK_INT(answer_of(&ctx, &REST_MODEL, PROTOCOL_REST_JSON, 3).status, 204);
    CHECK_INT(answer_of(&ctx, &REST_MODEL, PROTOCOL_REST_JSON, 3).body.len, 0);
}

TEST(an_answer_is_held_against_its_model)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sample wrong = { .color = STR("BLUE") };
    CHECK(wire_check_output(&ctx, &SAMPLE, &wrong).ptr != NULL);
    CHECK(wire_check_output(&ctx, &SAMPLE, &(struct sample){ 0 }).ptr == NULL);
}
