#include "match/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 200000, PROBE_LIMIT = 20000, DEPTH_LIMIT = 2000, HEAP_LIMIT_KIB = 2048, JIT_STACK_MAX = 256 * 1024 };

struct regex {
    pcre2_code *code;
};

struct regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
};

static struct regex_scratch *scratch_with(uint32_t limit)
{
    struct regex_scratch *scratch = memory_new(sizeof(*scratch));
    scratch->context = pcre2_match_context_create(NULL);
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_MAX, NULL); /* NULL where there is no JIT */
    if (scratch->context) {
        pcre2_set_match_limit(scratch->context, limit);
        pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
        pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    }
    return scratch;
}

struct regex_scratch *regex_scratch_open(void)
{
    return scratch_with(MATCH_LIMIT);
}

void regex_scratch_close(struct regex_scratch *scratch)
{
    if (scratch) {
        pcre2_match_data_free(scratch->data);
        pcre2_match_context_free(scratch->context);
        pcre2_jit_stack_free(scratch->stack);
        memory_free(scratch);
    }
}

bool regex_found(const struct regex *regex, struct regex_scratch *scratch, struct str text, bool *limited)
{
    bool over = scratch->context == NULL || scratch->data == NULL;
    int result = PCRE2_ERROR_NOMATCH;
    if (!over) {
        const char *subject = text.ptr ? text.ptr : "";
        result = pcre2_match(regex->code, (PCRE2_SPTR)(const void *)subject, text.len, 0, 0, scratch->data, scratch->context);
        over = result < 0 && result != PCRE2_ERROR_NOMATCH;
    }
    if (limited) {
        *limited = over;
    }
    return result >= 0;
}

/* Runs it over short runs of one character, from those it names and a few common ones, each with a stranger at the end:
 * nested repetition that explodes does so on one of them. */
static bool explodes(const struct regex *regex, struct str pattern)
{
    enum { RUN = 48 };
    char subject[RUN + 1];
    bool tried[256] = { false };
    bool over = false;
    struct regex_scratch *scratch = scratch_with(PROBE_LIMIT);
    const struct str common = STR("aA0 _-./:x,=");
    for (size_t i = 0; i < pattern.len + common.len && !over; i++) {
        const char c = i < pattern.len ? pattern.ptr[i] : common.ptr[i - pattern.len];
        if (tried[(unsigned char)c]) {
            continue;
        }
        tried[(unsigned char)c] = true;
        memset(subject, c, RUN);
        subject[RUN] = '\x01';
        regex_found(regex, scratch, (struct str){ subject, sizeof(subject) }, &over);
    }
    regex_scratch_close(scratch);
    return over;
}

static struct err compile(struct ctx *ctx, struct str pattern, unsigned flags, struct regex **out)
{
    int error = 0;
    size_t offset = 0;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    options |= flags & REGEX_IGNORE_CASE ? PCRE2_CASELESS : 0u;
    options |= flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0u;
    options |= flags & REGEX_DOT_ALL ? PCRE2_DOTALL : 0u;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(const void *)pattern.ptr, pattern.len, options, &error, &offset, NULL);
    if (code == NULL) {
        char words[160] = "";
        pcre2_get_error_message(error, (PCRE2_UCHAR *)(void *)words, sizeof(words));
        return fail(ctx, &FAULT_INVALID, "regular expression \"%" STR_FMT "\", at %zu: %s", STR_ARG(pattern), offset, words);
    }
    struct regex *regex = memory_new(sizeof(*regex));
    regex->code = code;
    *out = regex;
    return ERR_OK;
}

static void make_fast(struct regex *regex)
{
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without one it is interpreted, under the same limits */
}

struct err regex_check(struct ctx *ctx, struct str pattern, unsigned flags)
{
    struct regex *regex = NULL;
    TRY(compile(ctx, pattern, flags, &regex));
    bool over = explodes(regex, pattern);
    if (over) { /* interpreted, it is counted more strictly */
        make_fast(regex);
        over = explodes(regex, pattern);
    }
    regex_free(regex);
    return over ? fail(ctx, &FAULT_INVALID, "regular expression \"%" STR_FMT "\" backtracks without end on short texts",
                       STR_ARG(pattern))
                : ERR_OK;
}

struct err regex_compile(struct ctx *ctx, struct str pattern, unsigned flags, struct regex **out)
{
    if ((flags & REGEX_CHECKED) == 0) {
        TRY(regex_check(ctx, pattern, flags));
    }
    TRY(compile(ctx, pattern, flags, out));
    make_fast(*out);
    return ERR_OK;
}

void regex_free(struct regex *regex)
{
    if (regex) {
        pcre2_code_free(regex->code);
        memory_free(regex);
    }
}
