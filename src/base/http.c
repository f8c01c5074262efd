#include "base/http.h"

#include <unistd.h>

enum { HEADERS_AT_FIRST = 8 };

struct str http_header_find(const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (header->name.len == name.len && str_equal_nocase(header->name, name)) { /* most differ in length */
            return header->value;
        }
    }
    return STR_NONE;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

/* A value that came from a stranger must not start a header of its own. */
static struct str without_controls(struct arena *arena, struct str value)
{
    size_t clean = 0;
    while (clean < value.len && !is_control(value.ptr[clean])) {
        clean++;
    }
    if (clean == value.len) {
        return value;
    }
    char *copy = arena_alloc_raw(arena, value.len + 1);
    for (size_t i = 0; i < value.len; i++) {
        copy[i] = is_control(value.ptr[i]) ? ' ' : value.ptr[i];
    }
    copy[value.len] = '\0';
    return (struct str){ copy, value.len };
}

void http_response_add(struct arena *arena, struct http_response *response, struct str name, struct str value)
{
    if (response->header_count == response->header_capacity) {
        const size_t before = response->header_capacity;
        const size_t after = before ? before * 2 : HEADERS_AT_FIRST;
        const size_t one = sizeof(struct http_header);
        response->headers = arena_grow(arena, response->headers, before * one, after * one);
        response->header_capacity = after;
    }
    response->headers[response->header_count++] = (struct http_header){ name, without_controls(arena, value) };
}

void http_response_set(struct arena *arena, struct http_response *response, struct str name, struct str value)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_equal_nocase(response->headers[i].name, name)) {
            response->headers[i].value = without_controls(arena, value);
            return;
        }
    }
    http_response_add(arena, response, name, value);
}

int64_t http_stream_read(const struct http_stream *stream, uint64_t at, char *out, size_t max)
{
    const uint64_t left = at < stream->size ? stream->size - at : 0;
    const size_t wanted = left < max ? (size_t)left : max;
    if (wanted == 0) {
        return 0;
    }
    return stream->read ? stream->read(stream->self, at, out, wanted) : pread(stream->fd, out, wanted, (off_t)(stream->offset + at));
}

void http_stream_close(const struct http_stream *stream)
{
    if (stream->read) {
        stream->close(stream->self);
    } else {
        close(stream->fd);
    }
}
