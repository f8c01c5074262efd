#include "wire/chunked.h"

#include "crypto/crc.h"
#include "crypto/equal.h"

const struct fault CHUNKED_INCOMPLETE_BODY = { "IncompleteBody", NULL, NULL, 400 };
const struct fault CHUNKED_INVALID_CHUNK = { "InvalidRequest", NULL, NULL, 400 };
const struct fault CHUNKED_MISSING_LENGTH = { "MissingContentLength", NULL, NULL, 411 };
const struct fault CHUNKED_MALFORMED_TRAILER = { "MalformedTrailerError", NULL, NULL, 400 };
const struct fault CHUNKED_BAD_DIGEST = { "BadDigest", NULL, NULL, 400 };

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct decoder {
    struct ctx *ctx;
    const struct sigv4_claim *claim;
    const struct hmac_key *key;
    struct str rest;     /* of the encoded body */
    struct str previous; /* signature: the chain's newest link */
    char link[2 * HASH_SHA256_SIZE];
    size_t announced;
    char *body;
    size_t size;
};

static struct err incomplete(struct ctx *ctx)
{
    return fail(ctx, &CHUNKED_INCOMPLETE_BODY,
        "You did not provide the number of bytes specified by the Content-Length HTTP header");
}

static struct err malformed(struct ctx *ctx, const char *what)
{
    return fail(ctx, &CHUNKED_INVALID_CHUNK, "The aws-chunked body is malformed: %s", what);
}

static struct err malformed_trailer(struct ctx *ctx)
{
    return fail(ctx, &CHUNKED_MALFORMED_TRAILER,
        "The request contained trailing data that was not well-formed or did not conform to our published schema.");
}

static bool parse_hex(struct str s, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const int digit = c >= '0' && c <= '9' ? c - '0'
            : c >= 'a' && c <= 'f'             ? c - 'a' + 10
            : c >= 'A' && c <= 'F'             ? c - 'A' + 10
                                               : -1;
        if (digit < 0 || *out >> 56) {
            return false;
        }
        *out = *out << 4 | (size_t)digit;
    }
    return s.len > 0;
}

/* Extends the chain: the HMAC of kind, date, scope, the previous signature and what is hashed now. */
static struct err check_link(struct decoder *d, const char *kind, struct str hashes, struct str signature)
{
    const struct sigv4_claim *claim = d->claim;
    const struct str parts[] = { str_of(kind), STR("\n"), claim->date, STR("\n"), claim->day, STR("/"), claim->region,
        STR("/"), claim->service, STR("/aws4_request\n"), d->previous, STR("\n"), hashes };
    struct hash inner = d->key->inner;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        hash_add(&inner, parts[i]);
    }
    unsigned char digest[HASH_SHA256_SIZE];
    hmac_end(d->key, &inner, digest);
    const struct str computed = str_hex(d->ctx->arena, digest, sizeof(digest));
    if (!crypto_equal(computed, signature)) {
        return fail(d->ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, SIGV4_MISMATCH_TEXT);
    }
    memcpy(d->link, computed.ptr, sizeof(d->link));
    d->previous = (struct str){ d->link, sizeof(d->link) };
    return ERR_OK;
}

static struct err check_chunk(struct decoder *d, struct str extension, struct str data)
{
    static const struct str label = STR_INIT("chunk-signature=");
    if (d->claim->payload == SIGV4_CHUNKED_UNSIGNED) {
        return ERR_OK;
    }
    if (!str_starts(extension, label)) {
        return malformed(d->ctx, "a chunk has no signature");
    }
    /* A body of tiny chunks must not cost many times its own size. */
    const struct arena_mark mark = arena_mark(d->ctx->arena);
    const struct str hash = hash_hex(d->ctx->arena, HASH_SHA256, data);
    const struct str hashes = str_format(d->ctx->arena, EMPTY_HASH "\n%s", hash.ptr);
    const struct err checked = check_link(d, "AWS4-HMAC-SHA256-PAYLOAD", hashes, str_from(extension, label.len));
    arena_release(d->ctx->arena, mark);
    return checked;
}

/* A line up to CR LF, without them. */
static bool take_line(struct str *rest, struct str *line)
{
    const size_t end = str_find(*rest, '\n');
    if (end == STR_MISSING || end == 0 || rest->ptr[end - 1] != '\r') {
        return false;
    }
    *line = str_slice(*rest, 0, end - 1);
    *rest = str_from(*rest, end + 1);
    return true;
}

