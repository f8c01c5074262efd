#include <curl/curl.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/queue.h"
#include "net/talk_test.h"

TEST(path_query_and_headers_arrive_as_they_were_sent)
{
    struct net_server *server = start(arena);
    const struct str heard = talk(arena, server, STR("GET /a%2Fb//%7e/./x%20?b=%41&a=+&b&&c== HTTP/1.1\r\nHost: h\r\n"
        "X-B: 2\r\nx-a:  1 \t\r\nX-B: 1\r\nX-Empty:\r\nConnection: close\r\n\r\n"));
    CHECK_HAS(heard, "HTTP/1.1 200 OK\r\n");
    CHECK_HAS(heard, "GET /a%2Fb//%7e/./x%20 ?b=%41&a=+&b&&c== [Host: h] [X-B: 2] [x-a: 1] [X-B: 1] [X-Empty: ] "
        "[Connection: close] ");
    CHECK_HAS(heard, "X-Peer: 127.0.0.1\r\n");
    CHECK_HAS(talk(arena, server, STR("GET /? HTTP/1.1\r\n" CLOSE "\r\n")), "GET / ? [Host");
    CHECK_HAS(talk(arena, server, STR("GET / HTTP/1.1\r\n" CLOSE "\r\n")), "GET / ?(none) [Host");
    CHECK_HAS(talk(arena, server, STR("GET /\xe6\xab\x93 HTTP/1.1\r\n" CLOSE "\r\n")), "GET /\xe6\xab\x93 ?(none)");
    CHECK_HAS(talk(arena, server, STR("GET http://h/p?q HTTP/1.1\r\n" CLOSE "\r\n")), "GET /p ?q [Host");
    net_server_stop(server, 1000);
}

TEST(pipelined_requests_are_answered_in_order_on_one_connection)
{
    struct net_server *server = start(arena);
    const struct str heard = talk(arena, server, STR("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n" CLOSE "\r\n"));
    const size_t first = str_search(heard, STR("GET /1 "));
    const size_t second = str_search(heard, STR("POST /2 ?(none) [Host: h] [Content-Length: 3] abc"));
    const size_t third = str_search(heard, STR("GET /3 "));
    CHECK(first != STR_MISSING && second != STR_MISSING && third != STR_MISSING && first < second && second < third);
    CHECK_INT(net_server_counts(server).connections, 1);
    CHECK_INT(net_server_counts(server).requests, 3);
    net_server_stop(server, 1000);
}

TEST(a_connection_stays_open_between_requests)
{
    struct net_server *server = start(arena);
    const int fd = dial(server);
    for (int i = 0; i < 20; i++) {
        const struct str body = str_format(arena, "body-%d.", i);
        say(fd, str_format(arena, "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n%s", body.len, body.ptr));
        CHECK_HAS(hear(arena, fd, "."), body.ptr);
    }
    close(fd);
    CHECK_INT(net_server_counts(server).connections, 1);
    net_server_stop(server, 1000);
}

