/* post_policy_fuzz.c - arbitrary bytes as a form's policy: it is judged, never believed beyond its bounds. */
#include "svc/s3/post_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct form_data_field field = { STR("key"), STR("user/a") };
    const struct form_data form = { .fields = &field, .count = 1, .has_file = true, .file = STR("12345") };
    struct request rq = { .ctx = ctx_new(arena, 0) };
    const struct err err = post_policy_check(&rq, (struct str){ (const char *)data, size }, STR("bucket"), &form);
    arena_close(arena);
    return err.fault && err.fault->http >= 500 ? -1 : 0;
}
