#include "wire/xml_codec.h"

static void write_value(struct text *out, struct str name, const struct member *member, const struct view *view);

static void add_namespace(struct text *out, const char *xml_namespace)
{
    if (xml_namespace == NULL) {
        return;
    }
    const struct str whole = str_of(xml_namespace);
    struct str uri = STR_NONE;
    const struct str prefix = str_cut(whole, '=', &uri);
    const bool prefixed = uri.ptr && str_find(prefix, ':') == STR_MISSING; /* a bare URI may hold '=' after its scheme */
    text_add(out, STR(" xmlns"));
    if (prefixed) {
        text_add_char(out, ':');
        text_add(out, prefix);
    }
    text_add(out, STR("=\""));
    xml_add_text(out, prefixed ? uri : whole);
    text_add_char(out, '"');
}

void xml_open_namespace(struct text *out, struct str name, const char *xml_namespace)
{
    text_add_char(out, '<');
    text_add(out, name);
    add_namespace(out, xml_namespace);
    text_add_char(out, '>');
}

static void add_attributes(struct text *out, const struct view *view)
{
    for (size_t i = 0; i < view->shape->member_count; i++) {
        const struct member *member = &view->shape->members[i];
        const struct view part = view_member(view->at, member);
        if (member->xml_attribute && view_present(&part)) {
            text_add_char(out, ' ');
            text_add(out, str_of(member->wire_name));
            text_add(out, STR("=\""));
            xml_add_text(out, view_print(out->arena, &part, TIME_ISO8601));
            text_add_char(out, '"');
        }
    }
}

void xml_write_structure(struct text *out, struct str name, const char *xml_namespace, const struct view *view,
                         enum xml_scope scope)
{
    text_add_char(out, '<');
    text_add(out, name);
    add_namespace(out, xml_namespace ? xml_namespace : view->shape->xml_namespace);
    add_attributes(out, view);
    text_add_char(out, '>');
    xml_write_members(out, view->shape, view->at, scope);
    xml_close(out, name);
}

static bool is_flat(const struct member *member)
{
    return member->flattened || member->shape->flattened;
}

/* spec: botocore reads a flattened list by the name of its element when that has one. */
static void write_list(struct text *out, struct str name, const struct member *member, const struct view *list)
{
    const struct member *element = &list->shape->members[0];
    const bool flat = member && is_flat(member);
    const struct str own = element->wire_name ? str_of(element->wire_name) : flat ? name : STR("member");
    if (!flat) {
        xml_open_namespace(out, name, member ? member->xml_prefix : NULL);
    }
    for (size_t i = 0; i < view_count(list); i++) {
        const struct view item = view_item(list, i);
        write_value(out, own, element, &item);
    }
    if (!flat) {
        xml_close(out, name);
    }
}

static void write_map(struct text *out, struct str name, const struct member *member, const struct view *map)
{
    const struct member *key = &map->shape->members[0];
    const struct member *value = &map->shape->members[1];
    const bool flat = member && is_flat(member);
    const struct str entry = flat ? name : STR("entry");
    if (!flat) {
        xml_open_namespace(out, name, member ? member->xml_prefix : NULL);
    }
    for (size_t i = 0; i < view_count(map); i++) {
        const struct view item = view_item(map, i);
        xml_open(out, entry);
        xml_element(out, str_of(key->wire_name), view_key(map, i));
        write_value(out, str_of(value->wire_name), value, &item);
        xml_close(out, entry);
    }
    if (!flat) {
        xml_close(out, name);
    }
}

/* member: how the value is used, NULL at the top. */
static void write_value(struct text *out, struct str name, const struct member *member, const struct view *view)
{
    const char *xml_namespace = member ? member->xml_prefix : NULL;
    if (!view_present(view)) {
        return;
    }
    switch (view->shape->kind) {
    case SHAPE_LIST:
        write_list(out, name, member, view);
        return;
    case SHAPE_MAP:
        write_map(out, name, member, view);
        return;
    case SHAPE_STRUCTURE:
        xml_write_structure(out, name, xml_namespace, view, XML_ALL_MEMBERS);
        return;
    case SHAPE_STRING:
    case SHAPE_BLOB:
    case SHAPE_DOCUMENT:
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    xml_open_namespace(out, name, xml_namespace);
    xml_add_text(out, view_print(out->arena, view, TIME_ISO8601));
    xml_close(out, name);
}

void xml_write_members(struct text *out, const struct shape *shape, const void *structure, enum xml_scope scope)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (member->xml_attribute || (scope == XML_BODY_MEMBERS && member->location != IN_BODY)) {
            continue;
        }
        const struct view view = view_member(structure, member);
        write_value(out, str_of(member->wire_name), member, &view);
    }
}

