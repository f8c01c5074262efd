/* sample_case.h - a small model written by hand for the tests of codecs: every kind of shape once, and a few operations. */
#ifndef YAGURA_WIRE_SAMPLE_CASE_H
#define YAGURA_WIRE_SAMPLE_CASE_H

#include "wire/model.h"

struct sample;
struct sample_strings { struct str *items; size_t count; };
struct sample_list { struct sample *items; size_t count; };
struct sample_counts { struct sample_counts_entry *items; size_t count; };
struct sample_choice { struct str left; struct opt_int right; };
struct sample {
    struct str text, data, document, color;
    struct opt_bool flag;
    struct opt_int small;
    struct opt_long big;
    struct opt_double real;
    struct opt_time at;
    struct sample_strings strings;
    struct sample_list parts;
    struct sample_counts counts;
    const struct sample *nested;
    const struct sample_choice *choice;
};
struct sample_counts_entry { struct str key; int64_t value; };
struct sample_empty { uint8_t no_members; };

static const char *const COLORS[] = { "RED", "GREEN", NULL };
static const struct shape TEXT = { .name = "Text", .kind = SHAPE_STRING, .size = sizeof(struct str), .has_min = true, .min = 1,
                                   .has_max = true, .max = 8 };
static const struct shape WORD = { .name = "Word", .kind = SHAPE_STRING, .size = sizeof(struct str), .pattern = "[a-z]*" };
static const struct shape COLOR = { .name = "Color", .kind = SHAPE_STRING, .size = sizeof(struct str), .values = COLORS };
static const struct shape DATA = { .name = "Data", .kind = SHAPE_BLOB, .size = sizeof(struct str) };
static const struct shape DOCUMENT = { .name = "Document", .kind = SHAPE_DOCUMENT, .size = sizeof(struct str) };
static const struct shape FLAG = { .name = "Flag", .kind = SHAPE_BOOLEAN, .size = sizeof(bool) };
static const struct shape SMALL = { .name = "Small", .kind = SHAPE_INTEGER, .size = sizeof(int32_t), .bits = 16, .has_max = true,
                                    .max = 1000 };
static const struct shape BIG = { .name = "Big", .kind = SHAPE_LONG, .size = sizeof(int64_t) };
static const struct shape REAL = { .name = "Real", .kind = SHAPE_DOUBLE, .size = sizeof(double), .bits = 64 };
static const struct shape AT = { .name = "At", .kind = SHAPE_TIMESTAMP, .size = sizeof(int64_t) };
static const struct shape SAMPLE;
static const struct member STRING_ELEMENT[] = { { .name = "member", .shape = &WORD } };
static const struct shape STRINGS = { .name = "Strings", .kind = SHAPE_LIST, .size = sizeof(struct sample_strings),
                                      .stride = sizeof(struct str), .members = STRING_ELEMENT, .member_count = 1 };
static const struct member PART_ELEMENT[] = { { .name = "member", .shape = &SAMPLE } };
static const struct shape PARTS = { .name = "Parts", .kind = SHAPE_LIST, .size = sizeof(struct sample_list),
                                    .stride = sizeof(struct sample), .members = PART_ELEMENT, .member_count = 1 };
static const struct member COUNT_PARTS[] = {
    { .name = "key", .wire_name = "key", .shape = &WORD },
    { .name = "value", .wire_name = "value", .shape = &BIG, .offset = offsetof(struct sample_counts_entry, value) },
};
static const struct shape COUNTS = { .name = "Counts", .kind = SHAPE_MAP, .size = sizeof(struct sample_counts),
                                     .stride = sizeof(struct sample_counts_entry), .members = COUNT_PARTS, .member_count = 2 };
static const struct member CHOICE_MEMBERS[] = {
    { .name = "Left", .wire_name = "left", .shape = &WORD, .offset = offsetof(struct sample_choice, left) },
    { .name = "Right", .wire_name = "right", .shape = &SMALL, .offset = offsetof(struct sample_choice, right) },
};
static const struct shape CHOICE = { .name = "Choice", .kind = SHAPE_STRUCTURE, .size = sizeof(struct sample_choice),
                                     .members = CHOICE_MEMBERS, .member_count = 2, .is_union = true };
