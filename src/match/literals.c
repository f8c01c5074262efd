#include "match/literals.h"

/* next[state * classes + class]; state 0 is the root. Hits of a state: its own literals, then those of `also` and on. */
struct literals {
    unsigned char class_of[256]; /* capitals have the class of their small letters; 0: in no literal */
    size_t classes;
    uint32_t *next;
    uint32_t *also;     /* the nearest state that this one's text ends with and that has hits; 0: none */
    uint32_t *first;    /* literal index + 1; 0: none ends here */
    uint32_t *sibling;  /* by literal: another one with the same text, index + 1 */
    uint32_t *fallback; /* while building */
    uint32_t states;
};

static void choose_classes(struct literals *l, const struct str *literals, size_t count)
{
    size_t classes = 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < literals[i].len; j++) {
            unsigned char *class_of = &l->class_of[(unsigned char)literals[i].ptr[j]];
            /* 255 is left for the case that all bytes occur: the rest share it, which only means more false hits. */
            if (*class_of == 0) {
                *class_of = (unsigned char)(classes < 255 ? classes++ : 255);
            }
        }
    }
    for (unsigned char c = 'A'; c <= 'Z'; c++) {
        l->class_of[c] = l->class_of[c + 32];
    }
    l->classes = 256 < classes + 1 ? 256 : classes + 1;
}

static void insert(struct literals *l, struct str literal, uint32_t index)
{
    uint32_t state = 0;
    for (size_t i = 0; i < literal.len; i++) {
        uint32_t *next = &l->next[state * l->classes + l->class_of[(unsigned char)literal.ptr[i]]];
        if (*next == 0) {
            *next = l->states++;
        }
        state = *next;
    }
    l->sibling[index] = l->first[state];
    l->first[state] = index + 1;
}

/* Breadth first: a state's fallback is nearer to the root, hence complete already. */
static void connect(struct literals *l, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    queue[tail++] = 0;
    while (head < tail) {
        const uint32_t state = queue[head++];
        const uint32_t back = l->fallback[state];
        l->also[state] = state == 0 ? 0 : l->first[back] ? back : l->also[back];
        for (size_t c = 0; c < l->classes; c++) {
            uint32_t *next = &l->next[state * l->classes + c];
            const uint32_t other = state == 0 ? 0 : l->next[back * l->classes + c];
            if (*next == 0) {
                *next = other;
            } else {
                l->fallback[*next] = other;
                queue[tail++] = *next;
            }
        }
    }
}

struct literals *literals_build(struct arena *arena, const struct str *literals, size_t count)
{
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++) {
        bytes += literals[i].len;
    }
    struct literals *l = ARENA_NEW(arena, struct literals);
    choose_classes(l, literals, count);
    l->next = ARENA_ARRAY(arena, uint32_t, bytes * l->classes);
    l->also = ARENA_ARRAY(arena, uint32_t, bytes);
    l->first = ARENA_ARRAY(arena, uint32_t, bytes);
    l->fallback = ARENA_ARRAY(arena, uint32_t, bytes);
    l->sibling = ARENA_ARRAY(arena, uint32_t, count);
    l->states = 1;
    for (size_t i = 0; i < count; i++) {
        insert(l, literals[i], (uint32_t)i);
    }
    connect(l, ARENA_ARRAY(arena, uint32_t, l->states));
    return l;
}

void literals_find(const struct literals *l, struct str text, void (*found)(void *context, uint32_t literal), void *context)
{
    uint32_t state = 0;
    for (size_t i = 0; i < text.len; i++) {
        state = l->next[state * l->classes + l->class_of[(unsigned char)text.ptr[i]]];
        for (uint32_t hit = l->first[state] ? state : l->also[state]; UNLIKELY(hit); hit = l->also[hit]) {
            for (uint32_t index = l->first[hit]; index; index = l->sibling[index - 1]) {
                found(context, index - 1);
            }
        }
    }
}
