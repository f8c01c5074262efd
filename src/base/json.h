/* json.h - a strict JSON reader into a tree, for requests and content files, and a writer.
 *
 * Logs never come this way: base/scan.h reads them without a tree. The tree lives in the arena; text without escapes
 * borrows from the input. RFC 8259, UTF-8 checked, depth at most JSON_DEPTH_MAX, lone surrogates refused.
 * Objects keep their order; of duplicate keys json_get gives the last. */
#ifndef YAGURA_BASE_JSON_H
#define YAGURA_BASE_JSON_H

#include "base/str.h"

enum { JSON_DEPTH_MAX = 128 };

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    struct str text;     /* of a string, unescaped; of a number, as written; of array and object, their source text */
    struct json *child;  /* first element or member */
    struct json *next;   /* sibling */
    struct str key;      /* of a member, unescaped */
    size_t count;        /* of children */
};

struct json_error {
    size_t offset;
    const char *reason;
};

/* NULL when text is not one JSON value; *error (may be NULL) then tells where and why. */
struct json *json_parse(struct arena *arena, struct str text, struct json_error *error);
const struct json *json_get(const struct json *object, struct str key); /* NULL: absent, or not an object */
/* Dotted walk through objects only: json_path(j, "userIdentity.arn"). */
const struct json *json_path(const struct json *j, const char *path);
/* The text of a string; STR_NONE for NULL and for other kinds. */
struct str json_text(const struct json *j);
bool json_is_true(const struct json *j);
bool json_int(const struct json *j, int64_t *out);     /* a whole number within int64, "1.0" and "1e2" included */
bool json_double(const struct json *j, double *out);

/* Writer: commas are its business, nesting is the caller's. */
struct json_writer {
    struct text text;
    bool comma;
};

struct json_writer json_writer_new(struct arena *arena);
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);
void json_str(struct json_writer *w, struct str s); /* escapes; invalid UTF-8 becomes U+FFFD; absent becomes null */
void json_write_int(struct json_writer *w, int64_t n);
void json_write_double(struct json_writer *w, double n); /* shortest text that reads back the same; NaN, Inf: null */
void json_write_bool(struct json_writer *w, bool b);
void json_write_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct str value); /* one JSON value, as it is */
void json_write_tree(struct json_writer *w, const struct json *j);
struct str json_done(struct json_writer *w);

/* key and value in one; _str leaves the member out when the value is absent. */
void json_member_str(struct json_writer *w, struct str key, struct str value);
/* The same for a key that is a literal without anything to escape. */
#define JSON_MEMBER(w, key, value) json_write_member((w), STR("\"" key "\":"), (value))
void json_write_member(struct json_writer *w, struct str quoted_key, struct str value);
void json_writer_reserve(struct json_writer *w, size_t size); /* room, where it is known about how much there will be */
void json_member_int(struct json_writer *w, struct str key, int64_t value);
void json_member_bool(struct json_writer *w, struct str key, bool value);

/* Appends s with JSON escapes, without the quotes. */
void json_escape(struct text *text, struct str s);
/* Decodes the inside of a JSON string (escapes and all) as it stands in source; false when it is malformed. */
bool json_unescape(struct arena *arena, struct str source, struct str *out);

#endif
