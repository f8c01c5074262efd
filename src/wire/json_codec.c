#include "wire/json_codec.h"

#include <math.h>

#include "wire/codec.h"

static struct err refuse(struct decoder *d, const char *wanted, const struct shape *shape)
{
    return fail(d->ctx, d->malformed, "Expected %s for %s.", wanted, shape->name);
}

static struct err read_text(struct decoder *d, const struct slot *slot, const struct json *j)
{
    if (j->kind != JSON_STRING) {
        return refuse(d, "a string", slot->shape);
    }
    struct str text = j->text;
    if (slot->shape->kind == SHAPE_BLOB && !str_unbase64(d->ctx->arena, j->text, &text)) {
        return refuse(d, "base64", slot->shape);
    }
    slot_text(slot, text);
    return ERR_OK;
}

/* spec: the Smithy malformed-request cases refuse 1.0 and 1e0 where a whole number belongs; so does AWS. */
static struct err read_integer(struct decoder *d, const struct slot *slot, const struct json *j)
{
    int64_t whole = 0;
    if (j->kind != JSON_NUMBER || !str_to_int(j->text, &whole) || !slot_integer(slot, whole)) {
        return refuse(d, "an integer of the right size", slot->shape);
    }
    return ERR_OK;
}

static struct err read_double(struct decoder *d, const struct slot *slot, const struct json *j)
{
    double real = 0;
    if (j->kind == JSON_STRING
        && (str_equal(j->text, STR("NaN")) || str_equal(j->text, STR("Infinity"))
            || str_equal(j->text, STR("-Infinity")))) {
        return slot_parse(d, slot, j->text, TIME_DEFAULT);
    }
    if (!json_double(j, &real) || !isfinite(real)) {
        return refuse(d, "a number", slot->shape);
    }
    slot_double(slot, real);
    return ERR_OK;
}

static struct err read_time(struct decoder *d, const struct slot *slot, const struct json *j)
{
    const enum timestamp_format format = time_of(slot->time, TIME_UNIX);
    if (j->kind != (format == TIME_UNIX ? JSON_NUMBER : JSON_STRING)) {
        return refuse(d, "a timestamp of the right form", slot->shape);
    }
    return slot_parse_time(d, slot, j->text, format);
}

