/* arena.h - memory that lives exactly as long as a request, a batch or a test.
 *
 * Pieces are never freed one by one: arena_reset makes all of them free at once, arena_close gives the pages back.
 * arena_alloc zeroes, aligns for any type and never returns NULL: sizes that come from outside are capped before they
 * get here, and a machine without memory ends the process. An arena belongs to one thread.
 * An arena opened with arena_open_secret is wiped on reset and on close.
 * arena_string and arena_alloc_raw do not zero: for buffers that are filled at once. */
#ifndef YAGURA_BASE_ARENA_H
#define YAGURA_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Marks a point that arena_release returns to. */
struct arena_mark {
    void *block;
    size_t used;
};

struct arena *arena_open(void);
struct arena *arena_open_secret(void);
void arena_close(struct arena *arena);        /* NULL is allowed */
void arena_cleanup(struct arena **arena);     /* for CLEANUP() */
void arena_reset(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size);
void *arena_alloc_raw(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); /* zeroed; ends the process on overflow */
/* Grows the newest piece in place when it can, else moves it; the old bytes are kept, new ones are not zeroed. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);
size_t arena_size(const struct arena *arena); /* bytes held from the system */

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

/* Long-lived memory, for the few owners that are not arenas. Zeroed; never NULL. */
void *memory_new(size_t size);
void *memory_grow(void *old, size_t size); /* not zeroed */
void memory_free(void *piece);             /* NULL is allowed */
/* A large piece is looked into here and there: the system may back it by large pages. Costs nothing until it is used. */
void memory_scattered(void *piece, size_t size);
/* Overwrites so that the compiler can't drop it. */
void memory_wipe(void *piece, size_t size);

#endif
