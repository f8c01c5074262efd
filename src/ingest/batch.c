#include "ingest/batch.h"

#include <stddef.h>

#include "ingest/reader_parts.h"

enum kind { KIND_TROUBLE, KIND_EVENT, KIND_OPEN_EVENT };

/* Followed by the flow of a flow record, its text, what of its fields and of the scanned document is not part of the text, and
 * the places of its fields; of a trouble: by its reason, which ends with a zero. */
struct entry {
    size_t size; /* of all that, rounded up */
    int64_t at_ms;
    uint64_t offset, identity;
    uint32_t text_len;
    uint32_t places_at;                 /* counted from the entry */
    uint32_t document_at, document_len; /* counted from the text; no length: nothing was scanned */
    uint8_t kind, source, field_count;
};

struct place {
    uint32_t at, len; /* counted from the text */
    uint32_t field;
};

/* Without texts. */
enum { ALIGNMENT = 8, ENTRY_MAX = (int)(sizeof(struct entry) + sizeof(struct event_flow) + FIELD_COUNT * sizeof(struct place)) + 2 * ALIGNMENT };
_Static_assert(sizeof(struct entry) % ALIGNMENT == 0 && sizeof(struct event_flow) % ALIGNMENT == 0, "what follows is aligned");

void batch_clear(struct batch *batch)
{
    batch->used = 0;
    batch->last = false;
}

void batch_free(struct batch *batch)
{
    memory_free(batch->bytes);
    *batch = (struct batch){ 0 };
}

static void make_room(struct batch *batch, size_t more)
{
    if (batch->capacity - batch->used < more) {
        batch->capacity = (batch->used + more) * 3 / 2 + BATCH_SIZE;
        batch->bytes = memory_grow(batch->bytes, batch->capacity);
    }
}

static void add_bytes(struct batch *batch, struct str bytes)
{
    make_room(batch, bytes.len);
    if (bytes.len > 0) {
        memcpy(batch->bytes + batch->used, bytes.ptr, bytes.len);
    }
    batch->used += bytes.len;
}

static struct entry *entry_at(const struct batch *batch, size_t at)
{
    return (struct entry *)(void *)(batch->bytes + at);
}

static void align(struct batch *batch)
{
    const size_t padding = -batch->used % ALIGNMENT;
    make_room(batch, padding);
    batch->used += padding;
}

/* Where it lies, counted from the text; what isn't part of the text is added behind it. */
static uint32_t place_text(struct batch *batch, struct str part, struct str text, size_t text_at)
{
    const uintptr_t within = (uintptr_t)part.ptr - (uintptr_t)text.ptr;
    if (LIKELY(within <= text.len && part.len <= text.len - within)) {
        return (uint32_t)within;
    }
    const size_t at = batch->used - text_at;
    add_bytes(batch, part);
    return (uint32_t)at;
}

/* How many there are. */
static size_t place_fields(struct batch *batch, const struct event *ev, size_t text_at, struct place *places)
{
    const size_t fields = ev->source == SOURCE_CLOUDTRAIL ? FIELD_CLOUDTRAIL_COUNT : FIELD_COUNT;
    size_t count = 0;
    for (size_t i = 0; i < fields; i++) {
        const struct str field = ev->fields[i];
        if (field.ptr) {
            places[count++] = (struct place){ place_text(batch, field, ev->raw, text_at), (uint32_t)field.len, (uint32_t)i };
        }
    }
    return count;
}

void batch_add_event(struct batch *batch, const struct event *ev, bool open)
{
    struct place places[FIELD_COUNT];
    const size_t start = batch->used;
    make_room(batch, ENTRY_MAX + ev->raw.len);
    batch->used += sizeof(struct entry);
    if (ev->source == SOURCE_FLOW) {
        add_bytes(batch, (struct str){ (const char *)&ev->flow, sizeof(ev->flow) });
    }
    const size_t text_at = batch->used;
    add_bytes(batch, ev->raw);
    const size_t count = place_fields(batch, ev, text_at, places);
    const struct str document = open && ev->scan ? scan_source(ev->scan) : STR_NONE;
    const uint32_t document_at = document.len > 0 ? place_text(batch, document, ev->raw, text_at) : 0;
    align(batch);
    const size_t places_at = batch->used - start;
    add_bytes(batch, (struct str){ (const char *)places, count * sizeof(*places) });
    align(batch);
    *entry_at(batch, start) = (struct entry){
        .size = batch->used - start, .at_ms = ev->at_ms, .offset = ev->offset, .identity = ev->identity,
        .text_len = (uint32_t)ev->raw.len, .places_at = (uint32_t)places_at, .document_at = document_at,
        .document_len = (uint32_t)document.len, .kind = open ? KIND_OPEN_EVENT : KIND_EVENT, .source = (uint8_t)ev->source,
        .field_count = (uint8_t)count,
    };
}

