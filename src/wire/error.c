/* error.c - faults in the form that each protocol's clients understand. */
#include "wire/cbor_codec.h"
#include "wire/codec.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/respond.h"
#include "wire/xml_codec.h"

/* One error on its way out. */
struct trouble {
    const struct wire_match *match;
    const struct fault *fault;
    const struct shape *shape; /* NULL: only a message */
    const void *value;
    struct str message;        /* absent: none */
    struct str member;         /* what the message is called */
};

/* Query clients match on the fault's code; the others on the shape's name. */
static struct str code_for_json(const struct fault *fault)
{
    return str_of(fault->shape ? fault->shape : fault->code);
}

/* spec: json 1.0 and cbor say the full shape id; every client cuts what stands before '#'. Those of services that once spoke
 * the query protocol name the version, and a broken constraint is the framework's (recorded of CloudWatch). */
static struct str full_code(struct arena *arena, const struct trouble *t)
{
    const struct str code = code_for_json(t->fault);
    const struct service_model *service = t->match->service;
    if (service == NULL) {
        return code;
    }
    if (!service->query_compatible) {
        return str_format(arena, "com.amazonaws.%s#%.*s", service->name, STR_ARG(code));
    }
    if (t->fault == service->validation) {
        return str_format(arena, "com.amazon.coral.validate#%.*s", STR_ARG(code));
    }
    const char *version = service->api_version; /* 2010-08-01 */
    return str_format(arena, "com.amazonaws.%s.v%.4s_%.2s_%.2s#%.*s", service->name, version, version + 5, version + 8, STR_ARG(code));
}

static bool has_message(const struct trouble *t)
{
    for (size_t i = 0; t->shape && i < t->shape->member_count; i++) {
        const struct view view = view_member(t->value, &t->shape->members[i]);
        if (str_equal(str_of(t->shape->members[i].wire_name), t->member) && view_present(&view)) {
            return true;
        }
    }
    return false;
}

/* Lambda's shapes tell whose mistake it was: a member Type, "User" or "Service". */
static bool tells_type(const struct trouble *t)
{
    const struct service_model *service = t->match->service;
    for (size_t i = 0; service && service->faults && service->fault_shapes && t->fault->shape && service->faults[i]; i++) {
        const struct shape *shape = service->faults[i] == t->fault ? service->fault_shapes[i] : NULL;
        for (size_t j = 0; shape && j < shape->member_count; j++) {
            if (strcmp(shape->members[j].name, "Type") == 0 && shape->members[j].shape->kind == SHAPE_STRING) {
                return true;
            }
        }
    }
    return false;
}

static void write_json(struct ctx *ctx, const struct trouble *t, struct str type, enum json_scope scope,
                       struct http_response *response)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("__type"), type);
    if (!has_message(t)) {
        json_member_str(&w, t->member, t->message);
    }
    if (t->shape == NULL && t->match->protocol == PROTOCOL_REST_JSON && tells_type(t)) {
        json_member_str(&w, STR("Type"), t->fault->http < 500 ? STR("User") : STR("Service"));
    }
    if (t->shape) {
        json_write_members(&w, t->shape, t->value, scope);
    }
    json_close_object(&w);
    response->body = json_done(&w);
}

static void write_details(struct text *text, const struct trouble *t, enum xml_scope scope)
{
    if (!has_message(t) && t->message.ptr) {
        xml_element(text, STR("Message"), t->message);
    }
    if (t->shape) {
        xml_write_members(text, t->shape, t->value, scope);
    }
}

static bool is_sender(const struct trouble *t)
{
    return t->fault->http < 500;
}

static void write_elements(struct text *text, const struct trouble *t)
{
    for (size_t i = 0; i < t->match->element_count; i++) {
        xml_element(text, t->match->elements[i].name, t->match->elements[i].value);
    }
}

static struct str host_id(struct ctx *ctx)
{
    return str_base64(ctx->arena, ctx->request_id.ptr ? ctx->request_id : STR(""));
}

static void write_error_response(struct ctx *ctx, const struct trouble *t, enum xml_scope scope,
                                 struct http_response *response)
{
    struct text text = text_new(ctx->arena);
    xml_open_namespace(&text, STR("ErrorResponse"), t->match->service ? t->match->service->xml_namespace : NULL);
    xml_open(&text, STR("Error"));
    if (!respond_is_s3control(t->match)) {
        xml_element(&text, STR("Type"), is_sender(t) ? STR("Sender") : STR("Receiver"));
    }
    xml_element(&text, STR("Code"), str_of(t->fault->code));
    write_details(&text, t, scope);
    write_elements(&text, t);
    xml_close(&text, STR("Error"));
    if (respond_is_s3control(t->match)) {
        xml_element(&text, STR("HostId"), host_id(ctx));
    }
    xml_element(&text, STR("RequestId"), ctx->request_id);
    xml_close(&text, STR("ErrorResponse"));
    response->body = text_str(&text);
    respond_type(ctx, response, t->match->protocol == PROTOCOL_QUERY ? STR("text/xml") : STR("application/xml"));
}

static void write_ec2(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    struct text text = text_new(ctx->arena);
    text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>"));
    xml_element(&text, STR("Code"), str_of(t->fault->code));
    write_details(&text, t, XML_ALL_MEMBERS);
    text_add(&text, STR("</Error></Errors>"));
    xml_element(&text, STR("RequestID"), ctx->request_id);
    text_add(&text, STR("</Response>"));
    response->body = text_str(&text);
    respond_type(ctx, response, STR("text/xml;charset=UTF-8"));
}

/* spec: S3 has the element also where it says nothing. */
static void write_s3_message(struct text *text, const struct trouble *t)
{
    if (!has_message(t) && t->message.ptr == NULL) {
        xml_element(text, STR("Message"), STR(""));
    }
}

