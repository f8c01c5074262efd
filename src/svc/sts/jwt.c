#include "svc/sts/jwt.h"

static const struct {
    const char *name, *kind;
} SCHEMES[] = {
    [VERIFY_RS256] = { "RS256", "RSA" }, [VERIFY_RS384] = { "RS384", "RSA" }, [VERIFY_RS512] = { "RS512", "RSA" },
    [VERIFY_ES256] = { "ES256", "EC" },  [VERIFY_ES384] = { "ES384", "EC" },  [VERIFY_ES512] = { "ES512", "EC" },
};

bool jwt_unbase64(struct arena *arena, struct str s, struct str *out)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (c == '+' || c == '/' || c == '=') {
            return false;
        }
        text_add_char(&text, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (text.len % 4 != 0) {
        text_add_char(&text, '=');
    }
    return str_unbase64(arena, text_str(&text), out);
}

static const struct json *read_part(struct arena *arena, struct str part)
{
    struct str plain = STR_NONE;
    const struct json *json = jwt_unbase64(arena, part, &plain) ? json_parse(arena, plain, NULL) : NULL;
    return json && json->kind == JSON_OBJECT ? json : NULL;
}

static bool find_scheme(struct str name, enum verify_scheme *out)
{
    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        if (str_equal(name, str_of(SCHEMES[i].name))) {
            *out = (enum verify_scheme)i;
            return true;
        }
    }
    return false;
}

bool jwt_parse(struct arena *arena, struct str token, struct jwt *out, const char **reason)
{
    struct str rest = STR_NONE;
    struct str last = STR_NONE;
    const struct str head = str_cut(token, '.', &rest);
    const struct str body = str_cut(rest, '.', &last);
    const struct json *header = read_part(arena, head);
    *out = (struct jwt){ .claims = header ? read_part(arena, body) : NULL };
    *reason = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
    if (header == NULL || out->claims == NULL || last.ptr == NULL || !jwt_unbase64(arena, last, &out->signature)) {
        return false;
    }
    out->issuer = json_text(json_get(out->claims, STR("iss")));
    out->key_id = json_text(json_get(header, STR("kid")));
    out->signed_text = str_slice(token, 0, head.len + 1 + body.len);
    if (json_get(header, STR("crit"))) {
        *reason = "The ID Token asks for extensions that are not understood";
        return false;
    }
    *reason = "The ID Token is not signed with RS256, RS384, RS512, ES256, ES384 or ES512";
    return find_scheme(json_text(json_get(header, STR("alg"))), &out->scheme);
}

/* A member that is there must say this. */
static bool agrees(const struct json *key, const char *member, struct str wanted)
{
    const struct json *said = json_get(key, str_of(member));
    return said == NULL || str_equal(json_text(said), wanted);
}

static bool fits(const struct jwt *jwt, const struct json *key)
{
    const struct str kind = json_text(json_get(key, STR("kty")));
    return str_equal(kind, str_of(SCHEMES[jwt->scheme].kind)) && agrees(key, "use", STR("sig")) &&
           agrees(key, "alg", str_of(SCHEMES[jwt->scheme].name)) &&
           (jwt->key_id.ptr == NULL || str_equal(json_text(json_get(key, STR("kid"))), jwt->key_id));
}

static bool number(struct arena *arena, const struct json *key, const char *member, struct str *out)
{
    return jwt_unbase64(arena, json_text(json_get(key, str_of(member))), out);
}

/* NULL: weak or malformed. */
static struct verify_key *key_of(struct arena *arena, const struct json *key)
{
    struct str one = STR_NONE;
    struct str two = STR_NONE;
    if (str_equal(json_text(json_get(key, STR("kty"))), STR("RSA"))) {
        return number(arena, key, "n", &one) && number(arena, key, "e", &two) ? verify_key_rsa(one, two) : NULL;
    }
    return number(arena, key, "x", &one) && number(arena, key, "y", &two)
               ? verify_key_ec(json_text(json_get(key, STR("crv"))), one, two)
               : NULL;
}

enum jwt_trust jwt_verify(struct arena *arena, const struct jwt *jwt, struct str jwks)
{
    const struct json *keys = json_get(json_parse(arena, jwks, NULL), STR("keys"));
    enum jwt_trust trust = JWT_NO_KEY;
    int left = JWT_KEYS_MAX;
    if (keys == NULL || keys->kind != JSON_ARRAY) {
        return JWT_BAD_KEYS;
    }
    for (const struct json *one = keys->child; one && left > 0 && trust != JWT_GOOD; one = one->next, left--) {
        struct verify_key *key = fits(jwt, one) ? key_of(arena, one) : NULL;
        if (key) {
            trust = verify_signature(key, jwt->scheme, jwt->signed_text, jwt->signature) ? JWT_GOOD : JWT_FORGED;
            verify_key_close(key);
        }
    }
    return trust;
}

size_t jwt_texts(const struct json *claim, struct str *out, size_t max)
{
    if (claim == NULL || max == 0) {
        return 0;
    }
    if (claim->kind == JSON_STRING) {
        out[0] = claim->text;
        return 1;
    }
    size_t count = 0;
    for (const struct json *one = claim->kind == JSON_ARRAY ? claim->child : NULL; one && count < max; one = one->next) {
        if (one->kind == JSON_STRING) {
            out[count++] = one->text;
        }
    }
    return count;
}
