#include "ingest/gather.h"
#include "tests/test.h"

/* Writes down all of every event, and checks that those told of come. */
struct witness {
    struct text seen;
    const struct event *awaited, *end;
    size_t told;
};

static void see_soon(void *self, const struct event *events, size_t count)
{
    struct witness *witness = self;
    CHECK(witness->awaited == witness->end && count > 0);
    witness->awaited = events;
    witness->end = events + count;
    witness->told += count;
}

static void see_event(void *self, const struct event *ev)
{
    struct witness *witness = self;
    CHECK(witness->awaited == witness->end || witness->awaited == ev);
    witness->awaited += witness->awaited != witness->end;
    text_add_format(&witness->seen, "%" STR_FMT "@%ju %d %jd [%" STR_FMT "]", STR_ARG(ev->file), (uintmax_t)ev->offset, (int)ev->source,
                    (intmax_t)ev->at_ms, STR_ARG(ev->raw));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        text_add_format(&witness->seen, ",%" STR_FMT, STR_ARG(ev->fields[i]));
    }
    for (size_t i = 0; i < 16; i++) {
        text_add_format(&witness->seen, "%02x%02x", ev->flow.source[i], ev->flow.target[i]);
    }
    text_add_format(&witness->seen, " %u %u %u %u %d %u %ju %ju %jd %jd %p\n", ev->flow.source_port, ev->flow.target_port, ev->flow.protocol,
                    ev->flow.tcp_flags, ev->flow.rejected, ev->flow.status, (uintmax_t)ev->flow.packets, (uintmax_t)ev->flow.bytes,
                    (intmax_t)ev->flow.start, (intmax_t)ev->flow.end, (const void *)ev->arena);
}

static void see_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct witness *witness = self;
    CHECK(witness->awaited == witness->end);
    text_add_format(&witness->seen, "trouble %ju %s\n", (uintmax_t)trouble->offset, trouble->reason);
}

/* How many were told of; what came must be the same as without telling. */
static size_t read_both_ways(struct arena *arena, struct str text, bool in_windows)
{
    struct gather_reader reader = gather_reader_open();
    struct witness witness[2];
    for (size_t told = 0; told < 2; told++) {
        witness[told] = (struct witness){ .seen = text_new(arena) };
        const struct ingest_sink sink = { &witness[told], see_event, see_trouble, told ? see_soon : NULL };
        if (in_windows) {
            struct inflate *in = inflate_open();
            inflate_start_bytes(in, text);
            reader_read(reader.reader, STR("f.log"), in, &sink);
            inflate_close(in);
        } else {
            reader_read_text(reader.reader, STR("f.log"), text, &sink);
        }
        CHECK(witness[told].awaited == witness[told].end);
    }
    CHECK(str_equal(text_str(&witness[1].seen), text_str(&witness[0].seen)));
    CHECK(witness[0].told == 0);
    gather_reader_close(&reader);
    return witness[1].told;
}

static void add_lines(struct text *out, size_t count, const char *end)
{
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "2 111122223333 eni-0a1b2c3d4e5f60718 10.0.%zu.%zu 203.0.113.7 %zu 443 6 %zu 8000 1767574923 1767574983 %s OK%s", i / 250,
                        i % 250, 1024 + i, i + 1, i % 3 ? "ACCEPT" : "REJECT", end);
    }
}

TEST(lines_told_of_in_blocks_come_as_they_do_one_by_one)
{
    struct text text = text_new(arena);
    add_lines(&text, 1000, "\n");
    CHECK(read_both_ways(arena, text_str(&text), false) == 999); /* the first shows what the columns are */
    CHECK(read_both_ways(arena, text_str(&text), true) > 900);
}

TEST(what_is_not_plain_is_read_line_by_line_in_its_place)
{
    struct text text = text_new(arena);
    add_lines(&text, 30, "\r\n");
    text_add(&text, STR("2 111122223333 eni-1 - - - - - - - 1767574923 1767574983 - NODATA\n\n"));
    text_add(&text, STR("2 111122223333 eni-1 2001:db8::1 2001:db8::2 1 2 6 4 5 1767574923 1767574983 ACCEPT OK\n"));
    add_lines(&text, 30, "\n");
    text_add(&text, STR("2 111122223333 eni-\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 10.0.0.1 203.0.113.7 1024 443 6 1 8000 1767574923 1767574983 ACCEPT OK\n"));
    text_add(&text, STR("2 111122223333 eni-\xC3 10.0.0.1 203.0.113.7 1024 443 6 1 8000 1767574923 1767574983 ACCEPT OK\n"));
    add_lines(&text, 30, "\n");
    text_add(&text, STR("no flow at all\n"));
    add_lines(&text, 30, "\n");
    text_add(&text, STR("version account-id srcaddr dstaddr start end region\n"));
    for (int i = 0; i < 40; i++) {
        text_add_format(&text, "5 111122223333 10.0.0.%d 203.0.113.7 1767574923 1767574983 eu-west-1\n", i);
    }
    add_lines(&text, 1, "");
    CHECK(read_both_ways(arena, text_str(&text), false) > 0);
    CHECK(read_both_ways(arena, text_str(&text), true) > 0);
}
