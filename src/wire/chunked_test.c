#include "wire/chunked.h"

#include "base/json.h"
#include "crypto/crc.h"
#include "tests/test.h"

static const struct str SECRET = STR_INIT("yaguraSecretKey/of+the/Tests0123456789abcd");
#define SEED "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

static struct sigv4_claim claim_of(enum sigv4_payload payload)
{
    return (struct sigv4_claim){ .access_key = STR("AKIA"), .day = STR("20261124"), .region = STR("us-east-1"),
        .service = STR("s3"), .date = STR("20261124T120000Z"), .signature = STR(SEED), .payload = payload, .s3 = true };
}

/* A client's side, written from the document and apart from the decoder. */
struct sender {
    struct arena *arena;
    struct sigv4_claim claim;
    struct hmac_key key;
    struct str previous;
    struct text encoded;
    size_t size;
};

static struct sender send_begin(struct arena *arena, enum sigv4_payload payload)
{
    struct sender s = { .arena = arena, .claim = claim_of(payload), .previous = STR(SEED), .encoded = text_new(arena) };
    s.key = sigv4_signing_key(NULL, &s.claim, SECRET);
    return s;
}

static struct str next_signature(struct sender *s, const char *kind, struct str hashes)
{
    unsigned char out[HASH_SHA256_SIZE];
    hmac_sign(&s->key, str_format(s->arena, "%s\n20261124T120000Z\n20261124/us-east-1/s3/aws4_request\n%.64s\n%s", kind,
        s->previous.ptr, hashes.ptr), out);
    s->previous = str_hex(s->arena, out, sizeof(out));
    return s->previous;
}

static void send_chunk(struct sender *s, struct str data)
{
    text_add_format(&s->encoded, "%zx", data.len);
    if (s->claim.payload != SIGV4_CHUNKED_UNSIGNED) {
        const struct str hashes = str_format(s->arena, "%s\n%s", hash_hex(s->arena, HASH_SHA256, STR("")).ptr,
            hash_hex(s->arena, HASH_SHA256, data).ptr);
        text_add_format(&s->encoded, ";chunk-signature=%s", next_signature(s, "AWS4-HMAC-SHA256-PAYLOAD", hashes).ptr);
    }
    text_add(&s->encoded, STR("\r\n"));
    text_add(&s->encoded, data);
    text_add(&s->encoded, data.len > 0 ? STR("\r\n") : STR_NONE);
    s->size += data.len;
}

/* lines: "name:value\n"… as they are signed. */
static void send_trailers(struct sender *s, const char *lines)
{
    for (struct str rest = str_of(lines); rest.len > 0;) {
        text_add(&s->encoded, str_cut(rest, '\n', &rest));
        text_add(&s->encoded, STR("\r\n"));
    }
    if (s->claim.payload == SIGV4_CHUNKED_TRAILER) {
        const struct str hash = hash_hex(s->arena, HASH_SHA256, str_of(lines));
        text_add_format(&s->encoded, "x-amz-trailer-signature:%s\r\n", next_signature(s, "AWS4-HMAC-SHA256-TRAILER", hash).ptr);
    }
}

static struct err receive(struct ctx *ctx, struct sender *s, const char *announced, struct chunked_body *out)
{
    const struct http_header headers[] = {
        { STR("X-Amz-Decoded-Content-Length"), str_format(s->arena, "%zu", s->size) },
        { STR("X-Amz-Trailer"), str_of(announced) },
    };
    const struct http_request request = { .body = text_str(&s->encoded), .headers = headers,
        .header_count = announced ? 2 : 1 };
    return chunked_decode(ctx, &s->claim, &s->key, &request, out);
}

static struct sender signed_upload(struct arena *arena)
{
    struct sender s = send_begin(arena, SIGV4_CHUNKED);
    send_chunk(&s, STR("hello "));
    send_chunk(&s, STR("world\r\n0\r\n"));
    send_chunk(&s, STR(""));
    text_add(&s.encoded, STR("\r\n"));
    return s;
}

