#include "wire/form_data.h"

enum { BOUNDARY_MAX = 70 };

/* A parameter of a header's value: name="boundary" in `multipart/form-data; boundary=x`. */
static struct str parameter(struct str value, struct str wanted)
{
    struct str rest = STR_NONE;
    str_cut(value, ';', &rest);
    while (rest.ptr) {
        struct str content = STR_NONE;
        const struct str name = str_trim(str_cut(str_cut(rest, ';', &rest), '=', &content));
        if (str_equal_nocase(name, wanted)) {
            const struct str trimmed = str_trim(content);
            const bool quoted = trimmed.len >= 2 && trimmed.ptr[0] == '"' && trimmed.ptr[trimmed.len - 1] == '"';
            return quoted ? str_slice(trimmed, 1, trimmed.len - 2) : trimmed;
        }
    }
    return STR_NONE;
}

bool form_data_is(struct str content_type)
{
    struct str rest = STR_NONE;
    return str_equal_nocase(str_trim(str_cut(content_type, ';', &rest)), STR("multipart/form-data"));
}

/* One part being read. */
struct part {
    struct str name, file_name, type, body;
    bool file;
};

static void read_part_header(struct part *part, struct str line)
{
    struct str value = STR_NONE;
    const struct str name = str_trim(str_cut(line, ':', &value));
    if (str_equal_nocase(name, STR("content-disposition"))) {
        part->name = parameter(value, STR("name"));
        part->file_name = parameter(value, STR("filename"));
    } else if (str_equal_nocase(name, STR("content-type"))) {
        part->type = str_trim(value);
    }
}

/* From just behind a delimiter on: the headers, up to an empty line. False: there is no end of them. */
static bool read_part_headers(struct part *part, struct str *rest)
{
    const size_t end = str_search(str_slice(*rest, 0, FORM_DATA_BEFORE_MAX), STR("\r\n\r\n"));
    if (end == STR_MISSING || !str_starts(*rest, STR("\r\n"))) {
        return false;
    }
    struct str head = str_slice(*rest, 2, end > 2 ? end - 2 : 0);
    while (head.ptr) {
        read_part_header(part, str_trim(str_cut(head, '\n', &head)));
    }
    *rest = str_from(*rest, end + 4);
    return part->name.ptr != NULL;
}

static enum form_data_fault take(struct form_data *out, const struct part *part)
{
    if (str_equal_nocase(part->name, STR("file"))) {
        out->has_file = true;
        out->file = part->body;
        out->file_name = part->file_name;
        out->file_type = part->type;
        return FORM_DATA_FINE;
    }
    if (out->count == FORM_DATA_FIELDS_MAX) {
        return FORM_DATA_TOO_LARGE;
    }
    out->fields[out->count++] = (struct form_data_field){ part->name, part->body };
    return FORM_DATA_FINE;
}

enum form_data_fault form_data_read(struct arena *arena, struct str content_type, struct str body, struct form_data *out)
{
    const struct str boundary = parameter(content_type, STR("boundary"));
    *out = (struct form_data){ .fields = ARENA_ARRAY(arena, struct form_data_field, FORM_DATA_FIELDS_MAX) };
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX) {
        return FORM_DATA_MALFORMED;
    }
    const struct str delimiter = str_format(arena, "\r\n--%" STR_FMT, STR_ARG(boundary));
    const struct str first = str_from(delimiter, 2);
    const size_t start = str_search(str_slice(body, 0, FORM_DATA_BEFORE_MAX), first);
    if (start == STR_MISSING) {
        return FORM_DATA_MALFORMED;
    }
    struct str rest = str_from(body, start + first.len);
    while (!out->has_file && !str_starts(rest, STR("--"))) {
        struct part part = { .name = STR_NONE };
        if ((size_t)(rest.ptr - body.ptr) > FORM_DATA_BEFORE_MAX) {
            return FORM_DATA_TOO_LARGE;
        }
        if (!read_part_headers(&part, &rest)) {
            return FORM_DATA_MALFORMED;
        }
        const size_t end = str_search(rest, delimiter);
        if (end == STR_MISSING) {
            return FORM_DATA_MALFORMED;
        }
        part.body = str_slice(rest, 0, end);
        rest = str_from(rest, end + delimiter.len);
        const enum form_data_fault fault = take(out, &part);
        if (fault != FORM_DATA_FINE) {
            return fault;
        }
    }
    return FORM_DATA_FINE;
}

struct str form_data_find(const struct form_data *form, struct str name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (str_equal_nocase(form->fields[i].name, name)) {
            return form->fields[i].value;
        }
    }
    return STR_NONE;
}
