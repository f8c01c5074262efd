/* version.c - numbered versions: what $LATEST was when it was published. */
#include "svc/lambda/function.h"

struct err function_publish(struct request *rq, const struct function_name *name, const struct function_row *latest,
                            struct str description, struct function_row *out)
{
    const struct lambda_rows rows = name_rows(rq, name);
    struct str body = STR_NONE;
    int64_t last = 0;
    bool found = false;
    TRY(rows_extra_get(rows, name->name, ITEM_LAST, STR(""), &body));
    if (body.ptr && str_to_int(body, &last)) {
        TRY(rows_function_get(rows, name->name, last, out, &found));
    }
    if (found && str_equal(out->basis, latest->basis)) {
        return ERR_OK;
    }
    *out = *latest;
    out->number = last + 1;
    out->config.version = str_format(rq->ctx.arena, "%lld", (long long)out->number);
    out->config.description = description.ptr ? description : latest->config.description;
    function_touch(rq, out);
    out->basis = latest->basis;
    TRY(rows_function_put(rows, out));
    return rows_extra_put(rows, name->name, ITEM_LAST, STR(""), out->config.version);
}

struct err lambda_publish_version(struct request *rq, const struct lambda_publish_version_in *in, struct lambda_publish_version_out *out)
{
    struct function_name name = { 0 };
    struct function_row latest = { .number = 0 }, row = { .number = 0 };
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    name.qualifier = STR_NONE;
    TRY(name_need_latest(name_rows(rq, &name), &name, &latest));
    TRY(name_check_revision(&rq->ctx, in->revision_id, latest.config.revision_id));
    if (in->code_sha256.len && !str_equal(in->code_sha256, latest.config.code_sha256)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "CodeSHA256 (%" STR_FMT ") is different from current CodeSHA256 in $LATEST (%" STR_FMT "). Please try again with the "
                    "CodeSHA256 in $LATEST.", STR_ARG(in->code_sha256), STR_ARG(latest.config.code_sha256));
    }
    TRY(function_publish(rq, &name, &latest, in->description, &row));
    return function_answer(rq, &name, &row, out);
}

struct err lambda_list_versions_by_function(struct request *rq, const struct lambda_list_versions_by_function_in *in,
                                            struct lambda_list_versions_by_function_out *out)
{
    struct function_name name = { 0 };
    struct function_row latest = { .number = 0 }, *found = NULL;
    struct str after = STR_NONE;
    int64_t number = -1;
    size_t count = 0;
    const size_t size = function_page_size(in->max_items);
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    TRY(name_need_latest(name_rows(rq, &name), &name, &latest));
    TRY(function_page_start(rq, in->marker, &after));
    if (after.ptr && !str_to_int(after, &number)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid marker");
    }
    TRY(rows_function_list(name_rows(rq, &name), name.name, STR_NONE, number, size + 1, &found, &count));
    out->versions.count = count > size ? size : count;
    out->versions.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_function_configuration, out->versions.count + 1);
    for (size_t i = 0; i < out->versions.count; i++) {
        name.qualifier = found[i].config.version;
        TRY(function_answer(rq, &name, &found[i], &out->versions.items[i]));
        function_listed(&out->versions.items[i]);
    }
    if (count > size) {
        out->next_marker = function_page_token(rq, str_format(rq->ctx.arena, "%lld", (long long)found[size - 1].number));
    }
    return ERR_OK;
}
