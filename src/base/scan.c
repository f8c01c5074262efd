/* scan.c - stage two of the scanner: one walk over a document along the trie of wanted keys.
 *
 * What is checked. On the way to wanted values everything is: each object walked has string keys, colons and commas, and
 * closes with its own bracket; so has each array walked; walked nesting is at most SCAN_DEPTH_MAX; numbers, true, false
 * and null among wanted values and among the direct members of walked objects follow JSON's grammar.
 * What isn't. In a skipped object or array, strings are followed (an escaped quote does not end one) and brackets are
 * counted, nothing else: { may be closed by ], commas may be missing, and it may be nested to any depth, for counting
 * needs no stack. Inside strings, wanted or not, control characters, invalid UTF-8 and wrong escapes pass; scan_text
 * replaces wrong escapes. A wrong escape in a key is just another key.
 * So whatever json_parse accepts is accepted with the same values, and what is refused here, json_parse refuses too.
 *
 * Strings and skipped parts are found on the bitmaps of scan_bits, made in windows a few steps ahead of the walk, which
 * only goes forward. A document that has the shape of an earlier one is not walked but compared with it (scan_shape.h), to
 * the same effect. When an object repeats a wanted key, the document is walked again, carefully: byte by byte without
 * bitmaps, looking ahead in each object for the last place of each wanted key. That costs one more pass per walked level,
 * at most SCAN_PATH_PARTS_MAX. */
#include "base/scan.h"

#include "base/json.h"
#include "base/scan_shape.h"
#include "base/scan_tree.h"
#include "base/scan_window.h"

struct scan {
    struct str block;
    struct str source;
    const struct projection *projection;
    struct scan_taken taken;   /* values by slot, which slots hold something, and further values */
    uint16_t *tails;           /* by slot: last further value, index + 1; 0: none */
    size_t extra_capacity;
    uint64_t *seen;    /* by node: the object in which its key came last */
    size_t *last;      /* by node, when careful: where its key stands for the last time */
    uint64_t instance; /* of objects walked, ever */
    size_t trouble;
    bool careful;
    bool repeated; /* a wanted key came twice: walk again, carefully */
    bool truncated;
    size_t walked;   /* levels */
    size_t skipped;  /* at most so many more below them */
    struct scan_shapes *shapes; /* NULL: too few documents yet */
    const struct scan_shape *shape; /* whose values are in taken; NULL: found by walking */
    bool learning;
    bool ascii;      /* all of the document, for sure */
    unsigned documents; /* before shapes */
    struct arena *arena; /* for keys with escapes */
    struct scan_window window;
};

/* Of what was skipped without counting. */
#define UNKNOWN_DEPTH (SIZE_MAX / 2)
enum { DOCUMENTS_BEFORE_SHAPES = 8 };

static const struct scan_value ABSENT = { NULL, 0, SCAN_ABSENT, false, 0 };

/* --- small steps --- */

static size_t refuse(struct scan *s, size_t at)
{
    s->trouble = at < s->window.length ? at : s->window.length;
    return SCAN_BAD;
}

/* What shapes are made of, told on the walk. Gives the end. */
ALWAYS_INLINE size_t note(struct scan *s, enum scan_content kind, size_t start, size_t end)
{
    if (UNLIKELY(s->learning)) {
        scan_shapes_note(s->shapes, kind, start, end);
    }
    return end;
}

static inline char byte_at(const struct scan *s, size_t at)
{
    return at < s->window.length ? s->window.origin[at] : '\0';
}

ALWAYS_INLINE bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_spaces(const struct scan *s, size_t at)
{
    while (at < s->window.length && is_space(s->window.origin[at])) {
        at++;
    }
    return at;
}

/* Logs hardly ever have any. */
ALWAYS_INLINE size_t skip_space(const struct scan *s, size_t at)
{
    return LIKELY((unsigned char)byte_at(s, at) > ' ') ? at : skip_spaces(s, at);
}

/* The closing quote of the string that opens at `at`. */
ALWAYS_INLINE size_t string_end(struct scan *s, size_t at)
{
    return UNLIKELY(s->careful) ? scan_window_string_careful(&s->window, at) : scan_window_string(&s->window, at);
}

static inline bool string_escaped(const struct scan *s, size_t start, size_t end)
{
    return UNLIKELY(s->careful) ? memchr(s->window.origin + start, '\\', end - start) != NULL
                                : scan_window_escaped(&s->window, start, end);
}