static struct err read_list(struct decoder *d, const struct slot *slot, const struct json *j)
{
    if (j->kind != JSON_ARRAY) {
        return refuse(d, "a list", slot->shape);
    }
    struct builder builder = builder_new(d, slot);
    for (const struct json *child = j->child; child; child = child->next) {
        struct slot item;
        TRY(builder_add(d, &builder, STR_NONE, &item));
        if (child->kind != JSON_NULL) {
            TRY(json_read_value(d, &item, child));
        } else if (!slot->shape->sparse) {
            return refuse(d, "no null", slot->shape);
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_map(struct decoder *d, const struct slot *slot, const struct json *j)
{
    if (j->kind != JSON_OBJECT) {
        return refuse(d, "an object", slot->shape);
    }
    struct builder builder = builder_new(d, slot);
    for (const struct json *child = j->child; child; child = child->next) {
        if (child->kind == JSON_NULL && !slot->shape->sparse) {
            continue;
        }
        struct slot item;
        TRY(builder_add(d, &builder, child->key, &item));
        if (child->kind != JSON_NULL) {
            TRY(json_read_value(d, &item, child));
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct str document_text(struct arena *arena, const struct json *j)
{
    struct json_writer w = json_writer_new(arena);
    json_write_tree(&w, j);
    return json_done(&w);
}

struct err json_read_value(struct decoder *d, const struct slot *slot, const struct json *j)
{
    switch (slot->shape->kind) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return read_text(d, slot, j);
    case SHAPE_DOCUMENT:
        slot_text(slot, document_text(d->ctx->arena, j));
        return ERR_OK;
    case SHAPE_BOOLEAN:
        if (j->kind != JSON_TRUE && j->kind != JSON_FALSE) {
            return refuse(d, "a boolean", slot->shape);
        }
        slot_bool(slot, j->kind == JSON_TRUE);
        return ERR_OK;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return read_integer(d, slot, j);
    case SHAPE_DOUBLE:
        return read_double(d, slot, j);
    case SHAPE_TIMESTAMP:
        return read_time(d, slot, j);
    case SHAPE_LIST:
        return read_list(d, slot, j);
    case SHAPE_MAP:
        return read_map(d, slot, j);
    case SHAPE_STRUCTURE:
        if (j->kind != JSON_OBJECT) {
            return refuse(d, "an object", slot->shape);
        }
        return json_read_members(d, slot->shape, slot_structure(d, slot), j, JSON_ALL_MEMBERS);
    }
    return ERR_OK;
}

static const struct member *find_member(const struct shape *shape, struct str key, enum json_scope scope)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (str_equal(str_of(member->wire_name), key) && (scope == JSON_ALL_MEMBERS || member->location == IN_BODY)) {
            return member;
        }
    }
    return NULL;
}

struct err json_read_members(struct decoder *d, const struct shape *shape, void *structure, const struct json *j,
                             enum json_scope scope)
{
    size_t known = 0;
    for (const struct json *child = j->child; child; child = child->next) {
        const struct member *member = child->kind == JSON_NULL ? NULL : find_member(shape, child->key, scope);
        if (member) {
            const struct slot slot = slot_member(structure, member);
            TRY(json_read_value(d, &slot, child));
            known++;
        }
    }
    return shape->is_union && known > 1 ? refuse(d, "one member only", shape) : ERR_OK;
}

static void write_list(struct json_writer *w, const struct view *list)
{
    json_open_array(w);
    for (size_t i = 0; i < view_count(list); i++) {
        const struct view item = view_item(list, i);
        json_write_value(w, &item);
    }
    json_close_array(w);
}

static void write_map(struct json_writer *w, const struct view *map)
{
    json_open_object(w);
    for (size_t i = 0; i < view_count(map); i++) {
        const struct view item = view_item(map, i);
        json_key(w, view_key(map, i));
        json_write_value(w, &item);
    }
    json_close_object(w);
}

static void write_scalar(struct json_writer *w, const struct view *view)
{
    struct arena *arena = w->text.arena;
    const enum timestamp_format format = time_of(view->time, TIME_UNIX);
    const bool quoted = (view->shape->kind == SHAPE_TIMESTAMP && format != TIME_UNIX)
                        || (view->shape->kind == SHAPE_DOUBLE && !isfinite(view_double(view)));
    const struct str text = view_print(arena, view, TIME_UNIX);
    if (quoted) {
        json_str(w, text);
    } else {
        json_raw(w, text);
    }
}

void json_write_value(struct json_writer *w, const struct view *view)
{
    if (!view_present(view)) {
        json_write_null(w);
        return;
    }
    switch (view->shape->kind) {
    case SHAPE_STRING:
        json_str(w, view_text(view));
        return;
    case SHAPE_BLOB:
        json_str(w, str_base64(w->text.arena, view_text(view)));
        return;
    case SHAPE_LIST:
        write_list(w, view);
        return;
    case SHAPE_MAP:
        write_map(w, view);
        return;
    case SHAPE_STRUCTURE:
        json_open_object(w);
        json_write_members(w, view->shape, view->at, JSON_ALL_MEMBERS);
        json_close_object(w);
        return;
    case SHAPE_DOCUMENT:
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        write_scalar(w, view);
        return;
    }
}

void json_write_members(struct json_writer *w, const struct shape *shape, const void *structure, enum json_scope scope)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct view view = view_member(structure, member);
        if (view_present(&view) && (scope == JSON_ALL_MEMBERS || member->location == IN_BODY)) {
            json_key(w, str_of(member->wire_name));
            json_write_value(w, &view);
        }
    }
}

struct err wire_json_read(struct ctx *ctx, const struct shape *shape, struct str json, void **value)
{
    struct json_error error;
    const struct json *j = json_parse(ctx->arena, json, &error);
    if (j == NULL) {
        return fail(ctx, &FAULT_INVALID, "malformed JSON at byte %zu: %s", error.offset, error.reason);
    }
    struct decoder d = decoder_new(ctx, &FAULT_INVALID);
    *value = arena_alloc(ctx->arena, shape->size);
    const struct slot slot = { shape, *value, true, TIME_DEFAULT };
    return json_read_value(&d, &slot, j);
}

void wire_json_write(struct json_writer *w, const struct shape *shape, const void *value)
{
    const struct view view = { shape, value, true, TIME_DEFAULT };
    json_write_value(w, &view);
}
