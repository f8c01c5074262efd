#include "svc/guardduty/page.h"

#include "crypto/hash.h"

enum { TOKEN_MAX = 4096 };

static struct str about(struct request *rq, struct str question)
{
    return str_format(rq->ctx.arena, "guardduty:page:%s:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, rq->operation->name,
                      STR_ARG(rq->account), STR_ARG(rq->region),
                      STR_ARG(hash_hex(rq->ctx.arena, HASH_SHA256, question)));
}

/* [id, kind, value] */
struct str page_token(struct request *rq, struct str question, const struct finding_place *place)
{
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    json_open_array(&writer);
    json_str(&writer, place->id);
    if (place->value.type == STORE_TEXT) {
        json_str(&writer, place->value.text);
    } else if (place->value.type == STORE_REAL) {
        json_write_double(&writer, place->value.real);
        json_write_bool(&writer, true);
    } else {
        json_write_int(&writer, place->value.integer);
    }
    json_close_array(&writer);
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq, question), json_done(&writer)));
}

static bool read_value(const struct json *value, struct store_value *out)
{
    *out = (struct store_value){ .type = STORE_INT };
    if (value->kind == JSON_STRING) {
        *out = SQL_TEXT(value->text);
        return true;
    }
    if (value->next) {
        out->type = STORE_REAL;
        return json_double(value, &out->real);
    }
    return json_int(value, &out->integer);
}

struct err page_place(struct request *rq, struct str question, struct str token, struct finding_place *out)
{
    struct str sealed = STR_NONE;
    struct str plain = STR_NONE;
    *out = (struct finding_place){ .id = STR_NONE };
    if (token.len == 0) {
        return ERR_OK;
    }
    if (token.len > TOKEN_MAX || !str_unbase64(rq->ctx.arena, token, &sealed) ||
        !vault_unseal(&rq->ctx, rq->vault, about(rq, question), sealed, &plain)) {
        return detector_refuse(&rq->ctx, "nextToken");
    }
    const struct json *place = json_parse(rq->ctx.arena, plain, NULL);
    const struct json *id = place ? place->child : NULL;
    if (id == NULL || id->next == NULL || !read_value(id->next, &out->value)) {
        return detector_refuse(&rq->ctx, "nextToken");
    }
    out->id = id->text;
    return ERR_OK;
}
