#include "svc/sts/saml.h"

#include "crypto/equal.h"
#include "crypto/hash.h"
#include "crypto/verify.h"
#include "wire/canonical_xml.h"

static const struct str EXCLUSIVE = STR_INIT("http://www.w3.org/2001/10/xml-exc-c14n#");
static const struct str ENVELOPED = STR_INIT("http://www.w3.org/2000/09/xmldsig#enveloped-signature");

static const struct {
    const char *uri;
    enum verify_scheme rsa;
} METHODS[] = {
    { "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", VERIFY_RS256 },
    { "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", VERIFY_RS384 },
    { "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", VERIFY_RS512 },
    { "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", VERIFY_ES256 },
    { "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", VERIFY_ES384 },
    { "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", VERIFY_ES512 },
};
static const struct {
    const char *uri;
    enum hash_kind kind;
} DIGESTS[] = { { "http://www.w3.org/2001/04/xmlenc#sha256", HASH_SHA256 }, { "http://www.w3.org/2001/04/xmlenc#sha512", HASH_SHA512 } };

const struct xml *saml_child(const struct xml *element, const char *name)
{
    const struct xml *found = NULL;
    for (const struct xml *child = element ? element->child : NULL; child; child = child->next) {
        if (str_equal(xml_local_name(child->name), str_of(name))) {
            if (found) {
                return NULL;
            }
            found = child;
        }
    }
    return found;
}

struct str saml_attribute(const struct xml *element, const char *name)
{
    for (const struct xml_attribute *a = element ? element->attributes : NULL; a; a = a->next) {
        if (str_equal(a->name, str_of(name))) {
            return a->value;
        }
    }
    return STR_NONE;
}

/* Base64 with white space in it, as XML has it. */
static bool decode(struct arena *arena, struct str s, struct str *out)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < s.len; i++) {
        if (str_find(STR(" \t\r\n"), s.ptr[i]) == STR_MISSING) {
            text_add_char(&text, s.ptr[i]);
        }
    }
    return str_unbase64(arena, text_str(&text), out) && out->len > 0;
}

/* Enveloped, and exclusive canonicalisation perhaps with prefixes; nothing else. */
static bool read_transforms(const struct xml *reference, struct str *inclusive)
{
    const struct xml *transforms = saml_child(reference, "Transforms");
    bool enveloped = false;
    bool exclusive = false;
    for (const struct xml *one = transforms ? transforms->child : NULL; one; one = one->next) {
        const struct str algorithm = saml_attribute(one, "Algorithm");
        if (str_equal(algorithm, ENVELOPED) && !enveloped && !exclusive) {
            enveloped = true;
        } else if (str_equal(algorithm, EXCLUSIVE) && !exclusive) {
            exclusive = true;
            *inclusive = saml_attribute(saml_child(one, "InclusiveNamespaces"), "PrefixList");
        } else {
            return false;
        }
    }
    return enveloped && exclusive;
}

static bool digest_fits(struct arena *arena, const struct xml *reference, struct str signed_bytes)
{
    const struct str method = saml_attribute(saml_child(reference, "DigestMethod"), "Algorithm");
    const struct xml *value = saml_child(reference, "DigestValue");
    struct str wanted = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(DIGESTS); i++) {
        if (str_equal(method, str_of(DIGESTS[i].uri))) {
            unsigned char digest[HASH_SIZE_MAX];
            struct hash hash = hash_begin(DIGESTS[i].kind);
            hash_add(&hash, signed_bytes);
            hash_end(&hash, digest);
            return value && decode(arena, value->text, &wanted) &&
                   crypto_equal(wanted, (struct str){ (const char *)digest, hash_size(DIGESTS[i].kind) });
        }
    }
    return false;
}

static bool signature_fits(const struct saml_provider *provider, struct str method, struct str message, struct str signature)
{
    size_t which = 0;
    while (which < COUNT_OF(METHODS) && !str_equal(method, str_of(METHODS[which].uri))) {
        which++;
    }
    for (size_t i = 0; i < provider->certificate_count && which < COUNT_OF(METHODS); i++) {
        struct verify_key *key = verify_key_certificate(provider->certificates[i]);
        const bool good = key && verify_signature(key, METHODS[which].rsa, message, signature);
        verify_key_close(key);
        if (good) {
            return true;
        }
    }
    return false;
}