static void write_s3(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    struct text text = text_new(ctx->arena);
    text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"));
    xml_element(&text, STR("Code"), str_of(t->fault->code));
    write_s3_message(&text, t);
    write_details(&text, t, XML_BODY_MEMBERS);
    write_elements(&text, t);
    xml_element(&text, STR("RequestId"), ctx->request_id);
    xml_element(&text, STR("HostId"), host_id(ctx));
    text_add(&text, STR("</Error>"));
    response->body = text_str(&text);
    respond_type(ctx, response, STR("application/xml"));
}

static void write_query_json(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_key(&w, STR("Error"));
    json_open_object(&w);
    json_member_str(&w, STR("Code"), str_of(t->fault->code));
    json_member_str(&w, STR("Message"), t->message);
    json_member_str(&w, STR("Type"), is_sender(t) ? STR("Sender") : STR("Receiver"));
    json_close_object(&w);
    json_member_str(&w, STR("RequestId"), ctx->request_id.ptr ? ctx->request_id : STR(""));
    json_close_object(&w);
    response->body = json_done(&w);
    respond_type(ctx, response, STR("application/json"));
}

/* The members of a shape, and the message when it is none of them. */
static void write_cbor(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    static const struct shape text_shape = { .name = "String", .kind = SHAPE_STRING, .size = sizeof(struct str) };
    const struct member message = { .name = "message", .wire_name = t->member.ptr, .shape = &text_shape };
    const struct shape bare = { .name = "Error", .kind = SHAPE_STRUCTURE, .members = &message, .member_count = 1 };
    struct text text = text_new(ctx->arena);
    const bool own = t->shape && (has_message(t) || t->message.ptr == NULL);
    cbor_write_structure(&text, own ? t->shape : &bare, own ? t->value : &t->message, full_code(ctx->arena, t));
    response->body = text_str(&text);
    respond_type(ctx, response, STR("application/cbor"));
}

/* spec: services that once spoke query tell their old codes in a header. */
static void add_query_code(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    if (t->match->service && t->match->service->query_compatible) {
        http_response_add(ctx->arena, response, STR("x-amzn-query-error"),
                          str_format(ctx->arena, "%s;%s", t->fault->code, is_sender(t) ? "Sender" : "Receiver"));
    }
}

static void write_rest_json(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    http_response_add(ctx->arena, response, STR("x-amzn-ErrorType"), code_for_json(t->fault));
    if (t->shape) {
        rest_write(ctx, t->shape, t->value, response);
    }
    write_json(ctx, t, code_for_json(t->fault), JSON_BODY_MEMBERS, response);
    respond_type(ctx, response, STR("application/json"));
}

static void write_json_rpc(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    const bool full = t->match->service && str_equal(str_of(t->match->service->json_version), STR("1.0"));
    add_query_code(ctx, t, response);
    write_json(ctx, t, full ? full_code(ctx->arena, t) : code_for_json(t->fault), JSON_ALL_MEMBERS, response);
    respond_type(ctx, response, respond_json_type(ctx->arena, t->match));
}

static void write_rest_xml(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    if (t->shape) {
        rest_write(ctx, t->shape, t->value, response);
    }
    if (respond_is_s3(t->match)) {
        write_s3(ctx, t, response);
    } else {
        write_error_response(ctx, t, XML_BODY_MEMBERS, response);
    }
}

static void write_body(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    switch ((enum protocol)t->match->protocol) {
    case PROTOCOL_JSON:
        write_json_rpc(ctx, t, response);
        return;
    case PROTOCOL_REST_JSON:
        write_rest_json(ctx, t, response);
        return;
    case PROTOCOL_QUERY:
        if (t->match->json_answer) {
            write_query_json(ctx, t, response);
        } else {
            write_error_response(ctx, t, XML_ALL_MEMBERS, response);
        }
        return;
    case PROTOCOL_EC2:
        write_ec2(ctx, t, response);
        return;
    case PROTOCOL_CBOR:
        add_query_code(ctx, t, response);
        write_cbor(ctx, t, response);
        return;
    case PROTOCOL_REST_XML:
    case PROTOCOL_COUNT:
        break;
    }
    write_rest_xml(ctx, t, response);
}

/* spec: json and cbor services answer their modelled errors with 400, whatever status the model has for query; a client
 * that asked for query mode gets the model's. */
static uint16_t status_of(const struct trouble *t)
{
    const bool plain = t->match->protocol == PROTOCOL_JSON || t->match->protocol == PROTOCOL_CBOR;
    return plain && t->fault->shape && t->fault->http < 500 && !t->match->query_mode ? 400 : t->fault->http;
}

static void encode(struct ctx *ctx, const struct trouble *t, struct http_response *response)
{
    response->status = status_of(t);
    respond_ids(ctx, t->match, response);
    write_body(ctx, t, response);
    if (t->match->head || response->status == 304) {
        response->body = STR("");
    }
}

void wire_encode_error(struct ctx *ctx, const struct wire_match *match, const struct fault *fault, struct str reason,
                       struct http_response *response)
{
    const char *member = fault->message_member ? fault->message_member : "message";
    const struct str message = reason.len ? reason : STR_NONE;
    encode(ctx, &(struct trouble){ match, fault, NULL, NULL, message, str_of(member) }, response);
}

void wire_encode_error_value(struct ctx *ctx, const struct wire_match *match, const struct fault *fault,
                             const struct shape *shape, const void *value, struct http_response *response)
{
    const char *member = fault->message_member ? fault->message_member : "message";
    const struct str message = ctx->reason[0] ? str_of(ctx->reason) : STR_NONE;
    encode(ctx, &(struct trouble){ match, fault, shape, value, message, str_of(member) }, response);
}
