/* saml.h - SAML 2.0 responses: whose signature is good, and what they say.
 *
 * saml_verify gives back the very bytes that were signed, and only they are read: nothing that an attacker wraps around or
 * puts beside a signed element is ever looked at. Accepted are enveloped signatures with exclusive canonicalisation and RSA or
 * ECDSA over SHA-256, SHA-384 or SHA-512, of the assertion or of the whole response; SHA-1 and every other transform are not.
 *
 * spec: SAML 2.0 core, 5 (signatures) and 2 (assertions); SAML 2.0 profiles, 4.1.4. */
#ifndef YAGURA_SVC_STS_SAML_H
#define YAGURA_SVC_STS_SAML_H

#include "base/err.h"
#include "wire/xml.h"

/* Of an identity provider's metadata: the keys that may sign, and who it is. */
struct saml_provider {
    struct str entity_id;
    struct str certificates[16]; /* DER */
    size_t certificate_count;
};
bool saml_provider_read(struct arena *arena, struct str metadata, struct saml_provider *out);

/* The signed assertion in document (a Response, or an Assertion alone), as its own document. NULL, else what is wrong. */
const char *saml_verify(struct arena *arena, struct str document, const struct saml_provider *provider, struct xml **assertion);
/* Whether the response tells of success: the last part of its status code, "Success", "AuthnFailed". Not signed for an assertion's
 * own signature: only ever a reason to refuse. */
struct str saml_status(struct arena *arena, struct str document);

const struct xml *saml_child(const struct xml *element, const char *name); /* of an element; NULL: there isn't exactly one */
struct str saml_attribute(const struct xml *element, const char *name);
/* Texts of the attribute statement's attribute of that name, at most max. */
size_t saml_values(const struct xml *assertion, const char *name, struct str *out, size_t max);

#endif
