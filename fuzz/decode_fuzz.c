/* decode_fuzz.c - arbitrary requests against every operation of every service, in every protocol, and decode after encode.
 *
 * Input: byte 0 the protocol, bytes 1 and 2 the operation, then lines: path, query, one header's value, and the body.
 * What decodes is encoded as an answer of the same shape; decoding and encoding that again must give the same bytes. */
#include <stdlib.h>

#include "services.h"
#include "wire/cbor_codec.h"
#include "wire/codec.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/uri.h"
#include "wire/xml_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const struct operation *pick(size_t number, const struct service_model **service)
{
    size_t total = 0;
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        total += SERVICE_MODELS[i]->operation_count;
    }
    for (size_t i = 0, left = total ? number % total : 0; i < SERVICE_MODEL_COUNT; i++) {
        *service = SERVICE_MODELS[i];
        if (left < SERVICE_MODELS[i]->operation_count) {
            return &SERVICE_MODELS[i]->operations[left];
        }
        left -= SERVICE_MODELS[i]->operation_count;
    }
    return NULL;
}

static struct str cut_line(struct str *rest)
{
    const struct str line = rest->ptr ? str_cut(*rest, '\n', rest) : STR("");
    return line;
}

static bool reread(struct ctx *ctx, enum protocol protocol, const struct shape *shape, struct str bytes, void *value)
{
    struct decoder d = decoder_new(ctx, &FAULT_INVALID);
    if (protocol == PROTOCOL_CBOR) {
        return cbor_read_structure(&d, shape, value, bytes).fault == NULL;
    }
    if (protocol == PROTOCOL_REST_XML) {
        const struct xml *root = xml_parse(ctx->arena, bytes, NULL);
        return root && xml_read_members(&d, shape, value, root, XML_ALL_MEMBERS).fault == NULL;
    }
    const struct json *j = json_parse(ctx->arena, bytes, NULL);
    return j && json_read_members(&d, shape, value, j, JSON_ALL_MEMBERS).fault == NULL;
}

static struct str rewrite(struct ctx *ctx, enum protocol protocol, const struct shape *shape, const void *value)
{
    struct text text = text_new(ctx->arena);
    struct json_writer w = json_writer_new(ctx->arena);
    const struct view view = view_structure(shape, value);
    if (protocol == PROTOCOL_CBOR) {
        cbor_write_structure(&text, shape, value, STR_NONE);
        return text_str(&text);
    }
    if (protocol == PROTOCOL_REST_XML) {
        xml_write_structure(&text, STR("R"), NULL, &view, XML_ALL_MEMBERS);
        return text_str(&text);
    }
    json_write_value(&w, &view);
    return json_done(&w);
}

/* JSON and CBOR refuse unions with several members, which forms and XML can't tell; so each goes its own way back. */
static void round_trip(struct ctx *ctx, enum protocol protocol, const struct shape *shape, const void *value)
{
    const struct str once = rewrite(ctx, protocol, shape, value);
    void *again = arena_alloc(ctx->arena, shape->size);
    must(reread(ctx, protocol, shape, once, again));
    must(str_equal(rewrite(ctx, protocol, shape, again), once));
}

static void answer(struct ctx *ctx, struct wire_match *match, const void *in)
{
    const struct operation same = { .name = match->operation->name, .status = 200, .input = match->operation->input,
                                    .output = match->operation->input, .output_wrapper = match->operation->output_wrapper };
    match->operation = &same;
    struct http_response response = { 0 };
    wire_encode(ctx, match, in, &response);
    must(response.status >= 100);
}

static void run(struct ctx *ctx, enum protocol protocol, size_t number, struct str rest)
{
    struct wire_match match = { .protocol = (uint8_t)protocol };
    match.operation = pick(number, &match.service);
    if (match.operation == NULL) {
        return;
    }
    const struct uri_template uri = uri_parse(ctx->arena, match.operation->uri);
    struct http_request request = { .method = str_of(match.operation->method), .path = cut_line(&rest), .query = cut_line(&rest) };
    const struct http_header headers[] = { { STR("Content-Type"), STR("application/json") }, { STR("X-Any"), cut_line(&rest) } };
    request.headers = headers;
    request.header_count = 2;
    request.body = rest.ptr ? rest : STR("");
    match.uri = &uri;
    uri_match(&uri, request.path, match.labels, &match.label_count, WIRE_LABELS_MAX);
    void *in = NULL;
    const struct err err = wire_decode(ctx, &match, &request, &in);
    must(err.fault == NULL || err.fault->http < 500);
    if (err.fault == NULL) {
        const bool whole = protocol == PROTOCOL_CBOR || protocol == PROTOCOL_JSON || protocol == PROTOCOL_REST_XML;
        if (whole && rest_payload(match.operation->input) == NULL) {
            round_trip(ctx, protocol, match.operation->input, in);
        }
        answer(ctx, &match, in);
        return;
    }
    struct http_response response = { 0 };
    wire_encode_error(ctx, &match, err.fault, str_of(ctx->reason), &response);
    must(str_utf8_valid(str_of(ctx->reason)));
    must(str_utf8_valid(response.body) || protocol == PROTOCOL_CBOR);
}

/* The same bytes as a request that has to be routed first. */
static void route(struct ctx *ctx, struct str rest)
{
    static struct wire_router *router;
    static const char *const names[] = { "guardduty", "iam", "sts", "s3", "" };
    router = router ? router : wire_router_open(SERVICE_MODELS, SERVICE_MODEL_COUNT);
    struct http_request request = { .method = cut_line(&rest), .path = cut_line(&rest), .query = cut_line(&rest) };
    const struct http_header headers[] = { { STR("X-Amz-Target"), cut_line(&rest) }, { STR("Content-Type"), STR("application/json") } };
    request.headers = headers;
    request.header_count = 2;
    request.body = rest.ptr ? rest : STR("");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct wire_match match;
        struct http_response response = { 0 };
        void *in = NULL;
        struct err err = wire_route(ctx, router, &request, names[i][0] ? str_of(names[i]) : STR_NONE, &match);
        if (err.fault == NULL) {
            err = wire_decode(ctx, &match, &request, &in);
        }
        if (err.fault) {
            wire_encode_error(ctx, &match, err.fault, str_of(ctx->reason), &response);
            /* 501: a service that isn't built. */
            must(response.status >= 400 && (response.status < 500 || response.status == 501));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    const struct str rest = { (const char *)data + 3, size - 3 };
    ctx.request_id = STR("fuzz");
    run(&ctx, (enum protocol)(data[0] % PROTOCOL_COUNT), (size_t)data[1] << 8 | data[2], rest);
    route(&ctx, rest);
    arena_close(arena);
    return 0;
}
