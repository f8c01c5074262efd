#include "base/scan_shape.h"

#include "base/arena.h"

/* A gap is at most so long that the window never drops its start while its quotes are looked for. */
enum { GAP_MAX = 1024, CONTENTS_MAX = 255, STEPS_MAX = 16384, SHAPES_MAX = 4096, TRIES_MAX = 24 };
enum { TEXT_MAX = 1 << 20, PLACED_MAX = 1 << 17 };
_Static_assert(GAP_MAX / 64 + 2 < SCAN_STEP_MAX, "a gap stays in the window");

/* What hits and misses earn and cost, and how many documents go by before another try. */
enum { CREDIT_MAX = 256, CREDIT_MISS = 4, PAUSE = 2048 };

/* A gap and the content behind it. */
struct step {
    uint32_t text; /* of the gap */
    uint16_t length;
    uint16_t quotes; /* in the gap */
    uint32_t next;   /* the first step that may follow; 0: none */
    uint32_t other;  /* another one in the same place */
    uint16_t shape;  /* of an END */
    uint8_t kind;    /* enum scan_content */
};

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
    struct step *steps; /* 0 is the root */
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
    shapes->steps = memory_new(STEPS_MAX * sizeof(*shapes->steps));
    shapes->text = memory_new(TEXT_MAX);
    shapes->placed = memory_new(PLACED_MAX * sizeof(*shapes->placed));
    shapes->shapes = memory_new(SHAPES_MAX * sizeof(*shapes->shapes));
    scan_shapes_forget(shapes);
    return shapes;
}

void scan_shapes_close(struct scan_shapes *shapes)
{
    if (shapes) {
        memory_free(shapes->steps);
        memory_free(shapes->text);
        memory_free(shapes->placed);
        memory_free(shapes->shapes);
        memory_free(shapes);
    }
}

void scan_shapes_forget(struct scan_shapes *shapes)
{
    shapes->steps[0] = (struct step){ .next = 0 };
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

ALWAYS_INLINE uint64_t load(const char *at)
{
    uint64_t word = 0;
    memcpy(&word, at, sizeof(word));
    return word;
}

ALWAYS_INLINE bool same(const char *a, const char *b, size_t length)
{
    if (UNLIKELY(length < 8)) {
        return memcmp(a, b, length) == 0;
    }
    uint64_t differ = load(a + length - 8) ^ load(b + length - 8);
    for (size_t i = 0; i + 8 < length; i += 8) {
        differ |= load(a + i) ^ load(b + i);
    }
    return differ == 0;
}

/* What came last most likely comes next. */
ALWAYS_INLINE void put_first(struct step *before, uint32_t *link, struct step *step, uint32_t index)
{
    if (UNLIKELY(link != &before->next)) {
        *link = step->other;
        step->other = before->next;
        before->next = index;
    }
}

/* A number can be told from other contents only by how it begins. */
ALWAYS_INLINE bool fits_behind(const struct step *step, const char *at, size_t room)
{
    const char c = step->kind == SCAN_CONTENT_NUMBER && step->length < room ? at[step->length] : '0';
    return c == '-' || (c >= '0' && c <= '9');
}

/* Among the steps that may come at `at`, the one whose gap stands there: what came last is tried first. NULL: none. */
ALWAYS_INLINE const struct step *find_step(struct scan_shapes *shapes, struct step *before, const char *at, size_t room)
{
    uint32_t *link = &before->next;
    for (unsigned tries = 0; *link && tries < TRIES_MAX; tries++) {
        const uint32_t index = *link;
        struct step *step = &shapes->steps[index];
        if (LIKELY(step->length <= room && fits_behind(step, at, room) && same(shapes->text + step->text, at, step->length))) {
            put_first(before, link, step, index);
            return step;
        }
        link = &step->other;
    }
    return NULL;
}

/* Passes the quotes of the gap at `at`. False: the text ends before. */
ALWAYS_INLINE bool pass_quotes(struct scan_window *w, const struct step *step, size_t at)
{
    const uint32_t needed = (uint32_t)step->quotes + (step->kind == SCAN_CONTENT_STRING);
    while (UNLIKELY(w->place_count - w->place_next < needed)) {
        if (!scan_window_advance(w, at / 64)) {
            return false;
        }
    }
    w->place_next += step->quotes;
    return true;
}

/* Behind the content that starts at `at`. */
ALWAYS_INLINE size_t pass_content(struct scan_shapes *shapes, struct scan_window *w, enum scan_content kind, size_t at)
{
    if (LIKELY(kind == SCAN_CONTENT_STRING)) {
        return w->place_base + w->places[w->place_next];
    }
    size_t trouble = 0;
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

static size_t follow(struct scan_shapes *shapes, struct scan_window *w, size_t at, uint16_t *shape)
{
    struct step *before = &shapes->steps[0];
    for (size_t i = 0; i <= CONTENTS_MAX; i++) {
        const struct step *step = find_step(shapes, before, w->origin + at, w->length - at);
        if (step == NULL || !pass_quotes(w, step, at)) {
            return SCAN_BAD;
        }
        shapes->gaps[i] = at;
        at += step->length;
        if (step->kind == SCAN_CONTENT_END) {
            *shape = step->shape;
            return at;
        }
        at = pass_content(shapes, w, step->kind, at);
        if (UNLIKELY(at == SCAN_BAD)) {
            return SCAN_BAD;
        }
        before = &shapes->steps[step - shapes->steps];
    }
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

ALWAYS_INLINE struct scan_value value_at(const struct scan_shapes *shapes, const struct scan_window *w, const struct placed *placed)
{
    const size_t start = shapes->gaps[placed->start_gap] + placed->start;
    const size_t end = shapes->gaps[placed->end_gap] + placed->end;
    const bool escaped = UNLIKELY(shapes->escapes) && placed->kind == SCAN_STRING
        && memchr(w->origin + start, '\\', end - start) != NULL;
    return (struct scan_value){ w->origin + start, (uint32_t)(end - start), placed->kind, escaped, placed->next };
}

void scan_shapes_take(const struct scan_shapes *shapes, const struct scan_shape *shape, const struct scan_window *w,
                      struct scan_taken *out)
{
    const struct placed *placed = shapes->placed + shape->placed;
    for (size_t i = 0; i < shape->value_count; i++, placed++) {
        out->values[placed->slot] = value_at(shapes, w, placed);
        out->touched[i] = placed->slot;
    }
    for (size_t i = 0; i < shape->extra_count; i++, placed++) {
        out->extras[i] = value_at(shapes, w, placed);
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
    for (uint32_t *link = &before->next; *link; link = &shapes->steps[*link].other) {
        const uint32_t index = *link;
        struct step *step = &shapes->steps[index];
        if (step->kind == kind && step->length == gap.len && memcmp(shapes->text + step->text, gap.ptr, gap.len) == 0) {
            put_first(before, link, step, index);
            return step;
        }
    }
    struct step *step = &shapes->steps[shapes->step_count];
    *step = (struct step){ .text = (uint32_t)shapes->text_size, .length = (uint16_t)gap.len, .other = before->next, .kind = (uint8_t)kind };
    memcpy(shapes->text + shapes->text_size, gap.ptr, gap.len);
    shapes->text_size += gap.len;
    before->next = (uint32_t)shapes->step_count++;
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
