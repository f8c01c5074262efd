#include "match/sigma_parts.h"

static struct err read_placeholder(const struct sigma_reader *r, const struct yaml_node *node, struct sigma_placeholder *out)
{
    const bool list = node->kind == YAML_LIST;
    struct str *values = ARENA_ARRAY(r->ctx->arena, struct str, list ? node->count + 1 : 1);
    if (node->kind == YAML_MAP || (list && node->count == 0)) {
        return sigma_refuse(r, node, "a placeholder needs a value or a list of values");
    }
    *out = (struct sigma_placeholder){ node->key, values, 0 };
    for (const struct yaml_node *n = list ? node->child : node; n; n = list ? n->next : NULL) {
        if (n->kind != YAML_SCALAR) {
            return sigma_refuse(r, n, "a placeholder's value must be text");
        }
        values[out->value_count++] = n->text;
    }
    return ERR_OK;
}

static struct err read_placeholders(const struct sigma_reader *r, const struct yaml_node *section, struct sigma_options *out)
{
    struct sigma_placeholder *list = ARENA_ARRAY(r->ctx->arena, struct sigma_placeholder, section->count + 1);
    out->placeholders = list;
    for (const struct yaml_node *n = section->child; n; n = n->next) {
        TRY(read_placeholder(r, n, &list[out->placeholder_count++]));
    }
    return ERR_OK;
}

static struct err read_fields(const struct sigma_reader *r, const struct yaml_node *section, struct sigma_options *out)
{
    struct sigma_mapping *list = ARENA_ARRAY(r->ctx->arena, struct sigma_mapping, section->count + 1);
    out->mappings = list;
    for (const struct yaml_node *n = section->child; n; n = n->next) {
        if (n->kind != YAML_SCALAR || n->text.len == 0) {
            return sigma_refuse(r, n, "a field must be given the path it stands for");
        }
        list[out->mapping_count++] = (struct sigma_mapping){ n->key, n->text };
    }
    return ERR_OK;
}

static struct err read_sections(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_options *out)
{
    if (document == NULL || document->kind != YAML_MAP || document->next) {
        const struct yaml_node start = { .line = 1 };
        return sigma_refuse(r, document ? document : &start, "a mapping with fields, placeholders or both is needed");
    }
    for (const struct yaml_node *n = document->child; n; n = n->next) {
        const bool fields = str_equal(n->key, STR("fields"));
        if (n->kind != YAML_MAP || (!fields && !str_equal(n->key, STR("placeholders")))) {
            return sigma_refuse(r, n, "only the mappings fields and placeholders can stand here");
        }
        TRY(fields ? read_fields(r, n, out) : read_placeholders(r, n, out));
    }
    return ERR_OK;
}

struct err match_sigma_options_parse(struct ctx *ctx, struct str file, struct str text, struct sigma_options *out)
{
    const struct sigma_reader r = { ctx, file, NULL };
    struct yaml_node *document = NULL;
    *out = (struct sigma_options){ 0 };
    TRY(yaml_parse(ctx, file, text, &document));
    return read_sections(&r, document, out);
}

struct err match_sigma_options_load(struct ctx *ctx, const char *path, struct sigma_options *out)
{
    struct str text = STR_NONE;
    TRY(sigma_read_file(ctx, path, &text));
    return match_sigma_options_parse(ctx, str_copy(ctx->arena, str_of(path)), text, out);
}
