#include "net/client.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "net/server.h"
#include "tests/test.h"

static void echo(void *self, struct net_exchange *exchange)
{
    (void)self;
    const struct http_request *request = net_request(exchange);
    struct http_response response = { .status = str_equal(request->path, STR("/missing")) ? 404 : 200 };
    http_response_add(net_arena(exchange), &response, STR("X-Seen"), http_header_find(request, STR("X-Mine")));
    response.body = request->body.len > 0 ? request->body : str_format(net_arena(exchange), "%" STR_FMT "?%" STR_FMT,
                                                                       STR_ARG(request->path), STR_ARG(request->query));
    net_answer(exchange, &response);
}

struct fixture {
    struct ctx ctx;
    struct net_server *server;
    struct net_client *client;
    struct str base;
};

static struct fixture begin(struct arena *arena, size_t body_max)
{
    struct fixture f = { .ctx = ctx_new(arena, 0) };
    CHECK_OK(net_server_start(&f.ctx, &(struct net_options){ .listen = STR("127.0.0.1:0"), .threads = 1, .handle = echo },
                              &f.server));
    f.client = net_client_open(&(struct net_client_options){ .body_max = body_max, .file_max = body_max });
    f.base = str_format(arena, "http://127.0.0.1:%u", (unsigned)net_server_port(f.server));
    return f;
}

static void end(struct fixture *f)
{
    net_client_close(f->client);
    net_server_stop(f->server, 1000);
}

TEST(a_call_carries_path_query_headers_and_body_as_they_are)
{
    struct fixture f = begin(arena, 0);
    struct http_response response;
    const struct http_header headers[] = { { STR("X-Mine"), STR("a b") } };
    struct http_request request = { .method = STR("GET"), .path = STR("/a//../%2F"), .query = STR("x=1&y"),
                                    .headers = headers, .header_count = 1 };
    CHECK_OK(net_client_call(&f.ctx, f.client, f.base, &request, -1, &response));
    CHECK_INT(response.status, 200);
    CHECK_STR(response.body, "/a//../%2F?x=1&y");
    const struct http_request view = { .headers = response.headers, .header_count = response.header_count };
    CHECK_STR(http_header_find(&view, STR("x-seen")), "a b");
    request = (struct http_request){ .method = STR("POST"), .path = STR("/"), .body = STR("hello\0x") };
    CHECK_OK(net_client_call(&f.ctx, f.client, f.base, &request, -1, &response));
    CHECK(str_equal(response.body, STR("hello\0x")));
    CHECK_INT(net_server_counts(f.server).connections, 1);
    end(&f);
}

TEST(a_good_body_goes_to_the_file_and_that_of_a_failure_does_not)
{
    struct fixture f = begin(arena, 0);
    struct http_response response;
    const int file = open(test_folder(arena), O_TMPFILE | O_RDWR, 0600);
    char bytes[8] = "";
    struct http_request request = { .method = STR("POST"), .path = STR("/missing"), .body = STR("bad") };
    CHECK_OK(net_client_call(&f.ctx, f.client, f.base, &request, file, &response));
    CHECK_INT(response.status, 404);
    CHECK_STR(response.body, "bad");
    request = (struct http_request){ .method = STR("POST"), .path = STR("/"), .body = STR("good") };
    CHECK_OK(net_client_call(&f.ctx, f.client, f.base, &request, file, &response));
    CHECK_INT(pread(file, bytes, sizeof(bytes), 0), 4);
    CHECK(memcmp(bytes, "good", 4) == 0);
    close(file);
    end(&f);
}

TEST(a_body_beyond_the_limit_and_a_server_that_is_not_there_are_faults)
{
    struct fixture f = begin(arena, 4);
    struct http_response response;
    const struct http_request request = { .method = STR("POST"), .path = STR("/"), .body = STR("hello") };
    CHECK_FAULT(net_client_call(&f.ctx, f.client, f.base, &request, -1, &response), FAULT_UNAVAILABLE.code);
    CHECK(str_search(str_of(f.ctx.reason), STR("larger than allowed")) != STR_MISSING);
    CHECK_FAULT(net_client_call(&f.ctx, f.client, STR("http://127.0.0.1:1"), &request, -1, &response),
                FAULT_UNAVAILABLE.code);
    CHECK_FAULT(net_client_call(&f.ctx, f.client, STR("file:///etc"), &request, -1, &response), FAULT_UNAVAILABLE.code);
    const struct http_header headers[] = { { STR("X-Mine"), STR("a\r\nX-Other: b") } };
    const struct http_request split = { .method = STR("GET"), .path = STR("/"), .headers = headers, .header_count = 1 };
    CHECK_FAULT(net_client_call(&f.ctx, f.client, f.base, &split, -1, &response), FAULT_INVALID.code);
    end(&f);
}
