/* route.c - which service, operation and protocol a request means. */
#include "wire/codec.h"
#include "wire/form.h"
#include "wire/gzip.h"
#include "wire/uri.h"
#include "wire/value.h"

static const struct fault UNKNOWN_OPERATION = { "UnknownOperationException", NULL, NULL, 404 };
static const struct fault SERIALIZATION = { "SerializationException", NULL, NULL, 400 };
static const struct fault INVALID_ACTION = { "InvalidAction", NULL, NULL, 400 };
static const struct fault METHOD_NOT_ALLOWED = { "MethodNotAllowed", NULL, NULL, 405 };
static const struct fault NOT_IMPLEMENTED = { "NotImplemented", NULL, NULL, 501 };

/* Routes with the same number of parts stand together; those with a greedy label come last. */
enum { PARTS_MAX = 15, GREEDY = PARTS_MAX + 1 };

struct rest_route {
    const struct operation *operation;
    struct uri_template uri;
    size_t group;   /* parts, or GREEDY */
    size_t literal; /* the last part that is one */
};

struct entry {
    const struct service_model *model;
    struct str signing_name;
    struct rest_route *routes;    /* NULL when the service isn't a REST one */
    size_t groups[GREEDY + 2];    /* where each begins; the end of the last */
};

struct wire_router {
    struct arena *arena;
    struct entry *entries;
    size_t count;
};

static bool speaks(const struct service_model *model, enum protocol protocol)
{
    return model->protocols >> protocol & 1;
}

static bool is_rest(const struct service_model *model)
{
    return speaks(model, PROTOCOL_REST_JSON) || speaks(model, PROTOCOL_REST_XML);
}

static struct rest_route read_route(struct arena *arena, const struct operation *operation)
{
    struct rest_route route = { .operation = operation, .uri = uri_parse(arena, operation->uri) };
    for (size_t i = 0; i < route.uri.part_count; i++) {
        route.literal = route.uri.parts[i].kind == URI_LITERAL ? i : route.literal;
    }
    route.group = route.uri.greedy || route.uri.part_count > PARTS_MAX ? GREEDY : route.uri.part_count;
    return route;
}

static void read_routes(struct arena *arena, struct entry *entry)
{
    const size_t count = entry->model->operation_count;
    struct rest_route *routes = ARENA_ARRAY(arena, struct rest_route, count + 1);
    size_t placed = 0;
    for (size_t i = 0; i < count; i++) {
        routes[i] = read_route(arena, &entry->model->operations[i]);
    }
    entry->routes = ARENA_ARRAY(arena, struct rest_route, count + 1);
    for (size_t group = 0; group <= GREEDY; group++) {
        entry->groups[group] = placed;
        for (size_t i = 0; i < count; i++) {
            if (routes[i].group == group) {
                entry->routes[placed++] = routes[i];
            }
        }
    }
    entry->groups[GREEDY + 1] = placed;
}

struct wire_router *wire_router_open(const struct service_model *const *models, size_t count)
{
    struct arena *arena = arena_open();
    struct wire_router *router = ARENA_NEW(arena, struct wire_router);
    router->arena = arena;
    router->count = count;
    router->entries = ARENA_ARRAY(arena, struct entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &router->entries[i];
        entry->model = models[i];
        entry->signing_name = str_of(models[i]->signing_name);
        if (is_rest(models[i])) {
            read_routes(arena, entry);
        }
    }
    return router;
}

void wire_router_close(struct wire_router *router)
{
    if (router) {
        arena_close(router->arena);
    }
}

