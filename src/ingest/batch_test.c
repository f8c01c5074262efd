#include "ingest/batch.h"

#include "ingest/gather.h"
#include "tests/test.h"

/* Writes down all of every event and trouble. */
struct witness {
    struct text seen;
    const struct reader_fields *fields;
    size_t count, unscanned;
};

static void see_event(void *self, const struct event *ev)
{
    struct witness *witness = self;
    struct text *seen = &witness->seen;
    text_add_format(seen, "%" STR_FMT "@%ju %d %jd %jx [%" STR_FMT "]", STR_ARG(ev->file), (uintmax_t)ev->offset, (int)ev->source,
                    (intmax_t)ev->at_ms, (uintmax_t)ev->identity, STR_ARG(ev->raw));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        text_add_format(seen, ev->fields[i].ptr ? ",%" STR_FMT : ",", STR_ARG(ev->fields[i]));
    }
    if (ev->source == SOURCE_FLOW) {
        text_add_format(seen, " %02x %u %ju", ev->flow.source[15], ev->flow.target_port, (uintmax_t)ev->flow.bytes);
    }
    text_add_char(seen, '\n');
    if (ev->scan == NULL) {
        witness->unscanned++;
    } else if (ev->source == SOURCE_CLOUDTRAIL) {
        const struct scan_value *action = scan_get(ev->scan, witness->fields->slot[FIELD_ACTION]);
        CHECK(str_equal(scan_text(ev->arena, action), ev->fields[FIELD_ACTION]));
    }
    witness->count++;
}

static void see_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct witness *witness = self;
    text_add_format(&witness->seen, "%" STR_FMT "@%ju %s\n", STR_ARG(trouble->file), (uintmax_t)trouble->offset, trouble->reason);
}

struct packer {
    struct batch batch;
    bool open;
};

static void pack_event(void *self, const struct event *ev)
{
    struct packer *packer = self;
    batch_add_event(&packer->batch, ev, packer->open);
}

static void pack_trouble(void *self, const struct ingest_trouble *trouble)
{
    batch_add_trouble(&((struct packer *)self)->batch, trouble);
}

static void soon(void *self, const struct event *events, size_t count)
{
    (void)self;
    CHECK(events[0].source == SOURCE_FLOW && events[count - 1].source == SOURCE_FLOW);
}

static struct witness witness_new(struct arena *arena, const struct reader_fields *fields)
{
    return (struct witness){ .seen = text_new(arena), .fields = fields };
}

static struct witness read_at_once(struct arena *arena, struct str text)
{
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct projection *projection = projection_end(builder);
    struct reader *reader = reader_open(&fields, projection);
    struct witness witness = witness_new(arena, &fields);
    reader_want(reader, 1 << SOURCE_AUDITD);
    reader_read_text(reader, STR("a.log"), text, &(const struct ingest_sink){ &witness, see_event, see_trouble, NULL });
    reader_close(reader);
    projection_free(projection);
    return witness;
}

static struct witness read_packed(struct arena *arena, struct str text, bool open)
{
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct projection *projection = projection_end(builder);
    struct reader *reader = reader_open(&fields, projection);
    reader_want(reader, 1 << SOURCE_AUDITD);
    struct reader *ahead = reader_open_ahead(reader);
    struct packer packer = { .open = open };
    struct witness witness = witness_new(arena, &fields);
    reader_read_text(ahead, STR("a.log"), text, &(const struct ingest_sink){ &packer, pack_event, pack_trouble, NULL });
    reader_close(ahead); /* nothing of it is needed any more */
    batch_deliver(&packer.batch, reader, STR("a.log"), &(const struct ingest_sink){ &witness, see_event, see_trouble, soon });
    CHECK(reader_counts(reader).records == witness.count && witness.unscanned == (open ? 0 : witness.count));
    batch_free(&packer.batch);
    reader_close(reader);
    projection_free(projection);
    return witness;
}

TEST(what_was_packed_is_what_was_read)
{
    struct text text = text_new(arena);
    text_add(&text, STR("{\"Records\":[{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"1\",\"eventName\":\"List\\u0055sers\","
                        "\"errorCode\":\"\",\"requestParameters\":{\"a\":[1,{}]},\"readOnly\":true},"
                        "{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"1\",\"eventName\":\"List\\u0055sers\"},"
                        "{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"2\",\"eventName\":\"GetUser\"},{\"eventID\":\"3\"}]}\n"));
    for (size_t i = 0; i < 60; i++) {
        text_add_format(&text, "2 111122223333 eni-1 10.0.0.%zu 203.0.113.7 1024 443 6 1 8000 1767574923 1767574983 ACCEPT OK\n", i);
    }
    text_add(&text, STR("nothing known\n"
                        "type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=yes exe=\"/bin/ls\" key=\"x\"\n"
                        "{\"message\":\"2 111122223333 eni-2 10.0.0.1 203.0.113.7 1 2 6 1 8 1767574923 1767574983 REJECT OK\"}\n"));
    struct witness at_once = read_at_once(arena, text_str(&text));
    struct witness closed = read_packed(arena, text_str(&text), false);
    struct witness open = read_packed(arena, text_str(&text), true);
    CHECK(at_once.count == 64);
    CHECK_STR(text_str(&closed.seen), str_cstr(arena, text_str(&at_once.seen)));
    CHECK_STR(text_str(&open.seen), str_cstr(arena, text_str(&at_once.seen)));
}
