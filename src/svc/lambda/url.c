#include "svc/lambda/url.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "svc/lambda/permission.h"
#include "wire/codec.h"

enum { ACCOUNT_CHARACTERS = 8, RANDOM_CHARACTERS = 24, BASE = 32 };
static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";

static struct str new_id(struct request *rq, struct str account)
{
    char head[ACCOUNT_CHARACTERS];
    int64_t number = 0;
    if (!str_to_int(account, &number)) {
        number = 0;
    }
    for (int i = ACCOUNT_CHARACTERS; i-- > 0; number /= BASE) {
        head[i] = ALPHABET[number % BASE];
    }
    return str_format(rq->ctx.arena, "%.*s%" STR_FMT, ACCOUNT_CHARACTERS, head,
                      STR_ARG(random_alphabet(&rq->ctx, str_of(ALPHABET), RANDOM_CHARACTERS)));
}

static bool account_of(struct arena *arena, struct str id, struct str *out)
{
    int64_t number = 0;
    if (id.len != ACCOUNT_CHARACTERS + RANDOM_CHARACTERS) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        const char *found = id.ptr[i] ? strchr(ALPHABET, id.ptr[i]) : NULL;
        if (found == NULL) {
            return false;
        }
        number = i < ACCOUNT_CHARACTERS ? number * BASE + (found - ALPHABET) : number;
    }
    *out = str_format(arena, "%012lld", (long long)number);
    return true;
}

static struct str id_of(const struct lambda_function_url_config *config)
{
    const struct str plain = str_ends(config->function_url, STR("/")) ? str_slice(config->function_url, 0, config->function_url.len - 1)
                                                                       : config->function_url;
    return str_from(plain, str_find_last(plain, '/') + 1);
}

static struct err read_config(struct ctx *ctx, struct lambda_rows rows, struct str name, struct str qualifier,
                              struct lambda_function_url_config *out, bool *found)
{
    struct str body = STR_NONE;
    void *value = NULL;
    TRY(rows_extra_get(rows, name, ITEM_URL, qualifier.ptr ? qualifier : STR(""), &body));
    *found = body.ptr != NULL;
    if (*found) {
        TRY(wire_json_read(ctx, LAMBDA_SHAPE_FUNCTION_URL_CONFIG, body, &value));
        memcpy(out, value, sizeof(*out));
    }
    return ERR_OK;
}

struct err lambda_url_find(struct ctx *ctx, struct store_conn *db, struct str id, struct lambda_url *out, bool *found)
{
    struct str account = STR_NONE, body = STR_NONE, rest = STR_NONE;
    *found = false;
    if (!account_of(ctx->arena, id, &account)) {
        return ERR_OK;
    }
    const struct lambda_rows any = { ctx, db, account, STR("") };
    TRY(rows_extra_get(any, id, ITEM_URL_ID, STR(""), &body));
    if (body.ptr == NULL) {
        return ERR_OK;
    }
    *out = (struct lambda_url){ .account = account, .region = str_cut(body, ' ', &rest) };
    out->name = str_cut(rest, ' ', &rest);
    out->qualifier = rest.len > 0 ? rest : STR_NONE;
    const struct lambda_rows rows = { ctx, db, account, out->region };
    const struct function_name name = { account, out->region, out->name, out->qualifier };
    TRY(read_config(ctx, rows, out->name, out->qualifier, &out->config, found));
    out->resource = name_arn(ctx, &name);
    return permission_document(rows, out->name, out->qualifier, &out->policy);
}

/* A version can have none: they are for what may change. */
static struct err need(struct request *rq, struct str function, struct str qualifier, struct function_name *name)
{
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, function, qualifier, name));
    if (name_number(name->qualifier) >= 0 && name->qualifier.ptr) {
        return fail(&rq->ctx, &LAMBDA_VALIDATION_EXCEPTION, "1 validation error detected: Value '%" STR_FMT "' at 'qualifier' failed to satisfy "
                    "constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)", STR_ARG(name->qualifier));
    }
    return name_need(name_rows(rq, name), name, &row).fault
        ? fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function does not exist") : ERR_OK;
}

static struct err need_config(struct request *rq, struct str function, struct str qualifier, struct function_name *name,
                              struct lambda_function_url_config *config)
{
    bool found = false;
    TRY(need(rq, function, qualifier, name));
    TRY(read_config(&rq->ctx, name_rows(rq, name), name->name, name->qualifier, config, &found));
    return found ? ERR_OK : fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
}

static struct err save(struct request *rq, const struct function_name *name, struct lambda_function_url_config *config)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    config->last_modified_time = clock_format_iso8601_ms(rq->ctx.arena, rq->ctx.now_ms);
    wire_json_write(&w, LAMBDA_SHAPE_FUNCTION_URL_CONFIG, config);
    return rows_extra_put(name_rows(rq, name), name->name, ITEM_URL, name->qualifier.ptr ? name->qualifier : STR(""), json_done(&w));
}