TEST(a_client_that_expects_100_continue_gets_it_before_it_sends_the_body)
{
    struct net_server *server = start(arena);
    const int fd = dial(server);
    say(fd, STR("PUT /k HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    CHECK_HAS(hear(arena, fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n");
    say(fd, STR("hello"));
    CHECK_HAS(hear(arena, fd, NULL), "[Content-Length: 5] hello");
    close(fd);
    net_server_stop(server, 1000);
}

TEST(chunked_bodies_arrive_whole)
{
    struct net_server *server = start(arena);
    const struct str heard = talk(arena, server, STR("PUT /k HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n1;x=y\r\n,\r\nA\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"));
    CHECK_HAS(heard, "] hello,0123456789");
    net_server_stop(server, 1000);
}

TEST(heads_beyond_the_limit_are_refused)
{
    struct net_server *server = start_with(arena, (struct net_options){ .head_max = 4096, .refuse = refuse_in_json });
    CHECK_HAS(talk(arena, server, str_format(arena, "GET / HTTP/1.1\r\n" CLOSE "X: %04000d\r\n\r\n", 1)), "200 OK");
    const struct str large = talk(arena, server, str_format(arena, "GET / HTTP/1.1\r\n" CLOSE "X: %04096d\r\n\r\n", 1));
    CHECK_HAS(large, "HTTP/1.1 431 ");
    CHECK_HAS(large, "larger than this server accepts\"}");
    CHECK_HAS(talk(arena, server, str_format(arena, "GET / HTTP/1.1\r\n" CLOSE "X: %0200000d\r\n\r\n", 1)), "HTTP/1.1 4");
    struct text many = text_new(arena);
    text_add(&many, STR("GET / HTTP/1.1\r\n" CLOSE));
    for (int i = 0; i < 200; i++) {
        text_add(&many, STR("A: b\r\n"));
    }
    text_add(&many, STR("\r\n"));
    CHECK_HAS(talk(arena, server, text_str(&many)), "HTTP/1.1 431 ");
    net_server_stop(server, 1000);
}

TEST(malformed_heads_never_reach_the_handler)
{
    struct net_server *server = start(arena);
    static const struct str heads[] = {
        STR_INIT("GET /a\0b HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET /a?\0b HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET /a\x01" "b HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET /a\tb HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET /a\x7f HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET /a b HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET a HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("G\0T / HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("G(T / HTTP/1.1\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nX: a\0b\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\n" CLOSE "X: a\0b\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nX: a\x02\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nX: a\r\n  folded\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nX Y: a\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nX\0Y: a\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\n: a\r\n" CLOSE "\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n"),
        STR_INIT("PUT / HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        STR_INIT("PUT / HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        STR_INIT("PUT / HTTP/1.1\r\n" CLOSE "Content-Length: -1\r\n\r\n"),
        STR_INIT("PUT / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        STR_INIT("GET / HTTP/3.0\r\n" CLOSE "\r\n"),
        STR_INIT("\x16\x03\x01\x02\x00\x01\r\n\r\n"),
    };
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        const int fd = dial(server);
        say(fd, heads[i]);
        shutdown(fd, SHUT_WR);
        const struct str heard = hear(arena, fd, NULL);
        close(fd);
        if (has(heard, "HTTP/1.1 2") || (heard.len > 0 && !has(heard, " 4") && !has(heard, " 505 "))) {
            fail_msg("head %zu was answered: %s", i, heard.ptr);
        }
    }
    CHECK_HAS(talk(arena, server, STR("GET / HTTP/1.1\r\n" CLOSE "\r\n")), "200 OK");
    net_server_stop(server, 1000);
}

TEST(a_half_closed_client_still_gets_its_answer_and_a_vanished_one_harms_nobody)
{
    struct net_server *server = start(arena);
    int fd = dial(server);
    say(fd, STR("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"));
    shutdown(fd, SHUT_WR);
    CHECK_HAS(hear(arena, fd, NULL), "] hello");
    close(fd);
    static const struct str cut[] = { STR_INIT(""), STR_INIT("GE"), STR_INIT("GET / HTTP/1.1\r\nHo"),
        STR_INIT("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe") };
    for (size_t i = 0; i < COUNT_OF(cut); i++) {
        fd = dial(server);
        say(fd, cut[i]);
        shutdown(fd, SHUT_WR);
        CHECK(!has(hear(arena, fd, NULL), "200 OK"));
        close(fd);
    }
    CHECK_HAS(talk(arena, server, STR("GET / HTTP/1.1\r\n" CLOSE "\r\n")), "200 OK");
    net_server_stop(server, 1000);
}

TEST(a_silent_client_is_hung_up_on)
{
    struct net_server *server = start_with(arena, (struct net_options){ .idle_timeout_s = 1 });
    const int fd = dial(server);
    say(fd, STR("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"));
    const int64_t before_us = clock_monotonic_us();
    CHECK(!has(hear(arena, fd, NULL), "200 OK"));
    CHECK(clock_monotonic_us() - before_us < 8 * 1000000);
    close(fd);
    net_server_stop(server, 1000);
}

/* One byte at a time keeps the connection from being idle; the request as a whole still has its time. */
TEST(a_request_that_drips_in_is_cut_off)
{
    struct net_server *server = start_with(arena, (struct net_options){ .request_timeout_s = 1 });
    const int fd = dial(server);
    const struct timeval moment = { .tv_usec = 50000 };
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment)) == 0);
    say(fd, STR("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n"));
    bool cut = false;
    char byte = 0;
    for (int i = 0; i < 100 && !cut; i++) {
        say(fd, STR("x"));
        const ssize_t got = recv(fd, &byte, 1, 0);
        cut = got == 0 || (got < 0 && errno != EAGAIN);
    }
    CHECK(cut);
    close(fd);
    net_server_stop(server, 1000);
}