static const struct operation *find_operation(const struct service_model *model, struct str name)
{
    size_t low = 0;
    size_t high = model->operation_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = str_compare(str_of(model->operations[middle].name), name);
        if (order == 0) {
            return &model->operations[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* A query parameter that is there, with or without a value; *value is still encoded. */
static bool has_parameter(struct str query, struct str name, struct str *value)
{
    struct str rest = query.len ? query : STR_NONE;
    while (rest.ptr) {
        const struct str pair = str_cut(rest, '&', &rest);
        if (str_equal(str_cut(pair, '=', value), name)) {
            return true;
        }
    }
    return false;
}

/* All constants of the template's query must be there; how many there are, or -1. */
static int match_constants(struct str wanted, struct str query)
{
    int count = 0;
    struct str rest = wanted.len ? wanted : STR_NONE;
    while (rest.ptr) {
        struct str value = STR_NONE;
        struct str sent = STR_NONE;
        const struct str pair = str_cut(rest, '&', &rest);
        const struct str name = str_cut(pair, '=', &value);
        if (!has_parameter(query, name, &sent) || (value.len && !str_equal(value, sent))) {
            return -1;
        }
        count++;
    }
    return count;
}

/* Operations that share method and path differ in the parameters and headers they require (CopyObject, UploadPart). */
static int score_required(const struct operation *operation, const struct http_request *request)
{
    int score = operation->deprecated ? -1 : 0;
    for (size_t i = 0; i < operation->input->member_count; i++) {
        const struct member *member = &operation->input->members[i];
        const struct str name = str_of(member->wire_name);
        struct str ignored = STR_NONE;
        if (member->required && member->location == IN_QUERY) {
            score += has_parameter(request->query, name, &ignored) ? 2 : -3;
        } else if (member->required && member->location == IN_HEADER) {
            score += http_header_find(request, name).ptr ? 2 : -3;
        }
    }
    return score;
}

enum { SCORE_LITERAL = 100, SCORE_CONSTANT = 20 };

/* How many parts a template must have for a path, a slash at the end left out (of "/" itself it may have none), and the
 * text of each; parts past PARTS_MAX are only counted. */
static size_t split_path(struct str path, struct str segments[PARTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == '/' && (i + 1 < path.len || i == 0)) {
            const struct str rest = str_from(path, i + 1);
            const size_t slash = str_find(rest, '/');
            if (count < PARTS_MAX) {
                segments[count] = str_slice(rest, 0, slash == STR_MISSING ? rest.len : slash);
            }
            count++;
        }
    }
    return count;
}

struct path {
    const struct http_request *request;
    struct str segments[PARTS_MAX];
    size_t count;
    bool escaped; /* literals may be written otherwise */
};

/* Cheap, and turns most of them down. */
static bool may_fit(const struct rest_route *route, const struct path *path)
{
    return route->group == GREEDY || path->escaped || route->uri.literals == 0
           || str_equal(route->uri.parts[route->literal].text, path->segments[route->literal]);
}

static void try_route(const struct rest_route *route, const struct path *path, int *best, struct wire_match *match)
{
    struct str labels[WIRE_LABELS_MAX];
    size_t count = 0;
    if (!may_fit(route, path) || !str_equal(path->request->method, str_of(route->operation->method))
        || !uri_match(&route->uri, path->request->path, labels, &count, WIRE_LABELS_MAX)) {
        return;
    }
    const int constants = match_constants(route->uri.query, path->request->query);
    if (constants < 0) {
        return;
    }
    const int score = (int)route->uri.literals * SCORE_LITERAL + constants * SCORE_CONSTANT
                      + score_required(route->operation, path->request);
    if (match->operation == NULL || score > *best) {
        *best = score;
        match->operation = route->operation;
        match->uri = &route->uri;
        match->label_count = count;
        memcpy(match->labels, labels, count * sizeof(*labels));
    }
}

static void try_group(const struct entry *entry, size_t group, const struct path *path, int *best, struct wire_match *match)
{
    for (size_t i = entry->groups[group]; i < entry->groups[group + 1]; i++) {
        try_route(&entry->routes[i], path, best, match);
    }
}

static bool route_rest(const struct entry *entry, const struct http_request *request, struct wire_match *match)
{
    struct path path = { .request = request, .escaped = str_find(request->path, '%') != STR_MISSING };
    int best = 0;
    match->operation = NULL;
    path.count = split_path(request->path, path.segments);
    if (path.count <= 1) {
        try_group(entry, 0, &path, &best, match);
    }
    if (path.count > 0 && path.count <= PARTS_MAX) {
        try_group(entry, path.count, &path, &best, match);
    }
    try_group(entry, GREEDY, &path, &best, match);
    return match->operation != NULL;
}

static struct str action_of(struct arena *arena, const struct http_request *request)
{
    const struct str action = form_find(arena, request->body, STR("Action"));
    return action.ptr ? action : form_find(arena, request->query, STR("Action"));
}

static bool says_cbor(const struct http_request *request)
{
    return str_equal(http_header_find(request, STR("smithy-protocol")), STR("rpc-v2-cbor"));
}

static enum protocol choose_protocol(const struct service_model *model, const struct http_request *request)
{
    if ((model->protocols & (model->protocols - 1)) == 0) {
        return model->protocol;
    }
    if (speaks(model, PROTOCOL_CBOR) && says_cbor(request)) {
        return PROTOCOL_CBOR;
    }
    if (speaks(model, PROTOCOL_JSON) && http_header_find(request, STR("x-amz-target")).ptr) {
        return PROTOCOL_JSON;
    }
    const struct str type = http_header_find(request, STR("content-type"));
    const bool form = str_starts(type, STR("application/x-www-form-urlencoded")) || type.ptr == NULL;
    return speaks(model, PROTOCOL_QUERY) && form ? PROTOCOL_QUERY : model->protocol;
}

/* spec: s3 and s3control share a signing name; S3 Control's paths begin with its API version. */
static const struct entry *by_signing_name(const struct wire_router *router, struct str signing_name,
                                           const struct http_request *request)
{
    const bool control = str_starts(request->path, STR("/v20180820"));
    const struct entry *found = NULL;
    for (size_t i = 0; i < router->count; i++) {
        const struct entry *entry = &router->entries[i];
        if (str_equal(entry->signing_name, signing_name)
            && (found == NULL || control == str_equal(str_of(entry->model->name), STR("s3control")))) {
            found = entry;
        }
    }
    return found;
}

/* spec: Smithy, requestCompression: gzip. What REST services are sent is the object itself, in whatever encoding. */
struct err wire_unpack(struct ctx *ctx, const struct wire_router *router, struct str signing_name, struct http_request *request)
{
    const struct entry *entry = signing_name.ptr ? by_signing_name(router, signing_name, request) : NULL;
    struct str body = STR_NONE;
    if (entry == NULL || is_rest(entry->model)
        || !str_equal_nocase(http_header_find(request, STR("content-encoding")), STR("gzip"))) {
        return ERR_OK;
    }
    if (!gzip_unpack(ctx->arena, request->body, WIRE_UNPACKED_MAX, &body)) {
        return fail(ctx, &SERIALIZATION, "The body is not gzip, or holds more than %d bytes.", WIRE_UNPACKED_MAX);
    }
    request->body = body;
    request->body_fd = 0;
    request->body_map = NULL;
    return ERR_OK;
}

/* The target is Prefix.Operation; CloudTrail's prefix has dots of its own, so the last one counts. */
static struct str target_prefix(const struct http_request *request, struct str *operation)
{
    const struct str target = http_header_find(request, STR("x-amz-target"));
    const size_t dot = str_find_last(target, '.');
    *operation = dot == STR_MISSING ? STR_NONE : str_from(target, dot + 1);
    return dot == STR_MISSING ? STR_NONE : str_slice(target, 0, dot);
}

static const struct entry *by_target(const struct wire_router *router, struct str prefix)
{
    for (size_t i = 0; prefix.ptr && i < router->count; i++) {
        if (str_equal(str_of(router->entries[i].model->target_prefix), prefix)) {
            return &router->entries[i];
        }
    }
    return NULL;
}

/* /service/NAME/operation/NAME, possibly below a prefix. */
static struct str cbor_operation(struct str path, struct str *service)
{
    struct str parts[4];
    struct str rest = path;
    for (size_t i = 4; i > 0; i--) {
        const size_t slash = str_find_last(rest, '/');
        if (slash == STR_MISSING) {
            return STR_NONE;
        }
        parts[i - 1] = str_from(rest, slash + 1);
        rest = str_slice(rest, 0, slash);
    }
    if (!str_equal(parts[0], STR("service")) || !str_equal(parts[2], STR("operation"))) {
        return STR_NONE;
    }
    *service = parts[1];
    return parts[3];
}

static const struct entry *by_action(const struct wire_router *router, struct arena *arena,
                                     const struct http_request *request)
{
    const struct str action = action_of(arena, request);
    const struct str in_body = form_find(arena, request->body, STR("Version"));
    const struct str version = in_body.ptr ? in_body : form_find(arena, request->query, STR("Version"));
    for (size_t i = 0; action.ptr && i < router->count; i++) {
        const struct service_model *model = router->entries[i].model;
        if ((speaks(model, PROTOCOL_QUERY) || speaks(model, PROTOCOL_EC2)) && find_operation(model, action)
            && (version.ptr == NULL || str_equal(str_of(model->api_version), version))) {
            return &router->entries[i];
        }
    }
    return NULL;
}

/* An unsigned request says what it wants in its target, path or Action; what is left looks like S3. */
static const struct entry *by_content(const struct wire_router *router, struct arena *arena,
                                      const struct http_request *request)
{
    struct str name = STR_NONE;
    const struct entry *found = by_target(router, target_prefix(request, &name));
    if (found == NULL && says_cbor(request) && cbor_operation(request->path, &name).ptr) {
        found = by_target(router, name);
    }
    if (found == NULL) {
        found = by_action(router, arena, request);
    }
    for (size_t i = 0; found == NULL && i < router->count; i++) {
        struct wire_match ignored;
        const struct entry *entry = &router->entries[i];
        if (speaks(entry->model, PROTOCOL_REST_JSON) && route_rest(entry, request, &ignored)) {
            found = entry;
        }
    }
    for (size_t i = 0; found == NULL && i < router->count; i++) {
        found = str_equal(str_of(router->entries[i].model->name), STR("s3")) ? &router->entries[i] : NULL;
    }
    return found;
}

static struct err route_named(struct ctx *ctx, const struct http_request *request, struct wire_match *match)
{
    struct str name = STR_NONE;
    struct str ignored = STR_NONE;
    const bool form = match->protocol == PROTOCOL_QUERY || match->protocol == PROTOCOL_EC2;
    if (form) {
        name = action_of(ctx->arena, request);
    } else if (match->protocol == PROTOCOL_CBOR) {
        const bool odd = !str_equal(request->method, STR("POST")) || http_header_find(request, STR("x-amz-target")).ptr;
        name = odd ? STR_NONE : cbor_operation(request->path, &ignored);
    } else {
        target_prefix(request, &name);
    }
    match->operation = name.ptr ? find_operation(match->service, name) : NULL;
    if (match->operation) {
        return ERR_OK;
    }
    if (form) {
        const struct str shown = text_shown(name, 100);
        return fail(ctx, &INVALID_ACTION, "Could not find operation %.*s for version %s", STR_ARG(shown),
                    match->service->api_version);
    }
    return fail(ctx, &UNKNOWN_OPERATION, "The request names no operation of %s.", match->service->name);
}

/* Of a service that isn't here only the name is known; these are all that answer in XML without being asked in a form. */
static bool names_xml_service(struct str signing_name)
{
    static const struct str names[] = { STR_INIT("s3"), STR_INIT("s3express"), STR_INIT("s3-object-lambda"),
        STR_INIT("s3-outposts"), STR_INIT("route53"), STR_INIT("cloudfront") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal(signing_name, names[i])) {
            return true;
        }
    }
    return false;
}

static enum protocol guess_protocol(const struct http_request *request, struct str signing_name)
{
    const struct str type = http_header_find(request, STR("content-type"));
    if (says_cbor(request)) {
        return PROTOCOL_CBOR;
    }
    if (http_header_find(request, STR("x-amz-target")).ptr || str_starts(type, STR("application/x-amz-json"))) {
        return PROTOCOL_JSON;
    }
    if (str_starts(type, STR("application/json"))) {
        return PROTOCOL_REST_JSON;
    }
    if (str_starts(type, STR("application/x-www-form-urlencoded"))) {
        return PROTOCOL_QUERY;
    }
    return signing_name.ptr && !names_xml_service(signing_name) ? PROTOCOL_REST_JSON : PROTOCOL_REST_XML;
}

static void match_service(struct ctx *ctx, const struct wire_router *router, const struct http_request *request,
                          struct str signing_name, struct wire_match *match, const struct entry **entry)
{
    *match = (struct wire_match){ .protocol = (uint8_t)guess_protocol(request, signing_name) };
    match->head = str_equal(request->method, STR("HEAD"));
    match->query_mode = str_equal_nocase(http_header_find(request, STR("x-amzn-query-mode")), STR("true"));
    match->json_answer = str_equal(http_header_find(request, STR("accept")), STR("application/json"));
    *entry = signing_name.ptr ? by_signing_name(router, signing_name, request) : by_content(router, ctx->arena, request);
    if (*entry) {
        match->service = (*entry)->model;
        match->protocol = (uint8_t)choose_protocol(match->service, request);
    }
}

struct err wire_route(struct ctx *ctx, const struct wire_router *router, const struct http_request *request,
                      struct str signing_name, struct wire_match *match)
{
    const struct entry *entry = NULL;
    match_service(ctx, router, request, signing_name, match, &entry);
    if (entry == NULL && signing_name.ptr) {
        return fail(ctx, &NOT_IMPLEMENTED, "The service %" STR_FMT " is not implemented by Yagura yet.",
                    STR_ARG(signing_name));
    }
    if (entry == NULL) {
        return fail(ctx, &UNKNOWN_OPERATION, "No service here answers this request.");
    }
    if (match->protocol != PROTOCOL_REST_JSON && match->protocol != PROTOCOL_REST_XML) {
        return route_named(ctx, request, match);
    }
    if (route_rest(entry, request, match)) {
        return ERR_OK;
    }
    if (match->protocol == PROTOCOL_REST_XML) {
        return fail(ctx, &METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource.");
    }
    return fail(ctx, &UNKNOWN_OPERATION, "The request names no operation of %s.", match->service->name);
}

struct err wire_unbuilt(struct ctx *ctx, const struct wire_match *match)
{
    return fail(ctx, &NOT_IMPLEMENTED, "The operation %s:%s is not implemented by Yagura yet.", match->service->name,
                match->operation->name);
}

void wire_encode_unrouted_error(struct ctx *ctx, const struct wire_router *router, const struct http_request *request,
                                struct str signing_name, const struct fault *fault, struct str reason,
                                struct http_response *response)
{
    struct wire_match match;
    const struct entry *entry = NULL;
    match_service(ctx, router, request, signing_name, &match, &entry);
    wire_encode_error(ctx, &match, fault, reason, response);
}
