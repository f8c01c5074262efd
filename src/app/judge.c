#include "app/judge.h"

struct err judge_open(struct ctx *ctx, const struct path_list *rules, const struct intel *intel, struct judge *out)
{
    const char *paths[SETTINGS_PATHS_MAX];
    for (size_t i = 0; i < rules->count; i++) {
        paths[i] = str_cstr(ctx->arena, rules->items[i]);
    }
    const struct engine_options options = { .rule_paths = paths, .rule_path_count = rules->count, .intel = intel };
    struct projection_builder *builder = projection_begin();
    *out = (struct judge){ .fields = reader_project(builder) };
    const struct err err = engine_open(ctx, &options, builder, &out->engine);
    out->projection = projection_end(builder);
    if (err.fault) {
        judge_close(out);
    }
    return err;
}

void judge_close(struct judge *judge)
{
    engine_close(judge->engine);
    if (judge->projection) {
        projection_free(judge->projection);
    }
    *judge = (struct judge){ 0 };
}
