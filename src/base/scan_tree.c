#include "base/scan_tree.h"

/* While it is built, a node keeps its children in a list. */
struct branch {
    struct str key;
    struct branch *child;
    struct branch *next;
    struct branch *last;
    size_t child_count;
    uint16_t whole;
    uint16_t each;
};

struct projection_builder {
    struct arena *arena;
    struct branch root;
    size_t node_count;
    size_t slot_count;
};

struct projection_builder *projection_begin(void)
{
    struct projection_builder *builder = memory_new(sizeof(*builder));
    builder->arena = arena_open();
    builder->root.whole = SCAN_NO_SLOT;
    builder->root.each = SCAN_NO_SLOT;
    builder->node_count = 1;
    return builder;
}

/* Takes the next part off a path, with its backslashes resolved; *each tells that "[]" stood at its end. */
static struct str path_part(struct arena *arena, struct str *rest, bool *each)
{
    char *bytes = arena_alloc_raw(arena, rest->len + 1);
    size_t size = 0;
    size_t plain = 0; /* bytes up to here were written with a backslash and mean themselves */
    size_t at = 0;
    for (; at < rest->len && rest->ptr[at] != '.'; at++) {
        if (rest->ptr[at] == '\\' && at + 1 < rest->len) {
            at++;
            plain = size + 1;
        }
        bytes[size++] = rest->ptr[at];
    }
    *each = size >= 2 && plain + 2 <= size && memcmp(bytes + size - 2, "[]", 2) == 0;
    *rest = at < rest->len ? str_from(*rest, at + 1) : STR_NONE;
    return (struct str){ bytes, *each ? size - 2 : size };
}

static struct branch *branch_child(struct projection_builder *builder, struct branch *parent, struct str key)
{
    for (struct branch *b = parent->child; b; b = b->next) {
        if (str_equal(b->key, key)) {
            return b;
        }
    }
    struct branch *b = ARENA_NEW(builder->arena, struct branch);
    b->key = key;
    b->whole = SCAN_NO_SLOT;
    b->each = SCAN_NO_SLOT;
    if (parent->last) {
        parent->last->next = b;
    } else {
        parent->child = b;
    }
    parent->last = b;
    parent->child_count++;
    builder->node_count++;
    return b;
}

static size_t path_part_count(struct str path)
{
    size_t count = 1;
    for (size_t i = 0; i < path.len; i++) {
        count += path.ptr[i] == '.';
        i += path.ptr[i] == '\\';
    }
    return count;
}

uint16_t projection_slot(struct projection_builder *builder, struct str path)
{
    if (builder->slot_count >= SCAN_SLOTS_MAX || path_part_count(path) > SCAN_PATH_PARTS_MAX) {
        return SCAN_NO_SLOT;
    }
    struct branch *at = &builder->root;
    struct str rest = path.ptr ? path : STR("");
    bool each = false;
    while (rest.ptr) {
        const struct str part = path_part(builder->arena, &rest, &each);
        at = branch_child(builder, at, part);
    }
    uint16_t *slot = each ? &at->each : &at->whole;
    if (*slot == SCAN_NO_SLOT) {
        *slot = (uint16_t)builder->slot_count++;
    }
    return *slot;
}

static uint64_t key_head(struct str key)
{
    return scan_key_load(key.ptr, key.len < 8 ? key.len : 8);
}

static uint64_t key_tail(struct str key)
{
    return key.len < 8 ? 0 : scan_key_load(key.ptr + key.len - 8, 8);
}

static size_t place_of(const struct scan_node *node, struct str key)
{
    return (size_t)(scan_key_place(node->multiplier, key_head(key), key_tail(key), key.len) >> node->shift);
}

/* How many keys share a place under the node's multiplier. */
static size_t clashes(struct scan_node *node, const struct branch *branch, unsigned char *used)
{
    size_t count = 0;
    memset(used, 0, node->mask + (size_t)1);
    for (const struct branch *b = branch->child; b; b = b->next) {
        unsigned char *place = used + place_of(node, b->key);
        count += *place;
        *place = 1;
    }
    return count;
}

static void choose_multiplier(struct scan_node *node, const struct branch *branch, unsigned char *used)
{
    enum { TRIES = 200 };
    uint64_t best = 0;
    uint64_t candidate = 0x9E3779B97F4A7C15u;
    size_t fewest = SIZE_MAX;
    for (int i = 0; i < TRIES && fewest > 0; i++) {
        node->multiplier = candidate;
        const size_t count = clashes(node, branch, used);
        if (count < fewest) {
            fewest = count;
            best = candidate;
        }
        candidate = (candidate ^ candidate >> 29) * 0xBF58476D1CE4E5B9u | 1u;
    }
    node->multiplier = best;
}

static void fill_node(struct projection *projection, uint32_t index, const struct branch *branch, uint32_t *next)
{
    struct scan_node *node = &projection->nodes[index];
    node->whole = branch->whole;
    node->each = branch->each;
    if (branch->child == NULL) {
        return;
    }
    unsigned bits = 2;
    while (((size_t)1 << bits) < branch->child_count * 2 + 1) {
        bits++;
    }
    node->mask = (uint32_t)(((size_t)1 << bits) - 1);
    node->shift = 64 - bits;
    node->keys = ARENA_ARRAY(projection->arena, struct scan_key, node->mask + (size_t)1);
    choose_multiplier(node, branch, arena_alloc_raw(projection->arena, node->mask + (size_t)1));
    for (const struct branch *b = branch->child; b; b = b->next) {
        size_t place = place_of(node, b->key);
        while (node->keys[place].child) {
            place = (place + 1) & node->mask;
        }
        const uint32_t child = (*next)++;
        node->keys[place] = (struct scan_key){
            key_head(b->key), key_tail(b->key), b->key.ptr, (uint32_t)b->key.len, child,
        };
        node->longest = b->key.len > node->longest ? (uint32_t)b->key.len : node->longest;
        fill_node(projection, child, b, next);
    }
}

struct projection *projection_end(struct projection_builder *builder)
{
    struct projection *projection = memory_new(sizeof(*projection));
    uint32_t next = 1;
    projection->arena = builder->arena;
    projection->node_count = builder->node_count;
    projection->slot_count = builder->slot_count;
    projection->nodes = ARENA_ARRAY(projection->arena, struct scan_node, builder->node_count);
    fill_node(projection, 0, &builder->root, &next);
    memory_free(builder);
    return projection;
}

void projection_free(struct projection *projection)
{
    if (projection) {
        arena_close(projection->arena);
        memory_free(projection);
    }
}

size_t projection_slots(const struct projection *projection)
{
    return projection->slot_count;
}
