#define PCRE2_CODE_UNIT_WIDTH 8

#include "wire/pattern.h"

#include <pcre2.h>
#include <stdatomic.h>

enum { SLOTS = 8192, PROBES = 64, MATCH_LIMIT = 100000, HEAP_LIMIT_KIB = 4096 };

struct compiled {
    const char *pattern;
    pcre2_code *code; /* NULL: PCRE2 can't read it */
};

/* Written once per slot, by whoever comes first; the models have some 600 patterns. */
static struct compiled *_Atomic slots[SLOTS];

/* spec: a Smithy pattern without anchors at its ends is one of the old models, whose validators match the whole text. */
static pcre2_code *compile(const char *pattern)
{
    const size_t length = strlen(pattern);
    const bool anchored = length && (pattern[0] == '^' || pattern[length - 1] == '$');
    const uint32_t whole = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL;
    int error = 0;
    size_t offset = 0;
    return pcre2_compile((PCRE2_SPTR)pattern, length,
                         PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX | PCRE2_DOLLAR_ENDONLY
                             | PCRE2_NEVER_BACKSLASH_C | (anchored ? 0 : whole),
                         &error, &offset, NULL);
}

static struct compiled *new_compiled(const char *pattern)
{
    struct compiled *made = memory_new(sizeof(*made));
    *made = (struct compiled){ pattern, compile(pattern) };
    return made;
}

static void drop(struct compiled *compiled)
{
    pcre2_code_free(compiled->code);
    memory_free(compiled);
}

/* NULL when there is no room left near its place; then *own is to be dropped after use. */
static struct compiled *find(const char *pattern, struct compiled **own)
{
    struct compiled *made = NULL;
    const size_t start = ((uintptr_t)pattern >> 2) * 0x9E3779B9u;
    for (size_t i = 0; i < PROBES; i++) {
        struct compiled *_Atomic *slot = &slots[(start + i) % SLOTS];
        struct compiled *there = atomic_load_explicit(slot, memory_order_acquire);
        if (there == NULL) {
            made = made ? made : new_compiled(pattern);
            if (atomic_compare_exchange_strong(slot, &there, made)) {
                return made;
            }
        }
        if (there->pattern == pattern) {
            if (made) {
                drop(made);
            }
            return there;
        }
    }
    *own = made ? made : new_compiled(pattern);
    return *own;
}

static bool matches(const pcre2_code *code, struct str text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    const int found = pcre2_match(code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, 0, data, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    return found >= 0;
}

bool pattern_matches(const char *pattern, struct str text)
{
    struct compiled *own = NULL;
    const struct compiled *compiled = find(pattern, &own);
    const bool good = compiled->code == NULL || matches(compiled->code, text);
    if (own) {
        drop(own);
    }
    return good;
}
