#include "svc/s3/members.h"

enum { SEEN = 512 };

/* Where a name was found in a shape: the same few are asked for with every call, and inputs have some fifty members. */
static _Thread_local struct {
    const struct shape *shape;
    const char *name;
    const struct member *member;
} seen[SEEN];

static size_t place_of(const struct shape *shape, const char *name)
{
    return ((uintptr_t)shape / sizeof(*shape) * 31 + (uintptr_t)name) % SEEN;
}

const struct member *member_named(const struct shape *shape, const char *name)
{
    const size_t place = place_of(shape, name);
    if (seen[place].shape == shape && seen[place].name == name && strcmp(seen[place].member->name, name) == 0) {
        return seen[place].member;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (strcmp(member->name, name) == 0) {
            seen[place].shape = shape;
            seen[place].name = name;
            seen[place].member = member;
            return member;
        }
    }
    return NULL;
}

struct str member_text(const struct shape *shape, const void *value, const char *name)
{
    const struct member *member = member_named(shape, name);
    return member && member->shape->kind == SHAPE_STRING ? *(const struct str *)(const void *)((const char *)value + member->offset)
                                                         : STR_NONE;
}

void member_set_text(const struct shape *shape, void *value, const char *name, struct str text)
{
    const struct member *member = member_named(shape, name);
    if (member && member->shape->kind == SHAPE_STRING) {
        *(struct str *)(void *)((char *)value + member->offset) = text;
    }
}
