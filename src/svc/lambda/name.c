#include "svc/lambda/name.h"

#include "base/json.h"
#include "crypto/random.h"

static bool is_account(struct str text)
{
    int64_t ignored = 0;
    return text.len == 12 && str_to_int(text, &ignored);
}

/* From the front, word by word: arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER, of which a head may lack. */
static void read_words(struct str text, struct function_name *out)
{
    struct str rest = text;
    struct str word = STR_NONE;
    if (str_starts(text, STR("arn:"))) {
        str_cut(rest, ':', &rest);
        str_cut(rest, ':', &rest);
        str_cut(rest, ':', &rest);
        out->region = str_cut(rest, ':', &rest);
    }
    word = str_cut(rest, ':', &rest);
    if (is_account(word) && rest.ptr) {
        out->account = word;
        word = str_cut(rest, ':', &rest);
    }
    if (str_equal(word, STR("function")) && rest.ptr) {
        word = str_cut(rest, ':', &rest);
    }
    out->name = word;
    out->qualifier = rest;
}

struct err name_read(struct ctx *ctx, struct str account, struct str region, struct str text, struct str qualifier,
                     struct function_name *out)
{
    *out = (struct function_name){ .account = account, .region = region };
    read_words(text, out);
    if (qualifier.ptr && out->qualifier.ptr && !str_equal(qualifier, out->qualifier)) {
        return fail(ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The derived qualifier from the function name does not match the specified qualifier.");
    }
    if (!str_equal(out->region, region)) {
        return fail(ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Functions from '%" STR_FMT "' are not reachable in this region ('%"
                    STR_FMT "')", STR_ARG(out->region), STR_ARG(region));
    }
    if (out->name.len > 64) {
        return fail(ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "1 validation error detected: Value '%" STR_FMT "' at 'functionName' failed to "
                    "satisfy constraint: Member must have length less than or equal to 64", STR_ARG(out->name));
    }
    out->qualifier = qualifier.ptr ? qualifier : out->qualifier;
    return ERR_OK;
}

struct err name_of(struct request *rq, struct str text, struct str qualifier, struct function_name *out)
{
    return name_read(&rq->ctx, rq->account, rq->region, text, qualifier, out);
}

struct str name_arn(struct ctx *ctx, const struct function_name *name)
{
    return str_format(ctx->arena, "arn:aws:lambda:%" STR_FMT ":%" STR_FMT ":function:%" STR_FMT "%s%" STR_FMT, STR_ARG(name->region),
                      STR_ARG(name->account), STR_ARG(name->name), name->qualifier.ptr ? ":" : "", STR_ARG(name->qualifier));
}

struct lambda_rows name_rows(struct request *rq, const struct function_name *name)
{
    return (struct lambda_rows){ &rq->ctx, rq->db, name->account, name->region };
}

int64_t name_number(struct str qualifier)
{
    int64_t number = 0;
    if (qualifier.ptr == NULL || str_equal(qualifier, STR("$LATEST"))) {
        return 0;
    }
    return str_to_int(qualifier, &number) && number > 0 ? number : -1;
}

struct err name_missing(struct ctx *ctx, const struct function_name *name)
{
    return fail(ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %" STR_FMT, STR_ARG(name_arn(ctx, name)));
}

/* spec: Lambda developer guide, weighted aliases: each call goes to one of two versions by chance. */
static void draw_version(const struct json *alias, int64_t *number)
{
    const struct json *weights = json_path(alias, "RoutingConfig.AdditionalVersionWeights");
    const struct json *other = weights ? weights->child : NULL;
    double weight = 0;
    uint32_t draw = 0;
    random_bytes(&draw, sizeof(draw));
    if (other && json_double(other, &weight) && (double)draw < weight * 4294967296.0) {
        *number = name_number(other->key);
    }
}

/* The version that an alias stands for. */
static struct err follow_alias(struct lambda_rows rows, const struct function_name *name, bool draw, int64_t *number)
{
    struct str body = STR_NONE;
    TRY(rows_extra_get(rows, name->name, ITEM_ALIAS, name->qualifier, &body));
    const struct json *alias = body.ptr ? json_parse(rows.ctx->arena, body, NULL) : NULL;
    if (alias == NULL) {
        return name_missing(rows.ctx, name);
    }
    *number = name_number(json_text(json_get(alias, STR("FunctionVersion"))));
    if (draw) {
        draw_version(alias, number);
    }
    return ERR_OK;
}

static struct err find_row(struct lambda_rows rows, const struct function_name *name, bool draw, struct function_row *out)
{
    int64_t number = name_number(name->qualifier);
    bool found = false;
    if (number < 0) {
        TRY(follow_alias(rows, name, draw, &number));
    }
    TRY(rows_function_get(rows, name->name, number, out, &found));
    return found ? ERR_OK : name_missing(rows.ctx, name);
}

struct err name_need(struct lambda_rows rows, const struct function_name *name, struct function_row *out)
{
    return find_row(rows, name, false, out);
}

struct err name_draw(struct lambda_rows rows, const struct function_name *name, struct function_row *out)
{
    return find_row(rows, name, true, out);
}

struct err name_need_latest(struct lambda_rows rows, const struct function_name *name, struct function_row *out)
{
    const struct function_name plain = { name->account, name->region, name->name, STR_NONE };
    return name_need(rows, &plain, out);
}

struct err name_check_revision(struct ctx *ctx, struct str asked, struct str now)
{
    if (asked.len == 0 || str_equal(asked, now)) {
        return ERR_OK;
    }
    return fail(ctx, &LAMBDA_PRECONDITION_FAILED_EXCEPTION, "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id");
}
