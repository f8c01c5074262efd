#include "svc/kms/blob.h"

#include "tests/test.h"

static struct kms_encryption_context_type context_of(struct kms_encryption_context_type_entry *items, size_t count)
{
    return (struct kms_encryption_context_type){ items, count };
}

TEST(a_blob_names_its_key_and_material)
{
    const char *const keys[] = { "12345678-9abc-4def-8123-456789abcdef", "mrk-123456789abc4def8123456789abcdef" };
    const struct str material = STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct blob names = { .account = STR("000000000042"), .key = str_of(keys[i]), .material = material };
        struct blob read = { .key = STR_NONE };
        struct str bytes = STR_NONE;
        kms_blob_begin(arena, &names, 5, &bytes);
        CHECK_INT(bytes.len, BLOB_MIN + 5);
        CHECK(kms_blob_read(arena, bytes, &read));
        CHECK_STR(read.account, "000000000042");
        CHECK_STR(read.key, keys[i]);
        CHECK(str_equal(read.material, material));
        CHECK(!kms_blob_read(arena, str_slice(bytes, 0, BLOB_MIN - 1), &read));
    }
}

TEST(a_context_has_one_form_whatever_its_order)
{
    struct kms_encryption_context_type_entry one[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
    struct kms_encryption_context_type_entry other[] = { { STR("b"), STR("2") }, { STR("a"), STR("1") } };
    struct kms_encryption_context_type_entry shifted[] = { { STR("a"), STR("1b") }, { STR(""), STR("2") } };
    const struct kms_encryption_context_type contexts[] = { context_of(one, 2), context_of(other, 2), context_of(shifted, 2),
                                                            context_of(NULL, 0) };
    CHECK(str_equal(kms_blob_context(arena, &contexts[0]), kms_blob_context(arena, &contexts[1])));
    CHECK(!str_equal(kms_blob_context(arena, &contexts[0]), kms_blob_context(arena, &contexts[2])));
    CHECK_INT(kms_blob_context(arena, &contexts[3]).len, 0);
}
