#include "wire/value.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"

enum { ITEMS_AT_FIRST = 8 };

/* Offsets come from the generator's own sizeof and offsetof, so alignment holds. */
static const void *inside(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

enum timestamp_format time_of(uint8_t own, enum timestamp_format otherwise)
{
    return own == TIME_DEFAULT ? otherwise : (enum timestamp_format)own;
}

struct view view_structure(const struct shape *shape, const void *structure)
{
    return (struct view){ shape, structure, true, TIME_DEFAULT };
}

struct view view_member(const void *structure, const struct member *member)
{
    const void *at = inside(structure, member->offset);
    if (member->shape->kind == SHAPE_STRUCTURE) {
        memcpy(&at, at, sizeof(at));
    }
    return (struct view){ member->shape, at, false, member->time };
}

struct view view_item(const struct view *list, size_t index)
{
    const struct any_list *any = list->at;
    const struct member *member = &list->shape->members[list->shape->kind == SHAPE_MAP ? 1 : 0];
    const void *at = inside(any->items, index * list->shape->stride + member->offset);
    return (struct view){ member->shape, at, true, member->time };
}

struct str view_key(const struct view *map, size_t index)
{
    const struct any_list *any = map->at;
    return *(const struct str *)inside(any->items, index * map->shape->stride);
}

bool view_present(const struct view *view)
{
    switch (view->shape->kind) {
    case SHAPE_STRUCTURE:
        return view->at != NULL;
    case SHAPE_LIST:
    case SHAPE_MAP:
        return ((const struct any_list *)view->at)->items != NULL;
    case SHAPE_STRING:
    case SHAPE_BLOB:
    case SHAPE_DOCUMENT:
        return ((const struct str *)view->at)->ptr != NULL;
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    return view->bare || *(const bool *)view->at; /* set comes first in every opt_ struct */
}

struct str view_text(const struct view *view)
{
    return *(const struct str *)view->at;
}

bool view_bool(const struct view *view)
{
    return view->bare ? *(const bool *)view->at : ((const struct opt_bool *)view->at)->v;
}

int64_t view_integer(const struct view *view)
{
    if (view->shape->kind == SHAPE_INTEGER) {
        return view->bare ? *(const int32_t *)view->at : ((const struct opt_int *)view->at)->v;
    }
    return view->bare ? *(const int64_t *)view->at : ((const struct opt_long *)view->at)->v;
}

double view_double(const struct view *view)
{
    return view->bare ? *(const double *)view->at : ((const struct opt_double *)view->at)->v;
}

size_t view_count(const struct view *view)
{
    return ((const struct any_list *)view->at)->count;
}

struct decoder decoder_new(struct ctx *ctx, const struct fault *malformed)
{
    return (struct decoder){ ctx, malformed, DECODE_BUDGET };
}

struct slot slot_member(void *structure, const struct member *member)
{
    return (struct slot){ member->shape, (char *)structure + member->offset, false, member->time };
}

void *slot_structure(struct decoder *d, const struct slot *slot)
{
    if (slot->bare) {
        return slot->at;
    }
    void *structure = NULL;
    memcpy(&structure, slot->at, sizeof(structure));
    if (structure == NULL) {
        structure = arena_alloc(d->ctx->arena, slot->shape->size);
        memcpy(slot->at, &structure, sizeof(structure));
    }
    return structure;
}

void slot_text(const struct slot *slot, struct str text)
{
    *(struct str *)slot->at = text.ptr ? text : STR("");
}

void slot_bool(const struct slot *slot, bool value)
{
    if (slot->bare) {
        *(bool *)slot->at = value;
    } else {
        *(struct opt_bool *)slot->at = (struct opt_bool)SOME(value);
    }
}

bool slot_integer(const struct slot *slot, int64_t value)
{
    if (slot->shape->kind != SHAPE_INTEGER) {
        if (slot->bare) {
            *(int64_t *)slot->at = value;
        } else {
            *(struct opt_long *)slot->at = (struct opt_long)SOME(value); /* opt_time has the same layout */
        }
        return true;
    }
    const int64_t limit = (int64_t)1 << (slot->shape->bits - 1);
    if (value < -limit || value >= limit) {
        return false;
    }
    if (slot->bare) {
        *(int32_t *)slot->at = (int32_t)value;
    } else {
        *(struct opt_int *)slot->at = (struct opt_int)SOME((int32_t)value);
    }
    return true;
}

void slot_double(const struct slot *slot, double value)
{
    if (slot->bare) {
        *(double *)slot->at = value;
    } else {
        *(struct opt_double *)slot->at = (struct opt_double)SOME(value);
    }
}

struct builder builder_new(struct decoder *d, const struct slot *slot)
{
    struct builder builder = { .slot = *slot, .capacity = ITEMS_AT_FIRST };
    builder.items = arena_alloc(d->ctx->arena, ITEMS_AT_FIRST * (size_t)slot->shape->stride);
    return builder;
}

struct err builder_add(struct decoder *d, struct builder *builder, struct str key, struct slot *item)
{
    const struct shape *shape = builder->slot.shape;
    const size_t stride = shape->stride;
    if (d->budget < stride) {
        return fail(d->ctx, d->malformed, "The request holds too many elements.");
    }
    d->budget -= stride;
    if (builder->count == builder->capacity) {
        const size_t before = builder->capacity * stride;
        builder->items = arena_grow(d->ctx->arena, builder->items, before, before * 2);
        memset(builder->items + before, 0, before);
        builder->capacity *= 2;
    }
    char *place = builder->items + builder->count++ * stride;
    const struct member *member = &shape->members[shape->kind == SHAPE_MAP ? 1 : 0];
    if (shape->kind == SHAPE_MAP) {
        *(struct str *)(void *)place = key.ptr ? key : STR("");
    }
    *item = (struct slot){ member->shape, place + member->offset, true, member->time };
    return ERR_OK;
}

void builder_drop_last(struct builder *builder)
{
    builder->count--;
    memset(builder->items + builder->count * builder->slot.shape->stride, 0, builder->slot.shape->stride);
}

void builder_done(struct builder *builder)
{
    *(struct any_list *)builder->slot.at = (struct any_list){ builder->items, builder->count };
}

struct str text_shown(struct str s, size_t most)
{
    size_t end = s.len < most ? s.len : most;
    while (end < s.len && end > 0 && ((unsigned char)s.ptr[end] & 0xC0) == 0x80) {
        end--;
    }
    return str_utf8_valid(s) ? str_slice(s, 0, end) : STR("(bytes)");
}

static struct err refuse(struct decoder *d, struct str text, const char *wanted)
{
    const struct str shown = text_shown(text, 100);
    return fail(d->ctx, d->malformed, "'%.*s' is not %s.", STR_ARG(shown), wanted);
}

static bool parse_double(struct str text, double *out)
{
    if (str_equal(text, STR("NaN"))) {
        *out = (double)NAN;
    } else if (str_equal(text, STR("Infinity"))) {
        *out = (double)INFINITY;
    } else if (str_equal(text, STR("-Infinity"))) {
        *out = -(double)INFINITY;
    } else {
        return str_to_double(text, out);
    }
    return true;
}

/* Whole digits of a second become milliseconds without a detour through floating point's last bit. */
static bool parse_epoch(struct str text, int64_t *ms)
{
    const double limit = 253402300800.0; /* the year 10000 */
    double seconds = 0;
    if (!str_to_double(text, &seconds) || !(fabs(seconds) < limit)) {
        return false;
    }
    *ms = llround(seconds * 1000);
    return true;
}

/* spec: Smithy's date-time is UTC and ends in Z; offsets are refused. */
static bool parse_date_time(struct str text, int64_t *ms)
{
    return str_ends(text, STR("Z")) && clock_parse_iso8601(text, ms);
}

struct err slot_parse_time(struct decoder *d, const struct slot *slot, struct str text, enum timestamp_format format)
{
    int64_t ms = 0;
    const bool good = format == TIME_UNIX      ? parse_epoch(text, &ms)
                      : format == TIME_ISO8601 ? parse_date_time(text, &ms)
                                               : clock_parse_rfc7231(text, &ms);
    if (!good) {
        return refuse(d, text, "a timestamp of the right form");
    }
    slot_integer(slot, ms);
    return ERR_OK;
}

struct err slot_parse(struct decoder *d, const struct slot *slot, struct str text, enum timestamp_format time_default)
{
    int64_t whole = 0;
    double real = 0;
    struct str bytes = STR_NONE;
    switch (slot->shape->kind) {
    case SHAPE_STRING:
    case SHAPE_DOCUMENT:
        if (!str_utf8_valid(text)) {
            return fail(d->ctx, d->malformed, "The request holds text that is not UTF-8.");
        }
        slot_text(slot, text);
        return ERR_OK;
    case SHAPE_BLOB:
        if (!str_unbase64(d->ctx->arena, text, &bytes)) {
            return refuse(d, text, "base64");
        }
        slot_text(slot, bytes);
        return ERR_OK;
    case SHAPE_BOOLEAN:
        if (!str_equal(text, STR("true")) && !str_equal(text, STR("false"))) {
            return refuse(d, text, "a boolean");
        }
        slot_bool(slot, text.len == 4);
        return ERR_OK;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        if (!str_to_int(text, &whole) || !slot_integer(slot, whole)) {
            return refuse(d, text, "an integer of the right size");
        }
        return ERR_OK;
    case SHAPE_DOUBLE:
        if (!parse_double(text, &real)) {
            return refuse(d, text, "a number");
        }
        slot_double(slot, real);
        return ERR_OK;
    case SHAPE_TIMESTAMP:
        return slot_parse_time(d, slot, text, time_of(slot->time, time_default));
    case SHAPE_LIST:
    case SHAPE_MAP:
    case SHAPE_STRUCTURE:
        break;
    }
    return refuse(d, text, "a value of this shape");
}

struct str print_epoch(struct arena *arena, int64_t ms)
{
    const int64_t rest = (ms % 1000 + 1000) % 1000;
    if (rest == 0) {
        return str_format(arena, "%lld", (long long)(ms / 1000));
    }
    const char *sign = ms < 0 ? "-" : "";
    const int64_t size = ms < 0 ? -ms : ms;
    return str_format(arena, "%s%lld.%03lld", sign, (long long)(size / 1000), (long long)(size % 1000));
}

static struct str print_time(struct arena *arena, int64_t ms, enum timestamp_format format)
{
    if (format == TIME_UNIX) {
        return print_epoch(arena, ms);
    }
    if (format == TIME_RFC7231) {
        return clock_format_rfc7231(arena, ms);
    }
    return ms % 1000 ? clock_format_iso8601_ms(arena, ms) : clock_format_iso8601(arena, ms);
}

static struct str print_double(struct arena *arena, double n)
{
    if (isnan(n)) {
        return STR("NaN");
    }
    if (isinf(n)) {
        return n > 0 ? STR("Infinity") : STR("-Infinity");
    }
    struct json_writer w = json_writer_new(arena);
    json_write_double(&w, n);
    return json_done(&w);
}

struct str view_print(struct arena *arena, const struct view *view, enum timestamp_format time_default)
{
    switch (view->shape->kind) {
    case SHAPE_STRING:
    case SHAPE_DOCUMENT:
        return view_text(view);
    case SHAPE_BLOB:
        return str_base64(arena, view_text(view));
    case SHAPE_BOOLEAN:
        return view_bool(view) ? STR("true") : STR("false");
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return str_format(arena, "%lld", (long long)view_integer(view));
    case SHAPE_DOUBLE:
        return print_double(arena, view_double(view));
    case SHAPE_TIMESTAMP:
        return print_time(arena, view_integer(view), time_of(view->time, time_default));
    case SHAPE_LIST:
    case SHAPE_MAP:
    case SHAPE_STRUCTURE:
        break;
    }
    return STR("");
}
