/* json_codec.h - values of a shape as JSON: json 1.0 and 1.1, rest-json, and embedded documents. */
#ifndef YAGURA_WIRE_JSON_CODEC_H
#define YAGURA_WIRE_JSON_CODEC_H

#include "base/json.h"
#include "wire/value.h"

enum json_scope { JSON_ALL_MEMBERS, JSON_BODY_MEMBERS };

/* Any value. */
struct err json_read_value(struct decoder *d, const struct slot *slot, const struct json *j);
/* The members of a structure that exists already; JSON_BODY_MEMBERS leaves out those that travel elsewhere. */
struct err json_read_members(struct decoder *d, const struct shape *shape, void *structure, const struct json *j,
                             enum json_scope scope);
void json_write_value(struct json_writer *w, const struct view *view);
void json_write_members(struct json_writer *w, const struct shape *shape, const void *structure, enum json_scope scope);

#endif