static bool is_named(const struct xml *element, const char *name)
{
    const struct str wanted = str_of(name);
    return str_equal(element->name, wanted) || str_equal(xml_local_name(element->name), wanted);
}

static struct err read_items(struct decoder *d, const struct slot *slot, const struct xml *element)
{
    struct builder builder = builder_new(d, slot);
    for (const struct xml *child = element->child; child; child = child->next) {
        struct slot item;
        TRY(builder_add(d, &builder, STR_NONE, &item));
        TRY(xml_read_value(d, &item, child));
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_entry(struct decoder *d, struct builder *builder, const struct xml *entry)
{
    const struct member *parts = builder->slot.shape->members;
    struct str key = STR_NONE;
    const struct xml *value = NULL;
    for (const struct xml *child = entry->child; child; child = child->next) {
        if (is_named(child, parts[0].wire_name)) {
            key = child->text;
        } else if (is_named(child, parts[1].wire_name)) {
            value = child;
        }
    }
    if (key.ptr == NULL) {
        return fail(d->ctx, d->malformed, "An entry of %s has no key.", builder->slot.shape->name);
    }
    struct slot item;
    TRY(builder_add(d, builder, key, &item));
    return value ? xml_read_value(d, &item, value) : ERR_OK;
}

static struct err read_entries(struct decoder *d, const struct slot *slot, const struct xml *element)
{
    struct builder builder = builder_new(d, slot);
    for (const struct xml *child = element->child; child; child = child->next) {
        TRY(read_entry(d, &builder, child));
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_attributes(struct decoder *d, const struct shape *shape, void *structure,
                                  const struct xml *element)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct slot slot = slot_member(structure, member);
        for (const struct xml_attribute *a = element->attributes; member->xml_attribute && a; a = a->next) {
            if (str_equal(a->name, str_of(member->wire_name))) {
                TRY(slot_parse(d, &slot, a->value, TIME_ISO8601));
            }
        }
    }
    return ERR_OK;
}

struct err xml_read_value(struct decoder *d, const struct slot *slot, const struct xml *element)
{
    switch (slot->shape->kind) {
    case SHAPE_STRUCTURE:
        return xml_read_members(d, slot->shape, slot_structure(d, slot), element, XML_ALL_MEMBERS);
    case SHAPE_LIST:
        return read_items(d, slot, element);
    case SHAPE_MAP:
        return read_entries(d, slot, element);
    case SHAPE_STRING:
    case SHAPE_BLOB:
    case SHAPE_DOCUMENT:
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    const bool keeps_spaces = slot->shape->kind == SHAPE_STRING;
    return slot_parse(d, slot, keeps_spaces ? element->text : str_trim(element->text), TIME_ISO8601);
}

/* Whether this child element carries the member, under its own name or, for flat lists, that of their element. */
static bool carries(const struct member *member, const struct xml *child)
{
    if (is_named(child, member->wire_name)) {
        return true;
    }
    const char *element = member->shape->kind == SHAPE_LIST ? member->shape->members[0].wire_name : NULL;
    return element && is_flat(member) && is_named(child, element);
}

/* The repeated elements of a flat list or map lie among their parent's other children. */
static struct err read_flat(struct decoder *d, const struct member *member, const struct slot *slot,
                            const struct xml *first)
{
    struct builder builder = builder_new(d, slot);
    for (const struct xml *child = first; child; child = child->next) {
        if (!carries(member, child)) {
            continue;
        }
        if (slot->shape->kind == SHAPE_MAP) {
            TRY(read_entry(d, &builder, child));
            continue;
        }
        struct slot item;
        TRY(builder_add(d, &builder, STR_NONE, &item));
        TRY(xml_read_value(d, &item, child));
    }
    builder_done(&builder);
    return ERR_OK;
}

struct err xml_read_members(struct decoder *d, const struct shape *shape, void *structure, const struct xml *element,
                            enum xml_scope scope)
{
    TRY(read_attributes(d, shape, structure, element));
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (member->xml_attribute || (scope == XML_BODY_MEMBERS && member->location != IN_BODY)) {
            continue;
        }
        const struct xml *child = element->child;
        while (child && !carries(member, child)) {
            child = child->next;
        }
        if (child == NULL) {
            continue;
        }
        const struct slot slot = slot_member(structure, member);
        const bool many = slot.shape->kind == SHAPE_LIST || slot.shape->kind == SHAPE_MAP;
        TRY(many && is_flat(member) ? read_flat(d, member, &slot, child) : xml_read_value(d, &slot, child));
    }
    return ERR_OK;
}