/* at is the opening bracket; gives what lies behind the closing one. */
static size_t skip_container(struct scan *s, size_t at)
{
    size_t deepest = 0;
    const size_t end = UNLIKELY(s->careful) ? scan_window_skip_careful(&s->window, at) : scan_window_skip(&s->window, at, &deepest);
    s->skipped = deepest > s->skipped ? deepest : s->skipped;
    return end == SCAN_BAD ? refuse(s, s->window.length) : note(s, SCAN_CONTENT_NESTED, at + 1, end);
}

static size_t skip_number(struct scan *s, size_t at)
{
    size_t trouble = 0;
    const size_t end = scan_window_number(&s->window, at, &trouble);
    return end == SCAN_BAD ? refuse(s, trouble) : note(s, SCAN_CONTENT_NUMBER, at, end);
}

static size_t skip_word(struct scan *s, size_t at, struct str word)
{
    if (s->window.length - at < word.len || memcmp(s->window.origin + at, word.ptr, word.len) != 0) {
        return refuse(s, at);
    }
    return at + word.len;
}

/* Anything but a string, object or array. */
static size_t skip_plain(struct scan *s, size_t at, enum scan_kind *kind)
{
    switch (byte_at(s, at)) {
    case 't': *kind = SCAN_TRUE; return skip_word(s, at, STR("true"));
    case 'f': *kind = SCAN_FALSE; return skip_word(s, at, STR("false"));
    case 'n': *kind = SCAN_NULL; return skip_word(s, at, STR("null"));
    default: *kind = SCAN_NUMBER; return skip_number(s, at);
    }
}

ALWAYS_INLINE size_t skip_value(struct scan *s, size_t at)
{
    const char c = byte_at(s, at);
    enum scan_kind kind = SCAN_ABSENT;
    if (LIKELY(c == '"')) {
        const size_t end = string_end(s, at);
        return end == SCAN_BAD ? refuse(s, s->window.length) : note(s, SCAN_CONTENT_STRING, at + 1, end) + 1;
    }
    return c == '{' || c == '[' ? skip_container(s, at) : skip_plain(s, at, &kind);
}

/* --- values --- */

static void keep_further(struct scan *s, uint16_t slot, struct scan_value value)
{
    if (s->taken.extra_count >= SCAN_EXTRAS_MAX) {
        s->truncated = true;
        return;
    }
    if (s->taken.extra_count == s->extra_capacity) {
        s->extra_capacity = s->extra_capacity ? s->extra_capacity * 2 : 64;
        s->taken.extras = memory_grow(s->taken.extras, s->extra_capacity * sizeof(*s->taken.extras));
    }
    s->taken.extras[s->taken.extra_count++] = value;
    const uint16_t link = (uint16_t)s->taken.extra_count;
    if (s->tails[slot]) {
        s->taken.extras[s->tails[slot] - 1].next = link;
    } else {
        s->taken.values[slot].next = link;
    }
    s->tails[slot] = link;
}

/* False: longer than a value may be. */
ALWAYS_INLINE bool keep(struct scan *s, uint16_t slot, enum scan_kind kind, size_t start, size_t end, bool escaped)
{
    if (slot == SCAN_NO_SLOT) {
        return true;
    }
    if (end - start > UINT32_MAX) {
        s->trouble = start;
        return false;
    }
    const struct scan_value value = {
        s->window.origin + start, (uint32_t)(end - start), (uint8_t)kind, escaped, 0,
    };
    if (s->taken.values[slot].kind != SCAN_ABSENT) {
        keep_further(s, slot, value);
        return true;
    }
    s->taken.values[slot] = value;
    s->taken.touched[s->taken.touched_count++] = slot;
    return true;
}

static void forget_values(struct scan *s)
{
    for (size_t i = 0; i < s->taken.touched_count; i++) {
        s->taken.values[s->taken.touched[i]] = ABSENT;
        s->tails[s->taken.touched[i]] = 0;
    }
    s->taken.touched_count = 0;
    s->taken.extra_count = 0;
    s->truncated = false;
    s->repeated = false;
}

/* --- the walk --- */

static uint32_t find_escaped_key(struct scan *s, const struct scan_node *node, size_t start, size_t end)
{
    struct str key = STR_NONE;
    if (end - start > (size_t)node->longest * 6) {
        return 0; /* even if each of its characters took six bytes */
    }
    arena_reset(s->arena);
    if (!json_unescape(s->arena, (struct str){ s->window.origin + start, end - start }, &key)) {
        return 0;
    }
    return scan_node_find(node, key.ptr, key.len, key.ptr + key.len);
}

