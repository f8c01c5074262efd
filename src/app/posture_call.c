#include "app/data.h"
#include "app/root_key.h"
#include "app/inside.h"
#include "app/posture.h"
#include "app/source_parts.h"
#include "base/clock.h"
#include "services.h"
#include "wire/codec.h"
#include "wire/sigv4.h"

struct posture {
    struct posture_options options;
    /* a data folder */
    struct store *store;
    struct store_conn *db;
    struct vault *vault;
    struct inside *inside;
    struct wire_router *router;
    /* an endpoint */
    struct source_keys keys;
    struct net_client *client;
};

static struct err open_folder(struct ctx *ctx, struct posture *posture)
{
    const struct posture_options *options = &posture->options;
    TRY(data_connect(ctx, options->data, options->store, &posture->store, &posture->db));
    TRY(root_key_open(ctx, options->data, options->root_key, &posture->vault));
    posture->inside = inside_open(&(const struct inside_options){
        .store = posture->store, .vault = posture->vault, .home_account = options->account, .region = options->region });
    posture->router = wire_router_open(SERVICE_MODELS, SERVICE_MODEL_COUNT);
    return ERR_OK;
}

static struct err open_endpoint(struct ctx *ctx, struct posture *posture)
{
    enum source_keys_origin origin = KEYS_GIVEN;
    TRY(source_keys_find(ctx, ctx->arena, &posture->keys, &origin));
    if (origin != KEYS_GIVEN) {
        return fail(ctx, &FAULT_INVALID, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, for --endpoint");
    }
    posture->client = net_client_open(&(struct net_client_options){ .body_max = (size_t)16 << 20 });
    return ERR_OK;
}

struct err posture_open(struct ctx *ctx, const struct posture_options *options, struct posture **out)
{
    struct posture *posture = memory_new(sizeof(*posture));
    posture->options = *options;
    *out = posture;
    return options->endpoint.ptr ? open_endpoint(ctx, posture) : open_folder(ctx, posture);
}

void posture_close(struct posture *posture)
{
    if (posture) {
        net_client_close(posture->client);
        wire_router_close(posture->router);
        inside_close(posture->inside);
        vault_close(posture->vault);
        data_disconnect(posture->store, posture->db);
        memory_free(posture);
    }
}

/* --- the two ways --- */

struct question {
    const char *service;
    struct str type, target, body; /* target: X-Amz-Target; absent for query */
};

static struct http_request request_of(struct arena *arena, const struct question *question, struct str host)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, 3);
    struct http_request request = { .method = STR("POST"), .path = STR("/"), .body = question->body, .headers = headers };
    headers[request.header_count++] = (struct http_header){ STR("Host"), host };
    headers[request.header_count++] = (struct http_header){ STR("Content-Type"), question->type };
    if (question->target.ptr) {
        headers[request.header_count++] = (struct http_header){ STR("X-Amz-Target"), question->target };
    }
    return request;
}

/* As the front door would, but for the signature: routed, decoded, run, encoded. */
static struct err ask_folder(struct ctx *ctx, struct posture *posture, const struct question *question, struct str *body,
                             struct posture_answer *out)
{
    struct http_request request = request_of(ctx->arena, question, STR("localhost"));
    struct wire_match match = { .service = NULL };
    struct http_response response = { .status = 0 };
    const void *answer = NULL;
    void *in = NULL;
    struct err err = wire_route(ctx, posture->router, &request, str_of(question->service), &match);
    if (!err.fault && match.operation->handler == NULL) {
        err = wire_unbuilt(ctx, &match);
    }
    if (!err.fault) {
        err = wire_decode(ctx, &match, &request, &in);
    }
    if (!err.fault) {
        err = inside_call(ctx, posture->inside, &(const struct inside_call){
            .service = match.service->name, .operation = match.operation->name, .in = in, .account = posture->options.account,
            .region = posture->options.region }, &answer);
    }
    if (err.fault) {
        out->code = str_of(err.fault->code);
        out->message = str_copy(ctx->arena, str_of(ctx->reason));
        return ERR_OK;
    }
    wire_encode(ctx, &match, answer, &response);
    *body = response.body;
    return ERR_OK;
}

static void read_error(struct ctx *ctx, struct str body, struct posture_answer *out);

