#include "svc/lambda/url_payload.h"

#include "base/json.h"
#include "tests/test.h"

static struct http_request request_of(const struct http_header *headers, size_t count, struct str body)
{
    return (struct http_request){ .method = STR("POST"), .path = STR("/p"), .query = STR("a=1&a=2&b=%2F"), .body = body, .headers = headers,
                                  .header_count = count, .remote = STR("192.0.2.1") };
}

TEST(an_event_has_the_form_of_payload_format_two)
{
    const struct http_header headers[] = { { STR("Content-Type"), STR("text/plain") }, { STR("X-A"), STR("1") }, { STR("x-a"), STR("2") },
                                           { STR("Cookie"), STR("k=v; l=w") } };
    const struct http_request http = request_of(headers, COUNT_OF(headers), STR("hello"));
    const struct url_request request = { .http = &http, .path = STR("/a%20b"), .id = STR("id"), .domain = STR("id.example"), .request_id = STR("r") };
    const struct json *event = json_parse(arena, url_event(arena, &request), NULL);
    CHECK_STR(json_text(json_get(event, STR("version"))), "2.0");
    CHECK_STR(json_text(json_path(event, "headers.x-a")), "1,2");
    CHECK(json_path(event, "headers.cookie") == NULL);
    CHECK_INT(json_get(event, STR("cookies"))->count, 2);
    CHECK_STR(json_text(json_path(event, "queryStringParameters.a")), "1,2");
    CHECK_STR(json_text(json_path(event, "requestContext.http.path")), "/a b");
    CHECK_STR(json_text(json_get(event, STR("body"))), "hello");
}

TEST(bytes_that_are_no_text_come_in_base64)
{
    const struct http_header headers[] = { { STR("Content-Type"), STR("text/plain") } };
    const struct http_request http = request_of(headers, 1, STR("\xff\xfe"));
    const struct url_request request = { .http = &http, .path = STR("/"), .id = STR("id"), .domain = STR("d"), .request_id = STR("r") };
    const struct json *event = json_parse(arena, url_event(arena, &request), NULL);
    CHECK(json_is_true(json_get(event, STR("isBase64Encoded"))));
    CHECK_STR(json_text(json_get(event, STR("body"))), "//4=");
}

static struct str header_of(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_equal_nocase(response->headers[i].name, str_of(name))) {
            return response->headers[i].value;
        }
    }
    return STR_NONE;
}

TEST(an_answer_without_a_status_is_the_body)
{
    struct http_response response = { 0 };
    CHECK(url_response(arena, STR("{\"a\":1}"), &response));
    CHECK_INT(response.status, 200);
    CHECK_STR(response.body, "{\"a\":1}");
    CHECK_STR(header_of(&response, "content-type"), "application/json");
}

TEST(an_answer_says_status_headers_and_body)
{
    struct http_response response = { 0 };
    CHECK(url_response(arena, STR("{\"statusCode\":404,\"headers\":{\"Content-Type\":\"text/html\",\"Connection\":\"x\",\"bad name\":\"y\"},"
                                  "\"cookies\":[\"a=1\"],\"isBase64Encoded\":true,\"body\":\"aGk=\"}"), &response));
    CHECK_INT(response.status, 404);
    CHECK_STR(response.body, "hi");
    CHECK_STR(header_of(&response, "content-type"), "text/html");
    CHECK_STR(header_of(&response, "set-cookie"), "a=1");
    CHECK(header_of(&response, "connection").ptr == NULL && header_of(&response, "bad name").ptr == NULL);
}

TEST(an_answer_that_cannot_be_sent_is_refused)
{
    const char *const wrong[] = { "{\"statusCode\":\"x\"}", "{\"statusCode\":42}", "{\"statusCode\":1e9}",
                                  "{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"?\"}" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct http_response response = { 0 };
        CHECK(!url_response(arena, str_of(wrong[i]), &response));
    }
}

TEST(cors_lets_in_whom_the_settings_name)
{
    struct str origins[] = { STR("https://a.example") }, methods[] = { STR("GET"), STR("PUT") };
    const struct lambda_cors cors = { .allow_origins = { origins, 1 }, .allow_methods = { methods, 2 }, .max_age = SOME(60) };
    const struct http_header headers[] = { { STR("Origin"), STR("https://a.example") }, { STR("Access-Control-Request-Method"), STR("PUT") } };
    struct http_request http = request_of(headers, 2, STR(""));
    struct http_response response = { 0 };
    CHECK(!url_cors(arena, &cors, &http, &response));
    CHECK_STR(header_of(&response, "access-control-allow-origin"), "https://a.example");
    http.method = STR("OPTIONS");
    response = (struct http_response){ 0 };
    CHECK(url_cors(arena, &cors, &http, &response));
    CHECK_STR(header_of(&response, "access-control-allow-methods"), "GET,PUT");
    CHECK_STR(header_of(&response, "access-control-max-age"), "60");
    origins[0] = STR("https://b.example");
    response = (struct http_response){ 0 };
    CHECK(url_cors(arena, &cors, &http, &response));
    CHECK(header_of(&response, "access-control-allow-origin").ptr == NULL);
}
