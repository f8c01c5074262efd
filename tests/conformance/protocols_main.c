/* protocols_main.c - the codecs over test models, driven by protocols.py: one JSON object a line in, one out.
 *
 *   {"do": "decode", "service", "method", "path", "query", "body" (base64), "headers": [[name, value]...]}
 *       -> {"operation", "value"}, or the error's answer as below
 *   {"do": "encode", "service", "operation", "value"}                  -> {"status", "headers", "body"}
 *   {"do": "error", "service", "operation", "shape", "value"}          -> the same */
#include <stdio.h>
#include <stdlib.h>

#include "services.h"
#include "tests/conformance/plain.h"
#include "wire/codec.h"

static struct str field(const struct json *j, const char *name)
{
    return json_text(json_get(j, str_of(name)));
}

static const struct service_model *find_service(struct str name)
{
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        if (str_equal(str_of(SERVICE_MODELS[i]->name), name)) {
            return SERVICE_MODELS[i];
        }
    }
    fprintf(stderr, "no service %.*s\n", STR_ARG(name));
    exit(2);
}

static void put_response(struct json_writer *w, const struct http_response *response)
{
    json_open_object(w);
    json_member_int(w, STR("status"), response->status);
    json_key(w, STR("headers"));
    json_open_array(w);
    for (size_t i = 0; i < response->header_count; i++) {
        json_open_array(w);
        json_str(w, response->headers[i].name);
        json_str(w, response->headers[i].value);
        json_close_array(w);
    }
    json_close_array(w);
    json_member_str(w, STR("body"), str_base64(w->text.arena, response->body));
    json_close_object(w);
}

static void put_failure(struct json_writer *w, const char *text)
{
    json_open_object(w);
    json_member_str(w, STR("failure"), str_of(text));
    json_close_object(w);
}

static struct http_request request_of(struct arena *arena, const struct json *j)
{
    const struct json *headers = json_get(j, STR("headers"));
    struct http_header *list = ARENA_ARRAY(arena, struct http_header, headers ? headers->count + 1 : 1);
    struct http_request request = {
        .method = field(j, "method"), .path = field(j, "path"), .query = field(j, "query"), .headers = list,
    };
    for (const struct json *pair = headers ? headers->child : NULL; pair; pair = pair->next) {
        list[request.header_count++] = (struct http_header){ json_text(pair->child), json_text(pair->child->next) };
    }
    if (!str_unbase64(arena, field(j, "body"), &request.body)) {
        request.body = STR("");
    }
    return request;
}

static void decode(struct ctx *ctx, const struct service_model *model, const struct json *j, struct json_writer *w)
{
    const struct http_request request = request_of(ctx->arena, j);
    struct wire_router *router = wire_router_open(&model, 1);
    struct wire_match match;
    void *in = NULL;
    struct err err = wire_route(ctx, router, &request, str_of(model->signing_name), &match);
    if (err.fault == NULL) {
        err = wire_decode(ctx, &match, &request, &in);
    }
    if (err.fault) {
        struct http_response response = { 0 };
        wire_encode_error(ctx, &match, err.fault, str_of(ctx->reason), &response);
        put_response(w, &response);
    } else {
        const struct view view = view_structure(match.operation->input, in);
        json_open_object(w);
        json_member_str(w, STR("operation"), str_of(match.operation->name));
        json_key(w, STR("value"));
        plain_write(w, &view);
        json_close_object(w);
    }
    wire_router_close(router);
}

static struct wire_match match_of(const struct service_model *model, const struct json *j)
{
    struct wire_match match = { .service = model, .protocol = model->protocol };
    for (size_t i = 0; i < model->operation_count; i++) {
        if (str_equal(str_of(model->operations[i].name), field(j, "operation"))) {
            match.operation = &model->operations[i];
        }
    }
    return match;
}

static struct err read_value(struct ctx *ctx, const struct shape *shape, const struct json *j, void **value)
{
    struct decoder d = decoder_new(ctx, &FAULT_INVALID);
    *value = arena_alloc(ctx->arena, shape->size);
    const struct slot slot = { shape, *value, true, TIME_DEFAULT };
    return j ? plain_read(&d, &slot, j) : ERR_OK;
}

static void encode(struct ctx *ctx, const struct service_model *model, const struct json *j, struct json_writer *w)
{
    const struct wire_match match = match_of(model, j);
    struct http_response response = { 0 };
    void *out = NULL;
    if (match.operation == NULL || read_value(ctx, match.operation->output, json_get(j, STR("value")), &out).fault) {
        put_failure(w, ctx->reason);
        return;
    }
    wire_encode(ctx, &match, out, &response);
    put_response(w, &response);
}

static void encode_error(struct ctx *ctx, const struct service_model *model, const struct json *j,
                         struct json_writer *w)
{
    const struct wire_match match = match_of(model, j);
    struct http_response response = { 0 };
    size_t at = 0;
    void *value = NULL;
    while (model->faults[at] && !str_equal(str_of(model->faults[at]->shape), field(j, "shape"))) {
        at++;
    }
    if (model->faults[at] == NULL || read_value(ctx, model->fault_shapes[at], json_get(j, STR("value")), &value).fault) {
        put_failure(w, ctx->reason);
        return;
    }
    wire_encode_error_value(ctx, &match, model->faults[at], model->fault_shapes[at], value, &response);
    put_response(w, &response);
}

static void answer(struct arena *arena, struct str line)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct json_writer w = json_writer_new(arena);
    const struct json *j = json_parse(arena, line, NULL);
    ctx.request_id = STR("00000000-0000-0000-0000-000000000000");
    if (j == NULL) {
        fprintf(stderr, "not JSON: %.*s\n", STR_ARG(line));
        exit(2);
    }
    const struct service_model *model = find_service(field(j, "service"));
    const struct str what = field(j, "do");
    if (str_equal(what, STR("decode"))) {
        decode(&ctx, model, j, &w);
    } else if (str_equal(what, STR("encode"))) {
        encode(&ctx, model, j, &w);
    } else {
        encode_error(&ctx, model, j, &w);
    }
    puts(json_done(&w).ptr);
    fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    struct arena *arena = arena_open();
    for (ssize_t size = 0; (size = getline(&line, &capacity, stdin)) > 0;) {
        answer(arena, str_trim((struct str){ line, (size_t)size }));
        arena_reset(arena);
    }
    free(line);
    arena_close(arena);
    return 0;
}
