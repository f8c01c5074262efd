#include "svc/s3/members.h"

const struct member *member_named(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, name) == 0) {
            return &shape->members[i];
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
