#include "wire/event_stream.h"

#include "tests/test.h"

TEST(a_message_has_the_bytes_of_the_specification)
{
    /* spec: the empty message, as in the SDKs' own test vectors. */
    static const unsigned char empty[] = { 0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff };
    struct text text = text_new(arena);
    event_stream_add(&text, NULL, 0, STR(""));
    CHECK(text.len == sizeof(empty) && memcmp(text.ptr, empty, sizeof(empty)) == 0);
}

TEST(an_event_reads_back)
{
    struct text text = text_new(arena);
    struct event_message message = { .size = 0 };
    event_stream_event(&text, STR("sessionStart"), STR("{\"a\":1}"));
    event_stream_exception(&text, STR("SessionTimeoutException"), STR("{}"));
    const struct str all = { text.ptr, text.len };
    CHECK(event_stream_read(all, &message));
    CHECK_STR(message.headers[0].name, ":event-type");
    CHECK_STR(message.headers[0].value, "sessionStart");
    CHECK_STR(message.payload, "{\"a\":1}");
    CHECK(event_stream_read(str_from(all, message.size), &message));
    CHECK_STR(message.headers[2].value, "exception");
}

TEST(a_broken_message_is_none)
{
    struct text text = text_new(arena);
    struct event_message message = { .size = 0 };
    event_stream_event(&text, STR("e"), STR("payload"));
    for (size_t cut = 0; cut < text.len; cut++) {
        CHECK(!event_stream_read((struct str){ text.ptr, cut }, &message) && message.size == 0);
    }
    for (size_t i = 0; i < text.len; i++) {
        text.ptr[i] ^= 1;
        CHECK(!event_stream_read((struct str){ text.ptr, text.len }, &message));
        text.ptr[i] ^= 1;
    }
}