#define SAMPLE_MEMBER(title, field, target) \
    .name = title, .wire_name = #field, .shape = &(target), .offset = offsetof(struct sample, field)
static const struct member SAMPLE_MEMBERS[] = {
    { SAMPLE_MEMBER("Text", text, TEXT) },
    { SAMPLE_MEMBER("Data", data, DATA) },
    { SAMPLE_MEMBER("Document", document, DOCUMENT) },
    { SAMPLE_MEMBER("Color", color, COLOR) },
    { SAMPLE_MEMBER("Flag", flag, FLAG) },
    { SAMPLE_MEMBER("Small", small, SMALL) },
    { SAMPLE_MEMBER("Big", big, BIG) },
    { SAMPLE_MEMBER("Real", real, REAL) },
    { SAMPLE_MEMBER("At", at, AT) },
    { SAMPLE_MEMBER("Strings", strings, STRINGS) },
    { SAMPLE_MEMBER("Parts", parts, PARTS) },
    { SAMPLE_MEMBER("Counts", counts, COUNTS) },
    { SAMPLE_MEMBER("Nested", nested, SAMPLE) },
    { SAMPLE_MEMBER("Choice", choice, CHOICE) },
};
static const struct shape SAMPLE = { .name = "Sample", .kind = SHAPE_STRUCTURE, .size = sizeof(struct sample),
                                     .members = SAMPLE_MEMBERS, .member_count = 14 };
static const struct shape EMPTY = { .name = "Empty", .kind = SHAPE_STRUCTURE, .size = sizeof(struct sample_empty) };

/* GetSample's input: Id in the path, Page in the query, X-Mark in a header, the rest in the body. */
struct get_sample_in { struct str id, mark, text; struct opt_int page; };
static const struct member GET_MEMBERS[] = {
    { .name = "Id", .wire_name = "Id", .shape = &WORD, .offset = offsetof(struct get_sample_in, id), .location = IN_URI,
      .required = true },
    { .name = "Page", .wire_name = "page", .shape = &SMALL, .offset = offsetof(struct get_sample_in, page),
      .location = IN_QUERY },
    { .name = "Mark", .wire_name = "X-Mark", .shape = &WORD, .offset = offsetof(struct get_sample_in, mark),
      .location = IN_HEADER },
    { .name = "Text", .wire_name = "text", .shape = &TEXT, .offset = offsetof(struct get_sample_in, text), .required = true },
};
static const struct shape GET_INPUT = { .name = "GetSampleRequest", .kind = SHAPE_STRUCTURE, .size = sizeof(struct get_sample_in),
                                        .members = GET_MEMBERS, .member_count = 4 };

static const struct fault SAMPLE_INVALID = { "InvalidSample", "InvalidSampleException", "Message", 400 };
static const struct fault *const SAMPLE_FAULTS[] = { &SAMPLE_INVALID, NULL };
static const struct operation SAMPLE_OPERATIONS[] = {
    { .name = "GetSample", .method = "POST", .uri = "/samples/{Id}", .status = 200, .input = &GET_INPUT, .output = &SAMPLE,
      .faults = SAMPLE_FAULTS },
    { .name = "ListSamples", .method = "GET", .uri = "/samples?list", .status = 200, .input = &EMPTY, .output = &SAMPLE,
      .faults = SAMPLE_FAULTS },
    { .name = "PutSample", .method = "PUT", .uri = "/samples", .status = 200, .input = &SAMPLE, .output = &SAMPLE,
      .output_wrapper = "PutSampleResult", .faults = SAMPLE_FAULTS },
    { .name = "ShowPath", .method = "GET", .uri = "/files/{Path+}", .status = 204, .input = &EMPTY, .output = &EMPTY,
      .faults = SAMPLE_FAULTS },
};
#define SAMPLE_MODEL(chosen, all)                                                                                    \
    { .name = "sample", .service_id = "Sample", .signing_name = "sample", .endpoint_prefix = "sample",              \
      .target_prefix = "com.example.Sample_2020", .api_version = "2020-01-01", .xml_namespace = "http://example.com/", \
      .json_version = "1.1", .protocols = (all), .protocol = (chosen), .operations = SAMPLE_OPERATIONS,              \
      .operation_count = 4, .faults = SAMPLE_FAULTS, .validation = &SAMPLE_INVALID }

#endif