/* One chunk; *last when it was the empty one. */
static struct err take_chunk(struct decoder *d, bool *last)
{
    struct str line = STR_NONE;
    struct str extension = STR_NONE;
    size_t size = 0;
    if (!take_line(&d->rest, &line)) {
        return d->rest.len == 0 ? incomplete(d->ctx) : malformed(d->ctx, "a chunk has no size line");
    }
    if (!parse_hex(str_cut(line, ';', &extension), &size)) {
        return malformed(d->ctx, "a chunk's size is not a hexadecimal number");
    }
    *last = size == 0;
    if (size > d->announced - d->size) {
        return incomplete(d->ctx);
    }
    const struct str data = str_slice(d->rest, 0, size);
    if (*last) {
        return check_chunk(d, extension, data);
    }
    const struct str after = str_from(d->rest, size);
    if (data.len < size || after.len < 2) {
        return incomplete(d->ctx);
    }
    if (!str_starts(after, STR("\r\n"))) {
        return malformed(d->ctx, "a chunk is longer than it says");
    }
    TRY(check_chunk(d, extension, data));
    memmove(d->body + d->size, data.ptr, data.len); /* which may be the body's own bytes */
    d->size += data.len;
    d->rest = str_from(after, 2);
    return ERR_OK;
}

/* Lines end in LF or CR LF; empty ones are passed over: the documents' own examples scatter them. */
static bool take_trailer_line(struct str *rest, struct str *line)
{
    while (rest->len > 0) {
        const size_t end = str_find(*rest, '\n');
        if (end == STR_MISSING) {
            return false;
        }
        *line = str_trim(str_slice(*rest, 0, end));
        *rest = str_from(*rest, end + 1);
        if (line->len > 0) {
            return true;
        }
    }
    return false;
}

/* How often x-amz-trailer announces that name; absent: any name. */
static size_t count_announced(const struct http_request *request, struct str name)
{
    size_t count = 0;
    for (struct str list = http_header_find(request, STR("x-amz-trailer")); list.ptr;) {
        const struct str one = str_trim(str_cut(list, ',', &list));
        count += one.len > 0 && (name.ptr == NULL || str_equal_nocase(one, name));
    }
    return count;
}

static struct err check_trailer_signature(struct decoder *d, struct str canonical, struct str signature)
{
    if (d->claim->payload != SIGV4_CHUNKED_TRAILER) {
        return signature.ptr ? malformed_trailer(d->ctx) : ERR_OK;
    }
    return check_link(d, "AWS4-HMAC-SHA256-TRAILER", hash_hex(d->ctx->arena, HASH_SHA256, canonical), signature);
}

static struct err take_trailers(struct decoder *d, const struct http_request *request, struct chunked_body *out)
{
    struct arena *arena = d->ctx->arena;
    struct http_header *trailers = ARENA_ARRAY(arena, struct http_header, CHUNKED_TRAILERS_MAX);
    struct text canonical = text_new(arena);
    struct str signature = STR_NONE;
    struct str line = STR_NONE;
    while (take_trailer_line(&d->rest, &line)) {
        struct str value = STR_NONE;
        const struct str name = str_lower(arena, str_trim(str_cut(line, ':', &value)));
        value = value.ptr ? str_copy(arena, str_trim(value)) : value; /* the body they lie in may be cut to its length */
        if (str_equal(name, STR("x-amz-trailer-signature")) && signature.ptr == NULL) {
            signature = value;
            continue;
        }
        const bool full = out->trailer_count == CHUNKED_TRAILERS_MAX;
        if (value.ptr == NULL || signature.ptr || full || count_announced(request, name) == 0) {
            return malformed_trailer(d->ctx);
        }
        trailers[out->trailer_count++] = (struct http_header){ name, value };
        text_add(&canonical, name);
        text_add_char(&canonical, ':');
        text_add(&canonical, value);
        text_add_char(&canonical, '\n');
    }
    out->trailers = trailers;
    if (d->rest.len > 0 || out->trailer_count != count_announced(request, STR_NONE)) {
        return malformed_trailer(d->ctx);
    }
    return check_trailer_signature(d, text_str(&canonical), signature);
}

static struct err take_end(struct decoder *d, const struct http_request *request, struct chunked_body *out)
{
    if (d->claim->payload != SIGV4_CHUNKED) {
        return take_trailers(d, request, out);
    }
    return str_equal(d->rest, STR("\r\n")) ? ERR_OK : malformed(d->ctx, "something follows the last chunk");
}