static size_t walk_object(struct scan *s, const struct scan_node *node, size_t at, unsigned depth);
static size_t walk_array(struct scan *s, const struct scan_node *node, size_t at, unsigned depth);

ALWAYS_INLINE size_t take_string(struct scan *s, const struct scan_node *node, size_t at, bool element)
{
    const size_t end = string_end(s, at);
    if (end == SCAN_BAD) {
        return refuse(s, s->window.length);
    }
    const bool escaped = string_escaped(s, at + 1, end);
    note(s, SCAN_CONTENT_STRING, at + 1, end);
    if (!element && !keep(s, node->whole, SCAN_STRING, at + 1, end, escaped)) {
        return SCAN_BAD;
    }
    return keep(s, node->each, SCAN_STRING, at + 1, end, escaped) ? end + 1 : SCAN_BAD;
}

/* A value whose key leads into the trie. An element of an array belongs to the node of the array. */
static size_t take_value(struct scan *s, const struct scan_node *node, size_t at, bool element, unsigned depth)
{
    enum scan_kind kind = SCAN_ABSENT;
    size_t end = 0;
    switch (byte_at(s, at)) {
    case '"':
        return take_string(s, node, at, element);
    case '{':
        kind = SCAN_OBJECT;
        end = node->keys ? walk_object(s, node, at, depth) : skip_container(s, at);
        break;
    case '[':
        kind = SCAN_ARRAY;
        end = node->keys || node->each != SCAN_NO_SLOT ? walk_array(s, node, at, depth) : skip_container(s, at);
        break;
    default:
        end = skip_plain(s, at, &kind);
    }
    if (end == SCAN_BAD || (!element && !keep(s, node->whole, kind, at, end, false))) {
        return SCAN_BAD;
    }
    return kind == SCAN_ARRAY || keep(s, node->each, kind, at, end, false) ? end : SCAN_BAD;
}

static size_t walk_array(struct scan *s, const struct scan_node *node, size_t at, unsigned depth)
{
    if (depth >= SCAN_DEPTH_MAX) {
        return refuse(s, at);
    }
    s->walked = depth + 1 > s->walked ? depth + 1 : s->walked;
    at = skip_space(s, at + 1);
    if (byte_at(s, at) == ']') {
        return at + 1;
    }
    for (;;) {
        at = take_value(s, node, at, true, depth + 1);
        if (at == SCAN_BAD) {
            return SCAN_BAD;
        }
        at = skip_space(s, at);
        const char c = byte_at(s, at);
        if (c == ']') {
            return at + 1;
        }
        if (c != ',') {
            return refuse(s, at);
        }
        at = skip_space(s, at + 1);
    }
}

/* The key at the quote `at`: its node (0: not wanted), and the place of its value; SCAN_BAD when it is no key. */
ALWAYS_INLINE size_t walk_key(struct scan *s, const struct scan_node *node, size_t at, uint32_t *child)
{
    const size_t end = LIKELY(byte_at(s, at) == '"') ? string_end(s, at) : SCAN_BAD;
    if (UNLIKELY(end == SCAN_BAD)) {
        return refuse(s, byte_at(s, at) == '"' ? s->window.length : at);
    }
    *child = UNLIKELY(string_escaped(s, at + 1, end)) ? find_escaped_key(s, node, at + 1, end)
                                                      : scan_node_find(node, s->window.origin + at + 1, end - at - 1, s->window.origin + s->window.length);
    if (LIKELY(byte_at(s, end + 1) == ':')) {
        return skip_space(s, end + 2);
    }
    at = skip_space(s, end + 1);
    return byte_at(s, at) == ':' ? skip_space(s, at + 1) : refuse(s, at);
}

/* Behind a member: true when another one follows at *at; false at the end, *at behind the brace or SCAN_BAD. */
ALWAYS_INLINE bool walk_on(struct scan *s, size_t *at)
{
    if (UNLIKELY(*at == SCAN_BAD)) {
        return false;
    }
    size_t place = *at;
    char c = byte_at(s, place);
    if (UNLIKELY(c != ',' && c != '}')) {
        place = skip_space(s, place);
        c = byte_at(s, place);
    }
    if (LIKELY(c == ',')) {
        *at = skip_space(s, place + 1);
        return true;
    }
    *at = c == '}' ? place + 1 : refuse(s, place);
    return false;
}

