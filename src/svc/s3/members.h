/* members.h - members of typed input and output by their model name, for what many operations of S3 share. */
#ifndef YAGURA_SVC_S3_MEMBERS_H
#define YAGURA_SVC_S3_MEMBERS_H

#include "wire/model.h"

const struct member *member_named(const struct shape *shape, const char *name); /* NULL: it has none */
/* STR_NONE where the shape has no such text. */
struct str member_text(const struct shape *shape, const void *value, const char *name);
/* Nothing where it has none. */
void member_set_text(const struct shape *shape, void *value, const char *name, struct str text);

#endif
