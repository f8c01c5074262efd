#include "tests/conformance/plain.h"

#include <math.h>

static void write_parts(struct json_writer *w, const struct view *view)
{
    const bool map = view->shape->kind == SHAPE_MAP;
    if (map) {
        json_open_object(w);
    } else {
        json_open_array(w);
    }
    for (size_t i = 0; i < view_count(view); i++) {
        const struct view item = view_item(view, i);
        if (map) {
            json_key(w, view_key(view, i));
        }
        plain_write(w, &item);
    }
    if (map) {
        json_close_object(w);
    } else {
        json_close_array(w);
    }
}

static void write_structure(struct json_writer *w, const struct view *view)
{
    json_open_object(w);
    for (size_t i = 0; i < view->shape->member_count; i++) {
        const struct view member = view_member(view->at, &view->shape->members[i]);
        if (view_present(&member)) {
            json_key(w, str_of(view->shape->members[i].name));
            plain_write(w, &member);
        }
    }
    json_close_object(w);
}

void plain_write(struct json_writer *w, const struct view *view)
{
    if (!view_present(view)) {
        json_write_null(w);
        return;
    }
    switch (view->shape->kind) {
    case SHAPE_STRING:
    case SHAPE_DOCUMENT:
        json_str(w, view_text(view));
        return;
    case SHAPE_BLOB:
        json_str(w, str_base64(w->text.arena, view_text(view)));
        return;
    case SHAPE_BOOLEAN:
        json_write_bool(w, view_bool(view));
        return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_TIMESTAMP:
        json_write_int(w, view_integer(view));
        return;
    case SHAPE_DOUBLE:
        if (isfinite(view_double(view))) {
            json_write_double(w, view_double(view));
        } else {
            json_str(w, isnan(view_double(view)) ? STR("NaN") : view_double(view) > 0 ? STR("Infinity") : STR("-Infinity"));
        }
        return;
    case SHAPE_LIST:
    case SHAPE_MAP:
        write_parts(w, view);
        return;
    case SHAPE_STRUCTURE:
        write_structure(w, view);
        return;
    }
}

static struct err read_structure(struct decoder *d, const struct slot *slot, const struct json *j)
{
    void *structure = slot_structure(d, slot);
    for (const struct json *child = j->child; child; child = child->next) {
        const struct member *found = NULL;
        for (size_t i = 0; i < slot->shape->member_count; i++) {
            const struct member *member = &slot->shape->members[i];
            found = str_equal(str_of(member->name), child->key) ? member : found;
        }
        if (found == NULL) {
            return fail(d->ctx, d->malformed, "%s has no member %.*s", slot->shape->name, STR_ARG(child->key));
        }
        const struct slot inner = slot_member(structure, found);
        TRY(plain_read(d, &inner, child));
    }
    return ERR_OK;
}

struct err plain_read(struct decoder *d, const struct slot *slot, const struct json *j)
{
    int64_t whole = 0;
    if (j->kind == JSON_NULL) {
        return ERR_OK;
    }
    if (slot->shape->kind == SHAPE_STRUCTURE) {
        return read_structure(d, slot, j);
    }
    if (slot->shape->kind == SHAPE_TIMESTAMP) {
        json_int(j, &whole);
        slot_integer(slot, whole);
        return ERR_OK;
    }
    if (slot->shape->kind != SHAPE_LIST && slot->shape->kind != SHAPE_MAP) {
        const bool word = j->kind == JSON_TRUE || j->kind == JSON_FALSE;
        return slot_parse(d, slot, word ? (j->kind == JSON_TRUE ? STR("true") : STR("false")) : j->text, TIME_DEFAULT);
    }
    struct builder builder = builder_new(d, slot);
    for (const struct json *child = j->child; child; child = child->next) {
        struct slot item;
        TRY(builder_add(d, &builder, child->key, &item));
        TRY(plain_read(d, &item, child));
    }
    builder_done(&builder);
    return ERR_OK;
}
