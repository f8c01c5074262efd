/* decode.c - wire_decode: a request as the typed input of its operation. */
#include "wire/cbor_codec.h"
#include "wire/codec.h"
#include "wire/form.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/validate.h"
#include "wire/value.h"
#include "wire/xml_codec.h"

static const struct fault SERIALIZATION = { "SerializationException", NULL, NULL, 400 };
static const struct fault MALFORMED_INPUT = { "MalformedInput", NULL, NULL, 400 };
static const struct fault INVALID_VALUE = { "InvalidParameterValue", NULL, NULL, 400 };
static const struct fault MALFORMED_XML = { "MalformedXML", NULL, NULL, 400 };
static const struct fault UNSUPPORTED_TYPE = { "UnsupportedMediaTypeException", NULL, NULL, 415 };
static const struct fault NOT_ACCEPTABLE = { "NotAcceptableException", NULL, NULL, 406 };

static const struct fault *malformed_of(uint8_t protocol)
{
    switch ((enum protocol)protocol) {
    case PROTOCOL_QUERY:
        return &MALFORMED_INPUT;
    case PROTOCOL_EC2:
        return &INVALID_VALUE;
    case PROTOCOL_REST_XML:
        return &MALFORMED_XML;
    case PROTOCOL_JSON:
    case PROTOCOL_REST_JSON:
    case PROTOCOL_CBOR:
    case PROTOCOL_COUNT:
        break;
    }
    return &SERIALIZATION;
}

static struct err parse_json(struct decoder *d, struct str body, struct json **out)
{
    struct json_error error;
    *out = json_parse(d->ctx->arena, body, &error);
    if (*out == NULL) {
        return fail(d->ctx, d->malformed, "The body is not JSON: %s at byte %zu.", error.reason, error.offset);
    }
    return ERR_OK;
}

static struct err read_json(struct decoder *d, const struct shape *shape, void *in, struct str body,
                            enum json_scope scope)
{
    struct json *j = NULL;
    if (str_trim(body).len == 0) {
        return ERR_OK;
    }
    TRY(parse_json(d, body, &j));
    if (j->kind != JSON_OBJECT) {
        return fail(d->ctx, d->malformed, "The body is not a JSON object.");
    }
    return json_read_members(d, shape, in, j, scope);
}

static struct err parse_xml(struct decoder *d, struct str body, struct xml **out)
{
    const char *reason = NULL;
    *out = xml_parse(d->ctx->arena, body, &reason);
    if (*out == NULL) {
        return fail(d->ctx, d->malformed,
                    "The XML you provided was not well-formed or did not validate against our published schema");
    }
    return ERR_OK;
}

static struct err read_xml(struct decoder *d, const struct shape *shape, void *in, struct str body,
                           enum xml_scope scope)
{
    struct xml *root = NULL;
    if (str_trim(body).len == 0) {
        return ERR_OK;
    }
    TRY(parse_xml(d, body, &root));
    return xml_read_members(d, shape, in, root, scope);
}

/* A payload member is the whole body: bytes as they are, or a structure. */
static struct err read_payload(struct decoder *d, const struct wire_match *match, const struct member *member, void *in,
                               struct str body)
{
    const struct slot slot = slot_member(in, member);
    if (body.len == 0 && !member->streaming) {
        return ERR_OK;
    }
    if (member->shape->kind == SHAPE_STRING || member->shape->kind == SHAPE_BLOB) {
        slot_text(&slot, body);
        return ERR_OK;
    }
    if (match->protocol == PROTOCOL_REST_XML) {
        struct xml *root = NULL;
        TRY(parse_xml(d, body, &root));
        return xml_read_value(d, &slot, root);
    }
    struct json *j = NULL;
    TRY(parse_json(d, body, &j));
    return j->kind == JSON_NULL ? ERR_OK : json_read_value(d, &slot, j);
}

static bool is_raw(const struct member *payload)
{
    return payload && (payload->shape->kind == SHAPE_STRING || payload->shape->kind == SHAPE_BLOB);
}

static bool is_media_type(struct str value, struct str type)
{
    struct str parameters = STR_NONE;
    return str_equal_nocase(str_trim(str_cut(value, ';', &parameters)), type);
}

/* spec: SPECS 2, server strictness: a wrong Content-Type is 415, an Accept that excludes our answer is 406. */
static struct err check_media(struct ctx *ctx, const struct wire_match *match, const struct http_request *request)
{
    const struct shape *input = match->operation->input;
    const struct member *sent = rest_payload(input);
    const struct member *answer = rest_payload(match->operation->output);
    const struct str type = http_header_find(request, STR("content-type"));
    const struct str accept = http_header_find(request, STR("accept"));
    const bool typed = sent && sent->media_type;
    const struct str wanted = typed ? str_of(sent->media_type) : STR("application/json");
    const bool expects = rest_has_body(input) && (typed || !is_raw(sent));
    if (request->body.len && expects && !is_media_type(type, wanted)) {
        return fail(ctx, &UNSUPPORTED_TYPE, "The content type must be %.*s.", STR_ARG(wanted));
    }
    if (request->body.len && input->member_count == 0 && type.ptr) {
        return fail(ctx, &UNSUPPORTED_TYPE, "The operation takes no body.");
    }
    if (answer && answer->media_type && accept.ptr && str_search(accept, STR("*/*")) == STR_MISSING
        && str_search(accept, str_of(answer->media_type)) == STR_MISSING) {
        return fail(ctx, &NOT_ACCEPTABLE, "The answer is %s.", answer->media_type);
    }
    return ERR_OK;
}

