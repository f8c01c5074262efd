/* encode.c - wire_encode: a typed output as the answer of its protocol. */
#include "wire/cbor_codec.h"
#include "wire/codec.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/respond.h"
#include "wire/xml_codec.h"

/* A payload that is bytes or text goes out as it is, whatever the protocol. */
static bool write_raw_payload(struct ctx *ctx, const struct member *payload, const struct view *view,
                              struct http_response *response)
{
    if (payload->shape->kind != SHAPE_STRING && payload->shape->kind != SHAPE_BLOB) {
        return false;
    }
    const bool text = payload->shape->kind == SHAPE_STRING;
    response->body = view_present(view) ? view_text(view) : STR("");
    respond_type(ctx, response, payload->media_type ? str_of(payload->media_type)
                                : text              ? STR("text/plain")
                                                    : STR("application/octet-stream"));
    return true;
}

static void encode_rest_json(struct ctx *ctx, const struct operation *operation, const void *out,
                             struct http_response *response)
{
    const struct member *payload = rest_payload(operation->output);
    struct json_writer w = json_writer_new(ctx->arena);
    if (payload) {
        const struct view view = view_member(out, payload);
        if (write_raw_payload(ctx, payload, &view, response)) {
            return;
        }
        if (view_present(&view)) {
            json_write_value(&w, &view);
        }
    } else {
        json_open_object(&w);
        json_write_members(&w, operation->output, out, JSON_BODY_MEMBERS);
        json_close_object(&w);
    }
    response->body = json_done(&w);
    respond_type(ctx, response, STR("application/json"));
}

static void encode_rest_xml(struct ctx *ctx, const struct wire_match *match, const void *out,
                            struct http_response *response)
{
    const struct shape *shape = match->operation->output;
    const struct member *payload = rest_payload(shape);
    struct text text = text_new(ctx->arena);
    struct view view = view_structure(shape, out);
    struct str name = str_of(shape->xml_name ? shape->xml_name : shape->name);
    const char *space = shape->xml_namespace ? shape->xml_namespace : match->service->xml_namespace;
    if (payload) {
        view = view_member(out, payload);
        name = str_of(payload->wire_name);
        space = payload->xml_prefix;
        if (write_raw_payload(ctx, payload, &view, response)) {
            return;
        }
    }
    if ((payload || rest_has_body(shape)) && view_present(&view)) {
        text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
        xml_write_structure(&text, name, space, &view, payload ? XML_ALL_MEMBERS : XML_BODY_MEMBERS);
        respond_type(ctx, response, STR("application/xml"));
    }
    response->body = text_str(&text);
}

static void encode_query(struct ctx *ctx, const struct wire_match *match, const void *out,
                         struct http_response *response)
{
    const struct operation *operation = match->operation;
    const struct str root = str_format(ctx->arena, "%sResponse", operation->name);
    const struct str wrapper = str_of(operation->output_wrapper);
    struct text text = text_new(ctx->arena);
    xml_open_namespace(&text, root, match->service->xml_namespace);
    if (wrapper.ptr) {
        xml_open(&text, wrapper);
    }
    xml_write_members(&text, operation->output, out, XML_ALL_MEMBERS);
    if (wrapper.ptr) {
        xml_close(&text, wrapper);
    }
    xml_open(&text, STR("ResponseMetadata"));
    xml_element(&text, STR("RequestId"), ctx->request_id);
    xml_close(&text, STR("ResponseMetadata"));
    xml_close(&text, root);
    response->body = text_str(&text);
    respond_type(ctx, response, STR("text/xml"));
}

/* spec: query services answer "Accept: application/json" with the same tree as JSON. */
static void encode_query_json(struct ctx *ctx, const struct operation *operation, const void *out,
                              struct http_response *response)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_key(&w, str_format(ctx->arena, "%sResponse", operation->name));
    json_open_object(&w);
    if (operation->output_wrapper) {
        json_key(&w, str_of(operation->output_wrapper));
        json_open_object(&w);
    }
    json_write_members(&w, operation->output, out, JSON_ALL_MEMBERS);
    if (operation->output_wrapper) {
        json_close_object(&w);
    }
    json_key(&w, STR("ResponseMetadata"));
    json_open_object(&w);
    json_member_str(&w, STR("RequestId"), ctx->request_id.ptr ? ctx->request_id : STR(""));
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
    response->body = json_done(&w);
    respond_type(ctx, response, STR("application/json"));
}

static void encode_ec2(struct ctx *ctx, const struct wire_match *match, const void *out,
                       struct http_response *response)
{
    const struct str root = str_format(ctx->arena, "%sResponse", match->operation->name);
    struct text text = text_new(ctx->arena);
    text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    xml_open_namespace(&text, root, match->service->xml_namespace);
    xml_element(&text, STR("requestId"), ctx->request_id);
    xml_write_members(&text, match->operation->output, out, XML_ALL_MEMBERS);
    xml_close(&text, root);
    response->body = text_str(&text);
    respond_type(ctx, response, STR("text/xml;charset=UTF-8"));
}

static void encode_json(struct ctx *ctx, const struct wire_match *match, const void *out,
                        struct http_response *response)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_write_members(&w, match->operation->output, out, JSON_ALL_MEMBERS);
    json_close_object(&w);
    response->body = json_done(&w);
    respond_type(ctx, response, respond_json_type(ctx->arena, match));
}

static void encode_cbor(struct ctx *ctx, const struct operation *operation, const void *out,
                        struct http_response *response)
{
    struct text text = text_new(ctx->arena);
    cbor_write_structure(&text, operation->output, out, STR_NONE);
    response->body = text_str(&text);
    respond_type(ctx, response, STR("application/cbor"));
}

static void encode_body(struct ctx *ctx, const struct wire_match *match, const void *out,
                        struct http_response *response)
{
    switch ((enum protocol)match->protocol) {
    case PROTOCOL_JSON:
        encode_json(ctx, match, out, response);
        return;
    case PROTOCOL_QUERY:
        if (match->json_answer) {
            encode_query_json(ctx, match->operation, out, response);
        } else {
            encode_query(ctx, match, out, response);
        }
        return;
    case PROTOCOL_EC2:
        encode_ec2(ctx, match, out, response);
        return;
    case PROTOCOL_CBOR:
        encode_cbor(ctx, match->operation, out, response);
        return;
    case PROTOCOL_REST_JSON:
        rest_write(ctx, match->operation->output, out, response);
        encode_rest_json(ctx, match->operation, out, response);
        return;
    case PROTOCOL_REST_XML:
    case PROTOCOL_COUNT:
        break;
    }
    rest_write(ctx, match->operation->output, out, response);
    encode_rest_xml(ctx, match, out, response);
}

void wire_encode(struct ctx *ctx, const struct wire_match *match, const void *out, struct http_response *response)
{
    response->status = match->operation->status;
    respond_ids(ctx, match, response);
    encode_body(ctx, match, out, response);
    if (match->head || response->status == 204 || response->status == 304) {
        response->body = STR("");
    }
}
