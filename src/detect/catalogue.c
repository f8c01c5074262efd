#include "detect/catalogue.h"

#include "detect/embedded.h"

size_t catalogue_count(void) { return CATALOGUE_COUNT; }

const struct catalogue_entry *catalogue_at(size_t index) { return &CATALOGUE[index]; }

static int type_order(struct str a, struct str b)
{
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = memcmp(a.ptr, b.ptr, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

const struct catalogue_entry *catalogue_find(struct str type)
{
    size_t low = 0;
    size_t high = type.ptr ? CATALOGUE_COUNT : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = type_order(type, CATALOGUE[middle].type);
        if (order == 0) {
            return &CATALOGUE[middle];
        }
        if (order < 0) {
            high = middle;
        }
        if (order > 0) {
            low = middle + 1;
        }
    }
    return NULL;
}