/* Notes where each wanted key of the object stands for the last time. */
static bool look_ahead(struct scan *s, const struct scan_node *node, size_t at)
{
    do {
        uint32_t child = 0;
        const size_t value = walk_key(s, node, at, &child);
        if (value == SCAN_BAD) {
            return false;
        }
        s->last[child] = value;
        at = skip_value(s, value);
    } while (walk_on(s, &at));
    return at != SCAN_BAD;
}

static size_t walk_object(struct scan *s, const struct scan_node *node, size_t at, unsigned depth)
{
    if (depth >= SCAN_DEPTH_MAX) {
        return refuse(s, at);
    }
    s->walked = depth + 1 > s->walked ? depth + 1 : s->walked;
    const uint64_t instance = ++s->instance;
    at = skip_space(s, at + 1);
    if (byte_at(s, at) == '}') {
        return at + 1;
    }
    if (s->careful && !look_ahead(s, node, at)) {
        return SCAN_BAD;
    }
    do {
        uint32_t child = 0;
        const size_t value = walk_key(s, node, at, &child);
        if (value == SCAN_BAD) {
            return SCAN_BAD;
        }
        if (child == 0 || (s->careful && s->last[child] != value)) {
            at = skip_value(s, value);
            continue;
        }
        if (UNLIKELY(s->seen[child] == instance)) {
            s->repeated = true;
        }
        s->seen[child] = instance;
        const struct scan_node *next = &s->projection->nodes[child];
        at = LIKELY(byte_at(s, value) == '"') ? take_string(s, next, value, false) : take_value(s, next, value, false, depth + 1);
    } while (walk_on(s, &at));
    return at;
}

/* --- documents --- */

static size_t walk_root(struct scan *s, size_t at)
{
    const struct scan_node *root = &s->projection->nodes[0];
    return root->keys ? walk_object(s, root, at, 0) : skip_container(s, at);
}

/* at is the opening brace, counted from origin, and its bits are made or still to be made. */
static size_t walk_document(struct scan *s, size_t at)
{
    s->walked = 0;
    s->skipped = 0;
    size_t end = walk_root(s, at);
    if (s->repeated) {
        forget_values(s);
        s->learning = false;
        s->skipped = UNKNOWN_DEPTH;
        s->careful = true;
        end = walk_root(s, at);
        s->careful = false;
    }
    if (end == SCAN_BAD) {
        forget_values(s);
        return SCAN_BAD;
    }
    s->taken.deepest = s->walked;
    if (UNLIKELY(s->learning && !s->truncated)) {
        scan_shapes_learn(s->shapes, &s->window, at, end, &s->taken);
    }
    s->taken.deepest += s->skipped;
    return end;
}

void scan_block(struct scan *scan, struct str buffer)
{
    scan->block = buffer;
    scan_window_restart(&scan->window, buffer.ptr, buffer.len, SCAN_STEP_MAX);
}

/* Whether what the window knows is right for a document that begins here: its brace counts as one, and no quote behind it
 * was dropped (their number before it would come out below zero). */
static bool window_serves(struct scan *s, size_t at)
{
    const struct scan_window *w = &s->window;
    return at / 64 >= w->start && scan_window_seek(&s->window, at) && w->place_next <= w->place_count
        && (w->bits[at / 64 - w->start].opens >> (at & 63) & 1);
}

/* Readies the window for the document that starts there; its place, counted from origin. */
static size_t sit(struct scan *s, const char *start)
{
    if (start < s->window.origin || !window_serves(s, (size_t)(start - s->window.origin))) {
        scan_window_restart(&s->window, start, (size_t)(s->block.ptr + s->block.len - start), SCAN_STEP_FIRST);
    }
    return (size_t)(start - s->window.origin);
}

/* A scanner that reads but a few documents needs no shapes. */
static bool shapes_useful(struct scan *s)
{
    if (UNLIKELY(s->shapes == NULL)) {
        if (++s->documents < DOCUMENTS_BEFORE_SHAPES) {
            return false;
        }
        s->shapes = scan_shapes_open();
    }
    return scan_shapes_useful(s->shapes);
}

