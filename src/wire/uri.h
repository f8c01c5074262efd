/* uri.h - an operation's URI template: "/detector/{DetectorId}", "/{Bucket}/{Key+}?policy". */
#ifndef YAGURA_WIRE_URI_H
#define YAGURA_WIRE_URI_H

#include "base/str.h"

enum uri_part_kind { URI_LITERAL, URI_LABEL, URI_GREEDY };

struct uri_part {
    enum uri_part_kind kind;
    struct str text; /* the literal, or the label's name */
};

struct uri_template {
    const struct uri_part *parts;
    size_t part_count;
    size_t literals;
    bool greedy; /* a label takes more than one segment */
    struct str query; /* constant query: "policy", "list-type=2&x"; absent: none */
};

/* Parts live in the arena, texts in uri. */
struct uri_template uri_parse(struct arena *arena, const char *uri);

/* Matches a raw path. labels takes one still-encoded value per label. A trailing slash is tolerated unless a greedy label
 * owns it; doubled slashes are never merged. */
bool uri_match(const struct uri_template *uri, struct str path, struct str *labels, size_t *label_count, size_t max);

#endif
