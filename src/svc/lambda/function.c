#include "svc/lambda/function.h"

#include "base/clock.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/door.h"
#include "sts_model.h"
#include "wire/codec.h"

enum { TIMEOUT_MAX = 900, MEMORY_MAX = 10240, STORAGE_DEFAULT = 512, LISTED_MAX = 1000 };

const struct fault LAMBDA_ACCESS_DENIED = { "AccessDeniedException", NULL, "Message", 403 };
_Atomic(const struct lambda_runner *) lambda_runner;

void lambda_set_runner(const struct lambda_runner *runner)
{
    lambda_runner = runner;
}

struct str function_endpoint(void)
{
    const struct lambda_runner *runner = lambda_runner;
    return runner ? runner->endpoint : STR("");
}

static struct err invalid(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", words);
}

static struct err check_limit(struct request *rq, struct opt_int value, const char *what, int32_t max)
{
    return !value.set || value.v <= max ? ERR_OK : fail(&rq->ctx, &LAMBDA_VALIDATION_EXCEPTION,
        "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d",
        (int)value.v, what, (int)max);
}

/* Lambda itself must be let in by the role's trust policy. */
static struct err check_role(struct request *rq, struct str role, struct str account)
{
    const struct sts_assume_role_in in = { .role_arn = role, .role_session_name = STR("yagura-check"),
                                           .duration_seconds = SOME(900) };
    const struct door_call call = { .service = "sts", .operation = "AssumeRole", .in = &in, .as = DOOR_AS_SERVICE,
                                    .principal = STR("lambda.amazonaws.com"), .account = account };
    const void *ignored = NULL;
    const struct str head = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":role/", STR_ARG(account));
    if (!str_starts(role, head)) {
        return fail(&rq->ctx, &LAMBDA_ACCESS_DENIED, "Cross-account pass role is not allowed.");
    }
    if (door_call(rq, &call, &ignored).fault) {
        return invalid(rq, "The role defined for the function cannot be assumed by Lambda.");
    }
    return ERR_OK;
}

/* spec: Lambda developer guide, "Lambda runtimes": those past their end can't be chosen any more. */
static const char *const RUNTIMES_ENDED[] = {
    "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "java8", "python2.7",
    "python3.6", "python3.7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "ruby2.5", "ruby2.7", "provided",
};

/* In AWS's own order, which its refusals show. */
#define RUNTIMES "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, " \
    "java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, " \
    "provided.al2, java8.al2"

static bool is_runtime(struct str runtime)
{
    struct str rest = STR(RUNTIMES);
    while (rest.ptr) {
        if (str_equal(str_trim(str_cut(rest, ',', &rest)), runtime)) {
            return true;
        }
    }
    return false;
}

static struct err check_runtime(struct request *rq, struct str runtime)
{
    for (size_t i = 0; i < COUNT_OF(RUNTIMES_ENDED); i++) {
        if (str_equal(runtime, str_of(RUNTIMES_ENDED[i]))) {
            return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The runtime parameter of %s is no longer supported for creating "
                        "or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
                        RUNTIMES_ENDED[i]);
        }
    }
    if (!is_runtime(runtime)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Value %" STR_FMT " at 'runtime' failed to satisfy constraint: "
                    "Member must satisfy enum value set: [" RUNTIMES "] or be a valid ARN", STR_ARG(runtime));
    }
    const struct lambda_runner *runner = lambda_runner;
    return runner ? runner->check_runtime(runner->self, &rq->ctx, runtime) : ERR_OK;
}

