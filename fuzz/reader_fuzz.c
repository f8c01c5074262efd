/* reader_fuzz.c - any bytes through the reader, as every format: twice, from memory and in windows, with text records rendered for
 * rules. Both must see the same, every field must lie in valid UTF-8, and what is rendered must be whole JSON.
 *
 * The first byte chooses what stands before the rest: nothing, or the beginning of a file of some format, so that each reader is
 * reached at once; and what becomes of strays. */
#include <stdlib.h>

#include "ingest/gather.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const beginnings[] = {
    "",
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n2 1 eni-1 ",
    "srcaddr,dstaddr,start,tcp_flags\n",
    "dstport srcaddr pkt-dstaddr start tcp-flags vpc-id\n22 192.0.2.1 ",
    "owner bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ",
    "type=USER_LOGIN msg=audit(1364481363.243:24287): ",
    "2026-01-05 01:02:03 UTC:192.0.2.1(4711):u@d:[1]:FATAL:  ",
    "2026-01-05T01:02:03.123456Z 8 ",
    "20260105 01:02:03,s,u,h,8,0,CONNECT,",
    "{\"query_name\":\"a.\",\"query_timestamp\":\"2026-01-05T01:02:03Z\",",
    "{\"kind\":\"Event\",\"user\":{},\"verb\":\"get\",\"stageTimestamp\":\"2026-01-05T01:02:03Z\",",
    "{\"webaclId\":\"a:b:c:d:e:f\",\"timestamp\":1669549802503,\"httpRequest\":",
    "{\"firewall_name\":\"f\",\"event\":{\"event_type\":\"tls\",\"timestamp\":\"2026-01-05T01:02:03+0000\",",
    "{\"srcaddr\":\"192.0.2.1\",\"dstaddr\":\"::1\",\"start\":1418530010,",
    "{\"error_severity\":\"FATAL\",\"pid\":1,\"timestamp\":\"2026-01-05 01:02:03 UTC\",\"message\":\"",
    "Mon Jan  5 01:02:03 2026 -> /mnt/i-1/a",
    "{\"time\":\"2026-01-05T01:02:03Z\",\"process_kprobe\":{\"process\":{\"binary\":\"/bin/sh\"},\"args\":[{\"file_arg\":{\"path\":\"",
    "{\"time\":\"2026-01-05T01:02:03Z\",\"process_exec\":{\"process\":{\"binary\":\"/bin/sh\",\"arguments\":\"",
    "{\"logEvents\":[{\"message\":\"",
};

struct seen {
    struct arena *arena;
    struct gather gather;
    uint64_t hash;
};

static void take_event(void *self, const struct event *ev)
{
    struct seen *seen = self;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct str field = ev->fields[i];
        if (field.ptr && !str_utf8_valid(field)) {
            abort();
        }
        seen->hash = seen->hash * 31 + str_hash(field) + i;
    }
    if (ev->raw.len > 0 && ev->raw.ptr[0] != '{' && !json_parse(seen->arena, scan_source(ev->scan), NULL)) {
        abort();
    }
    const uint64_t flow = ev->source == SOURCE_FLOW ? ev->flow.packets + ev->flow.target_port : 0;
    seen->hash = seen->hash * 31 + (uint64_t)ev->at_ms + flow;
    seen->gather.event_count++;
}

static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct seen *seen = self;
    gather_trouble(&seen->gather, trouble);
}

/* Each way has a reader of its own, and both see every input, so that they remember the same records. */
static struct seen read_once(struct arena *arena, struct str bytes, bool in_windows, enum reader_strays strays)
{
    static struct gather_reader readers[2];
    static struct inflate *in;
    if (in == NULL) {
        in = inflate_open();
        readers[0] = gather_reader_open();
        readers[1] = gather_reader_open();
        reader_want(readers[0].reader, UINT32_MAX);
        reader_want(readers[1].reader, UINT32_MAX);
    }
    reader_take_strays(readers[in_windows].reader, strays);
    struct seen seen = { .arena = arena, .gather = gather_new(arena) };
    const struct ingest_sink sink = { .self = &seen, .event = take_event, .trouble = take_trouble };
    if (in_windows) {
        inflate_start_bytes(in, bytes);
        reader_read(readers[1].reader, STR("fuzz"), in, &sink);
    } else {
        reader_read_text(readers[0].reader, STR("fuzz"), bytes, &sink);
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *arena = arena_open();
    const size_t count = sizeof(beginnings) / sizeof(beginnings[0]);
    const char *beginning = beginnings[data[0] % count];
    const enum reader_strays strays = (enum reader_strays)(data[0] / count % 3);
    struct text text = text_new(arena);
    text_add(&text, str_of(beginning));
    text_add(&text, (struct str){ (const char *)data + 1, size - 1 });
    const struct str bytes = text_str(&text);
    const bool compressed = bytes.len >= 2 && (memcmp(bytes.ptr, "\x1F\x8B", 2) == 0 || memcmp(bytes.ptr, "\x28\xB5", 2) == 0);
    struct seen whole = read_once(arena, bytes, false, strays);
    struct seen windows = read_once(arena, bytes, true, strays);
    const bool same = whole.hash == windows.hash && whole.gather.event_count == windows.gather.event_count;
    if (!compressed && (!same || !str_equal(text_str(&whole.gather.troubles), text_str(&windows.gather.troubles)))) {
        abort();
    }
    arena_close(arena);
    return 0;
}
