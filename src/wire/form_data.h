/* form_data.h - multipart/form-data as a browser posts it: small fields, then one file.
 *
 * Everything borrows from the body, which may be a view of a large file: only what precedes the file is looked at byte by byte.
 * Fields after the file don't count.
 * spec: RFC 7578; S3 API reference, "POST Object": "file" comes last, what precedes it is at most 20 KB. */
#ifndef YAGURA_WIRE_FORM_DATA_H
#define YAGURA_WIRE_FORM_DATA_H

#include "base/str.h"

enum { FORM_DATA_FIELDS_MAX = 100, FORM_DATA_BEFORE_MAX = 20 * 1024 };

struct form_data_field {
    struct str name, value;
};

struct form_data {
    struct form_data_field *fields;
    size_t count;
    bool has_file;
    struct str file, file_name, file_type; /* name and type absent: not told */
};

enum form_data_fault { FORM_DATA_FINE, FORM_DATA_MALFORMED, FORM_DATA_TOO_LARGE };

bool form_data_is(struct str content_type);
enum form_data_fault form_data_read(struct arena *arena, struct str content_type, struct str body, struct form_data *out);
/* The first field of that name, in any case; absent: none. */
struct str form_data_find(const struct form_data *form, struct str name);

#endif
