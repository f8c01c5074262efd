#include "base/scan_shape.h"

#include "base/arena.h"

/* A gap is at most so long that the window never drops its start while its quotes are looked for. */
enum { GAP_MAX = 1024, CONTENTS_MAX = 255, STEPS_MAX = 16384, SHAPES_MAX = 4096, TRIES_MAX = 24 };
enum { TEXT_MAX = 1 << 20, PLACED_MAX = 1 << 17 };
_Static_assert(GAP_MAX / 64 + 2 < SCAN_STEP_MAX, "a gap stays in the window");

/* What hits and misses earn and cost, and how many documents go by before another try. */
enum { CREDIT_MAX = 256, CREDIT_MISS = 4, PAUSE = 2048 };

/* A gap and the content behind it, in one line of the cache. */
enum { HEAD = 32, CACHE_LINE = 64 };
struct step {
    _Alignas(CACHE_LINE) char head[HEAD]; /* of the gap's text, then zeros */
    struct step *next;  /* the first one that may follow; the root: none */
    struct step *other; /* another one in the same place; the root: none */
    uint32_t text;      /* where it stands whole, if it is longer than the head */
    uint16_t length;    /* of the gap */
    uint16_t quotes;    /* in it */
    uint16_t shape;     /* of an END */
    uint8_t kind;       /* enum scan_content */
    uint8_t unmasked;   /* bytes of the head that count */
};
_Static_assert(sizeof(struct step) == CACHE_LINE, "no step lies in two lines");

/* A place is told by a gap and an offset from its start. */
struct placed {
    uint8_t start_gap, end_gap;
    uint16_t start, end;
    uint16_t slot; /* of values; of extras SCAN_NO_SLOT */
    uint16_t next;
    uint8_t kind;
};

struct scan_shape {
    uint32_t placed;
    uint32_t value_count;
    uint32_t extra_count; /* behind the values */
    uint32_t deepest;
};

struct content {
    size_t start, end;
    enum scan_content kind;
};

struct scan_shapes {
    void *memory;       /* of the steps */
    struct step *steps; /* 0 is the root, and stands for none */
    char *text;
    struct placed *placed;
    struct scan_shape *shapes;
    size_t step_count, text_size, placed_count, shape_count;
    int credit;
    unsigned pause;
    size_t gaps[CONTENTS_MAX + 1]; /* of the document at hand: where each starts */
    size_t deepest;                /* of what was skipped in it */
    bool escapes;                  /* a backslash may stand in it */
    struct content contents[CONTENTS_MAX + 1]; /* of the document being learned */
    size_t content_count;
};

