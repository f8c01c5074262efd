/* bucket_fuzz.c - arbitrary bytes as a listing, as a notification and as a key: what is accepted keeps its bounds. */
#include <stdlib.h>

#include "wire/bucket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check(const struct bucket_object *objects, size_t count)
{
    struct bucket_place place;
    for (size_t i = 0; i < count; i++) {
        must(objects[i].key.len > 0 && objects[i].key.len <= BUCKET_KEY_MAX && objects[i].size >= 0);
        bucket_place_of(objects[i].key, &place);
        bucket_holds_logs(&objects[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct bucket_page *page = ARENA_NEW(arena, struct bucket_page);
    struct bucket_notice notice;
    struct bucket_place place;
    if (bucket_page_read(arena, bytes, page) == NULL) {
        check(page->objects, page->count);
    }
    if (bucket_notice_read(arena, bytes, &notice) == NULL) {
        check(notice.objects, notice.count);
    }
    if (bucket_place_of(bytes, &place)) {
        must(place.account.len == 12 && place.hour >= 0);
    }
    arena_close(arena);
    return 0;
}
