/* Bodies of requests and answers: limits, large ones, streams. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/queue.h"
#include "net/talk_test.h"

TEST(a_body_beyond_the_limit_is_refused_before_it_is_read)
{
    struct net_server *server = start_with(arena, (struct net_options){ .body_max = 1000 });
    const int fd = dial(server);
    say(fd, STR("PUT /k HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"));
    const struct str heard = hear(arena, fd, NULL);
    CHECK_HAS(heard, "HTTP/1.1 413 ");
    CHECK(!has(heard, "100 Continue"));
    close(fd);
    CHECK_HAS(talk(arena, server, STR("PUT /k HTTP/1.1\r\n" CLOSE "Content-Length: 99999999999999999999\r\n\r\n")), "HTTP/1.1 4");
    CHECK_INT(net_server_counts(server).refused > 0, 1);
    net_server_stop(server, 1000);
}

static struct str chunks(struct arena *arena, size_t count)
{
    struct text text = text_new(arena);
    text_add(&text, STR("PUT /k HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"));
    for (size_t i = 0; i < count; i++) {
        text_add(&text, STR("64\r\n"));
        text_add_format(&text, "%0100d\r\n", 7);
    }
    text_add(&text, STR("0\r\n\r\n"));
    return text_str(&text);
}

TEST(a_chunked_body_beyond_the_limit_is_refused_and_an_endless_one_cut_off)
{
    struct net_server *server = start_with(arena, (struct net_options){ .body_max = 1000 });
    CHECK_HAS(talk(arena, server, chunks(arena, 10)), "HTTP/1.1 200 ");
    CHECK_HAS(talk(arena, server, chunks(arena, 11)), "HTTP/1.1 413 ");
    CHECK(!has(talk(arena, server, chunks(arena, 30)), "HTTP/1.1 200 "));
    net_server_stop(server, 1000);
}

/* At /closed it answers by itself. */
static size_t limit_by_path(void *context, struct net_exchange *exchange)
{
    const struct str path = net_request(exchange)->path;
    (void)context;
    if (str_equal(path, STR("/closed"))) {
        net_answer(exchange, &(struct http_response){ .status = 403, .body = STR("not you") });
    }
    return str_starts(path, STR("/upload")) ? 5000 : 10;
}

TEST(the_owner_decides_how_much_a_request_may_bring_and_how_a_refusal_reads)
{
    struct net_server *server =
        start_with(arena, (struct net_options){ .admit = limit_by_path, .refuse = refuse_in_json });
    CHECK_HAS(talk(arena, server, STR("PUT /upload HTTP/1.1\r\n" CLOSE "Content-Length: 11\r\n\r\n01234567890")), "200 OK");
    const struct str refused = talk(arena, server, STR("PUT /other HTTP/1.1\r\n" CLOSE "Content-Length: 11\r\n\r\n"));
    CHECK_HAS(refused, "HTTP/1.1 413 ");
    CHECK_HAS(refused, "{\"at\":\"/other\",\"message\":\"The request body is larger");
    const struct str closed = talk(arena, server, STR("PUT /closed HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"));
    CHECK_HAS(closed, "HTTP/1.1 403 ");
    CHECK(str_ends(closed, STR("not you")));
    net_server_stop(server, 1000);
}

static struct text pieces;
static struct lock *pieces_lock;

static struct str pieces_now(struct arena *arena)
{
    lock_take(pieces_lock);
    const struct str now = str_copy(arena, text_str(&pieces));
    lock_give(pieces_lock);
    return now;
}

static bool take_a_piece(void *context, struct net_exchange *exchange, struct str piece)
{
    (void)context;
    const bool taken = str_equal(net_request(exchange)->path, STR("/taken"));
    lock_take(pieces_lock);
    text_add(&pieces, taken ? piece : STR(""));
    lock_signal(pieces_lock);
    lock_give(pieces_lock);
    return taken;
}