struct scan_shapes *scan_shapes_open(void)
{
    struct scan_shapes *shapes = memory_new(sizeof(*shapes));
    shapes->memory = memory_new((STEPS_MAX + 1) * sizeof(*shapes->steps));
    shapes->steps = (void *)(((uintptr_t)shapes->memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    shapes->text = memory_new(TEXT_MAX);
    shapes->placed = memory_new(PLACED_MAX * sizeof(*shapes->placed));
    shapes->shapes = memory_new(SHAPES_MAX * sizeof(*shapes->shapes));
    scan_shapes_forget(shapes);
    return shapes;
}

void scan_shapes_close(struct scan_shapes *shapes)
{
    if (shapes) {
        memory_free(shapes->memory);
        memory_free(shapes->text);
        memory_free(shapes->placed);
        memory_free(shapes->shapes);
        memory_free(shapes);
    }
}

void scan_shapes_forget(struct scan_shapes *shapes)
{
    shapes->steps[0] = (struct step){ .next = shapes->steps, .other = shapes->steps };
    shapes->step_count = 1;
    shapes->text_size = 0;
    shapes->placed_count = 0;
    shapes->shape_count = 0;
    shapes->credit = CREDIT_MAX;
    shapes->pause = 0;
}

bool scan_shapes_useful(struct scan_shapes *shapes)
{
    if (LIKELY(shapes->pause == 0)) {
        return true;
    }
    shapes->pause--;
    return false;
}

/* --- following --- */

typedef uint64_t lane __attribute__((vector_size(16)));

ALWAYS_INLINE lane load_lane(const char *at)
{
    lane value;
    memcpy(&value, at, sizeof(value));
    return value;
}

ALWAYS_INLINE bool all_zero(lane low, lane high)
{
    const lane any = low | high;
    return (any[0] | any[1]) == 0;
}

/* Whether HEAD bytes begin with the gap, or its head, without a branch for its length. */
ALWAYS_INLINE bool same_head(const char *bytes, const struct step *step)
{
    static const char masks[2 * HEAD] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
    const char *mask = masks + HEAD - step->unmasked;
    return all_zero((load_lane(bytes) ^ load_lane(step->head)) & load_lane(mask),
                    (load_lane(bytes + 16) ^ load_lane(step->head + 16)) & load_lane(mask + 16));
}

ALWAYS_INLINE bool same_step(const char *a, const char *b)
{
    return all_zero(load_lane(a) ^ load_lane(b), load_lane(a + 16) ^ load_lane(b + 16));
}

/* The rest of a gap that is longer than its head: steps of HEAD bytes, the last one from the end. */
ALWAYS_INLINE bool same_rest(const char *bytes, const char *text, size_t length)
{
    bool same = same_step(bytes + length - HEAD, text + length - HEAD);
    for (size_t at = HEAD; same && at + HEAD < length; at += HEAD) {
        same = same_step(bytes + at, text + at);
    }
    return same;
}

static bool same_at_end(const char *at, size_t room, const struct step *step)
{
    char padded[HEAD] = { 0 };
    memcpy(padded, at, room < HEAD ? room : HEAD);
    return step->length <= room && same_head(padded, step);
}

ALWAYS_INLINE bool same_gap(const struct scan_shapes *shapes, const struct step *step, const char *at, size_t room)
{
    if (UNLIKELY(room < HEAD)) {
        return same_at_end(at, room, step);
    }
    return same_head(at, step)
        && (LIKELY(step->length <= HEAD)
            || (step->length <= room && same_rest(at, shapes->text + step->text, step->length)));
}

/* What came last most likely comes next. */
static void put_first(struct step *before, struct step **link)
{
    struct step *step = *link;
    if (link != &before->next) {
        *link = step->other;
        step->other = before->next;
        before->next = step;
    }
}

/* A number can be told from other contents only by how it begins. */
ALWAYS_INLINE bool fits_behind(const struct step *step, const char *at, size_t room)
{
    const char c = UNLIKELY(step->kind == SCAN_CONTENT_NUMBER) && step->length < room ? at[step->length] : '-';
    return LIKELY(c == '-') || (c >= '0' && c <= '9');
}

/* Among the steps that may come at `at`, the one whose gap stands there: what came last is tried first. NULL: none. */
static struct step *find_step(const struct scan_shapes *shapes, struct step *before, const char *at, size_t room)
{
    struct step **link = &before->next;
    for (unsigned tries = 0; *link != shapes->steps && tries < TRIES_MAX; tries++) {
        struct step *step = *link;
        if (same_gap(shapes, step, at, room) && fits_behind(step, at, room)) {
            put_first(before, link);
            return step;
        }
        link = &step->other;
    }
    return NULL;
}

/* Passes the quotes of the gap at `at`. False: the text ends before. */
static bool pass_quotes(struct scan_window *w, const struct step *step, size_t at)
{
    const uint32_t needed = (uint32_t)step->quotes + (step->kind == SCAN_CONTENT_STRING);
    while (w->place_count - w->place_next < needed) {
        if (!scan_window_advance(w, at / 64)) {
            return false;
        }
    }
    w->place_next += step->quotes;
    return true;
}

/* Behind the content that starts at `at`. */
static size_t pass_content(struct scan_shapes *shapes, struct scan_window *w, enum scan_content kind, size_t at)
{
    size_t trouble = 0;
    if (kind == SCAN_CONTENT_STRING) {
        return w->place_base + w->places[w->place_next];
    }
    if (kind == SCAN_CONTENT_NUMBER) {
        return scan_window_number(w, at, &trouble);
    }
    if ((at - 1) / 64 < w->start) {
        return SCAN_BAD;
    }
    size_t depth = 0;
    const size_t end = scan_window_skip(w, at - 1, &depth);
    shapes->deepest = depth > shapes->deepest ? depth : shapes->deepest;
    return end;
}

/* From step to step as long as strings follow and the first step tried is the right one; that is nearly always. `at` and the
 * number of gaps go on; the step reached. */
ALWAYS_INLINE struct step *run(const struct scan_shapes *shapes, struct step *step, struct scan_window *w, size_t *at, size_t **gap, const size_t *last)
{
    const char *origin = w->origin;
    const size_t limit = w->length < GAP_MAX ? 0 : w->length - GAP_MAX;
    const uint32_t *places = w->places;
    const uint32_t count = w->place_count;
    const size_t base = w->place_base;
    uint32_t passed = w->place_next;
    size_t place = *at;
    size_t *to = *gap;
    while (to < last && place < limit) {
        struct step *next = step->next;
        if (UNLIKELY(next->kind != SCAN_CONTENT_STRING || count - passed <= next->quotes || !same_head(origin + place, next)
                     || (next->length > HEAD && !same_rest(origin + place, shapes->text + next->text, next->length)))) {
            break;
        }
        step = next;
        *to++ = place;
        passed += step->quotes;
        place = base + places[passed];
    }
    w->place_next = passed;
    *at = place;
    *gap = to;
    return step;
}

static size_t follow(struct scan_shapes *shapes, struct scan_window *w, size_t at, uint16_t *shape)
{
    struct step *step = &shapes->steps[0];
    size_t *gap = shapes->gaps;
    const size_t *last = shapes->gaps + CONTENTS_MAX;
    do {
        step = run(shapes, step, w, &at, &gap, last);
        step = find_step(shapes, step, w->origin + at, w->length - at);
        if (step == NULL || !pass_quotes(w, step, at)) {
            return SCAN_BAD;
        }
        *gap++ = at;
        at += step->length;
        if (step->kind == SCAN_CONTENT_END) {
            *shape = step->shape;
            return at;
        }
        at = pass_content(shapes, w, step->kind, at);
    } while (at != SCAN_BAD && gap <= last);
    return SCAN_BAD;
}

size_t scan_shapes_follow(struct scan_shapes *shapes, struct scan_window *w, size_t at, const struct scan_shape **shape)
{
    uint16_t index = 0;
    shapes->deepest = 0;
    const size_t end = follow(shapes, w, at, &index);
    if (UNLIKELY(end == SCAN_BAD || end - at > UINT32_MAX)) {
        shapes->credit -= CREDIT_MISS;
        if (shapes->credit < 0) {
            shapes->credit = CREDIT_MAX / 2;
            shapes->pause = PAUSE;
        }
        return SCAN_BAD;
    }
    shapes->escapes = w->escaped_until > at / 64;
    shapes->credit += shapes->credit < CREDIT_MAX;
    *shape = &shapes->shapes[index];
    return end;
}

ALWAYS_INLINE struct scan_value value_at(const size_t *gaps, const char *origin, const struct placed *placed)
{
    const size_t start = gaps[placed->start_gap] + placed->start;
    const size_t end = gaps[placed->end_gap] + placed->end;
    return (struct scan_value){ origin + start, (uint32_t)(end - start), placed->kind, false, placed->next };
}

static void mark_escaped(struct scan_value *value)
{
    value->escaped = value->kind == SCAN_STRING && memchr(value->ptr, '\\', value->len) != NULL;
}

void scan_shapes_take(const struct scan_shapes *shapes, const struct scan_shape *shape, const struct scan_window *w,
                      struct scan_taken *out)
{
    const struct placed *placed = shapes->placed + shape->placed;
    struct scan_value *values = out->values;
    uint16_t *touched = out->touched;
    const size_t *gaps = shapes->gaps;
    const char *origin = w->origin;
    const size_t count = shape->value_count;
    for (size_t i = 0; i < count; i++) {
        values[placed[i].slot] = value_at(gaps, origin, &placed[i]);
        touched[i] = placed[i].slot;
    }
    for (size_t i = 0; i < shape->extra_count; i++) {
        out->extras[i] = value_at(gaps, origin, &placed[count + i]);
    }
    for (size_t i = 0; UNLIKELY(shapes->escapes) && i < shape->value_count; i++) {
        mark_escaped(&out->values[placed[i].slot]);
    }
    for (size_t i = 0; UNLIKELY(shapes->escapes) && i < shape->extra_count; i++) {
        mark_escaped(&out->extras[i]);
    }
    out->touched_count = shape->value_count;
    out->extra_count = shape->extra_count;
    out->deepest = shape->deepest + shapes->deepest;
}

/* --- learning --- */

void scan_shapes_begin(struct scan_shapes *shapes)
{
    shapes->content_count = 0;
}

void scan_shapes_note(struct scan_shapes *shapes, enum scan_content kind, size_t start, size_t end)
{
    if (shapes->content_count <= CONTENTS_MAX) {
        shapes->contents[shapes->content_count++] = (struct content){ start, end, kind };
    }
}

static size_t gap_start(const struct scan_shapes *shapes, size_t gap, size_t document)
{
    return gap == 0 ? document : shapes->contents[gap - 1].end;
}

/* The first content that starts at or behind a place; its gap is the one before it. */
static size_t gap_of(const struct scan_shapes *shapes, size_t at, bool is_end)
{
    size_t low = 0;
    size_t high = shapes->content_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct content *content = &shapes->contents[middle];
        if (is_end ? content->end <= at : content->start < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* False: the place lies too far from its gap's start to be told. */
static bool place(const struct scan_shapes *shapes, const struct scan_window *w, size_t document, const struct scan_value *value,
                  uint16_t slot, struct placed *out)
{
    const size_t start = (size_t)(value->ptr - w->origin);
    const size_t end = start + value->len;
    const size_t first = gap_of(shapes, start, false);
    const size_t last = gap_of(shapes, end, true);
    const size_t from = gap_start(shapes, first, document);
    const size_t until = gap_start(shapes, last, document);
    if (from > start || until > end || start - from > GAP_MAX || end - until > GAP_MAX) {
        return false;
    }
    *out = (struct placed){ (uint8_t)first, (uint8_t)last, (uint16_t)(start - from), (uint16_t)(end - until), slot, value->next, value->kind };
    return true;
}

static bool fits(const struct scan_shapes *shapes, size_t at, size_t end, const struct scan_taken *taken)
{
    if (shapes->content_count > CONTENTS_MAX || taken->touched_count + taken->extra_count > CONTENTS_MAX * 4) {
        return false;
    }
    for (size_t i = 0; i <= shapes->content_count; i++) {
        const size_t until = i < shapes->content_count ? shapes->contents[i].start : end;
        const size_t from = gap_start(shapes, i, at);
        if (until <= from || until - from > GAP_MAX) {
            return false;
        }
    }
    return true;
}

static void make_room(struct scan_shapes *shapes, size_t length, size_t values)
{
    const bool full = shapes->step_count + shapes->content_count + 1 > STEPS_MAX || shapes->text_size + length > TEXT_MAX
        || shapes->placed_count + values > PLACED_MAX || shapes->shape_count == SHAPES_MAX;
    if (full) {
        scan_shapes_forget(shapes);
    }
}

static struct step *child(struct scan_shapes *shapes, struct step *before, struct str gap, enum scan_content kind)
{
    for (struct step **link = &before->next; *link != shapes->steps; link = &(*link)->other) {
        if ((*link)->kind == kind && (*link)->length == gap.len && same_gap(shapes, *link, gap.ptr, gap.len)) {
            put_first(before, link);
            return before->next;
        }
    }
    struct step *step = &shapes->steps[shapes->step_count++];
    const size_t head = gap.len < HEAD ? gap.len : HEAD;
    *step = (struct step){ .next = shapes->steps, .other = before->next, .text = (uint32_t)shapes->text_size,
                           .length = (uint16_t)gap.len, .kind = (uint8_t)kind, .unmasked = (uint8_t)head };
    memcpy(step->head, gap.ptr, head);
    memcpy(shapes->text + shapes->text_size, gap.ptr, gap.len > HEAD ? gap.len : 0);
    shapes->text_size += gap.len > HEAD ? gap.len : 0;
    before->next = step;
    return step;
}

static uint16_t quotes_between(const struct scan_window *w, size_t start, size_t end)
{
    uint16_t count = 0;
    for (size_t at = start; at < end; at++) {
        count = (uint16_t)(count + (w->origin[at] == '"')); /* at most GAP_MAX */
        at += w->origin[at] == '\\';
    }
    return count;
}

static uint16_t add_shape(struct scan_shapes *shapes, const struct scan_window *w, size_t at, const struct scan_taken *taken)
{
    struct scan_shape shape = { (uint32_t)shapes->placed_count, 0, 0, (uint32_t)taken->deepest };
    struct placed *placed = shapes->placed + shapes->placed_count;
    for (size_t i = 0; i < taken->touched_count; i++) {
        shape.value_count += place(shapes, w, at, &taken->values[taken->touched[i]], taken->touched[i], placed + shape.value_count);
    }
    for (size_t i = 0; i < taken->extra_count; i++) {
        shape.extra_count += place(shapes, w, at, &taken->extras[i], SCAN_NO_SLOT, placed + shape.value_count + shape.extra_count);
    }
    if (shape.value_count != taken->touched_count || shape.extra_count != taken->extra_count) {
        return UINT16_MAX;
    }
    shapes->placed_count += shape.value_count + shape.extra_count;
    shapes->shapes[shapes->shape_count] = shape;
    return (uint16_t)shapes->shape_count++;
}

void scan_shapes_learn(struct scan_shapes *shapes, const struct scan_window *w, size_t at, size_t end,
                       const struct scan_taken *taken)
{
    if (!fits(shapes, at, end, taken)) {
        return;
    }
    make_room(shapes, end - at, taken->touched_count + taken->extra_count);
    const uint16_t shape = add_shape(shapes, w, at, taken);
    struct step *step = &shapes->steps[0];
    for (size_t i = 0; i <= shapes->content_count && shape != UINT16_MAX; i++) {
        const bool last = i == shapes->content_count;
        const size_t from = gap_start(shapes, i, at);
        const size_t until = last ? end : shapes->contents[i].start;
        step = child(shapes, step, (struct str){ w->origin + from, until - from }, last ? SCAN_CONTENT_END : shapes->contents[i].kind);
        step->quotes = quotes_between(w, from, until);
        step->shape = shape;
    }
}
