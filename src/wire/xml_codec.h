/* xml_codec.h - values of a shape as XML: the answers of query and ec2, and both ways of rest-xml. */
#ifndef YAGURA_WIRE_XML_CODEC_H
#define YAGURA_WIRE_XML_CODEC_H

#include "wire/value.h"
#include "wire/xml.h"

enum xml_scope { XML_ALL_MEMBERS, XML_BODY_MEMBERS };

/* The members of a structure, without an element around them. */
void xml_write_members(struct text *out, const struct shape *shape, const void *structure, enum xml_scope scope);
/* A structure as the element `name`, with its attributes and namespace ("uri", "prefix=uri" or NULL). */
void xml_write_structure(struct text *out, struct str name, const char *xml_namespace, const struct view *view,
                         enum xml_scope scope);
/* Opens an element with a namespace. */
void xml_open_namespace(struct text *out, struct str name, const char *xml_namespace);

struct err xml_read_value(struct decoder *d, const struct slot *slot, const struct xml *element);
struct err xml_read_members(struct decoder *d, const struct shape *shape, void *structure, const struct xml *element,
                            enum xml_scope scope);

#endif
