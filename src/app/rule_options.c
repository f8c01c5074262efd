#include "app/rule_options.h"

#include "match/sigma.h"

struct err rule_options_read(struct ctx *ctx, const struct path_list *rules, struct str mapping, struct engine_options *out)
{
    const char **paths = (void *)ARENA_ARRAY(ctx->arena, char *, rules->count + 1);
    for (size_t i = 0; i < rules->count; i++) {
        paths[i] = str_cstr(ctx->arena, rules->items[i]);
    }
    out->rule_paths = paths;
    out->rule_path_count = rules->count;
    if (mapping.ptr == NULL) {
        return ERR_OK;
    }
    struct sigma_options *sigma = ARENA_NEW(ctx->arena, struct sigma_options);
    out->sigma = sigma;
    return match_sigma_options_load(ctx, str_cstr(ctx->arena, mapping), sigma);
}