/* What Yagura has no counterpart of is refused, not ignored. */
static struct err check_unbuilt(struct request *rq, const struct function_settings *s)
{
    if (s->vpc_config && (s->vpc_config->subnet_ids.count > 0 || s->vpc_config->security_group_ids.count > 0)) {
        return invalid(rq, "Yagura has no VPCs to run functions in: leave VpcConfig out; yagura serve --lambda-network says what they reach");
    }
    if (s->dead_letter_config && s->dead_letter_config->target_arn.len > 0) {
        return invalid(rq, "Yagura has no SQS or SNS yet: leave DeadLetterConfig out, or use an OnFailure destination that is a function");
    }
    if (s->snap_start && str_equal(s->snap_start->apply_on, STR("PublishedVersions"))) {
        return invalid(rq, "Yagura makes no snapshots: SnapStart can only be None");
    }
    return ERR_OK;
}

static struct err apply_limits(struct request *rq, const struct function_settings *s, struct lambda_function_configuration *config)
{
    TRY(check_limit(rq, s->timeout, "timeout", TIMEOUT_MAX));
    TRY(check_limit(rq, s->memory_size, "memorySize", MEMORY_MAX));
    config->timeout = s->timeout.set ? s->timeout : config->timeout;
    config->memory_size = s->memory_size.set ? s->memory_size : config->memory_size;
    config->ephemeral_storage = s->ephemeral_storage ? s->ephemeral_storage : config->ephemeral_storage;
    return ERR_OK;
}

static void apply_logging(struct request *rq, const struct lambda_logging_config *asked, struct lambda_function_configuration *config)
{
    if (asked == NULL) {
        return;
    }
    struct lambda_logging_config *made = ARENA_NEW(rq->ctx.arena, struct lambda_logging_config);
    *made = *config->logging_config;
    made->log_group = asked->log_group.ptr ? asked->log_group : made->log_group;
    if (asked->log_format.ptr) {
        const bool json = str_equal(asked->log_format, STR("JSON"));
        made->log_format = asked->log_format;
        made->application_log_level = json ? STR("INFO") : STR_NONE;
        made->system_log_level = json ? STR("INFO") : STR_NONE;
    }
    made->application_log_level = asked->application_log_level.ptr ? asked->application_log_level : made->application_log_level;
    made->system_log_level = asked->system_log_level.ptr ? asked->system_log_level : made->system_log_level;
    config->logging_config = made;
}

static struct str or_kept(struct str asked, struct str kept)
{
    return asked.ptr ? asked : kept;
}

/* A key change alone seals anew what was sealed before. */
static struct err apply_environment(struct request *rq, const struct function_name *name, const struct function_settings *s,
                                    struct function_row *row)
{
    const struct lambda_environment_response *known = NULL;
    if (s->environment == NULL && s->kms_key_arn.ptr == NULL) {
        return ERR_OK;
    }
    if (s->environment == NULL) {
        TRY(environment_open(rq, name, row->config.kms_key_arn, row->environment, &known));
    }
    const struct lambda_environment_variables *variables = s->environment ? &s->environment->variables : known ? &known->variables : NULL;
    row->config.kms_key_arn = s->kms_key_arn.ptr ? (s->kms_key_arn.len ? s->kms_key_arn : STR_NONE) : row->config.kms_key_arn;
    if (variables == NULL) {
        row->environment = STR_NONE;
        return ERR_OK;
    }
    return environment_seal(rq, name, row->config.kms_key_arn, variables, &row->environment);
}

static const struct lambda_runtime_version_config *runtime_version(struct ctx *ctx, struct str region, struct str runtime)
{
    struct lambda_runtime_version_config *version = ARENA_NEW(ctx->arena, struct lambda_runtime_version_config);
    version->runtime_version_arn = str_format(ctx->arena, "arn:aws:lambda:%" STR_FMT "::runtime:%" STR_FMT, STR_ARG(region),
                                              STR_ARG(hash_hex(ctx->arena, HASH_SHA256, runtime)));
    return version;
}