TEST(a_head_request_gets_no_body)
{
    struct net_server *server = start(arena);
    const struct str heard = talk(arena, server, STR("HEAD /k HTTP/1.1\r\n" CLOSE "\r\n"));
    CHECK_HAS(heard, "200 OK");
    CHECK_HAS(heard, "Content-Length: ");
    CHECK(str_ends(heard, STR("\r\n\r\n")));
    net_server_stop(server, 1000);
}

/* Answers come from a thread of its own. */
static void put_aside(void *context, struct net_exchange *exchange)
{
    queue_push(context, exchange);
}

static void echo_here(void *self)
{
    echo(NULL, self);
}

/* By turns from here and on the connection's own thread. */
static void answer_all(void *context)
{
    bool here = false;
    for (struct net_exchange *exchange = queue_pop(context); exchange; exchange = queue_pop(context)) {
        here = !here;
        if (here) {
            echo(NULL, exchange);
        } else {
            net_continue(exchange, echo_here, exchange);
        }
    }
}

TEST(answers_may_come_later_from_another_thread)
{
    struct queue *queue = queue_open(64);
    struct thread *worker = thread_start("answers", answer_all, queue);
    struct net_server *server = start_with(arena, (struct net_options){ .handle = put_aside, .context = queue });
    int fds[16];
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = dial(server);
    }
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < COUNT_OF(fds); i++) {
            say(fds[i], str_format(arena, "PUT /%zu HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n<>", i));
        }
        for (size_t i = 0; i < COUNT_OF(fds); i++) {
            CHECK_HAS(hear(arena, fds[i], "<>"), str_format(arena, "PUT /%zu ", i).ptr);
        }
    }
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        close(fds[i]);
    }
    net_server_stop(server, 1000);
    queue_close(queue);
    thread_join(worker);
    queue_free(queue);
}

static void stop_soon(void *server)
{
    net_server_stop(server, 5000);
}

TEST(stopping_waits_for_what_is_in_flight_and_then_nobody_listens)
{
    struct queue *queue = queue_open(64);
    struct net_server *server = start_with(arena, (struct net_options){ .handle = put_aside, .context = queue });
    const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(net_server_port(server)),
        .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = dial(server);
    say(fd, STR("GET /last HTTP/1.1\r\nHost: h\r\n\r\n"));
    struct net_exchange *exchange = queue_pop(queue);
    struct thread *stopper = thread_start("stop", stop_soon, server);
    echo(NULL, exchange);
    CHECK_HAS(hear(arena, fd, NULL), "GET /last ");
    thread_join(stopper);
    close(fd);
    const int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(late, (const struct sockaddr *)&to, sizeof(to)) != 0);
    close(late);
    queue_free(queue);
}

