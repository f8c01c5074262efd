#include "svc/sts/jwt.h"

#include "tests/test.h"

/* Made for these tests alone; the private keys are gone. */
#define ES_X \
    "vzCfFOye3Qp08CT8v0Turx2B9PJ7Z_E_ZiK6SwBr4dE"
#define ES_Y \
    "MwOiO5emS5CjU2NsK4nHDwwPT8YfOSaxMlmdxQw-yYo"
#define RS_N \
    "v8y1bIkKQNhMgVpvYrIkq5QVKKP-3L1O1f7taJmZPEenpUYm3C8FXdEgb6tKGLgU4zWLmKJlMWz3bZTO2XiQ1_CeHE9-yN-YcPbUnaDCskLNY8" \
    "Yl3I_MykSwvHeWaCalnr2jTFBSzr7MVVDM5DDNeYlghf2T-YmOl1i_ez9aqgU3sFkCyOq7u7iz8vpbtxngAMfSSYVInC2sVU2A-C1lDGcXcPuF" \
    "UKJg2XPIDIVbO6XO2PbcB1_Rb7GQnC0WVmHwVhWis3gPbEXYeq9BcDqgPTpMfj3o3g_p_XO-Xu_Ti3Jpb_WZsIas8rFkJR1TokNYCieq_iTalw" \
    "r7q27TX8Z5uQ"
#define ES_TOKEN \
    "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZSJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZSIsICJhdWQiOiBbI" \
    "mFwcCJdLCAic3ViIjogImFubiIsICJleHAiOiAxNzAwMDAwNjAwfQ.lkcj_fyZbtHC5mjz6-4z-P8LJ40LtoEEiAWTPisw-fY4IQbGvMOyjiJv" \
    "MFlg8wwIO9GO1yVuVRjK09xFji3Spw"
#define RS_TOKEN \
    "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAiciJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZSIsICJhdWQiOiBbI" \
    "mFwcCJdLCAic3ViIjogImFubiIsICJleHAiOiAxNzAwMDAwNjAwfQ.rz3D7hv04Vwmq-k-UqVyrKz8kHimxOLMLmYgn1T-SZU85cBeUD1rBi3V" \
    "epvaPGNKgl0cFv3aY4Ytv2keEtX-G2vi5G6mhx1xgZLuYZT7QgSL2qHoc0FZzqf2GVfRbo-1xWMbnUspKzwqwCnhvmAeNVgdjk9IzMAH_aJGUV" \
    "dD8H6k_S3d0GUvSWP9rj3S4Y-ycxpMUJmgPJ5u_uX2sA_Bg8gYDjcf92za88vw10OYozQ0QVZBr-s_SRwPbIVoKOn2SwlFzfh6X88KqQHE7MUY" \
    "dYQvnRpfy092KLq1Ecw08EBEdou2pqYFnMEhOxOwj5LrtMlGpSMAf0DNvvqlQ-lw9Q"

#define ES_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"" ES_X "\",\"y\":\"" ES_Y "\"}"
#define RS_KEY "{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"" RS_N "\",\"e\":\"AQAB\"}"
#define SET(keys) "{\"keys\":[" keys "]}"

static enum jwt_trust trust(struct arena *arena, const char *token, const char *jwks)
{
    struct jwt jwt;
    const char *reason = NULL;
    CHECK(jwt_parse(arena, str_of(token), &jwt, &reason));
    return jwt_verify(arena, &jwt, str_of(jwks));
}

static bool reads(struct arena *arena, const char *token)
{
    struct jwt jwt;
    const char *reason = NULL;
    return jwt_parse(arena, str_of(token), &jwt, &reason);
}

TEST(tokens_are_read_and_verified)
{
    struct jwt jwt;
    const char *reason = NULL;
    CHECK(jwt_parse(arena, STR(ES_TOKEN), &jwt, &reason));
    CHECK_STR(jwt.issuer, "https://idp.example");
    CHECK_STR(jwt.key_id, "e");
    CHECK(trust(arena, ES_TOKEN, SET(RS_KEY "," ES_KEY)) == JWT_GOOD);
    CHECK(trust(arena, RS_TOKEN, SET(ES_KEY "," RS_KEY)) == JWT_GOOD);
}

TEST(a_key_must_be_the_one_that_is_named_and_be_for_it)
{
    CHECK(trust(arena, ES_TOKEN, SET(RS_KEY)) == JWT_NO_KEY);
    CHECK(trust(arena, ES_TOKEN, SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"other\",\"x\":\"" ES_X "\",\"y\":\"" ES_Y "\"}")) == JWT_NO_KEY);
    CHECK(trust(arena, ES_TOKEN, SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"use\":\"enc\",\"x\":\"" ES_X "\",\"y\":\"" ES_Y "\"}")) == JWT_NO_KEY);
    CHECK(trust(arena, ES_TOKEN, SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"" ES_Y "\",\"y\":\"" ES_X "\"}")) == JWT_NO_KEY); /* off the curve */
    CHECK(trust(arena, ES_TOKEN, SET("{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"e\",\"x\":\"" ES_X "\",\"y\":\"" ES_Y "\"}")) == JWT_NO_KEY);
    CHECK(trust(arena, RS_TOKEN, SET("{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"" RS_N "\",\"e\":\"Ag\"}")) == JWT_NO_KEY); /* even */
    CHECK(trust(arena, RS_TOKEN, SET("{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"AQAB\",\"e\":\"AQAB\"}")) == JWT_NO_KEY); /* weak */
    CHECK(trust(arena, RS_TOKEN, SET("{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"" RS_N "\",\"e\":\"Aw\"}")) == JWT_FORGED);
    CHECK(trust(arena, ES_TOKEN, "[]") == JWT_BAD_KEYS);
    CHECK(trust(arena, ES_TOKEN, "nonsense") == JWT_BAD_KEYS);
}

TEST(what_is_no_token_is_not_read)
{
    CHECK(!reads(arena, ""));
    CHECK(!reads(arena, ".."));
    CHECK(!reads(arena, "a.b"));
    CHECK(!reads(arena, "eyJhbGciOiJub25lIn0.e30."));     /* none */
    CHECK(!reads(arena, "eyJhbGciOiJIUzI1NiJ9.e30.AAAA")); /* HS256 */
    CHECK(!reads(arena, "eyJhbGciOiJFUzI1NiJ9.W10.AAAA")); /* claims that are no object */
    CHECK(!reads(arena, "eyJhbGciOiJFUzI1NiIsImNyaXQiOltdfQ.e30.AAAA"));
    CHECK(!reads(arena, "eyJhbGciOiJFUzI1NiJ9.e30.AA+A"));
    CHECK(!reads(arena, ES_TOKEN ".x"));
    CHECK(reads(arena, "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"));
}

TEST(claims_are_texts_or_lists_of_them)
{
    const struct json *claims = json_parse(arena, STR("{\"a\":\"x\",\"b\":[\"y\",1,\"z\"],\"c\":7}"), NULL);
    struct str texts[2];
    CHECK_INT(jwt_texts(json_get(claims, STR("a")), texts, 2), 1);
    CHECK_INT(jwt_texts(json_get(claims, STR("b")), texts, 2), 2);
    CHECK_STR(texts[1], "z");
    CHECK_INT(jwt_texts(json_get(claims, STR("b")), texts, 1), 1);
    CHECK_INT(jwt_texts(json_get(claims, STR("c")), texts, 2), 0);
    CHECK_INT(jwt_texts(NULL, texts, 2), 0);
}
