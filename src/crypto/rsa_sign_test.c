#include "crypto/rsa_sign.h"

#include "tests/test.h"

TEST(what_a_pair_signs_its_public_half_verifies_and_nothing_else)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct rsa_pair pair = { STR_NONE, STR_NONE };
    struct str signature = STR_NONE;
    CHECK_OK(rsa_sign_make(&ctx, 2048, &pair));
    CHECK_OK(rsa_sign(&ctx, pair.private_key, STR("digest"), &signature));
    CHECK(signature.len == 256);
    CHECK(pair.public_key.len == 270); /* RSAPublicKey, not SubjectPublicKeyInfo */
    struct rsa_public *key = rsa_public_open(pair.public_key);
    CHECK(key != NULL);
    CHECK(rsa_public_verify(key, STR("digest"), signature));
    CHECK(!rsa_public_verify(key, STR("digesT"), signature));
    CHECK(!rsa_public_verify(key, STR("digest"), str_slice(signature, 0, 255)));
    rsa_public_close(key);
}

TEST(bytes_that_are_no_key_are_told)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct str signature = STR_NONE;
    CHECK(rsa_public_open(STR("no key")) == NULL);
    CHECK(rsa_public_open(STR("")) == NULL);
    CHECK_FAULT(rsa_sign(&ctx, STR("no key"), STR("x"), &signature), "InternalFailure");
}