static struct err parse_size(struct ctx *ctx, const struct http_request *request, size_t *size)
{
    int64_t announced = 0;
    const struct str text = http_header_find(request, STR("x-amz-decoded-content-length"));
    if (text.ptr == NULL) {
        return fail(ctx, &CHUNKED_MISSING_LENGTH, "You must provide the Content-Length HTTP header.");
    }
    /* Decoding only ever takes away. */
    if (!str_to_int(text, &announced) || announced < 0 || (uint64_t)announced > request->body.len) {
        return incomplete(ctx);
    }
    *size = (size_t)announced;
    return ERR_OK;
}

struct err chunked_decode_into(struct ctx *ctx, const struct sigv4_claim *claim, const struct hmac_key *key,
                               const struct http_request *request, char *room, struct chunked_body *out)
{
    *out = (struct chunked_body){ 0 };
    struct decoder d = {
        .ctx = ctx,
        .claim = claim,
        .key = key,
        .rest = request->body,
        .previous = claim->signature,
        .body = room,
    };
    TRY(parse_size(ctx, request, &d.announced));
    for (bool last = false; !last;) {
        TRY(take_chunk(&d, &last));
    }
    if (d.size != d.announced) {
        return incomplete(ctx);
    }
    TRY(take_end(&d, request, out));
    out->body = (struct str){ d.body, d.size };
    return ERR_OK;
}

struct err chunked_decode(struct ctx *ctx, const struct sigv4_claim *claim, const struct hmac_key *key,
                          const struct http_request *request, struct chunked_body *out)
{
    size_t announced = 0;
    *out = (struct chunked_body){ 0 };
    TRY(parse_size(ctx, request, &announced));
    TRY(chunked_decode_into(ctx, claim, key, request, arena_alloc(ctx->arena, announced + 1), out));
    for (size_t i = 0; i < out->trailer_count; i++) {
        TRY(chunked_check_sum(ctx, out->trailers[i].name, out->trailers[i].value, out->body));
    }
    return ERR_OK;
}

static struct str big_endian(struct arena *arena, uint64_t number, size_t size)
{
    char *bytes = arena_alloc_raw(arena, size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(number >> (8 * (size - 1 - i)));
    }
    return (struct str){ bytes, size };
}

static struct str digest_of(struct arena *arena, enum hash_kind kind, struct str body)
{
    struct hash hash = hash_begin(kind);
    unsigned char *out = arena_alloc_raw(arena, HASH_SIZE_MAX);
    hash_add(&hash, body);
    hash_end(&hash, out);
    return (struct str){ (const char *)out, hash_size(kind) };
}

static struct str sum_of(struct arena *arena, struct str algorithm, struct str body)
{
    if (str_equal(algorithm, STR("crc32"))) {
        return big_endian(arena, crc32_ieee(0, body), 4);
    }
    if (str_equal(algorithm, STR("crc32c"))) {
        return big_endian(arena, crc32_c(0, body), 4);
    }
    if (str_equal(algorithm, STR("crc64nvme"))) {
        return big_endian(arena, crc64_nvme(0, body), 8);
    }
    if (str_equal(algorithm, STR("sha1"))) {
        return digest_of(arena, HASH_SHA1, body);
    }
    return str_equal(algorithm, STR("sha256")) ? digest_of(arena, HASH_SHA256, body) : STR_NONE;
}

/* spec: S3 user guide, "Checking object integrity": the big-endian checksum in base64. */
struct err chunked_check_sum(struct ctx *ctx, struct str name, struct str value, struct str body)
{
    static const struct str prefix = STR_INIT("x-amz-checksum-");
    const struct str lower = str_lower(ctx->arena, name);
    const struct str algorithm = str_starts(lower, prefix) ? str_from(lower, prefix.len) : STR_NONE;
    const struct str computed = sum_of(ctx->arena, algorithm, body);
    if (computed.ptr == NULL) {
        return ERR_OK;
    }
    struct str given = STR_NONE;
    if (!str_unbase64(ctx->arena, value, &given) || given.len != computed.len) {
        return fail(ctx, &SIGV4_INVALID_REQUEST, "Value for %s trailing header is invalid.", str_cstr(ctx->arena, lower));
    }
    if (!str_equal(given, computed)) {
        return fail(ctx, &CHUNKED_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
            algorithm.ptr);
    }
    return ERR_OK;
}
