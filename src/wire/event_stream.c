#include "wire/event_stream.h"

#include "crypto/crc.h"

enum { PRELUDE = 12, TRAILER = 4, STRING_HEADER = 7, MESSAGE_MAX = 24 << 20 };

static void add_number(struct text *out, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0) {
        text_add_char(out, (char)(number >> (8 * bytes)));
    }
}

static uint32_t number_at(struct str bytes, size_t at, unsigned count)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        number = number << 8 | (unsigned char)bytes.ptr[at + i];
    }
    return number;
}

void event_stream_add(struct text *out, const struct event_header *headers, size_t count, struct str payload)
{
    const size_t start = out->len;
    size_t header_size = 0;
    for (size_t i = 0; i < count; i++) {
        header_size += 1 + headers[i].name.len + 1 + 2 + headers[i].value.len;
    }
    add_number(out, PRELUDE + header_size + payload.len + TRAILER, 4);
    add_number(out, header_size, 4);
    add_number(out, crc32_ieee(0, (struct str){ out->ptr + start, 8 }), 4);
    for (size_t i = 0; i < count; i++) {
        add_number(out, headers[i].name.len, 1);
        text_add(out, headers[i].name);
        add_number(out, STRING_HEADER, 1);
        add_number(out, headers[i].value.len, 2);
        text_add(out, headers[i].value);
    }
    text_add(out, payload);
    add_number(out, crc32_ieee(0, (struct str){ out->ptr + start, out->len - start }), 4);
}

void event_stream_event(struct text *out, struct str type, struct str json)
{
    const struct event_header headers[] = { { STR(":event-type"), type }, { STR(":content-type"), STR("application/json") },
                                            { STR(":message-type"), STR("event") } };
    event_stream_add(out, headers, COUNT_OF(headers), json);
}

void event_stream_exception(struct text *out, struct str type, struct str json)
{
    const struct event_header headers[] = { { STR(":exception-type"), type }, { STR(":content-type"), STR("application/json") },
                                            { STR(":message-type"), STR("exception") } };
    event_stream_add(out, headers, COUNT_OF(headers), json);
}

static bool read_headers(struct str bytes, struct event_message *out)
{
    while (bytes.len > 0) {
        const size_t name = (unsigned char)bytes.ptr[0];
        if (bytes.len < 1 + name + 3 || bytes.ptr[1 + name] != STRING_HEADER || out->header_count == EVENT_HEADERS_MAX) {
            return false;
        }
        const size_t value = number_at(bytes, 2 + name, 2);
        if (bytes.len < 4 + name + value) {
            return false;
        }
        out->headers[out->header_count++] = (struct event_header){ str_slice(bytes, 1, name), str_slice(bytes, 4 + name, value) };
        bytes = str_from(bytes, 4 + name + value);
    }
    return true;
}

bool event_stream_read(struct str bytes, struct event_message *out)
{
    *out = (struct event_message){ .size = 0 };
    if (bytes.len < PRELUDE) {
        return false;
    }
    const size_t size = number_at(bytes, 0, 4), headers = number_at(bytes, 4, 4);
    if (size > MESSAGE_MAX || size < PRELUDE + TRAILER || headers > size - PRELUDE - TRAILER
        || number_at(bytes, 8, 4) != crc32_ieee(0, str_slice(bytes, 0, 8))) {
        out->size = 1;
        return false;
    }
    if (bytes.len < size) {
        return false;
    }
    out->size = size;
    out->payload = str_slice(bytes, PRELUDE + headers, size - PRELUDE - TRAILER - headers);
    return number_at(bytes, size - TRAILER, 4) == crc32_ieee(0, str_slice(bytes, 0, size - TRAILER))
        && read_headers(str_slice(bytes, PRELUDE, headers), out);
}
