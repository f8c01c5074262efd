/* sigv4_case.h - a request written down as text, for tests and fuzz targets of wire/sigv4.h alone.
 *
 * "METHOD target HTTP/1.1", header lines (folded ones allowed), an empty line, the body; lines end in LF. */
#ifndef YAGURA_WIRE_SIGV4_CASE_H
#define YAGURA_WIRE_SIGV4_CASE_H

#include "base/http.h"

enum { CASE_HEADERS_MAX = 64 };

static inline void case_add_line(struct http_request *request, struct http_header *headers, struct str line)
{
    if (line.ptr[0] == ' ' && request->header_count > 0) {
        struct str *last = &headers[request->header_count - 1].value;
        last->len = last->ptr ? (size_t)(line.ptr + line.len - last->ptr) : 0;
        return;
    }
    if (request->header_count < CASE_HEADERS_MAX) {
        struct http_header *header = &headers[request->header_count++];
        header->name = str_cut(line, ':', &header->value);
        header->value = str_trim(header->value);
    }
}

static inline struct http_request case_request(struct arena *arena, struct str text)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, CASE_HEADERS_MAX);
    struct str rest = STR_NONE;
    struct str target = STR_NONE;
    struct http_request request = { .headers = headers, .body = STR("") };
    request.method = str_cut(str_cut(text, '\n', &rest), ' ', &target);
    const size_t version = str_find_last(target, ' ');
    request.path = str_cut(str_slice(target, 0, version == STR_MISSING ? target.len : version), '?', &request.query);
    while (rest.ptr) {
        const struct str line = str_cut(rest, '\n', &rest);
        if (line.len == 0) {
            request.body = rest.ptr ? rest : request.body;
            break;
        }
        case_add_line(&request, headers, line);
    }
    return request;
}

/* The first header of that name, or one that nobody looks at. */
static inline struct http_header *case_header(const struct http_request *request, struct str name)
{
    static struct http_header none;
    struct http_header *headers = (struct http_header *)(uintptr_t)request->headers;
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal_nocase(headers[i].name, name)) {
            return &headers[i];
        }
    }
    return &none;
}

#endif
