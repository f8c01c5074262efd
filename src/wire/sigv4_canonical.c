#include "wire/sigv4_canonical.h"

#include <stdlib.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
        || c == '~';
}

/* s percent-encoded exactly once, whether or not it was encoded before; `kept` stays as it is. */
static struct str encoded_once(struct arena *arena, struct str s, char kept)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc_raw(arena, s.len * 3 + 1);
    size_t to = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        const bool escaped = byte == '%' && str_unhex(str_slice(s, i + 1, 2), &byte, 1);
        i += escaped ? 2 : 0;
        if (is_unreserved((char)byte) || (!escaped && (char)byte == kept)) {
            out[to++] = (char)byte;
            continue;
        }
        out[to++] = '%';
        out[to++] = digits[byte >> 4];
        out[to++] = digits[byte & 15];
    }
    out[to] = '\0';
    return (struct str){ out, to };
}

/* A bare '+' stays one: it is neither "%2B" nor "%20", so that no two readings of a query share a signature. */
static struct str encoded_parameter(struct arena *arena, struct str s)
{
    return encoded_once(arena, s, '+');
}

static size_t count_of(struct str s, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += s.ptr[i] == c;
    }
    return count;
}

struct sigv4_parameters sigv4_parameters(struct arena *arena, struct str query)
{
    struct sigv4_parameters all = { 0 };
    if (query.len == 0) {
        return all;
    }
    all.items = ARENA_ARRAY(arena, struct sigv4_parameter, count_of(query, '&') + 1);
    while (query.ptr) {
        struct str value = STR_NONE;
        const struct str pair = str_cut(query, '&', &query);
        const struct str name = str_cut(pair, '=', &value);
        if (pair.len > 0) {
            all.items[all.count++] =
                (struct sigv4_parameter){ encoded_parameter(arena, name), encoded_parameter(arena, value) };
        }
    }
    return all;
}

static int compare_parameters(const void *a, const void *b)
{
    const struct sigv4_parameter *left = a;
    const struct sigv4_parameter *right = b;
    const int by_name = str_compare(left->name, right->name);
    return by_name != 0 ? by_name : str_compare(left->value, right->value);
}

static void add_query(struct text *text, struct str query, bool presigned, bool without_token)
{
    struct sigv4_parameters all = sigv4_parameters(text->arena, query);
    if (all.count > 1) {
        qsort(all.items, all.count, sizeof(all.items[0]), compare_parameters);
    }
    bool first = true;
    for (size_t i = 0; i < all.count; i++) {
        const struct sigv4_parameter *one = &all.items[i];
        const bool is_signature = presigned && str_equal(one->name, STR("X-Amz-Signature"));
        if (is_signature || (without_token && str_equal(one->name, STR("X-Amz-Security-Token")))) {
            continue;
        }
        if (!first) {
            text_add_char(text, '&');
        }
        text_add(text, one->name);
        text_add_char(text, '=');
        text_add(text, one->value);
        first = false;
    }
}

/* Without "." and empty segments, ".." taking the one before it away; a slash at the end stays. */
static struct str normalised(struct arena *arena, struct str path)
{
    const struct str whole = path;
    struct text text = text_new(arena);
    while (path.ptr) {
        const struct str segment = str_cut(path, '/', &path);
        if (str_equal(segment, STR(".."))) {
            const size_t slash = str_find_last((struct str){ text.ptr, text.len }, '/');
            text.len = slash == STR_MISSING ? 0 : slash;
        } else if (segment.len > 0 && !str_equal(segment, STR("."))) {
            text_add_char(&text, '/');
            text_add(&text, segment);
        }
    }
    if (text.len == 0 || str_ends(whole, STR("/"))) {
        text_add_char(&text, '/');
    }
    return text_str(&text);
}

struct str sigv4_canonical_path(struct arena *arena, struct str path, bool s3, bool raw)
{
    if (!s3) {
        return str_percent_encode(arena, raw ? path : normalised(arena, path), true);
    }
    return encoded_once(arena, path, '/');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Trimmed, every inner run of blanks (and folded lines) one space. */
static void add_header_value(struct text *text, struct str value)
{
    value = str_trim(value);
    size_t start = 0; /* of what is to be added as it is */
    for (size_t i = 0; i < value.len; i++) {
        if (!is_blank(value.ptr[i])) {
            continue;
        }
        text_add(text, str_slice(value, start, i - start));
        text_add_char(text, ' ');
        while (is_blank(value.ptr[i + 1])) { /* trimmed: something follows */
            i++;
        }
        start = i + 1;
    }
    text_add(text, str_from(value, start));
}

static void add_header(struct text *text, const struct http_request *request, struct str name)
{
    text_add(text, name);
    char before = ':';
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal_nocase(request->headers[i].name, name)) {
            text_add_char(text, before);
            add_header_value(text, request->headers[i].value);
            before = ',';
        }
    }
    if (before == ':') {
        text_add_char(text, before);
    }
    text_add_char(text, '\n');
}

struct str sigv4_canonical_request(struct arena *arena, const struct sigv4_claim *claim,
                                   const struct http_request *request, struct sigv4_variant variant)
{
    struct text text = text_new(arena);
    text_add(&text, request->method);
    text_add_char(&text, '\n');
    text_add(&text, sigv4_canonical_path(arena, request->path, claim->s3, variant.raw_path));
    text_add_char(&text, '\n');
    add_query(&text, request->query, claim->presigned, variant.without_token);
    text_add_char(&text, '\n');
    for (struct str names = claim->signed_headers; names.ptr;) {
        add_header(&text, request, str_cut(names, ';', &names));
    }
    text_add_char(&text, '\n');
    text_add(&text, claim->signed_headers);
    text_add_char(&text, '\n');
    text_add(&text, claim->payload_hash);
    return text_str(&text);
}

struct str sigv4_string_to_sign(struct arena *arena, const struct sigv4_claim *claim, struct str canonical)
{
    struct text text = text_new(arena);
    const struct str parts[] = { STR("AWS4-HMAC-SHA256\n"), claim->date, STR("\n"), claim->day, STR("/"), claim->region,
        STR("/"), claim->service, STR("/aws4_request\n"), hash_hex(arena, HASH_SHA256, canonical) };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        text_add(&text, parts[i]);
    }
    return text_str(&text);
}
