#include "svc/lambda/url_payload.h"

#include "base/clock.h"
#include "base/json.h"

/* A header that comes several times is one value, joined by commas. */
static void write_headers(struct json_writer *w, struct arena *arena, const struct http_request *http)
{
    json_key(w, STR("headers"));
    json_open_object(w);
    for (size_t i = 0; i < http->header_count; i++) {
        const struct str name = http->headers[i].name;
        bool earlier = str_equal_nocase(name, STR("cookie")) || str_equal_nocase(name, STR("connection"));
        struct text value = text_new(arena);
        for (size_t j = 0; j < http->header_count && !earlier; j++) {
            if (str_equal_nocase(http->headers[j].name, name)) {
                earlier = j < i;
                text_add(&value, value.len ? STR(",") : STR(""));
                text_add(&value, http->headers[j].value);
            }
        }
        if (!earlier) {
            json_member_str(w, str_lower(arena, name), text_str(&value));
        }
    }
    json_close_object(w);
}

static void write_cookies(struct json_writer *w, const struct http_request *http)
{
    struct str rest = http_header_find(http, STR("cookie"));
    if (rest.len == 0) {
        return;
    }
    json_key(w, STR("cookies"));
    json_open_array(w);
    while (rest.ptr) {
        json_str(w, str_trim(str_cut(rest, ';', &rest)));
    }
    json_close_array(w);
}

/* Parameters by name, several values of one joined by commas. */
static void write_query(struct json_writer *w, struct arena *arena, struct str query)
{
    enum { PARAMETERS_MAX = 256 };
    struct str names[PARAMETERS_MAX], values[PARAMETERS_MAX];
    size_t count = 0;
    struct str rest = query.len ? query : STR_NONE;
    while (rest.ptr && count < PARAMETERS_MAX) {
        struct str value = STR_NONE;
        const struct str name = str_percent_decode(arena, str_cut(str_cut(rest, '&', &rest), '=', &value), true);
        const struct str plain = str_percent_decode(arena, value.ptr ? value : STR(""), true);
        size_t at = 0;
        while (at < count && !str_equal(names[at], name)) {
            at++;
        }
        names[at] = name;
        values[at] = at < count ? str_format(arena, "%" STR_FMT ",%" STR_FMT, STR_ARG(values[at]), STR_ARG(plain)) : plain;
        count += at == count;
    }
    if (count == 0) {
        return;
    }
    json_key(w, STR("queryStringParameters"));
    json_open_object(w);
    for (size_t i = 0; i < count; i++) {
        json_member_str(w, names[i], values[i]);
    }
    json_close_object(w);
}

static void write_caller(struct json_writer *w, const struct principal *caller)
{
    if (caller == NULL) {
        return;
    }
    json_key(w, STR("authorizer"));
    json_open_object(w);
    json_key(w, STR("iam"));
    json_open_object(w);
    json_member_str(w, STR("accessKey"), caller->access_key);
    json_member_str(w, STR("accountId"), caller->account);
    json_member_str(w, STR("callerId"), caller->id);
    json_key(w, STR("cognitoIdentity"));
    json_write_null(w);
    json_member_str(w, STR("userArn"), caller->arn);
    json_member_str(w, STR("userId"), caller->id);
    json_close_object(w);
    json_close_object(w);
}

/* 12/Mar/2020:19:03:58 +0000 */
static struct str stamp(struct arena *arena, int64_t now_ms)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct civil_time t = clock_civil(now_ms);
    return str_format(arena, "%02d/%s/%04lld:%02d:%02d:%02d +0000", t.day, months[t.month - 1], (long long)t.year, t.hour, t.minute, t.second);
}

static void write_context(struct json_writer *w, struct arena *arena, const struct url_request *request)
{
    json_key(w, STR("requestContext"));
    json_open_object(w);
    json_member_str(w, STR("accountId"), request->caller ? request->caller->account : STR("anonymous"));
    json_member_str(w, STR("apiId"), request->id);
    write_caller(w, request->caller);
    json_member_str(w, STR("domainName"), request->domain);
    json_member_str(w, STR("domainPrefix"), request->id);
    json_key(w, STR("http"));
    json_open_object(w);
    json_member_str(w, STR("method"), request->http->method);
    json_member_str(w, STR("path"), str_percent_decode(arena, request->path, false));
    json_member_str(w, STR("protocol"), STR("HTTP/1.1"));
    json_member_str(w, STR("sourceIp"), request->http->remote);
    json_member_str(w, STR("userAgent"), http_header_find(request->http, STR("user-agent")));
    json_close_object(w);
    json_member_str(w, STR("requestId"), request->request_id);
    json_member_str(w, STR("routeKey"), STR("$default"));
    json_member_str(w, STR("stage"), STR("$default"));
    json_member_str(w, STR("time"), stamp(arena, request->now_ms));
    json_member_int(w, STR("timeEpoch"), request->now_ms);
    json_close_object(w);
}

static bool is_textual(struct str type)
{
    return str_starts(type, STR("text/")) || str_starts(type, STR("application/json")) || str_starts(type, STR("application/xml"))
        || str_starts(type, STR("application/javascript"));
}

static void write_body(struct json_writer *w, struct arena *arena, const struct http_request *http)
{
    const bool textual = is_textual(http_header_find(http, STR("content-type"))) && str_utf8_valid(http->body);
    if (http->body.len > 0) {
        json_member_str(w, STR("body"), textual ? http->body : str_base64(arena, http->body));
    }
    json_member_bool(w, STR("isBase64Encoded"), http->body.len > 0 && !textual);
}

