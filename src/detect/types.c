#include "detect/types.h"

#include "detect/detector.h"
#include "detect/rules.h"
#include "detect/sequence.h"

/* Sources that an agent on the workload, or an engine beside it, writes. */
#define AGENT_SOURCES (1u << SOURCE_FALCO | 1u << SOURCE_TETRAGON | 1u << SOURCE_AUDITD | 1u << SOURCE_MALWARE)

struct collecting {
    struct arena *arena;
    struct finding_type *types;
    struct text *by; /* beside them */
};

static void add(struct collecting *c, struct str type, struct str id, unsigned needs, struct str lists)
{
    const struct catalogue_entry *entry = catalogue_find(type);
    if (entry == NULL) {
        return;
    }
    const size_t place = (size_t)(entry - catalogue_at(0));
    struct finding_type *out = &c->types[place];
    if (c->by[place].len == 0 || needs < out->needs) {
        out->needs = needs;
        out->lists = lists;
    }
    if (str_ends(text_str(&c->by[place]), id)) {
        return; /* a detector may name a type twice */
    }
    text_add(&c->by[place], c->by[place].len > 0 ? STR(" ") : STR(""));
    text_add(&c->by[place], id);
}

static struct str list_words(struct arena *arena, unsigned lists)
{
    struct text words = text_new(arena);
    for (unsigned bit = 1; bit != 0 && bit <= lists; bit <<= 1) {
        const struct str word = lists & bit ? intel_list_word((enum intel_list)bit) : STR_NONE;
        text_add(&words, words.len > 0 && word.len > 0 ? STR(" ") : STR(""));
        text_add(&words, word);
    }
    return text_str(&words);
}

static unsigned needs_agent(uint32_t sources) { return sources & ~AGENT_SOURCES ? 0 : TYPE_NEEDS_AGENT; }

static void add_detector(struct collecting *c, const struct detector *detector)
{
    const uint32_t sources = 1u << detector->source | detector->also;
    const unsigned lists = (unsigned)detector->needs;
    const unsigned needs = needs_agent(sources) | (lists ? TYPE_NEEDS_LIST : 0u) | (detector->learns ? TYPE_NEEDS_HISTORY : 0u);
    const struct str words = list_words(c->arena, lists);
    if (detector->types == NULL) {
        add(c, detector->detection.type, detector->detection.id, needs, words);
        return;
    }
    for (size_t i = 0; detector->types[i]; i++) {
        add(c, str_of(detector->types[i]), detector->detection.id, needs, words);
    }
}

static void add_all(struct collecting *c, const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct detection *detection = &rules->items[i].detection;
        add(c, detection->type, detection->id, needs_agent(rules->items[i].sources), STR(""));
    }
    for (size_t i = 0; i < rules->correlation_count; i++) {
        add(c, rules->correlation_detections[i].type, rules->correlation_detections[i].id, 0, STR(""));
    }
    for (size_t i = 0; i < DETECTORS_COUNT; i++) {
        add_detector(c, DETECTORS[i]);
    }
    for (size_t i = 0; i < SEQUENCE_KINDS; i++) { /* only agents see what runs in ECS */
        add(c, SEQUENCES[i].type, SEQUENCES[i].id, i == SEQUENCE_ECS ? TYPE_NEEDS_AGENT : 0, STR(""));
    }
}

struct err finding_types(struct ctx *ctx, const struct engine_options *options, struct finding_type **out)
{
    struct rules rules;
    const size_t count = catalogue_count();
    TRY(rules_load(ctx, options, &rules));
    struct collecting c = {
        .arena = ctx->arena,
        .types = ARENA_ARRAY(ctx->arena, struct finding_type, count),
        .by = ARENA_ARRAY(ctx->arena, struct text, count),
    };
    for (size_t i = 0; i < count; i++) {
        c.by[i] = text_new(ctx->arena);
    }
    add_all(&c, &rules);
    for (size_t i = 0; i < count; i++) {
        c.types[i].entry = catalogue_at(i);
        c.types[i].by = text_str(&c.by[i]);
    }
    *out = c.types;
    return ERR_OK;
}

struct str finding_type_state(struct arena *arena, const struct finding_type *type)
{
    static const struct {
        unsigned need;
        struct str word;
    } words[] = { { TYPE_NEEDS_AGENT, STR_INIT("agent") }, { TYPE_NEEDS_HISTORY, STR_INIT("history") },
                  { TYPE_NEEDS_LIST, STR_INIT("list") } };
    struct text out = text_new(arena);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (type->needs & words[i].need) {
            text_add(&out, out.len > 0 ? STR(", ") : STR("needs "));
            text_add(&out, words[i].word);
        }
    }
    if (type->lists.len > 0) {
        text_add(&out, STR(": "));
        text_add(&out, type->lists);
    }
    if (type->needs == 0) {
        text_add(&out, type->by.len > 0 ? STR("active") : STR("missing"));
    }
    return text_str(&out);
}
