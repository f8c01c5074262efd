/* xml.h - XML as a tree and as text.
 *
 * Reading refuses document types, hence entities of a document's own making, and nesting beyond XML_DEPTH_MAX. Names keep
 * their prefixes; xml_local_name takes them off. Text of an element is that of all its pieces joined. */
#ifndef YAGURA_WIRE_XML_H
#define YAGURA_WIRE_XML_H

#include "base/str.h"

enum { XML_DEPTH_MAX = 128, XML_ELEMENTS_MAX = 1000000 };

struct xml_attribute {
    struct str name, value;
    struct xml_attribute *next;
};

struct xml {
    struct str name;
    struct str text;
    struct xml *child;
    struct xml *next;
    struct xml_attribute *attributes;
    size_t count; /* of children */
};

/* NULL when it is not one well-formed document; *reason (may be NULL) then says why. */
struct xml *xml_parse(struct arena *arena, struct str text, const char **reason);
struct str xml_local_name(struct str name);

/* Escapes & < > " and carriage return: what every reader gives back unchanged. */
void xml_add_text(struct text *out, struct str s);
void xml_open(struct text *out, struct str name);
void xml_close(struct text *out, struct str name);
void xml_element(struct text *out, struct str name, struct str content);

#endif