struct str url_event(struct arena *arena, const struct url_request *request)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("version"), STR("2.0"));
    json_member_str(&w, STR("routeKey"), STR("$default"));
    json_member_str(&w, STR("rawPath"), request->path);
    json_member_str(&w, STR("rawQueryString"), request->http->query.ptr ? request->http->query : STR(""));
    write_cookies(&w, request->http);
    write_headers(&w, arena, request->http);
    write_query(&w, arena, request->http->query);
    write_context(&w, arena, request);
    write_body(&w, arena, request->http);
    json_close_object(&w);
    return json_done(&w);
}

/* Those that the server writes itself. */
static bool is_ours(struct str name)
{
    return str_equal_nocase(name, STR("content-length")) || str_equal_nocase(name, STR("transfer-encoding"))
        || str_equal_nocase(name, STR("connection"));
}

static bool is_token(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (c <= ' ' || c >= 0x7f || memchr("()<>@,;:\\\"/[]?={}", c, 17)) {
            return false;
        }
    }
    return name.len > 0;
}

static void add_fields(struct arena *arena, const struct json *document, struct http_response *out, bool *typed)
{
    const struct json *headers = json_get(document, STR("headers"));
    for (const struct json *field = headers && headers->kind == JSON_OBJECT ? headers->child : NULL; field; field = field->next) {
        const struct str value = field->kind == JSON_STRING || field->kind == JSON_NUMBER ? field->text
            : field->kind == JSON_TRUE ? STR("true") : field->kind == JSON_FALSE ? STR("false") : STR_NONE;
        if (value.ptr && is_token(field->key) && !is_ours(field->key)) {
            http_response_add(arena, out, field->key, value);
            *typed = *typed || str_equal_nocase(field->key, STR("content-type"));
        }
    }
    const struct json *cookies = json_get(document, STR("cookies"));
    for (const struct json *cookie = cookies && cookies->kind == JSON_ARRAY ? cookies->child : NULL; cookie; cookie = cookie->next) {
        if (cookie->kind == JSON_STRING) {
            http_response_add(arena, out, STR("Set-Cookie"), cookie->text);
        }
    }
}

bool url_response(struct arena *arena, struct str payload, struct http_response *out)
{
    const struct json *document = json_parse(arena, payload, NULL);
    const struct json *status = json_get(document, STR("statusCode"));
    int64_t code = 200;
    bool typed = false;
    if (status == NULL) { /* whatever it is, it is the body */
        out->status = 200;
        out->body = document && document->kind == JSON_STRING ? document->text : payload;
        http_response_add(arena, out, STR("Content-Type"), STR("application/json"));
        return true;
    }
    if (!json_int(status, &code) && !(status->kind == JSON_STRING && str_to_int(status->text, &code))) {
        return false;
    }
    const struct json *body = json_get(document, STR("body"));
    struct str bytes = body && body->kind == JSON_STRING ? body->text : body && body->kind != JSON_NULL ? body->text : STR("");
    if (json_is_true(json_get(document, STR("isBase64Encoded"))) && !str_unbase64(arena, bytes, &bytes)) {
        return false;
    }
    if (code < 100 || code > 599) {
        return false;
    }
    out->status = (uint16_t)code;
    out->body = bytes.ptr ? bytes : STR("");
    add_fields(arena, document, out, &typed);
    if (!typed) {
        http_response_add(arena, out, STR("Content-Type"), STR("application/json"));
    }
    return true;
}

static struct str joined(struct arena *arena, const struct str *items, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, i ? STR(",") : STR(""));
        text_add(&text, items[i]);
    }
    return text_str(&text);
}

static bool allows_origin(const struct lambda_cors *cors, struct str origin)
{
    for (size_t i = 0; i < cors->allow_origins.count; i++) {
        if (str_equal(cors->allow_origins.items[i], STR("*")) || str_equal_nocase(cors->allow_origins.items[i], origin)) {
            return true;
        }
    }
    return false;
}

static void add_list(struct arena *arena, struct http_response *out, const char *name, const struct str *items, size_t count)
{
    if (count > 0) {
        http_response_add(arena, out, str_of(name), joined(arena, items, count));
    }
}

bool url_cors(struct arena *arena, const struct lambda_cors *cors, const struct http_request *http, struct http_response *out)
{
    const struct str origin = http_header_find(http, STR("origin"));
    const bool preflight = str_equal(http->method, STR("OPTIONS")) && http_header_find(http, STR("access-control-request-method")).ptr;
    if (cors == NULL || origin.len == 0) {
        return false;
    }
    if (allows_origin(cors, origin)) {
        http_response_add(arena, out, STR("Access-Control-Allow-Origin"), origin);
        http_response_add(arena, out, STR("Vary"), STR("Origin"));
        if (cors->allow_credentials.v) {
            http_response_add(arena, out, STR("Access-Control-Allow-Credentials"), STR("true"));
        }
        add_list(arena, out, "Access-Control-Expose-Headers", cors->expose_headers.items, cors->expose_headers.count);
    }
    if (!preflight) {
        return false;
    }
    add_list(arena, out, "Access-Control-Allow-Methods", cors->allow_methods.items, cors->allow_methods.count);
    add_list(arena, out, "Access-Control-Allow-Headers", cors->allow_headers.items, cors->allow_headers.count);
    if (cors->max_age.set) {
        http_response_add(arena, out, STR("Access-Control-Max-Age"), str_format(arena, "%d", (int)cors->max_age.v));
    }
    out->status = 200;
    out->body = STR("");
    return true;
}
