/* A model file of a stranger's: read, or refused; what was read is used and written again without harm.
 *
 * The checksum is passed over: no mutation would get past it. */
#include <stdio.h>

#include "detect/learn/account.h"
#include "detect/learn/learn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct learn *learn)
{
    for (int64_t day = 20454; day < 20490; day++) {
        struct learn_view view;
        if (learn_at(learn, LEARN_PRINCIPAL, STR("111122223333"), STR("arn:aws:iam::111122223333:user/alice"), day * 86400000, &view)) {
            learn_value(&view, PRINCIPAL_API, STR("ListRoles"));
            learn_amount(&view, 3);
            forest_add(learn_forest(learn, view.owner), (float[FOREST_DIMENSIONS]){ (float)(day % 7), 1, 2 });
            edges_add(learn_edges(learn, view.owner), 77, (uint32_t)day * 24, 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    char *copy = arena_alloc(arena, size + 1);
    memcpy(copy, data, size);
    FILE *in = fmemopen(copy, size + 1, "rb");
    struct learn *learn = NULL;
    if (in && learn_read_unsummed(&ctx, in, &learn).fault == NULL) {
        use(learn);
        char *room = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&room, &length);
        const bool written = out && learn_write(learn, out);
        fclose(out);
        FILE *again = written ? fmemopen(room, length, "rb") : NULL;
        struct learn *second = NULL;
        if (again == NULL || learn_read(&ctx, again, "again", &second).fault) {
            __builtin_trap(); /* what we write we can read */
        }
        fclose(again);
        learn_close(second);
        memory_free(room);
        learn_close(learn);
    }
    if (in) {
        fclose(in);
    }
    arena_close(arena);
    return 0;
}