TEST(signed_chunks_are_put_together)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = signed_upload(arena);
    CHECK_OK(receive(&ctx, &s, NULL, &out));
    CHECK_STR(out.body, "hello world\r\n0\r\n");
    CHECK_INT(out.trailer_count, 0);
    s = send_begin(arena, SIGV4_CHUNKED);
    send_chunk(&s, STR(""));
    text_add(&s.encoded, STR("\r\n"));
    CHECK_OK(receive(&ctx, &s, NULL, &out));
    CHECK(out.body.ptr && out.body.len == 0);
}

TEST(every_changed_cut_or_added_byte_of_a_signed_upload_is_refused)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = signed_upload(arena);
    const struct text whole = s.encoded;
    for (size_t i = 0; i < whole.len; i++) {
        s.encoded = text_new(arena);
        text_add(&s.encoded, (struct str){ whole.ptr, whole.len });
        s.encoded.ptr[i] ^= 1;
        CHECK(receive(&ctx, &s, NULL, &out).fault != NULL);
        s.encoded = (struct text){ arena, whole.ptr, i, i };
        CHECK(receive(&ctx, &s, NULL, &out).fault != NULL);
    }
    s = signed_upload(arena);
    text_add(&s.encoded, STR("x"));
    CHECK_FAULT(receive(&ctx, &s, NULL, &out), "InvalidRequest");
    s = signed_upload(arena);
    s.size++;
    CHECK_FAULT(receive(&ctx, &s, NULL, &out), "IncompleteBody");
    s.size -= 2;
    CHECK_FAULT(receive(&ctx, &s, NULL, &out), "IncompleteBody");
}

TEST(chunks_may_not_change_places)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = send_begin(arena, SIGV4_CHUNKED);
    send_chunk(&s, STR("aaaa"));
    const size_t one = s.encoded.len;
    send_chunk(&s, STR("bbbb"));
    send_chunk(&s, STR(""));
    text_add(&s.encoded, STR("\r\n"));
    CHECK_OK(receive(&ctx, &s, NULL, &out));
    struct text swapped = text_new(arena);
    text_add(&swapped, (struct str){ s.encoded.ptr + one, one });
    text_add(&swapped, (struct str){ s.encoded.ptr, one });
    text_add(&swapped, (struct str){ s.encoded.ptr + 2 * one, s.encoded.len - 2 * one });
    s.encoded = swapped;
    CHECK_FAULT(receive(&ctx, &s, NULL, &out), "SignatureDoesNotMatch");
}

/* What botocore sends by default over TLS: a CRC-32 after unsigned chunks. */
TEST(unsigned_chunks_bring_their_checksum_in_the_trailer)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = send_begin(arena, SIGV4_CHUNKED_UNSIGNED);
    send_chunk(&s, STR("123456789"));
    send_chunk(&s, STR(""));
    const struct text body = s.encoded;
    static const struct {
        const char *announced, *trailer, *code;
    } cases[] = {
        { "x-amz-checksum-crc32", "x-amz-checksum-crc32:y/Q5Jg==\n", "success" },
        { "x-amz-checksum-crc32c", "x-amz-checksum-crc32c:4waSgw==\n", "success" },
        { "x-amz-checksum-crc64nvme", "x-amz-checksum-crc64nvme: rosUhgp5mIg=\n", "success" },
        { "X-Amz-Checksum-SHA1", "x-amz-checksum-sha1:98O8HYCOBHMq32eZZczDTKeuNEE=\n", "success" },
        { "x-amz-checksum-sha256", "x-amz-checksum-sha256:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n", "success" },
        { "x-amz-checksum-crc32", "x-amz-checksum-crc32:y/Q5Jw==\n", "BadDigest" },
        { "x-amz-checksum-crc32", "x-amz-checksum-crc32:y/Q5\n", "InvalidRequest" },
        { "x-amz-checksum-crc32", "x-amz-checksum-crc32:=\n", "InvalidRequest" },
        { "x-amz-checksum-crc32", "x-amz-checksum-crc32c:4waSgw==\n", "MalformedTrailerError" },
        { "x-amz-checksum-crc32", "", "MalformedTrailerError" },
        { "x-amz-checksum-crc32", "y/Q5Jg==\n", "MalformedTrailerError" },
        { NULL, "x-amz-checksum-crc32:y/Q5Jg==\n", "MalformedTrailerError" },
        { "other", "other:anything\n", "success" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        s.encoded = text_new(arena);
        text_add(&s.encoded, (struct str){ body.ptr, body.len });
        send_trailers(&s, cases[i].trailer);
        text_add(&s.encoded, STR("\r\n"));
        CHECK_FAULT(receive(&ctx, &s, cases[i].announced, &out), cases[i].code);
    }
    CHECK_STR(out.body, "123456789");
    CHECK_STR(out.trailers[0].name, "other");
}

