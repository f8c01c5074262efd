#include "wire/cbor_codec.h"

#include <math.h>

enum { TAG_EPOCH = 1 };

/* One body being read. */
struct source {
    struct decoder *d;
    struct cbor_reader r;
    int depth;
};

static struct err broken(struct source *s)
{
    return fail(s->d->ctx, s->d->malformed, "The body is not well-formed CBOR (near byte %zu).", s->r.at);
}

static struct err refuse(struct source *s, const struct shape *shape, const char *wanted)
{
    return fail(s->d->ctx, s->d->malformed, "Expected %s for %s.", wanted, shape->name);
}

static struct err read_value(struct source *s, const struct slot *slot, const struct cbor_item *item);

/* The next part of an array or map: *done at its end, else the head in *item. left counts a definite one down. */
static struct err next_part(struct source *s, const struct cbor_item *whole, uint64_t *left, struct cbor_item *item,
                            bool *done)
{
    *done = !whole->indefinite && *left == 0;
    if (*done) {
        return ERR_OK;
    }
    --*left;
    if (!cbor_next(&s->r, item) || (item->stop && !whole->indefinite)) {
        return broken(s);
    }
    *done = item->stop;
    return ERR_OK;
}

static struct err read_key(struct source *s, const struct cbor_item *item, struct str *key)
{
    if (item->major != CBOR_TEXT || !cbor_string(&s->r, s->d->ctx->arena, item, key)) {
        return broken(s);
    }
    return ERR_OK;
}

static struct err next_value(struct source *s, struct cbor_item *item)
{
    return cbor_next(&s->r, item) && !item->stop ? ERR_OK : broken(s);
}

