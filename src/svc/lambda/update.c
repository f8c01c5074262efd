/* update.c - code and settings of $LATEST change; functions and versions go. */
#include "crypto/random.h"
#include "svc/lambda/function.h"

/* As the answer shows it; being done with it is a revision of its own. */
static void show_progress(struct request *rq, struct lambda_function_configuration *shown)
{
    shown->last_update_status = STR("InProgress");
    shown->last_update_status_reason = STR("The function is being created.");
    shown->last_update_status_reason_code = STR("Creating");
    shown->revision_id = random_uuid(&rq->ctx);
}

struct err lambda_update_function_code(struct request *rq, const struct lambda_update_function_code_in *in,
                                       struct lambda_update_function_code_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    struct code code = { 0 };
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    name.qualifier = STR_NONE;
    const struct lambda_rows rows = name_rows(rq, &name);
    TRY(name_need_latest(rows, &name, &row));
    TRY(name_check_revision(&rq->ctx, in->revision_id, row.config.revision_id));
    const struct str before = row.code;
    TRY(code_take(rq, rows, &(struct code_source){ in->zip_file, in->s3_bucket, in->s3_key, in->s3_object_version, in->image_uri }, &code));
    row.code = code.digest;
    row.config.code_sha256 = code.sha256;
    row.config.code_size = (struct opt_long)SOME(code.size);
    row.config.architectures = in->architectures.count ? in->architectures : row.config.architectures;
    function_touch(rq, &row);
    if (in->dry_run.v) {
        TRY(rows_code_drop(rows, code.digest));
        return function_answer(rq, &name, &row, out);
    }
    TRY(rows_function_put(rows, &row));
    TRY(rows_code_drop(rows, before));
    if (in->publish.v) {
        struct function_row latest = row;
        TRY(function_publish(rq, &name, &latest, STR_NONE, &row));
    }
    struct lambda_function_configuration shown = { .function_name = STR_NONE };
    TRY(function_answer(rq, &name, &row, &shown));
    if (in->publish.v) {
        function_show_creation(rq, &shown);
    } else {
        show_progress(rq, &shown);
    }
    memcpy(out, &shown, sizeof(*out));
    return ERR_OK;
}

struct err lambda_update_function_configuration(struct request *rq, const struct lambda_update_function_configuration_in *in,
                                                struct lambda_update_function_configuration_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    name.qualifier = STR_NONE;
    TRY(name_need_latest(name_rows(rq, &name), &name, &row));
    TRY(name_check_revision(&rq->ctx, in->revision_id, row.config.revision_id));
    TRY(function_apply(rq, &name, &(struct function_settings){
        .role = in->role, .handler = in->handler, .runtime = in->runtime, .description = in->description,
        .kms_key_arn = in->kms_key_arn, .timeout = in->timeout, .memory_size = in->memory_size, .environment = in->environment,
        .tracing_config = in->tracing_config, .ephemeral_storage = in->ephemeral_storage, .snap_start = in->snap_start,
        .logging_config = in->logging_config, .dead_letter_config = in->dead_letter_config, .vpc_config = in->vpc_config,
        .layers = in->layers }, &row));
    function_touch(rq, &row);
    TRY(rows_function_put(name_rows(rq, &name), &row));
    struct lambda_function_configuration shown = { .function_name = STR_NONE };
    TRY(function_answer(rq, &name, &row, &shown));
    show_progress(rq, &shown);
    memcpy(out, &shown, sizeof(*out));
    return ERR_OK;
}

/* A version that an alias stands for stays. */
static struct err check_unaliased(struct request *rq, const struct function_name *name, const struct function_row *row)
{
    struct item *aliases = NULL;
    size_t count = 0;
    TRY(rows_extra_list(name_rows(rq, name), name->name, ITEM_ALIAS, &aliases, &count));
    const struct str version = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(row->config.version));
    for (size_t i = 0; i < count; i++) {
        if (str_search(aliases[i].body, version) != STR_MISSING) {
            return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Version was not able to be deleted: it is referenced by alias "
                        "%" STR_FMT, STR_ARG(aliases[i].part));
        }
    }
    return ERR_OK;
}

static struct err delete_whole(struct request *rq, const struct function_name *name)
{
    const struct lambda_rows rows = name_rows(rq, name);
    struct function_row *versions = NULL;
    size_t count = 0;
    TRY(rows_function_list(rows, name->name, STR_NONE, -1, 10000, &versions, &count));
    TRY(rows_function_delete_all(rows, name->name));
    for (size_t i = 0; i < count; i++) {
        TRY(rows_code_drop(rows, versions[i].code));
    }
    return ERR_OK;
}

struct err lambda_delete_function(struct request *rq, const struct lambda_delete_function_in *in, struct lambda_delete_function_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    bool found = false;
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    out->status_code = (struct opt_int)SOME(204);
    if (str_equal(name.qualifier, STR("$LATEST"))) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "$LATEST version cannot be deleted without deleting the function.");
    }
    TRY(rows_function_get(name_rows(rq, &name), name.name, 0, &row, &found));
    if (!found) {
        return name_missing(&rq->ctx, &name);
    }
    if (name.qualifier.ptr == NULL) {
        return delete_whole(rq, &name);
    }
    const int64_t number = name_number(name.qualifier);
    if (number < 0) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Deletion of aliases is not currently supported.");
    }
    TRY(rows_function_get(name_rows(rq, &name), name.name, number, &row, &found));
    if (!found) {
        return ERR_OK; /* spec: deleting a version that isn't there is no error */
    }
    TRY(check_unaliased(rq, &name, &row));
    TRY(rows_function_delete(name_rows(rq, &name), name.name, number));
    TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_PROVISIONED, name.qualifier, &found));
    return rows_code_drop(name_rows(rq, &name), row.code);
}