struct err function_apply(struct request *rq, const struct function_name *name, const struct function_settings *s,
                          struct function_row *row)
{
    struct lambda_function_configuration *config = &row->config;
    TRY(check_unbuilt(rq, s));
    if (s->runtime.ptr) {
        TRY(check_runtime(rq, s->runtime));
        config->runtime = s->runtime;
        config->runtime_version_config = runtime_version(&rq->ctx, name->region, s->runtime);
    }
    if (s->role.ptr) {
        TRY(check_role(rq, s->role, name->account));
        config->role = s->role;
    }
    TRY(apply_limits(rq, s, config));
    config->handler = or_kept(s->handler, config->handler);
    config->description = or_kept(s->description, config->description);
    if (s->tracing_config && s->tracing_config->mode.ptr) {
        struct lambda_tracing_config_response *made = ARENA_NEW(rq->ctx.arena, struct lambda_tracing_config_response);
        made->mode = s->tracing_config->mode;
        config->tracing_config = made;
    }
    apply_logging(rq, s->logging_config, config);
    if (s->layers.items) {
        TRY(layer_resolve(rq, &s->layers, &config->layers));
    }
    return apply_environment(rq, name, s, row);
}

/* spec: API reference, LastModified: ISO 8601 with a numeric zone. */
struct str function_modified(struct ctx *ctx)
{
    const struct str now = clock_format_iso8601_ms(ctx->arena, ctx->now_ms);
    return str_format(ctx->arena, "%" STR_FMT "+0000", STR_ARG(str_slice(now, 0, now.len - 1)));
}

struct str function_basis(struct ctx *ctx, const struct function_row *row)
{
    struct lambda_function_configuration config = row->config;
    struct json_writer w = json_writer_new(ctx->arena);
    config.version = config.function_arn = config.revision_id = config.last_modified = STR_NONE;
    config.environment = NULL;
    wire_json_write(&w, LAMBDA_SHAPE_FUNCTION_CONFIGURATION, &config);
    struct text all = text_new(ctx->arena);
    text_add(&all, json_done(&w));
    text_add(&all, row->code);
    text_add(&all, row->environment);
    return hash_hex(ctx->arena, HASH_SHA256, text_str(&all));
}

void function_touch(struct request *rq, struct function_row *row)
{
    row->config.revision_id = random_uuid(&rq->ctx);
    row->config.last_modified = function_modified(&rq->ctx);
    row->basis = function_basis(&rq->ctx, row);
}

struct err function_answer(struct request *rq, const struct function_name *name, const struct function_row *row, void *out)
{
    struct lambda_function_configuration shown = row->config;
    TRY(environment_open(rq, name, row->config.kms_key_arn, row->environment, &shown.environment));
    struct function_name arn = *name;
    if (row->number > 0 || arn.qualifier.ptr) {
        arn.qualifier = arn.qualifier.ptr ? arn.qualifier : shown.version;
        shown.function_arn = name_arn(&rq->ctx, &arn);
    }
    memcpy(out, &shown, sizeof(shown));
    return ERR_OK;
}

/* A new function's settings, before what was asked for. */
static struct function_row fresh(struct request *rq, const struct function_name *name, const struct lambda_create_function_in *in,
                                 const struct code *code)
{
    static const struct lambda_tracing_config_response tracing = { STR_INIT("PassThrough") };
    static const struct lambda_ephemeral_storage storage = { SOME(STORAGE_DEFAULT) };
    static const struct lambda_snap_start_response snap = { STR_INIT("None"), STR_INIT("Off") };
    struct arena *arena = rq->ctx.arena;
    struct lambda_logging_config *logging = ARENA_NEW(arena, struct lambda_logging_config);
    struct str *architecture = ARENA_NEW(arena, struct str);
    const struct function_name plain = { name->account, name->region, name->name, STR_NONE };
    logging->log_format = STR("Text");
    logging->log_group = str_format(arena, "/aws/lambda/%" STR_FMT, STR_ARG(name->name));
    *architecture = in->architectures.count ? in->architectures.items[0] : STR("x86_64");
    return (struct function_row){
        .name = name->name, .code = code->digest,
        .config = {
            .function_name = name->name, .function_arn = name_arn(&rq->ctx, &plain), .code_size = SOME(code->size),
            .code_sha256 = code->sha256, .description = STR(""), .timeout = SOME(3), .memory_size = SOME(128),
            .version = STR("$LATEST"), .tracing_config = &tracing, .state = STR("Active"), .last_update_status = STR("Successful"),
            .package_type = STR("Zip"), .architectures = { architecture, 1 }, .ephemeral_storage = &storage, .snap_start = &snap,
            .logging_config = logging,
        },
    };
}

