/* map.h - a hash table from text to pointers.
 *
 * Keys are copied; values belong to the caller. Not safe for threads. Grows as needed: bound what you put in. */
#ifndef YAGURA_BASE_MAP_H
#define YAGURA_BASE_MAP_H

#include "base/str.h"

struct map;

struct map *map_open(void);
void map_close(struct map *map, void (*drop)(void *value)); /* drop may be NULL; so may map */
void *map_get(const struct map *map, struct str key);       /* NULL when absent */
/* Returns the value that stood there before, or NULL. value must not be NULL. */
void *map_put(struct map *map, struct str key, void *value);
void *map_remove(struct map *map, struct str key); /* the removed value or NULL */
size_t map_count(const struct map *map);
/* Visits in no stated order. at starts at 0; false at the end. The map must not change meanwhile. */
bool map_next(const struct map *map, size_t *at, struct str *key, void **value);

#endif