/* The bytes of the element, once its signature proved good. */
static const char *verify_element(struct arena *arena, struct str document, const struct xml *element,
                                  const struct saml_provider *provider, struct str *signed_bytes)
{
    struct canonical_wish wish = { .id = saml_attribute(element, "ID"), .part = CANONICAL_SIGNED_INFO };
    const struct xml *value = saml_child(saml_child(element, "Signature"), "SignatureValue");
    struct str signature = STR_NONE;
    struct str info_bytes = STR_NONE;
    const char *reason = wish.id.len > 0 ? canonical_xml(arena, document, &wish, &info_bytes) : "the signed element has no ID";
    if (reason) {
        return reason;
    }
    const struct xml *info = xml_parse(arena, info_bytes, NULL); /* what was signed decides how it is verified */
    const struct xml *reference = saml_child(info, "Reference");
    const struct xml *spelling = saml_child(info, "CanonicalizationMethod");
    const struct str uri = saml_attribute(reference, "URI");
    if (!str_equal(saml_attribute(spelling, "Algorithm"), EXCLUSIVE) || spelling->child) {
        return "its canonicalisation is not the exclusive one";
    }
    if (uri.len < 2 || uri.ptr[0] != '#' || !str_equal(str_from(uri, 1), wish.id)) {
        return "the signature is over something else";
    }
    if (!read_transforms(reference, &wish.inclusive)) {
        return "its transforms are not just enveloped and exclusive canonicalisation";
    }
    wish.part = CANONICAL_ELEMENT;
    reason = canonical_xml(arena, document, &wish, signed_bytes);
    if (reason) {
        return reason;
    }
    if (!digest_fits(arena, reference, *signed_bytes)) {
        return "the digest differs, or is not SHA-256 or SHA-512";
    }
    const struct str method = saml_attribute(saml_child(info, "SignatureMethod"), "Algorithm");
    return value && decode(arena, value->text, &signature) && signature_fits(provider, method, info_bytes, signature)
               ? NULL
               : "no key of the provider made the signature, or its method is too weak";
}

static bool is_named(const struct xml *element, const char *name)
{
    return element && str_equal(xml_local_name(element->name), str_of(name));
}

const char *saml_verify(struct arena *arena, struct str document, const struct saml_provider *provider, struct xml **assertion)
{
    const struct xml *root = xml_parse(arena, document, NULL);
    const struct xml *inner = is_named(root, "Response") ? saml_child(root, "Assertion") : is_named(root, "Assertion") ? root : NULL;
    if (inner == NULL) {
        return "there is not one assertion (encrypted ones are not read)";
    }
    const struct xml *signed_element = saml_child(inner, "Signature") ? inner : root;
    struct str bytes = STR_NONE;
    const char *reason = saml_child(signed_element, "Signature") ? verify_element(arena, document, signed_element, provider, &bytes)
                                                                 : "nothing is signed";
    if (reason) {
        return reason;
    }
    struct xml *proven = xml_parse(arena, bytes, NULL);
    *assertion = is_named(proven, "Assertion") ? proven : NULL;
    if (*assertion == NULL) { /* the response as a whole was signed */
        const struct xml *within = saml_child(proven, "Assertion");
        *assertion = within ? ARENA_NEW(arena, struct xml) : NULL;
        if (within) {
            **assertion = *within;
        }
    }
    return *assertion ? NULL : "there is not one assertion in what is signed";
}

struct str saml_status(struct arena *arena, struct str document)
{
    const struct xml *code = saml_child(saml_child(xml_parse(arena, document, NULL), "Status"), "StatusCode");
    const struct str value = saml_attribute(code, "Value");
    const size_t colon = str_find_last(value, ':');
    return colon == STR_MISSING ? value : str_from(value, colon + 1);
}

size_t saml_values(const struct xml *assertion, const char *name, struct str *out, size_t max)
{
    size_t count = 0;
    for (const struct xml *statement = assertion->child; statement; statement = statement->next) {
        for (const struct xml *attribute = is_named(statement, "AttributeStatement") ? statement->child : NULL; attribute;
             attribute = attribute->next) {
            const bool wanted = str_equal(saml_attribute(attribute, "Name"), str_of(name));
            for (const struct xml *value = wanted ? attribute->child : NULL; value && count < max; value = value->next) {
                out[count++] = str_trim(value->text);
            }
        }
    }
    return count;
}

bool saml_provider_read(struct arena *arena, struct str metadata, struct saml_provider *out)
{
    const struct xml *root = xml_parse(arena, metadata, NULL);
    const struct xml *idp = is_named(root, "EntityDescriptor") ? saml_child(root, "IDPSSODescriptor") : NULL;
    *out = (struct saml_provider){ .entity_id = saml_attribute(root, "entityID") };
    for (const struct xml *key = idp ? idp->child : NULL; key; key = key->next) {
        const struct str use = saml_attribute(key, "use");
        const bool signs = is_named(key, "KeyDescriptor") && (use.ptr == NULL || str_equal(use, STR("signing")));
        const struct xml *data = signs ? saml_child(saml_child(key, "KeyInfo"), "X509Data") : NULL;
        for (const struct xml *one = data ? data->child : NULL; one && out->certificate_count < COUNT_OF(out->certificates); one = one->next) {
            if (is_named(one, "X509Certificate")) {
                out->certificate_count += decode(arena, one->text, &out->certificates[out->certificate_count]);
            }
        }
    }
    return out->entity_id.len > 0 && out->certificate_count > 0;
}