TEST(stopping_does_not_wait_for_a_client_that_never_finishes)
{
    struct net_server *server = start(arena);
    const int fd = dial(server);
    say(fd, STR("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    CHECK_HAS(hear(arena, fd, "\r\n\r\n"), "100 Continue");
    const int64_t before_us = clock_monotonic_us();
    net_server_stop(server, 50);
    CHECK(clock_monotonic_us() - before_us < 5 * 1000000);
    close(fd);
}

TEST(a_bad_address_is_told_in_words)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct net_server *server = start(arena);
    struct net_server *second = NULL;
    struct net_options options = { .handle = echo, .listen = str_format(arena, "127.0.0.1:%u", net_server_port(server)) };
    CHECK_FAULT(net_server_start(&ctx, &options, &second), "InternalFailure");
    CHECK(strstr(ctx.reason, "cannot listen on '127.0.0.1:"));
    options.listen = STR("localhost");
    CHECK_FAULT(net_server_start(&ctx, &options, &second), "ValidationException");
    options.listen = STR("127.0.0.1:http");
    CHECK_FAULT(net_server_start(&ctx, &options, &second), "ValidationException");
    options.cert_file = "only-one.pem";
    CHECK_FAULT(net_server_start(&ctx, &options, &second), "ValidationException");
    options.listen = STR("127.0.0.1:0");
    options.key_file = "/nowhere/key.pem";
    CHECK_FAULT(net_server_start(&ctx, &options, &second), "InternalFailure");
    CHECK(second == NULL);
    net_server_stop(server, 0);
}

/* Made for this test alone: localhost, P-256. */
static const char CERTIFICATE[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmjCCAUGgAwIBAgIUFDQtEWrbjvsC6uuVUOujPZDGVQcwCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE3MDMxNFoYDzIxMjYxMDMx\n"
    "MTcwMzE0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAAT1DWc0tSztAPaASq0V9Rld08tDkZ6uX7QVS42QTMmDk97q4dTF/aNo\n"
    "RMV8Z9WIMzboHPD/Xn4TskHJpculQhs/o28wbTAdBgNVHQ4EFgQU5UTrcbF3tBsW\n"
    "qhN1CvEQ29yFs8gwHwYDVR0jBBgwFoAU5UTrcbF3tBsWqhN1CvEQ29yFs8gwDwYD\n"
    "VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI\n"
    "zj0EAwIDRwAwRAIgU/Gi1L00EfXsyYb0cIldeNUrer4KE0wgDiT7EqHA5hYCIB1j\n"
    "WY5qVIaWt5Ruf4239mb1CvC0XDWuLsKCdHaYlKK8\n"
    "-----END CERTIFICATE-----\n";
static const char PRIVATE_KEY[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzQvw/6iDbRMSEx5s\n"
    "8biuvsGTbAaq6Cke66mxaNFIKW6hRANCAAT1DWc0tSztAPaASq0V9Rld08tDkZ6u\n"
    "X7QVS42QTMmDk97q4dTF/aNoRMV8Z9WIMzboHPD/Xn4TskHJpculQhs/\n"
    "-----END PRIVATE KEY-----\n";

static const char *write_file(struct arena *arena, const char *folder, const char *name, const char *text)
{
    const char *path = str_format(arena, "%s/%s", folder, name).ptr;
    FILE *file = fopen(path, "wb");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return path;
}

static size_t keep_body(char *bytes, size_t size, size_t count, void *text)
{
    text_add(text, (struct str){ bytes, size * count });
    return size * count;
}

TEST(tls_serves_the_same)
{
    const char *folder = test_folder(arena);
    const char *cert = write_file(arena, folder, "cert.pem", CERTIFICATE);
    const char *key = write_file(arena, folder, "key.pem", PRIVATE_KEY);
    struct net_server *server = start_with(arena, (struct net_options){ .cert_file = cert, .key_file = key });
    struct text body = text_new(arena);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, str_format(arena, "https://localhost:%u/x?y", net_server_port(server)).ptr);
    curl_easy_setopt(curl, CURLOPT_CAINFO, cert);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    CHECK_INT(code, CURLE_OK);
    CHECK_HAS(text_str(&body), "GET /x ?y [Host: localhost:");
    CHECK(!has(talk(arena, server, STR("GET / HTTP/1.1\r\n" CLOSE "\r\n")), "200 OK"));
    net_server_stop(server, 1000);
}