static struct err read_rest(struct decoder *d, const struct wire_match *match, const struct http_request *request,
                            void *in)
{
    const struct shape *shape = match->operation->input;
    const struct member *payload = rest_payload(shape);
    if (match->protocol == PROTOCOL_REST_JSON) {
        TRY(check_media(d->ctx, match, request));
    }
    TRY(rest_read(d, match, request, in));
    if (payload) {
        return read_payload(d, match, payload, in, request->body);
    }
    if (!rest_has_body(shape)) {
        return ERR_OK; /* spec: a GET with a body of junk must not fail */
    }
    return match->protocol == PROTOCOL_REST_XML ? read_xml(d, shape, in, request->body, XML_BODY_MEMBERS)
                                                : read_json(d, shape, in, request->body, JSON_BODY_MEMBERS);
}

static struct err read_request(struct decoder *d, const struct wire_match *match, const struct http_request *request,
                               void *in)
{
    const struct shape *shape = match->operation->input;
    switch ((enum protocol)match->protocol) {
    case PROTOCOL_JSON:
        return read_json(d, shape, in, request->body, JSON_ALL_MEMBERS);
    case PROTOCOL_QUERY:
        return form_read(d, false, shape, in, request->body, request->query);
    case PROTOCOL_EC2:
        return form_read(d, true, shape, in, request->body, request->query);
    case PROTOCOL_CBOR:
        return cbor_read_structure(d, shape, in, request->body);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
    case PROTOCOL_COUNT:
        break;
    }
    return read_rest(d, match, request, in);
}

static bool is_in_body(const struct member *member)
{
    return member->location == IN_BODY;
}

/* Headers of which S3's handlers say themselves, in S3's words, what they may hold. The model's pattern of S3 Control's ARNs
 * has no room for those of buckets. */
static bool is_judged_here(const struct member *member)
{
    static const struct str left[] = { STR_INIT("x-amz-acl"), STR_INIT("x-amz-object-lock-mode"),
        STR_INIT("x-amz-transition-default-minimum-object-size"), STR_INIT("resourceArn") };
    for (size_t i = 0; i < COUNT_OF(left); i++) {
        if (str_equal_nocase(str_of(member->wire_name), left[i])) {
            return false;
        }
    }
    return !is_in_body(member);
}

/* spec: S3 holds bodies against a schema, and says no more than that one doesn't fit; of an ACL under a code of its own. */
static struct err validate_s3(struct ctx *ctx, const struct wire_match *match, const struct http_request *request, const void *in)
{
    static const struct fault malformed_acl = { "MalformedACLError", NULL, NULL, 400 };
    static const struct fault no_body = { "MissingRequestBodyError", NULL, NULL, 400 };
    const struct shape *shape = match->operation->input;
    const struct str outside = text_shown(validate_members(ctx->arena, shape, in, is_judged_here), sizeof(ctx->reason) - 1);
    if (outside.len) {
        return fail(ctx, match->service->validation, "%.*s", STR_ARG(outside));
    }
    if (strcmp(match->service->name, "s3") != 0 || is_raw(rest_payload(shape)) || validate_members(ctx->arena, shape, in, is_in_body).len == 0) {
        return ERR_OK; /* a policy and S3 Control's few bodies are the handlers' to judge, bytes may be anything */
    }
    if (request->body.len == 0) {
        return fail(ctx, &no_body, "Request Body is empty");
    }
    return fail(ctx, str_ends(str_of(match->operation->name), STR("Acl")) ? &malformed_acl : &MALFORMED_XML,
                "The XML you provided was not well-formed or did not validate against our published schema");
}

/* The service's own, but for operations that list ValidationException instead: those of another make (deliveries of Logs). */
static const struct fault *validation_fault(const struct wire_match *match)
{
    const struct fault *other = NULL;
    for (const struct fault *const *listed = match->operation->faults; *listed; listed++) {
        if (*listed == match->service->validation) {
            return *listed;
        }
        other = strcmp((*listed)->code, "ValidationException") == 0 ? *listed : other;
    }
    return other ? other : match->service->validation;
}

struct err wire_decode(struct ctx *ctx, const struct wire_match *match, const struct http_request *request, void **in)
{
    const struct shape *shape = match->operation->input;
    struct decoder d = decoder_new(ctx, malformed_of(match->protocol));
    *in = arena_alloc(ctx->arena, shape->size);
    TRY(read_request(&d, match, request, *in));
    if (match->protocol == PROTOCOL_REST_XML && strcmp(match->service->signing_name, "s3") == 0) {
        return validate_s3(ctx, match, request, *in);
    }
    const bool iam = strcmp(match->service->name, "iam") == 0;
    const struct str words = iam ? validate_unquoted(ctx->arena, shape, *in) : validate_structure(ctx->arena, shape, *in);
    const struct str broken = text_shown(words, sizeof(ctx->reason) - 1);
    return broken.len ? fail(ctx, validation_fault(match), "%.*s", STR_ARG(broken)) : ERR_OK;
}
