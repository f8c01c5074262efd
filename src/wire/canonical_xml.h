/* canonical_xml.h - the one spelling of a part of an XML document over which signatures are made.
 *
 * Exclusive canonicalisation without comments, for the element whose attribute ID has a value, in two forms that SAML needs:
 * the element without its child Signature (the enveloped-signature transform), and the SignedInfo within that child.
 * Document types are refused, hence entities and defaults of a document's own making; so are prefixes without a declaration,
 * nesting beyond CANONICAL_DEPTH_MAX, and documents where the id stands twice: what is signed is never in doubt.
 *
 * spec: W3C, Exclusive XML Canonicalization 1.0; XML Signature 1.1, 6.6.4. */
#ifndef YAGURA_WIRE_CANONICAL_XML_H
#define YAGURA_WIRE_CANONICAL_XML_H

#include "base/str.h"

enum { CANONICAL_DEPTH_MAX = 64, CANONICAL_PREFIXES_MAX = 256, CANONICAL_ATTRIBUTES_MAX = 64 };

enum canonical_part { CANONICAL_ELEMENT, CANONICAL_SIGNED_INFO };

struct canonical_wish {
    struct str id;
    enum canonical_part part;
    struct str inclusive; /* PrefixList: separated by spaces; absent: none */
};

/* NULL and *out, else what is wrong. */
const char *canonical_xml(struct arena *arena, struct str document, const struct canonical_wish *wish, struct str *out);

#endif