TEST(a_signed_trailer_is_the_last_link_of_the_chain)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = send_begin(arena, SIGV4_CHUNKED_TRAILER);
    send_chunk(&s, STR("123456789"));
    send_chunk(&s, STR(""));
    send_trailers(&s, "x-amz-checksum-crc32:y/Q5Jg==\n");
    text_add(&s.encoded, STR("\r\n"));
    CHECK_OK(receive(&ctx, &s, "x-amz-checksum-crc32", &out));
    CHECK_INT(out.trailer_count, 1);
    const size_t at = str_search(text_str(&s.encoded), STR("trailer-signature:")) + 20;
    s.encoded.ptr[at] ^= 1;
    CHECK_FAULT(receive(&ctx, &s, "x-amz-checksum-crc32", &out), "SignatureDoesNotMatch");
    s.encoded.len = at - 50;
    CHECK(receive(&ctx, &s, "x-amz-checksum-crc32", &out).fault != NULL);
}

TEST(malformed_chunks_are_told_from_short_ones)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    static const struct {
        const char *encoded, *length, *code;
    } cases[] = {
        { "", "0", "IncompleteBody" },
        { "3\r\nabc\r\n", "3", "IncompleteBody" },
        { "3\r\nab", "3", "IncompleteBody" },
        { "4\r\nabc\r\n0\r\n", "3", "IncompleteBody" },
        { "3\r\nabcd\r\n0\r\n", "3", "InvalidRequest" },
        { "\r\nabc\r\n0\r\n", "3", "InvalidRequest" },
        { "3\nabc\n0\n", "3", "InvalidRequest" },
        { "0x3\r\nabc\r\n0\r\n", "3", "InvalidRequest" },
        { "-3\r\nabc\r\n0\r\n", "3", "InvalidRequest" },
        { "fffffffffffffffffffff\r\nabc\r\n0\r\n", "3", "InvalidRequest" },
        { "ffffffffffffff\r\nabc\r\n0\r\n", "3", "IncompleteBody" },
        { "3\r\nabc\r\n0\r\n", "-3", "IncompleteBody" },
        { "3\r\nabc\r\n0\r\n", "1000000000000", "IncompleteBody" },
        { "3\r\nabc\r\n0\r\n", NULL, "MissingContentLength" },
        { "3\r\nabc\r\n0\r\nx", "3", "MalformedTrailerError" },
        { "3\r\nabc\r\n0\r\n", "3", "success" },
        { "3;a=b\r\nabc\r\n0\r\n\r\n", "3", "success" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct http_header header = { STR("x-amz-decoded-content-length"), str_of(cases[i].length) };
        const struct http_request request = { .body = str_of(cases[i].encoded), .headers = &header,
            .header_count = cases[i].length ? 1 : 0 };
        const struct sigv4_claim claim = claim_of(SIGV4_CHUNKED_UNSIGNED);
        CHECK_FAULT(chunked_decode(&ctx, &claim, NULL, &request, &out), cases[i].code);
    }
    const struct http_header header = { STR("x-amz-decoded-content-length"), STR("3") };
    const struct http_request request = { .body = STR("3\r\nabc\r\n0\r\n\r\n"), .headers = &header, .header_count = 1 };
    struct sender s = send_begin(arena, SIGV4_CHUNKED);
    CHECK_FAULT(chunked_decode(&ctx, &s.claim, &s.key, &request, &out), "InvalidRequest");
}

