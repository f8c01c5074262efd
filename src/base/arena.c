#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compat.h"

#define BLOCK_MIN ((size_t)16 * 1024)
#define ALIGNMENT ((size_t)16)

struct block {
    struct block *previous;
    size_t size; /* of data */
    size_t used;
    size_t unused_padding;
    unsigned char data[];
};

struct arena {
    struct block *top;
    size_t held;
    bool secret;
};

NO_RETURN static void out_of_memory(void)
{
    static const char message[] = "yagura: out of memory\n";
    fputs(message, stderr);
    abort();
}

void memory_scattered(void *piece, size_t size)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = (uintptr_t)2 << 20;
    const uintptr_t start = ((uintptr_t)piece + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)piece + size) / page * page;
    if (start < end) {
        madvise((char *)piece + (start - (uintptr_t)piece), end - start, MADV_HUGEPAGE); /* advice: no is an answer too */
    }
#else
    (void)piece;
    (void)size;
#endif
}

void *memory_new(size_t size)
{
    void *piece = calloc(1, size ? size : 1);
    if (piece == NULL) {
        out_of_memory();
    }
    return piece;
}

void *memory_grow(void *old, size_t size)
{
    void *piece = realloc(old, size ? size : 1);
    if (piece == NULL) {
        out_of_memory();
    }
    return piece;
}

void memory_free(void *piece)
{
    free(piece);
}

void memory_wipe(void *piece, size_t size)
{
    if (size > 0) {
        explicit_bzero(piece, size);
    }
}

static struct block *block_new(struct arena *arena, size_t at_least)
{
    size_t size = arena->top ? arena->top->size * 2 : BLOCK_MIN;
    if (size > (size_t)1024 * 1024) {
        size = (size_t)1024 * 1024;
    }
    if (size < at_least) {
        size = at_least;
    }
    size_t total = 0;
    if (ADD_OVERFLOWS(size, sizeof(struct block), &total)) {
        out_of_memory();
    }
    struct block *block = malloc(total);
    if (block == NULL) {
        out_of_memory();
    }
    block->previous = arena->top;
    block->size = size;
    block->used = 0;
    arena->top = block;
    arena->held += total;
    return block;
}

static void block_drop(struct arena *arena)
{
    struct block *block = arena->top;
    arena->top = block->previous;
    arena->held -= block->size + sizeof(struct block);
    if (arena->secret) {
        memory_wipe(block->data, block->used);
    }
    free(block);
}

struct arena *arena_open(void)
{
    return memory_new(sizeof(struct arena));
}

struct arena *arena_open_secret(void)
{
    struct arena *arena = arena_open();
    arena->secret = true;
    return arena;
}

void arena_close(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->top) {
        block_drop(arena);
    }
    free(arena);
}

void arena_cleanup(struct arena **arena)
{
    arena_close(*arena);
}

/* The first block stays, so that an arena reused for every request asks the system for nothing. */
void arena_reset(struct arena *arena)
{
    while (arena->top && arena->top->previous) {
        block_drop(arena);
    }
    if (arena->top) {
        if (arena->secret) {
            memory_wipe(arena->top->data, arena->top->used);
        }
        arena->top->used = 0;
    }
}

void *arena_alloc_raw(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        out_of_memory();
    }
    const size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct block *block = arena->top;
    if (block == NULL || block->size - block->used < rounded) {
        block = block_new(arena, rounded);
    }
    void *piece = block->data + block->used;
    block->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *piece = arena_alloc_raw(arena, size);
    memset(piece, 0, size);
    return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (MUL_OVERFLOWS(count, size, &total)) {
        out_of_memory();
    }
    return arena_alloc(arena, total);
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    const size_t old_rounded = (old_size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct block *block = arena->top;
    if (old && block && (unsigned char *)old + old_rounded == block->data + block->used) {
        const size_t start = block->used - old_rounded;
        if (new_size <= SIZE_MAX / 2 && block->size - start >= ((new_size + ALIGNMENT - 1) & ~(ALIGNMENT - 1))) {
            block->used = start + ((new_size + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
            return old;
        }
    }
    void *piece = arena_alloc_raw(arena, new_size);
    if (old) {
        memcpy(piece, old, old_size < new_size ? old_size : new_size);
    }
    return piece;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->top, arena->top ? arena->top->used : 0 };
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
    while (arena->top && arena->top != mark.block && arena->top->previous) {
        block_drop(arena);
    }
    if (arena->top == NULL) {
        return;
    }
    const size_t keep = arena->top == mark.block ? mark.used : 0;
    if (arena->secret && arena->top->used > keep) {
        memory_wipe(arena->top->data + keep, arena->top->used - keep);
    }
    arena->top->used = keep;
}

size_t arena_size(const struct arena *arena)
{
    return arena->held;
}