void batch_add_trouble(struct batch *batch, const struct ingest_trouble *trouble)
{
    const size_t start = batch->used;
    const struct str reason = str_of(trouble->reason);
    make_room(batch, sizeof(struct entry));
    batch->used += sizeof(struct entry);
    add_bytes(batch, (struct str){ reason.ptr, reason.len + 1 });
    align(batch);
    *entry_at(batch, start) = (struct entry){ .size = batch->used - start, .kind = KIND_TROUBLE, .offset = trouble->offset };
}

/* Gives back where its text begins. */
static const char *unpack(const struct entry *entry, struct event *ev)
{
    const struct place *places = (const struct place *)(const void *)((const char *)entry + entry->places_at);
    const char *text = (const char *)(entry + 1);
    if (entry->source == SOURCE_FLOW) {
        memcpy(&ev->flow, text, sizeof(ev->flow));
        text += sizeof(ev->flow);
    }
    memset(ev->fields, 0, sizeof(ev->fields));
    for (size_t i = 0; i < entry->field_count; i++) {
        ev->fields[places[i].field] = (struct str){ text + places[i].at, places[i].len };
    }
    ev->source = (enum source)entry->source;
    ev->at_ms = entry->at_ms;
    ev->offset = entry->offset;
    ev->identity = entry->identity;
    ev->raw = (struct str){ text, entry->text_len };
    ev->scan = NULL;
    return text;
}

static const struct entry *next_entry(const struct batch *batch, const struct entry *entry)
{
    const char *next = (const char *)entry + entry->size;
    return next < batch->bytes + batch->used ? (const struct entry *)(const void *)next : NULL;
}

/* Flow records that follow one another are told of together, as the reader itself does. */
static size_t unpack_together(const struct batch *batch, const struct entry **entry, struct event *events, bool together)
{
    size_t count = 0;
    do {
        unpack(*entry, &events[count++]);
        *entry = next_entry(batch, *entry);
    } while (together && count < READER_BLOCK && *entry && (*entry)->kind == KIND_EVENT && (*entry)->source == SOURCE_FLOW);
    return count;
}

/* The block is ours meanwhile. */
static void begin(struct reader *reader, struct str file, const struct ingest_sink *sink)
{
    reader_begin(reader, file, sink, false);
    for (size_t i = 0; i < READER_BLOCK; i++) {
        reader->block[i].file = file;
        reader->block[i].arena = reader->event_arena;
    }
    reader->block_begun = false;
}

static void deliver_open(struct reader *reader, const struct entry *entry)
{
    struct event *ev = &reader->block[0];
    const char *text = unpack(entry, ev);
    const struct str document = { text + entry->document_at, entry->document_len };
    size_t used = 0;
    scan_document(reader->scan, document.len > 0 ? document : STR("{}"), &used);
    ev->scan = reader->scan;
    arena_reset(reader->event_arena);
    reader_pass(reader, ev, ev->offset);
}

/* The next one is looked at already, its fields and the head of the one behind it come from the other core meanwhile. */
static void expect(const struct reader *reader, const struct entry *next)
{
    if (next) {
        recent_prefetch(reader->recent, next->identity);
        __builtin_prefetch((const char *)next + next->places_at);
        __builtin_prefetch((const char *)next + next->size);
    }
}

static const struct entry *deliver_closed(const struct batch *batch, struct reader *reader, const struct entry *entry)
{
    const bool together = entry->source == SOURCE_FLOW && reader->sink->soon;
    const size_t count = unpack_together(batch, &entry, reader->block, together);
    if (together) {
        reader->sink->soon(reader->sink->self, reader->block, count);
    }
    expect(reader, entry);
    for (size_t i = 0; i < count; i++) {
        arena_reset(reader->event_arena);
        reader_pass(reader, &reader->block[i], reader->block[i].offset);
    }
    return entry;
}

void batch_deliver(const struct batch *batch, struct reader *reader, struct str file, const struct ingest_sink *sink)
{
    const struct entry *entry = batch->used > 0 ? entry_at(batch, 0) : NULL;
    begin(reader, file, sink);
    while (entry) {
        if (entry->kind == KIND_EVENT) {
            entry = deliver_closed(batch, reader, entry);
            continue;
        }
        if (entry->kind == KIND_TROUBLE) {
            reader_trouble(reader, entry->offset, (const char *)(entry + 1));
        } else {
            deliver_open(reader, entry);
        }
        entry = next_entry(batch, entry);
    }
}