static void tell_trailer(void *context, struct net_exchange *exchange)
{
    (void)context;
    net_answer(exchange, &(struct http_response){ .status = 200, .body = str_format(net_arena(exchange), "<%" STR_FMT "> %" STR_FMT,
                                                                                     STR_ARG(net_trailer(exchange, "x-end")),
                                                                                     STR_ARG(net_request(exchange)->body)) });
}

TEST(pieces_can_be_taken_as_they_come_and_trailers_are_told)
{
    struct net_server *server = start_with(arena, (struct net_options){ .body_max = 4, .piece = take_a_piece, .handle = tell_trailer });
    pieces = text_new(arena);
    pieces_lock = lock_open();
    const int fd = dial(server);
    say(fd, STR("PUT /taken HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n5\r\nfirst\r\n"));
    lock_take(pieces_lock);
    while (text_str(&pieces).len < 5 && lock_wait(pieces_lock, 10000)) {
    }
    lock_give(pieces_lock);
    CHECK_STR(pieces_now(arena), "first"); /* there before the end is */
    say(fd, STR("8\r\n, second\r\n0\r\nX-End: all's well\r\n\r\n"));
    CHECK(str_ends(hear(arena, fd, NULL), STR("<all's well> ")));
    close(fd);
    CHECK_STR(pieces_now(arena), "first, second");
    CHECK(str_ends(talk(arena, server, STR("PUT /kept HTTP/1.1\r\n" CLOSE "Content-Length: 4\r\n\r\nbody")), STR("<> body")));
    CHECK_HAS(talk(arena, server, STR("PUT /kept HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n5\r\nlarge\r\n0\r\n\r\n")), "413");
    net_server_stop(server, 1000);
    lock_free(pieces_lock);
}

TEST(large_bodies_pass_both_ways)
{
    struct net_server *server = start(arena);
    const size_t size = 6 * 1024 * 1024 - 1;
    char *body = arena_alloc_raw(arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        body[i] = (char)('a' + i % 26);
    }
    body[size] = '\0';
    const int fd = dial(server);
    say(fd, str_format(arena, "PUT /k HTTP/1.1\r\n" CLOSE "Content-Length: %zu\r\n\r\n", size));
    say(fd, (struct str){ body, size });
    const struct str heard = hear(arena, fd, NULL);
    CHECK(str_ends(heard, (struct str){ body, size }));
    close(fd);
    net_server_stop(server, 1000);
}

/* Answers with the body's file itself, from its tenth byte on, or in pieces of three bytes. */
static _Atomic int streams_open;

static int64_t count_up(void *self, uint64_t at, char *out, size_t max)
{
    const size_t size = max < 3 ? max : 3;
    (void)self;
    for (size_t i = 0; i < size; i++) {
        out[i] = (char)('0' + (at + i) % 10);
    }
    return (int64_t)size;
}

static void stream_closed(void *self)
{
    (void)self;
    atomic_fetch_sub(&streams_open, 1);
}

static void answer_with_stream(void *context, struct net_exchange *exchange)
{
    const struct http_request *request = net_request(exchange);
    struct http_stream *stream = ARENA_NEW(net_arena(exchange), struct http_stream);
    (void)context;
    if (request->body_fd > 0) {
        *stream = (struct http_stream){ .size = request->body.len - 10, .fd = dup(request->body_fd), .offset = 10 };
    } else {
        *stream = (struct http_stream){ .size = 100000, .read = count_up, .close = stream_closed };
        atomic_fetch_add(&streams_open, 1);
    }
    net_answer(exchange, &(struct http_response){ .status = 200, .stream = stream });
}

