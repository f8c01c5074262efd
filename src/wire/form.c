#include "wire/form.h"

#include <stdlib.h>

struct pair {
    struct str name, value;
};

/* "L.member.1=x" is x under 1 under member under L. */
struct node {
    struct str name;
    struct str value; /* absent: only children */
    struct node *child, *last;
    struct node *next;
    size_t count;     /* of children */
};

struct form {
    struct decoder *d;
    bool ec2;
};

struct str form_find(struct arena *arena, struct str pairs, struct str name)
{
    struct str rest = pairs;
    while (rest.ptr) {
        struct str value = STR_NONE;
        const struct str pair = str_cut(rest, '&', &rest);
        if (str_equal(str_cut(pair, '=', &value), name)) {
            return str_percent_decode(arena, value.ptr ? value : STR(""), true);
        }
    }
    return STR_NONE;
}

/* By bytes with the dot before all others, so that a name's children follow it directly. */
static int compare_names(const void *left, const void *right)
{
    const struct str a = ((const struct pair *)left)->name;
    const struct str b = ((const struct pair *)right)->name;
    const size_t shorter = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < shorter; i++) {
        if (a.ptr[i] != b.ptr[i]) {
            const int x = a.ptr[i] == '.' ? -1 : (unsigned char)a.ptr[i];
            const int y = b.ptr[i] == '.' ? -1 : (unsigned char)b.ptr[i];
            return x - y;
        }
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

static struct err split_pairs(struct decoder *d, struct str text, struct pair *pairs, size_t *count)
{
    struct str rest = text.len ? text : STR_NONE;
    while (rest.ptr) {
        struct str value = STR_NONE;
        const struct str pair = str_cut(rest, '&', &rest);
        const struct str name = str_cut(pair, '=', &value);
        if (name.len == 0) {
            continue;
        }
        if (*count == FORM_PAIRS_MAX) {
            return fail(d->ctx, d->malformed, "The request holds too many parameters.");
        }
        pairs[(*count)++] = (struct pair){
            str_percent_decode(d->ctx->arena, name, true),
            str_percent_decode(d->ctx->arena, value.ptr ? value : STR(""), true),
        };
    }
    return ERR_OK;
}

static struct node *child_of(struct arena *arena, struct node *parent, struct str name)
{
    if (parent->last && str_equal(parent->last->name, name)) {
        return parent->last;
    }
    struct node *child = ARENA_NEW(arena, struct node);
    child->name = name;
    if (parent->last) {
        parent->last->next = child;
    } else {
        parent->child = child;
    }
    parent->last = child;
    parent->count++;
    return child;
}

static struct err insert(struct decoder *d, struct node *root, const struct pair *pair)
{
    struct node *node = root;
    struct str rest = pair->name;
    for (int depth = 0; rest.ptr; depth++) {
        if (depth == FORM_DEPTH_MAX) {
            return fail(d->ctx, d->malformed, "A parameter's name is nested too deeply.");
        }
        node = child_of(d->ctx->arena, node, str_cut(rest, '.', &rest));
    }
    node->value = pair->value;
    return ERR_OK;
}

static size_t count_pairs(struct str text)
{
    size_t count = text.len ? 1 : 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '&';
    }
    return count;
}