static size_t follow_shape(struct scan *s, size_t at)
{
    const struct scan_shape *shape = NULL;
    const size_t end = scan_shapes_follow(s->shapes, &s->window, at, &shape);
    if (UNLIKELY(end == SCAN_BAD)) {
        return SCAN_BAD;
    }
    if (shape != s->shape) { /* otherwise each value takes the place of the last one */
        forget_values(s);
    }
    s->shape = shape;
    scan_shapes_take(s->shapes, shape, &s->window, &s->taken);
    return end;
}

static size_t walk_shapeless(struct scan *s, size_t at, bool learn)
{
    forget_values(s);
    s->shape = NULL;
    s->learning = learn;
    if (learn) {
        scan_shapes_begin(s->shapes);
    }
    const size_t end = walk_document(s, at);
    s->learning = false;
    return end;
}

bool scan_next(struct scan *scan, size_t at, size_t *used)
{
    scan->source = STR_NONE;
    size_t brace = at;
    while (brace < scan->block.len && is_space(scan->block.ptr[brace])) {
        brace++;
    }
    if (brace >= scan->block.len || scan->block.ptr[brace] != '{') {
        forget_values(scan);
        scan->shape = NULL;
        *used = brace - at;
        return false;
    }
    const char *start = scan->block.ptr + brace;
    const bool shapes = shapes_useful(scan);
    size_t place = sit(scan, start);
    size_t end = shapes ? follow_shape(scan, place) : SCAN_BAD;
    if (end == SCAN_BAD) {
        place = shapes ? sit(scan, start) : place;
        end = walk_shapeless(scan, place, shapes);
    }
    *used = (size_t)(scan->window.origin - scan->block.ptr) + (end == SCAN_BAD ? scan->trouble : end) - at;
    if (end == SCAN_BAD) {
        return false;
    }
    scan->source = (struct str){ start, end - place };
    scan->ascii = scan->window.wide_until <= place / 64 && scan->taken.deepest < UNKNOWN_DEPTH;
    return true;
}

bool scan_document(struct scan *scan, struct str json, size_t *used)
{
    scan_block(scan, json);
    scan->window.step = SCAN_STEP_FIRST;
    return scan_next(scan, 0, used);
}

struct str scan_source(const struct scan *scan)
{
    return scan->source;
}

bool scan_ascii(const struct scan *scan)
{
    return scan->ascii;
}

size_t scan_deepest(const struct scan *scan)
{
    return scan->taken.deepest;
}

bool scan_truncated(const struct scan *scan)
{
    return scan->truncated;
}

/* --- life --- */

struct scan *scan_open(const struct projection *projection)
{
    struct scan *scan = memory_new(sizeof(*scan));
    scan->window.code = scan_code_choose();
    scan->arena = arena_open();
    scan_use(scan, projection);
    return scan;
}

static void drop_slots(struct scan *scan)
{
    memory_free(scan->taken.values);
    memory_free(scan->tails);
    memory_free(scan->taken.touched);
    memory_free(scan->seen);
    memory_free(scan->last);
}

void scan_close(struct scan *scan)
{
    if (scan) {
        drop_slots(scan);
        memory_free(scan->taken.extras);
        scan_shapes_close(scan->shapes);
        arena_close(scan->arena);
        memory_free(scan);
    }
}

void scan_use(struct scan *scan, const struct projection *projection)
{
    const size_t slots = projection->slot_count;
    drop_slots(scan);
    if (scan->shapes) {
        scan_shapes_forget(scan->shapes);
    }
    scan->shape = NULL;
    scan->projection = projection;
    scan->taken.values = memory_new(slots * sizeof(*scan->taken.values));
    scan->tails = memory_new(slots * sizeof(*scan->tails));
    scan->taken.touched = memory_new(slots * sizeof(*scan->taken.touched));
    scan->seen = memory_new(projection->node_count * sizeof(*scan->seen));
    scan->last = memory_new(projection->node_count * sizeof(*scan->last));
    scan->taken.touched_count = 0;
    scan->taken.extra_count = 0;
}

const struct scan_value *scan_get(const struct scan *scan, uint16_t slot)
{
    return slot < scan->projection->slot_count ? &scan->taken.values[slot] : &ABSENT;
}

const struct scan_value *scan_values(const struct scan *scan)
{
    return scan->taken.values;
}

const struct scan_value *scan_more(const struct scan *scan, const struct scan_value *value)
{
    return value->next ? &scan->taken.extras[value->next - 1] : NULL;
}