static struct err ask_endpoint(struct ctx *ctx, struct posture *posture, const struct question *question, struct str *body,
                               struct posture_answer *out)
{
    const struct posture_options *options = &posture->options;
    const bool aws = str_equal(options->endpoint, STR("aws"));
    const bool global = str_equal(str_of(question->service), STR("iam"));
    const struct str region = aws && global ? STR("us-east-1") : options->region;
    const struct str base = !aws ? options->endpoint
        : global                 ? STR("https://iam.amazonaws.com")
                                 : str_format(ctx->arena, "https://%s.%" STR_FMT ".amazonaws.com", question->service, STR_ARG(region));
    const struct sigv4_signer signer = { posture->keys.access_key, posture->keys.secret, posture->keys.token, region,
                                         str_of(question->service) };
    struct http_request request = request_of(ctx->arena, question, source_host(base));
    struct http_response response = { .status = 0 };
    const int64_t judged_ms = ctx->now_ms;
    ctx->now_ms = clock_now_ms(); /* signatures live in the present, whatever --as-of says */
    sigv4_sign(ctx, &signer, &request);
    ctx->now_ms = judged_ms;
    TRY(net_client_call(ctx, posture->client, base, &request, -1, &response));
    *body = response.body;
    if (response.status >= 300) {
        read_error(ctx, response.body, out);
    }
    return ERR_OK;
}

const struct xml *posture_child(const struct xml *xml, const char *name)
{
    for (const struct xml *child = xml ? xml->child : NULL; child; child = child->next) {
        if (str_equal(xml_local_name(child->name), str_of(name))) {
            return child;
        }
    }
    return NULL;
}

struct str posture_text(const struct xml *xml, const char *name)
{
    const struct xml *child = posture_child(xml, name);
    return child ? child->text : STR_NONE;
}

const struct xml *posture_members(const struct xml *xml, const char *name)
{
    const struct xml *list = posture_child(xml, name);
    return list ? list->child : NULL;
}

static void read_error(struct ctx *ctx, struct str body, struct posture_answer *out)
{
    const struct xml *error = posture_child(xml_parse(ctx->arena, body, NULL), "Error");
    const struct json *json = error ? NULL : json_parse(ctx->arena, body, NULL);
    const struct xml *code = posture_child(error, "Code");
    const struct xml *message = posture_child(error, "Message");
    const struct json *lower = json_get(json, STR("message"));
    out->code = code ? code->text : json_text(json_get(json, STR("__type")));
    out->message = message ? message->text : json_text(lower ? lower : json_get(json, STR("Message")));
    if (out->code.ptr == NULL) {
        out->code = STR("UnknownError");
    }
    const size_t hash = str_find(out->code, '#');
    out->code = hash == STR_MISSING ? out->code : str_from(out->code, hash + 1);
}

static struct err ask(struct ctx *ctx, struct posture *posture, const struct question *question, struct str *body,
                      struct posture_answer *out)
{
    return posture->options.endpoint.ptr ? ask_endpoint(ctx, posture, question, body, out)
                                         : ask_folder(ctx, posture, question, body, out);
}

struct err posture_iam(struct ctx *ctx, struct posture *posture, const char *operation, struct str fields, struct posture_answer *out)
{
    const struct question question = {
        .service = "iam", .type = STR("application/x-www-form-urlencoded; charset=utf-8"),
        .body = str_format(ctx->arena, "Action=%s&Version=2010-05-08%s%" STR_FMT, operation, fields.len > 0 ? "&" : "", STR_ARG(fields)) };
    struct str body = STR_NONE;
    *out = (struct posture_answer){ .xml = NULL };
    TRY(ask(ctx, posture, &question, &body, out));
    if (out->code.ptr) {
        return ERR_OK;
    }
    out->xml = posture_child(xml_parse(ctx->arena, body, NULL), str_format(ctx->arena, "%sResult", operation).ptr);
    return out->xml ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "iam:%s was answered with something that is no answer", operation);
}

struct err posture_cloudtrail(struct ctx *ctx, struct posture *posture, const char *operation, struct str request,
                              struct posture_answer *out)
{
    const struct question question = {
        .service = "cloudtrail", .type = STR("application/x-amz-json-1.1"), .body = request,
        .target = str_format(ctx->arena, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.%s", operation) };
    struct str body = STR_NONE;
    *out = (struct posture_answer){ .xml = NULL };
    TRY(ask(ctx, posture, &question, &body, out));
    if (out->code.ptr) {
        return ERR_OK;
    }
    out->json = json_parse(ctx->arena, body, NULL);
    return out->json ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "cloudtrail:%s was answered with something that is no answer", operation);
}
