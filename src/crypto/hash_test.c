#include "crypto/hash.h"

#include "crypto/crc.h"
#include "crypto/equal.h"
#include "tests/test.h"

static struct str hex_of(struct arena *arena, const unsigned char out[HASH_SHA256_SIZE])
{
    return str_hex(arena, out, HASH_SHA256_SIZE);
}

/* spec: RFC 1321 A.5; FIPS 180-4 examples. */
TEST(each_digest_of_abc_is_the_published_one)
{
    const struct str abc = STR("abc");
    CHECK_STR(hash_hex(arena, HASH_MD5, abc), "900150983cd24fb0d6963f7d28e17f72");
    CHECK_STR(hash_hex(arena, HASH_SHA1, abc), "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK_STR(hash_hex(arena, HASH_SHA256, abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STR(hash_hex(arena, HASH_SHA512, abc),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    CHECK_STR(hash_hex(arena, HASH_SHA256, STR_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(pieces_give_the_digest_of_the_whole_and_a_copy_forks_it)
{
    struct hash hash = hash_begin(HASH_SHA256);
    hash_add(&hash, STR("a"));
    struct hash fork = hash;
    hash_add(&hash, STR(""));
    hash_add(&hash, STR("bc"));
    hash_add(&fork, STR("xx"));
    unsigned char out[HASH_SHA256_SIZE];
    hash_end(&hash, out);
    CHECK_STR(hex_of(arena, out), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_end(&fork, out);
    CHECK(str_equal(hex_of(arena, out), hash_hex(arena, HASH_SHA256, STR("axx"))));
}

/* spec: RFC 4231, cases 1, 2 and 6 (a key longer than the block). */
TEST(hmac_sha256_gives_the_published_values)
{
    unsigned char out[HASH_SHA256_SIZE];
    hmac_sha256(STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"), STR("Hi There"), out);
    CHECK_STR(hex_of(arena, out), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
    CHECK_STR(hex_of(arena, out), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char *long_key = arena_alloc_raw(arena, 131);
    memset(long_key, 0xAA, 131);
    const struct str key = { long_key, 131 };
    hmac_sha256(key, STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    CHECK_STR(hex_of(arena, out), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(a_ready_key_signs_many_messages_whole_or_in_pieces)
{
    const struct hmac_key key = hmac_key(STR("Jefe"));
    unsigned char whole[HASH_SHA256_SIZE];
    unsigned char pieces[HASH_SHA256_SIZE];
    for (int round = 0; round < 3; round++) {
        hmac_sign(&key, STR("what do ya want for nothing?"), whole);
        struct hash inner = key.inner;
        hash_add(&inner, STR("what do ya want "));
        hash_add(&inner, STR("for nothing?"));
        hmac_end(&key, &inner, pieces);
        CHECK(memcmp(whole, pieces, sizeof(whole)) == 0);
    }
    CHECK_STR(hex_of(arena, whole), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* The check values that each CRC is catalogued with: of "123456789". */
TEST(each_crc_gives_its_check_value_in_one_piece_or_in_many)
{
    const struct str digits = STR("123456789");
    CHECK(crc32_ieee(0, digits) == 0xCBF43926U);
    CHECK(crc32_c(0, digits) == 0xE3069283U);
    CHECK(crc64_nvme(0, digits) == 0xAE8B14860A799888U);
    CHECK(crc32_ieee(0, STR_NONE) == 0 && crc64_nvme(0, STR("")) == 0);

    char *bytes = arena_alloc_raw(arena, 1000);
    for (size_t i = 0; i < 1000; i++) {
        bytes[i] = (char)(i * 7);
    }
    const struct str data = { bytes, 1000 };
    for (size_t cut = 0; cut <= 1000; cut += 37) {
        const struct str head = str_slice(data, 0, cut);
        const struct str tail = str_from(data, cut);
        CHECK(crc32_ieee(crc32_ieee(0, head), tail) == crc32_ieee(0, data));
        CHECK(crc32_c(crc32_c(0, head), tail) == crc32_c(0, data));
        CHECK(crc64_nvme(crc64_nvme(0, head), tail) == crc64_nvme(0, data));
    }
}

TEST(secrets_are_equal_only_when_every_byte_is)
{
    CHECK(crypto_equal(STR("secret"), STR("secret")));
    CHECK(!crypto_equal(STR("secret"), STR("secreT")));
    CHECK(!crypto_equal(STR("secret"), STR("secre")));
    CHECK(crypto_equal(STR(""), STR_NONE));
}

TEST(checksums_of_two_pieces_join_to_that_of_the_whole)
{
    char *bytes = arena_alloc_raw(arena, 70000);
    for (size_t i = 0; i < 70000; i++) {
        bytes[i] = (char)(i * 31 + (i >> 8) * 7);
    }
    const struct str whole = { bytes, 70000 };
    const size_t cuts[] = { 0, 1, 7, 256, 65535, 65536, 69999, 70000 };
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        const struct str first = str_slice(whole, 0, cuts[i]);
        const struct str second = str_from(whole, cuts[i]);
        CHECK(crc32_ieee_joined(crc32_ieee(0, first), crc32_ieee(0, second), second.len) == crc32_ieee(0, whole));
        CHECK(crc32_c_joined(crc32_c(0, first), crc32_c(0, second), second.len) == crc32_c(0, whole));
        CHECK(crc64_nvme_joined(crc64_nvme(0, first), crc64_nvme(0, second), second.len) == crc64_nvme(0, whole));
    }
    CHECK(crc64_nvme_joined(1, 2, UINT64_MAX) != 0);
}

/* Long pieces are folded, short ones go by tables: both must agree wherever they are cut. */
TEST(checksums_of_long_texts_are_those_of_their_pieces)
{
    char *bytes = arena_alloc_raw(arena, 5000);
    for (size_t i = 0; i < 5000; i++) {
        bytes[i] = (char)(i * 131 + (i >> 5));
    }
    for (size_t size = 250; size < 5000; size += 61) {
        const struct str whole = { bytes + size % 7, size - 7 };
        uint32_t ieee = 0, castagnoli = 0;
        uint64_t nvme = 0;
        for (size_t at = 0; at < whole.len; at += 100) {
            ieee = crc32_ieee(ieee, str_slice(whole, at, 100));
            castagnoli = crc32_c(castagnoli, str_slice(whole, at, 100));
            nvme = crc64_nvme(nvme, str_slice(whole, at, 100));
        }
        CHECK(crc32_ieee(0, whole) == ieee);
        CHECK(crc32_c(0, whole) == castagnoli);
        CHECK(crc64_nvme(0, whole) == nvme);
        CHECK(crc32_ieee(77, whole) == crc32_ieee_joined(77, ieee, whole.len));
    }
}