TEST(large_bodies_go_by_way_of_a_file_and_answers_may_be_streams)
{
    char folder[] = "/tmp/yagura-net-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    struct net_server *server = start_with(arena, (struct net_options){ .spool = folder, .spool_above = 1000, .handle = answer_with_stream });
    for (size_t size = 999; size < 300000; size = size * 17 + 3) {
        char *body = arena_alloc_raw(arena, size + 1);
        for (size_t i = 0; i < size; i++) {
            body[i] = (char)('a' + i % 26);
        }
        body[size] = '\0';
        const struct str heard = talk(arena, server, str_format(arena, "PUT /k HTTP/1.1\r\n" CLOSE "Content-Length: %zu\r\n\r\n%s", size, body));
        CHECK_HAS(heard, "200 OK");
        CHECK(str_ends(heard, size > 1000 ? (struct str){ body + 10, size - 10 } : STR("0123456789")));
        CHECK(size > 1000 || heard.len > 100000);
    }
    const int fd = dial(server);
    say(fd, STR("GET /k HTTP/1.1\r\nHost: h\r\n\r\n"));
    close(fd);
    net_server_stop(server, 1000);
    CHECK_INT(atomic_load(&streams_open), 0);
    CHECK(rmdir(folder) == 0); /* nothing was left behind */
}

static int64_t break_off(void *self, uint64_t at, char *out, size_t max)
{
    return at > 0 ? -1 : count_up(self, at, out, max);
}

static void answer_with_broken_stream(void *context, struct net_exchange *exchange)
{
    struct http_stream *stream = ARENA_NEW(net_arena(exchange), struct http_stream);
    (void)context;
    *stream = (struct http_stream){ .size = 100000, .read = break_off, .close = stream_closed };
    atomic_fetch_add(&streams_open, 1);
    net_answer(exchange, &(struct http_response){ .status = 200, .stream = stream });
}

TEST(a_stream_that_breaks_ends_the_connection_at_once)
{
    struct net_server *server = start_with(arena, (struct net_options){ .handle = answer_with_broken_stream });
    const struct str heard = talk(arena, server, STR("GET /k HTTP/1.1\r\nHost: h\r\n\r\n")); /* kept alive, as far as the peer knows */
    CHECK_HAS(heard, "200 OK");
    CHECK(heard.len < 1000);
    net_server_stop(server, 1000);
    CHECK_INT(atomic_load(&streams_open), 0);
}

/* Says a letter at every other time that it is asked, five in all. */
static _Atomic int times_asked;

static int64_t now_and_then(void *self, uint64_t at, char *out, size_t max)
{
    (void)self;
    if (at == 5 || max == 0) {
        return HTTP_STREAM_END;
    }
    if (atomic_fetch_add(&times_asked, 1) % 2 == 0) {
        return 0;
    }
    *out = (char)('a' + at);
    return 1;
}

static void answer_without_end(void *context, struct net_exchange *exchange)
{
    struct http_stream *stream = ARENA_NEW(net_arena(exchange), struct http_stream);
    (void)context;
    *stream = (struct http_stream){ .size = HTTP_STREAM_ENDLESS, .read = now_and_then, .close = stream_closed };
    atomic_fetch_add(&streams_open, 1);
    net_answer(exchange, &(struct http_response){ .status = 200, .stream = stream });
}

TEST(a_stream_may_have_nothing_to_say_for_a_moment)
{
    struct net_server *server = start_with(arena, (struct net_options){ .handle = answer_without_end });
    const struct str heard = talk(arena, server, STR("GET /k HTTP/1.1\r\n" CLOSE "\r\n"));
    CHECK_HAS(heard, "200 OK");
    CHECK_HAS(heard, "\r\n1\r\ne\r\n0\r\n"); /* in chunks, and a clean end */
    net_server_stop(server, 1000);
    CHECK_INT(atomic_load(&streams_open), 0);
}

TEST(a_body_that_cannot_be_kept_is_refused)
{
    struct net_server *server = start_with(arena, (struct net_options){ .spool = "/nonexistent", .spool_above = 5 });
    CHECK_HAS(talk(arena, server, STR("PUT /k HTTP/1.1\r\n" CLOSE "Content-Length: 11\r\n\r\n01234567890")), "HTTP/1.1 503 ");
    CHECK_HAS(talk(arena, server, STR("PUT /k HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\n012")), "HTTP/1.1 200 ");
    net_server_stop(server, 1000);
}