static struct err build_tree(struct decoder *d, struct str body, struct str query, struct node *root)
{
    const size_t most = count_pairs(body) + count_pairs(query);
    struct pair *pairs = ARENA_ARRAY(d->ctx->arena, struct pair, most < FORM_PAIRS_MAX ? most : FORM_PAIRS_MAX);
    size_t count = 0;
    TRY(split_pairs(d, body, pairs, &count));
    TRY(split_pairs(d, query, pairs, &count));
    if (count > 1) {
        qsort(pairs, count, sizeof(*pairs), compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(insert(d, root, &pairs[i]));
    }
    return ERR_OK;
}

static const struct node *find(const struct node *parent, struct str name)
{
    for (const struct node *child = parent->child; child; child = child->next) {
        if (str_equal(child->name, name)) {
            return child;
        }
    }
    return NULL;
}

/* Children 1, 2, ... in order, up to the first that is missing. Other names are ignored, so no index costs more than
 * the bytes that were sent. */
static const struct node **numbered(struct arena *arena, const struct node *parent, size_t *count)
{
    const struct node **found = ARENA_ARRAY(arena, const struct node *, parent->count + 1);
    for (const struct node *child = parent->child; child; child = child->next) {
        int64_t index = 0;
        if (str_to_int(child->name, &index) && index >= 1 && (uint64_t)index <= parent->count) {
            found[index - 1] = child;
        }
    }
    *count = 0;
    while (*count < parent->count && found[*count]) {
        (*count)++;
    }
    return found;
}

static struct err read_value(struct form *f, const struct slot *slot, const struct node *node);

static struct err read_list(struct form *f, const struct slot *slot, const struct node *node)
{
    size_t count = 0;
    const struct node **items = numbered(f->d->ctx->arena, node, &count);
    if (count == 0 && !(node->value.ptr && node->value.len == 0)) {
        return ERR_OK; /* nothing of ours; "Name=" alone is the empty list */
    }
    struct builder builder = builder_new(f->d, slot);
    for (size_t i = 0; i < count; i++) {
        struct slot item;
        TRY(builder_add(f->d, &builder, STR_NONE, &item));
        TRY(read_value(f, &item, items[i]));
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_map(struct form *f, const struct slot *slot, const struct node *node)
{
    size_t count = 0;
    const struct node **entries = numbered(f->d->ctx->arena, node, &count);
    if (count == 0 && !(node->value.ptr && node->value.len == 0)) {
        return ERR_OK;
    }
    const struct member *parts = slot->shape->members;
    struct builder builder = builder_new(f->d, slot);
    for (size_t i = 0; i < count; i++) {
        const struct node *key = find(entries[i], str_of(parts[0].wire_name));
        const struct node *value = find(entries[i], str_of(parts[1].wire_name));
        if (key == NULL || key->value.ptr == NULL) {
            return fail(f->d->ctx, f->d->malformed, "An entry of %s has no key.", slot->shape->name);
        }
        struct slot item;
        TRY(builder_add(f->d, &builder, key->value, &item));
        if (value) {
            TRY(read_value(f, &item, value));
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct str capitalised(struct arena *arena, const char *name)
{
    struct str copy = str_copy(arena, str_of(name));
    if (copy.len && copy.ptr[0] >= 'a' && copy.ptr[0] <= 'z') {
        struct text text = text_new(arena);
        text_add_char(&text, (char)(copy.ptr[0] - 'a' + 'A'));
        text_add(&text, str_from(copy, 1));
        return text_str(&text);
    }
    return copy;
}

/* spec: ec2: queryName, else the location name with a capital first letter, else the member's own name. */
static struct str name_on_wire(struct form *f, const struct member *member)
{
    if (f->ec2 && member->query_name) {
        return str_of(member->query_name);
    }
    return f->ec2 ? capitalised(f->d->ctx->arena, member->wire_name) : str_of(member->wire_name);
}

static bool is_flat(const struct form *f, const struct member *member)
{
    return member->flattened || member->shape->flattened || (f->ec2 && member->shape->kind == SHAPE_LIST);
}

/* Where the numbers of a list or map hang: below Name, Name.member or Name.entry; a flat list whose element has a name
 * goes by that name instead. The member's own name is accepted too: older SDKs send it. */
static const struct node *find_container(struct form *f, const struct node *parent, const struct member *member)
{
    const struct shape *shape = member->shape;
    const struct node *own = find(parent, name_on_wire(f, member));
    const char *element = shape->kind == SHAPE_LIST ? shape->members[0].wire_name : NULL;
    if (is_flat(f, member)) {
        const struct node *renamed = element && !f->ec2 ? find(parent, str_of(element)) : NULL;
        return renamed ? renamed : own;
    }
    const char *step = shape->kind == SHAPE_MAP ? "entry" : element ? element : "member";
    const struct node *inner = own ? find(own, str_of(step)) : NULL;
    return inner ? inner : own;
}

static struct err read_members(struct form *f, const struct shape *shape, void *structure, const struct node *node)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const bool many = member->shape->kind == SHAPE_LIST || member->shape->kind == SHAPE_MAP;
        const struct node *found = many ? find_container(f, node, member) : find(node, name_on_wire(f, member));
        if (found) {
            const struct slot slot = slot_member(structure, member);
            TRY(read_value(f, &slot, found));
        }
    }
    return ERR_OK;
}

/* A list or map that is itself an element: one more step down. */
static const struct node *inner_container(const struct form *f, const struct shape *shape, const struct node *node)
{
    const char *element = shape->kind == SHAPE_LIST ? shape->members[0].wire_name : NULL;
    const struct str step = str_of(shape->kind == SHAPE_MAP ? "entry" : element ? element : "member");
    const struct node *inner = f->ec2 || shape->flattened ? NULL : find(node, step);
    return inner ? inner : node;
}

static struct err read_value(struct form *f, const struct slot *slot, const struct node *node)
{
    const struct shape *shape = slot->shape;
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return read_members(f, shape, slot_structure(f->d, slot), node);
    case SHAPE_LIST:
        return read_list(f, slot, slot->bare ? inner_container(f, shape, node) : node);
    case SHAPE_MAP:
        return read_map(f, slot, slot->bare ? inner_container(f, shape, node) : node);
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
    return node->value.ptr ? slot_parse(f->d, slot, node->value, TIME_ISO8601) : ERR_OK;
}

struct err form_read(struct decoder *d, bool ec2, const struct shape *shape, void *structure, struct str body,
                     struct str query)
{
    struct form form = { d, ec2 };
    struct node root = { .name = STR_NONE };
    TRY(build_tree(d, body, query, &root));
    return read_members(&form, shape, structure, &root);
}