struct err lambda_create_function_url_config(struct request *rq, const struct lambda_create_function_url_config_in *in,
                                             struct lambda_create_function_url_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_url_config config = { .function_url = STR_NONE };
    bool found = false;
    TRY(need(rq, in->function_name, in->qualifier, &name));
    TRY(read_config(&rq->ctx, name_rows(rq, &name), name.name, name.qualifier, &config, &found));
    if (found) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Failed to create function url config for [functionArn = %" STR_FMT
                    "]. Error message:  FunctionUrlConfig exists for this Lambda function", STR_ARG(name_arn(&rq->ctx, &name)));
    }
    const struct str id = new_id(rq, name.account);
    config = (struct lambda_function_url_config){
        .function_url = str_format(rq->ctx.arena, "%" STR_FMT "/_yagura/lambda-url/%" STR_FMT "/",
                                   STR_ARG(function_endpoint()), STR_ARG(id)),
        .function_arn = name_arn(&rq->ctx, &name), .creation_time = clock_format_iso8601_ms(rq->ctx.arena, rq->ctx.now_ms),
        .cors = in->cors, .auth_type = in->auth_type, .invoke_mode = in->invoke_mode.ptr ? in->invoke_mode : STR("BUFFERED"),
    };
    const struct lambda_rows any = { &rq->ctx, rq->db, name.account, STR("") };
    TRY(rows_extra_put(any, id, ITEM_URL_ID, STR(""), str_format(rq->ctx.arena, "%" STR_FMT " %" STR_FMT " %" STR_FMT, STR_ARG(name.region),
                                                                 STR_ARG(name.name), STR_ARG(name.qualifier))));
    TRY(save(rq, &name, &config));
    *out = (struct lambda_create_function_url_config_out){ config.function_url, config.function_arn, config.auth_type, config.cors,
                                                           config.creation_time, in->invoke_mode };
    return ERR_OK;
}

struct err lambda_get_function_url_config(struct request *rq, const struct lambda_get_function_url_config_in *in,
                                          struct lambda_get_function_url_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_url_config config = { .function_url = STR_NONE };
    TRY(need_config(rq, in->function_name, in->qualifier, &name, &config));
    *out = (struct lambda_get_function_url_config_out){ config.function_url, config.function_arn, config.auth_type, config.cors,
                                                        config.creation_time, config.last_modified_time, config.invoke_mode };
    return ERR_OK;
}

struct err lambda_update_function_url_config(struct request *rq, const struct lambda_update_function_url_config_in *in,
                                             struct lambda_update_function_url_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_url_config config = { .function_url = STR_NONE };
    TRY(need_config(rq, in->function_name, in->qualifier, &name, &config));
    config.auth_type = in->auth_type.ptr ? in->auth_type : config.auth_type;
    config.cors = in->cors ? in->cors : config.cors;
    config.invoke_mode = in->invoke_mode.ptr ? in->invoke_mode : config.invoke_mode;
    TRY(save(rq, &name, &config));
    *out = (struct lambda_update_function_url_config_out){ config.function_url, config.function_arn, config.auth_type, config.cors,
                                                           config.creation_time, config.last_modified_time, config.invoke_mode };
    return ERR_OK;
}

struct err lambda_delete_function_url_config(struct request *rq, const struct lambda_delete_function_url_config_in *in,
                                             struct lambda_delete_function_url_config_out *out)
{
    struct function_name name = { 0 };
    struct lambda_function_url_config config = { .function_url = STR_NONE };
    bool ignored = false;
    (void)out;
    TRY(need_config(rq, in->function_name, in->qualifier, &name, &config));
    const struct lambda_rows any = { &rq->ctx, rq->db, name.account, STR("") };
    TRY(rows_extra_delete(any, id_of(&config), ITEM_URL_ID, STR(""), &ignored));
    return rows_extra_delete(name_rows(rq, &name), name.name, ITEM_URL, name.qualifier.ptr ? name.qualifier : STR(""), &ignored);
}

struct err lambda_list_function_url_configs(struct request *rq, const struct lambda_list_function_url_configs_in *in,
                                            struct lambda_list_function_url_configs_out *out)
{
    struct function_name name = { 0 };
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(need(rq, in->function_name, STR_NONE, &name));
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(name_rows(rq, &name), name.name, ITEM_URL, &items, &count));
    out->function_url_configs.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_function_url_config, size + 1);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        if (after.ptr && str_compare(items[i].part, after) <= 0) {
            continue;
        }
        if (out->function_url_configs.count == size) {
            out->next_marker = function_page_token(rq, items[i - 1].part);
            break;
        }
        TRY(read_config(&rq->ctx, name_rows(rq, &name), name.name, items[i].part.len ? items[i].part : STR_NONE,
                        &out->function_url_configs.items[out->function_url_configs.count++], &found));
    }
    return ERR_OK;
}
