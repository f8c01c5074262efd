#include "svc/s3/cors.h"

#include "tests/test.h"

static struct str ORIGINS[] = { STR_INIT("https://*.example.com"), STR_INIT("http://localhost") };
static struct str METHODS[] = { STR_INIT("GET"), STR_INIT("PUT") };
static struct str HEADERS[] = { STR_INIT("x-amz-*"), STR_INIT("Content-Type") };
static struct str ANYONE[] = { STR_INIT("*") };
static struct str READS[] = { STR_INIT("GET") };

static struct s3_cors_rules rules(struct s3_cors_rule items[2])
{
    items[0] = (struct s3_cors_rule){ .allowed_origins = { ORIGINS, 2 }, .allowed_methods = { METHODS, 2 }, .allowed_headers = { HEADERS, 2 },
                                      .max_age_seconds = SOME(5) };
    items[1] = (struct s3_cors_rule){ .allowed_origins = { ANYONE, 1 }, .allowed_methods = { READS, 1 } };
    return (struct s3_cors_rules){ items, 2 };
}

TEST(one_wildcard_stands_for_anything)
{
    CHECK(cors_wildcard(STR("*"), STR(""), false));
    CHECK(cors_wildcard(STR("a*c"), STR("abc"), false) && cors_wildcard(STR("a*c"), STR("ac"), false));
    CHECK(!cors_wildcard(STR("aa*aa"), STR("aaa"), false));
    CHECK(!cors_wildcard(STR("a"), STR("A"), false) && cors_wildcard(STR("A*"), STR("ab"), true));
}

TEST(the_first_rule_that_fits_wholly_counts)
{
    struct s3_cors_rule items[2];
    const struct s3_cors_rules all = rules(items);
    const struct cors_request fits = { STR("https://a.example.com"), STR("PUT"), STR("X-Amz-Date,content-type") };
    CHECK(cors_find(&all, &fits) == &items[0]);
    const struct cors_request other = { STR("https://elsewhere"), STR("GET"), STR_NONE };
    CHECK(cors_find(&all, &other) == &items[1]);
    const struct cors_request method = { STR("https://elsewhere"), STR("PUT"), STR_NONE };
    CHECK(cors_find(&all, &method) == NULL);
    const struct cors_request header = { STR("https://a.example.com"), STR("PUT"), STR("x-amz-date, authorization") };
    CHECK(cors_find(&all, &header) == NULL);
}

TEST(a_rule_for_anyone_lets_no_credentials_in)
{
    struct s3_cors_rule items[2];
    struct http_header headers[CORS_HEADERS_MAX];
    rules(items);
    const struct cors_request request = { STR("https://a.example.com"), STR("GET"), STR("X-Amz-Date") };
    size_t count = cors_headers(arena, &items[0], &request, headers);
    CHECK_INT(count, 6);
    CHECK_STR(headers[0].value, "https://a.example.com");
    CHECK_STR(headers[1].value, "GET, PUT");
    CHECK_STR(headers[2].value, "x-amz-date");
    CHECK_STR(headers[3].value, "5");
    count = cors_headers(arena, &items[1], &request, headers);
    CHECK_STR(headers[0].value, "*");
    for (size_t i = 0; i < count; i++) {
        CHECK(!str_equal(headers[i].name, STR("Access-Control-Allow-Credentials")));
    }
}
