#include "app/judge.h"

#include "app/rule_options.h"

struct err judge_open(struct ctx *ctx, const struct path_list *rules, struct str mapping, const struct intel *intel,
                      struct learn *learn, struct judge *out)
{
    struct engine_options options = { .intel = intel, .learn = learn };
    *out = (struct judge){ 0 };
    TRY(rule_options_read(ctx, rules, mapping, &options));
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
