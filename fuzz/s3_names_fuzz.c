/* s3_names_fuzz.c - what names objects in requests to S3: x-amz-copy-source, canonical user ids, checksums in JSON, metadata's
 * encoded words. Input: a line for each of the first two, the others to the end. */
#include <stdlib.h>

#include "svc/s3/copy.h"
#include "svc/s3/encoded_word.h"
#include "svc/s3/owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct request rq = { .ctx = ctx_new(arena, 0) };
    struct str rest = { (const char *)data, size };
    const struct str source = str_cut(rest, '\n', &rest);
    const struct str id = str_cut(rest, '\n', &rest);
    struct copy_source parsed = { .bucket = STR_NONE };
    if (copy_source_parse(&rq, source, &parsed).fault == NULL) {
        must(parsed.bucket.len > 0 && parsed.key.len > 0 && str_find(parsed.bucket, '/') == STR_MISSING);
    }
    const struct str account = owner_account(arena, id);
    must(account.ptr == NULL || str_equal(owner_id(arena, account), id));
    if (id.len >= 12) { /* any account has an id that leads back to it */
        const struct str made = str_slice(id, 0, 12);
        const bool digits = strspn(str_cstr(arena, made), "0123456789") == made.len;
        must(!digits || str_equal(owner_account(arena, owner_id(arena, made)), made));
    }
    const struct checksum checksum = checksum_read(arena, rest);
    must(checksum.kind < CHECKSUM_KINDS);
    const struct str text = encoded_words_read(arena, rest);
    must(!str_utf8_valid(rest) || str_utf8_valid(text));
    must(!str_utf8_valid(text) || str_equal(encoded_words_read(arena, encoded_words_write(arena, text)), text) || str_search(text, STR("=?")) != STR_MISSING);
    arena_close(arena);
    return 0;
}