TEST(many_tiny_chunks_cost_little_more_than_their_bytes)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct chunked_body out;
    struct sender s = send_begin(arena, SIGV4_CHUNKED);
    for (int i = 0; i < 5000; i++) {
        send_chunk(&s, STR("x"));
    }
    send_chunk(&s, STR(""));
    text_add(&s.encoded, STR("\r\n"));
    const size_t before = arena_size(arena);
    CHECK_OK(receive(&ctx, &s, NULL, &out));
    CHECK_INT(out.body.len, 5000);
    CHECK(arena_size(arena) - before <= 2 * 1024 * 1024);
}

static struct str chunk_data(struct arena *arena, struct str described)
{
    /* 'a'*65536 */
    int64_t count = 0;
    if (described.len == 0 || !str_to_int(str_from(described, 4), &count)) {
        return STR("");
    }
    char *bytes = arena_alloc_raw(arena, (size_t)count);
    memset(bytes, described.ptr[1], (size_t)count);
    return (struct str){ bytes, (size_t)count };
}

/* The document's own example: three chunks, then a trailer on the same chain. */
TEST(the_shared_chunk_corpus_passes)
{
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    struct ctx ctx = ctx_new(arena, 0);
    const struct json *set =
        json_parse(arena, test_read_file(arena, str_format(arena, "%s/corpora/sigv4/s3_chunked.json", shared).ptr), NULL);
    struct sigv4_claim claim = { .access_key = json_text(json_get(set, STR("access_key_id"))), .day = STR("20130524"),
        .region = json_text(json_get(set, STR("region"))), .service = json_text(json_get(set, STR("service"))),
        .date = json_text(json_get(set, STR("date"))), .signature = json_text(json_get(set, STR("seed_signature"))) };
    const struct hmac_key key = sigv4_signing_key(NULL, &claim, json_text(json_get(set, STR("secret_access_key"))));
    struct text encoded = text_new(arena);
    const struct json *chunks = json_get(set, STR("chunks"));
    size_t size = 0;
    for (const struct json *chunk = chunks ? chunks->child : NULL; chunk; chunk = chunk->next) {
        const struct str data = chunk_data(arena, json_text(json_get(chunk, STR("data"))));
        const struct str signature = json_text(json_get(chunk, STR("signature")));
        text_add_format(&encoded, "%zx;chunk-signature=%" STR_FMT "\r\n", data.len, STR_ARG(signature));
        text_add(&encoded, data);
        text_add(&encoded, data.len > 0 ? STR("\r\n") : STR_NONE);
        size += data.len;
    }
    const struct json *trailer = json_get(set, STR("trailer_after_same_chain"));
    const struct http_header headers[] = {
        { STR("x-amz-decoded-content-length"), str_format(arena, "%zu", size) },
        { STR("x-amz-trailer"), STR("first, second, third") },
    };
    const size_t chunks_end = encoded.len;
    struct http_request request = { .headers = headers, .header_count = 1 };
    struct chunked_body out;
    size_t passed = 0;

    text_add(&encoded, STR("\r\n"));
    request.body = text_str(&encoded);
    claim.payload = SIGV4_CHUNKED;
    passed += chunked_decode(&ctx, &claim, &key, &request, &out).fault == NULL && out.body.len == 66560;

    encoded.len = chunks_end;
    text_add(&encoded, json_text(json_get(trailer, STR("canonical_trailers"))));
    const struct str signature = json_text(json_get(trailer, STR("signature")));
    text_add_format(&encoded, "x-amz-trailer-signature:%" STR_FMT "\r\n\r\n", STR_ARG(signature));
    request.body = text_str(&encoded);
    request.header_count = 2;
    claim.payload = SIGV4_CHUNKED_TRAILER;
    passed += chunked_decode(&ctx, &claim, &key, &request, &out).fault == NULL && out.trailer_count == 3;
    test_corpus_report("sigv4 chunks", 2, passed);
}
