#include "wire/virtual_host.h"

#include "tests/test.h"

static struct str path_for(struct arena *arena, const char *host, const char *path)
{
    const struct http_header header = { STR("Host"), str_of(host) };
    struct http_request request = { .path = str_of(path), .headers = &header, .header_count = 1 };
    virtual_host_resolve(arena, &request);
    return request.path;
}

TEST(a_bucket_in_the_host_goes_in_front_of_the_path)
{
    CHECK_STR(path_for(arena, "logs.s3.amazonaws.com", "/a/b"), "/logs/a/b");
    CHECK_STR(path_for(arena, "logs.s3.ap-northeast-1.amazonaws.com:443", "/"), "/logs/");
    CHECK_STR(path_for(arena, "logs.s3-eu-west-1.amazonaws.com", "/k"), "/logs/k");
    CHECK_STR(path_for(arena, "my.s3.archive.s3.yagura.example", "/k"), "/my.s3.archive/k");
    CHECK_STR(path_for(arena, "my.logs.localhost:4700", "/k%2F"), "/my.logs/k%2F");
}

TEST(a_host_without_bucket_leaves_the_path_alone)
{
    static const char *const hosts[] = { "s3.amazonaws.com", "s3.ap-northeast-1.amazonaws.com", "127.0.0.1:4700",
        "localhost:4700", "localhost", "yagura.example", "[::1]:4700", "", "s3", "a.s3", ".localhost" };
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        CHECK_STR(path_for(arena, hosts[i], "/bucket/key"), "/bucket/key");
    }
}