static struct err check_create(struct request *rq, const struct lambda_create_function_in *in)
{
    if (str_equal(in->package_type, STR("Image")) || in->image_config) {
        return invalid(rq, "Yagura runs no container images: PackageType can only be Zip");
    }
    if (in->runtime.ptr == NULL || in->handler.ptr == NULL) {
        return invalid(rq, "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
    }
    if (in->file_system_configs.count || in->code_signing_config_arn.len || in->tenancy_config || in->capacity_provider_config
        || in->durable_config || in->accelerator_config || in->runtime_config) {
        return invalid(rq, "Yagura has no file systems, code signing, tenants, capacity providers, durable executions or accelerators "
                           "for functions: leave them out");
    }
    return ERR_OK;
}

struct err lambda_create_function(struct request *rq, const struct lambda_create_function_in *in,
                                  struct lambda_create_function_out *out)
{
    struct function_name name = { 0 };
    struct code code = { 0 };
    struct function_row row = { .number = 0 };
    bool found = false;
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    name.qualifier = STR_NONE;
    TRY(check_create(rq, in));
    TRY(rows_function_get(name_rows(rq, &name), name.name, 0, &row, &found));
    if (found) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Function already exist: %" STR_FMT, STR_ARG(name.name));
    }
    TRY(code_take(rq, name_rows(rq, &name), &(struct code_source){ in->code->zip_file, in->code->s3_bucket, in->code->s3_key,
                                                                   in->code->s3_object_version, in->code->image_uri }, &code));
    row = fresh(rq, &name, in, &code);
    TRY(function_apply(rq, &name, &(struct function_settings){
        .role = in->role, .handler = in->handler, .runtime = in->runtime, .description = in->description,
        .kms_key_arn = in->kms_key_arn, .timeout = in->timeout, .memory_size = in->memory_size, .environment = in->environment,
        .tracing_config = in->tracing_config, .ephemeral_storage = in->ephemeral_storage, .snap_start = in->snap_start,
        .logging_config = in->logging_config, .dead_letter_config = in->dead_letter_config, .vpc_config = in->vpc_config,
        .layers = in->layers }, &row));
    function_touch(rq, &row);
    TRY(rows_function_put(name_rows(rq, &name), &row));
    TRY(function_tags_put(rq, name_rows(rq, &name), name.name, &in->tags));
    if (in->publish.v) {
        struct function_row latest = row;
        TRY(function_publish(rq, &name, &latest, in->description, &row));
    }
    struct lambda_function_configuration shown = { .function_name = STR_NONE };
    TRY(function_answer(rq, &name, &row, &shown));
    function_show_creation(rq, &shown);
    shown.function_arn = name_arn(&rq->ctx, &name); /* the function's, though it may show a version */
    memcpy(out, &shown, sizeof(*out));
    return ERR_OK;
}

struct err lambda_get_function_configuration(struct request *rq, const struct lambda_get_function_configuration_in *in,
                                             struct lambda_get_function_configuration_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    TRY(name_need(name_rows(rq, &name), &name, &row));
    return function_answer(rq, &name, &row, out);
}

static struct err concurrency_of(struct request *rq, const struct function_name *name, const struct lambda_concurrency **out)
{
    struct str body = STR_NONE;
    int64_t reserved = 0;
    TRY(rows_extra_get(name_rows(rq, name), name->name, ITEM_CONCURRENCY, STR(""), &body));
    if (body.ptr && str_to_int(body, &reserved)) {
        struct lambda_concurrency *made = ARENA_NEW(rq->ctx.arena, struct lambda_concurrency);
        made->reserved_concurrent_executions = (struct opt_int)SOME((int32_t)reserved);
        *out = made;
    }
    return ERR_OK;
}

