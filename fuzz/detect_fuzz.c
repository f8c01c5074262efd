/* detect_fuzz.c - any records through reader, rules and detectors: every finding must be whole JSON, must read back, and
 * must stay itself when merged with itself. */
#include <stdlib.h>

#include "detect/engine.h"
#include "detect/intel.h"
#include "ingest/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine *engine;
static struct reader *reader;

static void start(void)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, (enum intel_list)(INTEL_TOR | INTEL_THREAT | INTEL_COMMAND | INTEL_MINING),
                    STR("198.51.100.7\nevil.example\n00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"), &used);
    if (engine_open(&ctx, &(struct engine_options){ .keys_per_account = 8, .accounts = 8, .intel = intel }, builder, &engine).fault) {
        abort();
    }
    reader = reader_open(&fields, projection_end(builder));
    arena_close(arena);
}

static void check(void *self, const struct finding *finding)
{
    struct arena *arena = self;
    struct finding back;
    if (!finding_read(arena, finding->json, &back) || !str_equal(back.id, finding->id) || back.count != 1) {
        abort();
    }
    const struct str merged = finding_merge(arena, finding->json, finding->json);
    if (merged.ptr == NULL || !finding_read(arena, merged, &back) || back.count != 1) {
        abort();
    }
}

static void inspect(void *self, const struct event *ev)
{
    engine_inspect(engine, ev, &(struct engine_sink){ self, check });
}

static void ignore(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    (void)trouble;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (engine == NULL) {
        start();
    }
    struct arena *arena = arena_open();
    reader_read_text(reader, STR("fuzz"), (struct str){ (const char *)data, size }, &(struct ingest_sink){ .self = arena, .event = inspect, .trouble = ignore });
    arena_close(arena);
    return 0;
}
