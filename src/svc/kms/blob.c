#include "svc/kms/blob.h"

#include <stdlib.h>

#include "crypto/random.h"

enum { VERSION = 1, ACCOUNT_AT = 1, ACCOUNT_SIZE = 5, KIND_AT = 6, KEY_AT = 7, KEY_SIZE = 16, MATERIAL_AT = 23,
       MATERIAL_SIZE = 32, ACCOUNT_DIGITS = 12, UUID_SIZE = 36 };

static struct str key_text(struct arena *arena, const char *bytes, bool several_regions)
{
    const struct str hex = str_hex(arena, bytes, KEY_SIZE);
    if (several_regions) {
        return str_format(arena, "mrk-%" STR_FMT, STR_ARG(hex));
    }
    static const size_t lengths[] = { 8, 4, 4, 4, 12 };
    char *out = arena_alloc_raw(arena, UUID_SIZE + 1);
    size_t from = 0;
    size_t to = 0;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memcpy(out + to, hex.ptr + from, lengths[i]);
        from += lengths[i];
        to += lengths[i];
        out[to++] = i + 1 < COUNT_OF(lengths) ? '-' : '\0';
    }
    return (struct str){ out, UUID_SIZE };
}

/* Absent: the five bytes are no account's. */
static struct str account_text(struct arena *arena, const char *bytes)
{
    char *digits = arena_alloc_raw(arena, ACCOUNT_DIGITS + 1);
    uint64_t account = 0;
    for (size_t i = 0; i < ACCOUNT_SIZE; i++) {
        account = account << 8 | (unsigned char)bytes[i];
    }
    digits[ACCOUNT_DIGITS] = '\0';
    for (size_t i = ACCOUNT_DIGITS; i > 0; i--) {
        digits[i - 1] = (char)('0' + account % 10);
        account /= 10;
    }
    return account ? STR_NONE : (struct str){ digits, ACCOUNT_DIGITS };
}

bool kms_blob_read(struct arena *arena, struct str bytes, struct blob *out)
{
    if (bytes.len < BLOB_MIN || bytes.ptr[0] != VERSION || (unsigned char)bytes.ptr[KIND_AT] > 1) {
        return false;
    }
    out->account = account_text(arena, bytes.ptr + ACCOUNT_AT);
    out->key = key_text(arena, bytes.ptr + KEY_AT, bytes.ptr[KIND_AT] == 1);
    out->material = str_hex(arena, bytes.ptr + MATERIAL_AT, MATERIAL_SIZE);
    out->head = str_slice(bytes, 0, BLOB_HEAD);
    out->nonce = str_slice(bytes, BLOB_HEAD, AEAD_NONCE_SIZE);
    out->sealed = str_from(bytes, BLOB_HEAD + AEAD_NONCE_SIZE);
    return out->account.ptr != NULL;
}

static struct str key_digits(struct arena *arena, struct str key)
{
    struct text text = text_new(arena);
    const struct str rest = str_starts(key, STR("mrk-")) ? str_from(key, 4) : key;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] != '-') {
            text_add_char(&text, rest.ptr[i]);
        }
    }
    return text_str(&text);
}

static void write_head(struct arena *arena, const struct blob *names, unsigned char *head)
{
    int64_t account = 0;
    str_to_int(names->account, &account);
    head[0] = VERSION;
    for (size_t i = 0; i < ACCOUNT_SIZE; i++) {
        head[ACCOUNT_AT + i] = (unsigned char)((uint64_t)account >> (8 * (ACCOUNT_SIZE - 1 - i)));
    }
    head[KIND_AT] = str_starts(names->key, STR("mrk-"));
    str_unhex(key_digits(arena, names->key), head + KEY_AT, KEY_SIZE);
    str_unhex(names->material, head + MATERIAL_AT, MATERIAL_SIZE);
}

struct str kms_blob_bound(struct arena *arena, struct str head, struct str context)
{
    char *whole = arena_alloc_raw(arena, head.len + context.len);
    memcpy(whole, head.ptr, head.len);
    if (context.len) {
        memcpy(whole + head.len, context.ptr, context.len);
    }
    return (struct str){ whole, head.len + context.len };
}

unsigned char *kms_blob_begin(struct arena *arena, const struct blob *names, size_t plain_size, struct str *out)
{
    const size_t size = BLOB_MIN + plain_size;
    unsigned char *bytes = arena_alloc_raw(arena, size);
    write_head(arena, names, bytes);
    random_name(bytes + BLOB_HEAD, AEAD_NONCE_SIZE);
    *out = (struct str){ (const char *)bytes, size };
    return bytes;
}

static int by_key(const void *a, const void *b)
{
    const struct kms_encryption_context_type_entry *left = a;
    const struct kms_encryption_context_type_entry *right = b;
    const int keys = str_compare(left->key, right->key);
    return keys ? keys : str_compare(left->value, right->value);
}

static void add_sized(struct text *text, struct str s)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_add_char(text, (char)(unsigned char)(s.len >> shift));
    }
    text_add(text, s);
}

struct str kms_blob_context(struct arena *arena, const struct kms_encryption_context_type *context)
{
    if (context->count == 0) {
        return STR("");
    }
    struct kms_encryption_context_type_entry *sorted =
        ARENA_ARRAY(arena, struct kms_encryption_context_type_entry, context->count);
    memcpy(sorted, context->items, context->count * sizeof(*sorted));
    qsort(sorted, context->count, sizeof(*sorted), by_key);
    struct text text = text_new(arena);
    for (size_t i = 0; i < context->count; i++) {
        add_sized(&text, sorted[i].key);
        add_sized(&text, sorted[i].value);
    }
    return text_str(&text);
}
