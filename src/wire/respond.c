#include "wire/respond.h"

/* What no service claims looks like S3 (wire_route), whose clients then want S3's form. */
bool respond_is_s3(const struct wire_match *match)
{
    return match->protocol == PROTOCOL_REST_XML
           && (match->service == NULL || str_equal(str_of(match->service->name), STR("s3")));
}

bool respond_is_s3control(const struct wire_match *match)
{
    return match->service && str_equal(str_of(match->service->name), STR("s3control"));
}

void respond_ids(struct ctx *ctx, const struct wire_match *match, struct http_response *response)
{
    const struct str id = ctx->request_id.ptr ? ctx->request_id : STR("");
    if (respond_is_s3(match) || respond_is_s3control(match)) {
        http_response_add(ctx->arena, response, STR("x-amz-request-id"), id);
        http_response_add(ctx->arena, response, STR("x-amz-id-2"), str_base64(ctx->arena, id));
    } else {
        http_response_add(ctx->arena, response, STR("x-amzn-RequestId"), id);
    }
    if (match->protocol == PROTOCOL_CBOR) {
        http_response_add(ctx->arena, response, STR("smithy-protocol"), STR("rpc-v2-cbor"));
    }
}

void respond_type(struct ctx *ctx, struct http_response *response, struct str type)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_equal_nocase(response->headers[i].name, STR("content-type"))) {
            return;
        }
    }
    http_response_add(ctx->arena, response, STR("Content-Type"), type);
}

struct str respond_json_type(struct arena *arena, const struct wire_match *match)
{
    return str_format(arena, "application/x-amz-json-%s", match->service ? match->service->json_version : "1.1");
}
