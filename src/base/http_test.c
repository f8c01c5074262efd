#include "base/http.h"

#include "tests/test.h"

TEST(a_header_is_found_whatever_its_case_and_the_first_one_counts)
{
    const struct http_header headers[] = { { STR("Host"), STR("a") }, { STR("x-one"), STR("1") }, { STR("X-One"), STR("2") } };
    const struct http_request request = { .headers = headers, .header_count = COUNT_OF(headers) };
    CHECK_STR(http_header_find(&request, STR("HOST")), "a");
    CHECK_STR(http_header_find(&request, STR("X-ONE")), "1");
    CHECK(http_header_find(&request, STR("x-two")).ptr == NULL);
}

TEST(response_headers_grow_and_keep_their_order)
{
    struct http_response response = { .status = 200 };
    for (int i = 0; i < 100; i++) {
        http_response_add(arena, &response, STR("n"), str_format(arena, "%d", i));
    }
    CHECK_INT(response.header_count, 100);
    CHECK_STR(response.headers[0].value, "0");
    CHECK_STR(response.headers[99].value, "99");
}

TEST(a_response_header_cannot_smuggle_another_one)
{
    struct http_response response = { .status = 200 };
    http_response_add(arena, &response, STR("x-name"), STR("a\r\nset-cookie: b\x7f"));
    CHECK_STR(response.headers[0].value, "a  set-cookie: b ");
}