struct err lambda_get_function(struct request *rq, const struct lambda_get_function_in *in, struct lambda_get_function_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    TRY(name_need(name_rows(rq, &name), &name, &row));
    struct lambda_function_configuration *config = ARENA_NEW(rq->ctx.arena, struct lambda_function_configuration);
    struct lambda_function_code_location *code = ARENA_NEW(rq->ctx.arena, struct lambda_function_code_location);
    TRY(function_answer(rq, &name, &row, config));
    code->repository_type = STR("S3");
    code->location = code_link(rq, name.account, row.code);
    out->configuration = config;
    out->code = code;
    TRY(function_tags_get(name_rows(rq, &name), name.name, &out->tags));
    out->tags.items = out->tags.count ? out->tags.items : NULL;
    return concurrency_of(rq, &name, &out->concurrency);
}

void function_untyped(struct request *rq)
{
    static const struct lambda_invalid_parameter_value_exception nothing;
    rq->detail = (struct fault_detail){ &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, &nothing };
}

/* Becoming active is a revision of its own. */
void function_show_creation(struct request *rq, struct lambda_function_configuration *shown)
{
    shown->revision_id = random_uuid(&rq->ctx);
    shown->state = STR("Pending");
    shown->state_reason = STR("The function is being created.");
    shown->state_reason_code = STR("Creating");
    shown->last_update_status = STR_NONE;
}

void function_listed(struct lambda_function_configuration *shown)
{
    shown->state = shown->last_update_status = STR_NONE;
    shown->runtime_version_config = NULL;
}

/* Versions are few: they come on one page, as many as a page may hold. */
static struct err list_all_versions(struct request *rq, struct lambda_rows rows, struct lambda_function_list *out)
{
    struct function_row *functions = NULL, *versions = NULL;
    size_t function_count = 0, version_count = 0;
    out->items = ARENA_ARRAY(rq->ctx.arena, struct lambda_function_configuration, LISTED_MAX);
    TRY(rows_function_list(rows, STR_NONE, STR(""), 0, LISTED_MAX, &functions, &function_count));
    for (size_t i = 0; i < function_count; i++) {
        TRY(rows_function_list(rows, functions[i].name, STR_NONE, -1, LISTED_MAX, &versions, &version_count));
        for (size_t j = 0; j < version_count && out->count < LISTED_MAX; j++) {
            const struct function_name name = { rq->account, rq->region, functions[i].name, versions[j].config.version };
            TRY(function_answer(rq, &name, &versions[j], &out->items[out->count]));
            function_listed(&out->items[out->count++]);
        }
    }
    return ERR_OK;
}

struct err lambda_list_functions(struct request *rq, const struct lambda_list_functions_in *in, struct lambda_list_functions_out *out)
{
    const struct lambda_rows rows = { &rq->ctx, rq->db, rq->account, rq->region };
    struct function_row *found = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    if (str_equal(in->function_version, STR("ALL"))) {
        return list_all_versions(rq, rows, &out->functions);
    }
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_function_list(rows, STR_NONE, after.ptr ? after : STR(""), 0, size + 1, &found, &count));
    out->functions.count = count > size ? size : count;
    out->functions.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_function_configuration, out->functions.count + 1);
    for (size_t i = 0; i < out->functions.count; i++) {
        const struct function_name name = { rq->account, rq->region, found[i].name, STR_NONE };
        TRY(function_answer(rq, &name, &found[i], &out->functions.items[i]));
        function_listed(&out->functions.items[i]);
    }
    out->next_marker = count > size ? function_page_token(rq, found[size - 1].name) : STR_NONE;
    return ERR_OK;
}
