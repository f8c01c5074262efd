#include "net/exchange.h"

static bool is_separator(char c)
{
    return c == ' ' || c == ':' || c == '\r' || c == '\n' || c == '\0' || c == '\t';
}

/* The library hands out C strings cut from its buffer and drops what follows a NUL. What lies between two of them must be
 * nothing but separators; else the client said more than we would see. */
static void account_for(struct net_exchange *exchange, struct str token)
{
    for (const char *at = exchange->head_at; at < token.ptr && !exchange->hidden_bytes; at++) {
        exchange->hidden_bytes = !is_separator(*at);
    }
    exchange->hidden_bytes = exchange->hidden_bytes || token.ptr < exchange->head_at
        || token.ptr + token.len > exchange->head_end;
    exchange->head_at = token.ptr + token.len;
}

/* spec: RFC 7230, 3.2.6: "token". */
static bool is_token_char(char c)
{
    const bool common = (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10 || c == '-';
    return common || (c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

static bool is_token(struct str s)
{
    size_t at = 0;
    while (at < s.len && is_token_char(s.ptr[at])) {
        at++;
    }
    return s.len > 0 && at == s.len;
}

static bool has_controls(struct str s, unsigned char lowest)
{
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if ((c < lowest && c != '\t') || c == 0x7F || (c == '\t' && lowest > ' ')) {
            return true;
        }
    }
    return false;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    struct net_exchange *exchange = context;
    struct http_request *request = &exchange->request;
    (void)kind;
    if (request->header_count == NET_HEADERS_MAX) {
        request->header_count++;
        return MHD_NO;
    }
    const struct http_header header = { { name, name_size }, { value ? value : "", value ? value_size : 0 } };
    account_for(exchange, header.name);
    account_for(exchange, value ? header.value : (struct str){ name + name_size, 0 });
    exchange->headers[request->header_count++] = (struct http_header){ header.name, str_trim(header.value) };
    return MHD_YES;
}

/* "/path?query", also as "http://host/path?query". */
static bool split_target(struct str target, struct http_request *request)
{
    const bool absolute = str_starts(target, STR("http://")) || str_starts(target, STR("https://"));
    if (absolute) {
        const struct str after = str_from(target, str_search(target, STR("//")) + 2);
        const size_t slash = str_find(after, '/');
        target = slash == STR_MISSING ? STR("/") : str_from(after, slash);
    }
    request->path = str_cut(target, '?', &request->query);
    return str_starts(request->path, STR("/"));
}

static const char *trouble_in_headers(const struct http_request *request, const char *version)
{
    size_t lengths = 0;
    size_t codings = 0;
    size_t hosts = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!is_token(header->name) || has_controls(header->value, ' ')) {
            return "A header has a malformed name or a control character in its value";
        }
        lengths += str_equal_nocase(header->name, STR("content-length"));
        codings += str_equal_nocase(header->name, STR("transfer-encoding"));
        hosts += str_equal_nocase(header->name, STR("host"));
    }
    /* spec: RFC 7230, 5.4. */
    if (hosts > 1 || (hosts == 0 && !str_equal(str_of(version), STR("HTTP/1.0")))) {
        return "Exactly one Host header is required";
    }
    /* spec: RFC 7230, 3.3.3: whoever gets two lengths may be the victim of smuggling. */
    return lengths + codings > 1 ? "Content-Length and Transfer-Encoding may stand once, and not both" : NULL;
}

uint16_t net_read_head(struct net_exchange *exchange, const char *method, const char *version, struct str *reason)
{
    struct http_request *request = &exchange->request;
    request->method = str_of(method);
    request->headers = exchange->headers;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    const size_t head_size = info ? info->header_size : 0;
    exchange->head_at = method;
    exchange->head_end = method + head_size;
    account_for(exchange, request->method);
    account_for(exchange, (struct str){ exchange->raw_uri, exchange->target.len });
    account_for(exchange, str_of(version));
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, take_header, exchange);
    account_for(exchange, (struct str){ exchange->head_end, 0 });

    if (request->header_count > NET_HEADERS_MAX) {
        request->header_count = NET_HEADERS_MAX;
        *reason = STR("Too many header lines");
        return 431;
    }
    if (!is_token(request->method) || has_controls(exchange->target, '!') || !split_target(exchange->target, request)) {
        *reason = STR("The request line is malformed");
        return 400;
    }
    const char *trouble = exchange->hidden_bytes ? "The head has a NUL byte or a folded line" : trouble_in_headers(request, version);
    *reason = str_of(trouble);
    return trouble ? 400 : 0;
}