static struct err read_list(struct source *s, const struct slot *slot, const struct cbor_item *whole)
{
    if (whole->major != CBOR_ARRAY) {
        return refuse(s, slot->shape, "an array");
    }
    struct builder builder = builder_new(s->d, slot);
    uint64_t left = whole->argument;
    for (;;) {
        struct cbor_item item;
        struct slot place;
        bool done = false;
        TRY(next_part(s, whole, &left, &item, &done));
        if (done) {
            break;
        }
        TRY(builder_add(s->d, &builder, STR_NONE, &place));
        if (!cbor_is_nothing(&item)) {
            TRY(read_value(s, &place, &item));
        } else if (!slot->shape->sparse) {
            return refuse(s, slot->shape, "no null");
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_map(struct source *s, const struct slot *slot, const struct cbor_item *whole)
{
    if (whole->major != CBOR_MAP) {
        return refuse(s, slot->shape, "a map");
    }
    struct builder builder = builder_new(s->d, slot);
    uint64_t left = whole->argument;
    for (;;) {
        struct cbor_item item;
        struct str key = STR_NONE;
        struct slot place;
        bool done = false;
        TRY(next_part(s, whole, &left, &item, &done));
        if (done) {
            break;
        }
        TRY(read_key(s, &item, &key));
        TRY(next_value(s, &item));
        if (cbor_is_nothing(&item) && !slot->shape->sparse) {
            continue;
        }
        TRY(builder_add(s->d, &builder, key, &place));
        if (!cbor_is_nothing(&item)) {
            TRY(read_value(s, &place, &item));
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static const struct member *find_member(const struct shape *shape, struct str key)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (str_equal(str_of(shape->members[i].wire_name), key)) {
            return &shape->members[i];
        }
    }
    return NULL;
}

static struct err read_members(struct source *s, const struct shape *shape, void *structure,
                               const struct cbor_item *whole)
{
    if (whole->major != CBOR_MAP) {
        return refuse(s, shape, "a map");
    }
    size_t known = 0;
    uint64_t left = whole->argument;
    for (;;) {
        struct cbor_item item;
        struct str key = STR_NONE;
        bool done = false;
        TRY(next_part(s, whole, &left, &item, &done));
        if (done) {
            break;
        }
        TRY(read_key(s, &item, &key));
        TRY(next_value(s, &item));
        const struct member *member = cbor_is_nothing(&item) ? NULL : find_member(shape, key);
        if (member) {
            const struct slot slot = slot_member(structure, member);
            TRY(read_value(s, &slot, &item));
            known++;
        } else if (!cbor_skip(&s->r, &item, s->depth)) {
            return broken(s);
        }
    }
    return shape->is_union && known > 1 ? refuse(s, shape, "one member only") : ERR_OK;
}

static bool whole_of(const struct cbor_item *item, int64_t *out)
{
    if (item->argument > INT64_MAX || item->major > CBOR_NEGATIVE) {
        return false;
    }
    *out = item->major == CBOR_UNSIGNED ? (int64_t)item->argument : -1 - (int64_t)item->argument;
    return true;
}

static bool real_of(const struct cbor_item *item, double *out)
{
    int64_t whole = 0;
    if (item->is_float) {
        *out = item->real;
        return true;
    }
    const bool good = whole_of(item, &whole);
    *out = (double)whole;
    return good;
}

static struct err read_time(struct source *s, const struct slot *slot, const struct cbor_item *item)
{
    const double limit = 253402300800.0; /* the year 10000 */
    struct cbor_item inner;
    double seconds = 0;
    if (item->major != CBOR_TAG || item->argument != TAG_EPOCH) {
        return refuse(s, slot->shape, "a tagged timestamp");
    }
    TRY(next_value(s, &inner));
    if (!real_of(&inner, &seconds) || !(fabs(seconds) < limit)) {
        return refuse(s, slot->shape, "a timestamp");
    }
    slot_integer(slot, llround(seconds * 1000));
    return ERR_OK;
}

static struct err read_scalar(struct source *s, const struct slot *slot, const struct cbor_item *item)
{
    int64_t whole = 0;
    double real = 0;
    struct str text = STR_NONE;
    const enum shape_kind kind = slot->shape->kind;
    if (kind == SHAPE_STRING || kind == SHAPE_BLOB || kind == SHAPE_DOCUMENT) {
        if (item->major != (kind == SHAPE_BLOB ? CBOR_BYTES : CBOR_TEXT)) {
            return refuse(s, slot->shape, kind == SHAPE_BLOB ? "bytes" : "text");
        }
        if (!cbor_string(&s->r, s->d->ctx->arena, item, &text)) {
            return broken(s);
        }
        slot_text(slot, text);
        return ERR_OK;
    }
    if (kind == SHAPE_BOOLEAN) {
        const bool known = item->major == CBOR_SIMPLE && !item->is_float
                           && (item->argument == CBOR_TRUE || item->argument == CBOR_FALSE);
        slot_bool(slot, item->argument == CBOR_TRUE);
        return known ? ERR_OK : refuse(s, slot->shape, "a boolean");
    }
    if (kind == SHAPE_DOUBLE) {
        if (!real_of(item, &real)) {
            return refuse(s, slot->shape, "a number");
        }
        slot_double(slot, real);
        return ERR_OK;
    }
    return whole_of(item, &whole) && slot_integer(slot, whole) ? ERR_OK : refuse(s, slot->shape, "an integer");
}

static struct err read_value(struct source *s, const struct slot *slot, const struct cbor_item *item)
{
    const enum shape_kind kind = slot->shape->kind;
    if (kind == SHAPE_TIMESTAMP) {
        return read_time(s, slot, item);
    }
    if (kind != SHAPE_STRUCTURE && kind != SHAPE_LIST && kind != SHAPE_MAP) {
        return read_scalar(s, slot, item);
    }
    if (++s->depth > CBOR_DEPTH_MAX) {
        return refuse(s, slot->shape, "less nesting");
    }
    TRY(kind == SHAPE_LIST  ? read_list(s, slot, item)
        : kind == SHAPE_MAP ? read_map(s, slot, item)
                            : read_members(s, slot->shape, slot_structure(s->d, slot), item));
    s->depth--;
    return ERR_OK;
}

struct err cbor_read_structure(struct decoder *d, const struct shape *shape, void *structure, struct str body)
{
    struct source s = { .d = d, .r = { body, 0 } };
    struct cbor_item item;
    if (body.len == 0) {
        return ERR_OK;
    }
    TRY(next_value(&s, &item));
    TRY(read_members(&s, shape, structure, &item));
    return s.r.at == body.len ? ERR_OK : broken(&s);
}

static void write_time(struct text *out, int64_t ms)
{
    cbor_write_head(out, CBOR_TAG, TAG_EPOCH);
    if (ms % 1000 == 0) {
        cbor_write_int(out, ms / 1000);
    } else {
        cbor_write_double(out, (double)ms / 1000);
    }
}

static void write_value(struct text *out, const struct view *view)
{
    if (!view_present(view)) {
        cbor_write_simple(out, CBOR_NULL);
        return;
    }
    switch (view->shape->kind) {
    case SHAPE_STRING:
    case SHAPE_DOCUMENT:
        cbor_write_text(out, view_text(view));
        return;
    case SHAPE_BLOB:
        cbor_write_bytes(out, view_text(view));
        return;
    case SHAPE_BOOLEAN:
        cbor_write_simple(out, view_bool(view) ? CBOR_TRUE : CBOR_FALSE);
        return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        cbor_write_int(out, view_integer(view));
        return;
    case SHAPE_DOUBLE:
        cbor_write_double(out, view_double(view));
        return;
    case SHAPE_TIMESTAMP:
        write_time(out, view_integer(view));
        return;
    case SHAPE_STRUCTURE:
        cbor_write_structure(out, view->shape, view->at, STR_NONE);
        return;
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    const bool map = view->shape->kind == SHAPE_MAP;
    cbor_write_head(out, map ? CBOR_MAP : CBOR_ARRAY, view_count(view));
    for (size_t i = 0; i < view_count(view); i++) {
        const struct view item = view_item(view, i);
        if (map) {
            cbor_write_text(out, view_key(view, i));
        }
        write_value(out, &item);
    }
}

void cbor_write_structure(struct text *out, const struct shape *shape, const void *structure, struct str type)
{
    size_t present = type.ptr ? 1 : 0;
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct view view = view_member(structure, &shape->members[i]);
        present += view_present(&view);
    }
    cbor_write_head(out, CBOR_MAP, present);
    if (type.ptr) {
        cbor_write_text(out, STR("__type"));
        cbor_write_text(out, type);
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct view view = view_member(structure, &shape->members[i]);
        if (view_present(&view)) {
            cbor_write_text(out, str_of(shape->members[i].wire_name));
            write_value(out, &view);
        }
    }
}
