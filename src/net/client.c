#include "net/client.h"

#include <curl/curl.h>

#include "base/file.h"

enum { HEADERS_MAX = 256, HEADER_MAX = 16 * 1024 };

struct net_client {
    struct net_client_options options;
    CURL *curl;
};

/* One call under way. */
struct exchange {
    struct net_client *client;
    struct arena *arena;
    struct http_response *response;
    struct text body;
    int file;
    uint64_t written;
    const char *trouble; /* why we gave up; NULL: we did not */
};

struct net_client *net_client_open(const struct net_client_options *options)
{
    struct net_client *client = memory_new(sizeof(*client));
    client->options = *options;
    struct net_client_options *o = &client->options;
    o->connect_timeout_ms = o->connect_timeout_ms ? o->connect_timeout_ms : 10000;
    o->idle_timeout_s = o->idle_timeout_s ? o->idle_timeout_s : 60;
    o->body_max = o->body_max ? o->body_max : (size_t)4 << 20;
    o->file_max = o->file_max ? o->file_max : (uint64_t)1 << 30;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->curl = curl_easy_init();
    return client;
}

void net_client_close(struct net_client *client)
{
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    memory_free(client);
}

static size_t give_up(struct exchange *exchange, const char *trouble)
{
    exchange->trouble = trouble;
    return 0;
}

static bool is_fine(uint16_t status)
{
    return status >= 200 && status < 300;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *self)
{
    struct exchange *exchange = self;
    const struct str piece = { bytes, size * count };
    if (exchange->file >= 0 && is_fine(exchange->response->status)) {
        exchange->written += piece.len;
        if (exchange->written > exchange->client->options.file_max) {
            return give_up(exchange, "the body is larger than allowed");
        }
        return file_write_all(exchange->file, piece) ? piece.len : give_up(exchange, "the body can't be written to disk");
    }
    if (piece.len > exchange->client->options.body_max - exchange->body.len) {
        return give_up(exchange, "the body is larger than allowed");
    }
    text_add(&exchange->body, piece);
    return piece.len;
}

/* "HTTP/1.1 200 OK": headers of an interim answer (100 Continue) are forgotten when the next status line comes. */
static void take_status(struct http_response *response, struct str line)
{
    struct str rest = STR_NONE;
    int64_t status = 0;
    str_cut(line, ' ', &rest);
    response->header_count = 0;
    response->status = str_to_int(str_slice(rest, 0, 3), &status) ? (uint16_t)status : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *self)
{
    struct exchange *exchange = self;
    const struct str line = str_trim((struct str){ bytes, size * count });
    struct str value = STR_NONE;
    if (line.len > HEADER_MAX || exchange->response->header_count >= HEADERS_MAX) {
        return give_up(exchange, "the head is larger than allowed");
    }
    if (str_starts(line, STR("HTTP/"))) {
        take_status(exchange->response, line);
        return size * count;
    }
    const struct str name = str_cut(line, ':', &value);
    if (value.ptr) {
        http_response_add(exchange->arena, exchange->response, str_copy(exchange->arena, name),
                          str_copy(exchange->arena, str_trim(value)));
    }
    return size * count;
}

static int watch_progress(void *self, curl_off_t to_come, curl_off_t came, curl_off_t to_go, curl_off_t gone)
{
    struct exchange *exchange = self;
    const struct net_client_options *options = &exchange->client->options;
    (void)to_come, (void)came, (void)to_go, (void)gone;
    if (options->stopped && options->stopped(options->self)) {
        exchange->trouble = "the server is stopping";
        return 1;
    }
    return 0;
}

/* Loopback, and link-local addresses, where a machine's metadata is. */
static bool is_near(struct str base)
{
    const size_t at = str_search(base, STR("://"));
    const struct str host = at == STR_MISSING ? base : str_from(base, at + 3);
    return str_starts(host, STR("127.")) || str_starts(host, STR("localhost")) || str_starts(host, STR("[::1]"))
        || str_starts(host, STR("169.254.")) || str_starts(host, STR("[fd00:ec2:"));
}

static bool is_header_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0') {
            return false;
        }
    }
    return true;
}

/* NULL when a value would end its line. Without "Expect:" curl would wait for a 100 on larger bodies. */
static struct curl_slist *header_list(struct arena *arena, const struct http_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!is_header_text(header->name) || !is_header_text(header->value)) {
            curl_slist_free_all(list);
            return NULL;
        }
        const char *separator = header->value.len > 0 ? ": " : ";"; /* curl's way of saying "empty" */
        list = curl_slist_append(list, str_format(arena, "%" STR_FMT "%s%" STR_FMT, STR_ARG(header->name), separator,
                                                  STR_ARG(header->value)).ptr);
    }
    return list;
}

static void set_limits(CURL *curl, const struct net_client_options *options)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)options->idle_timeout_s);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (options->ca.ptr) {
        const struct curl_blob blob = { (void *)(uintptr_t)options->ca.ptr, options->ca.len, CURL_BLOB_COPY };
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static void set_callbacks(CURL *curl, struct exchange *exchange)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static void set_request(CURL *curl, struct arena *arena, const struct http_request *request)
{
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, str_cstr(arena, request->method));
    if (request->body.ptr) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
}

struct err net_client_call(struct ctx *ctx, struct net_client *client, struct str base,
                           const struct http_request *request, int file, struct http_response *response)
{
    char reason[CURL_ERROR_SIZE] = "";
    *response = (struct http_response){ 0 };
    struct exchange exchange = { client, ctx->arena, response, text_new(ctx->arena), file, 0, NULL };
    struct curl_slist *headers = header_list(ctx->arena, request);
    if (client->curl == NULL || headers == NULL) {
        return fail(ctx, &FAULT_INVALID, "the request can't be written: a header holds a line break");
    }
    CURL *curl = client->curl;
    curl_easy_reset(curl); /* keeps the connections */
    set_limits(curl, &client->options);
    set_callbacks(curl, &exchange);
    set_request(curl, ctx->arena, request);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_URL,
                     str_format(ctx->arena, "%" STR_FMT "%" STR_FMT "%s%" STR_FMT, STR_ARG(base), STR_ARG(request->path),
                                request->query.len > 0 ? "?" : "", STR_ARG(request->query)).ptr);
    if (is_near(base)) {
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    response->body = text_str(&exchange.body);
    if (code != CURLE_OK || exchange.trouble) {
        return fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT ": %s", STR_ARG(base),
                    exchange.trouble ? exchange.trouble : reason[0] ? reason : curl_easy_strerror(code));
    }
    return ERR_OK;
}

static size_t drop_bytes(char *bytes, size_t size, size_t count, void *self)
{
    (void)bytes, (void)self;
    return size * count;
}

static size_t take_chain(struct arena *arena, CURL *curl, struct str *out, size_t max)
{
    struct curl_certinfo *chain = NULL;
    size_t count = 0;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL) {
        return 0;
    }
    for (int i = 0; i < chain->num_of_certs && count < max; i++) {
        for (const struct curl_slist *fact = chain->certinfo[i]; fact; fact = fact->next) {
            if (str_starts(str_of(fact->data), STR("Cert:"))) {
                out[count++] = str_copy(arena, str_from(str_of(fact->data), sizeof("Cert:") - 1));
                break;
            }
        }
    }
    return count;
}

struct err net_client_chain(struct ctx *ctx, struct net_client *client, struct str base, struct str *out, size_t max, size_t *count)
{
    CURL *curl = client->curl;
    *count = 0;
    if (curl == NULL) {
        return fail(ctx, &FAULT_UNAVAILABLE, "no connection can be made");
    }
    curl_easy_reset(curl);
    set_limits(curl, &client->options);
    curl_easy_setopt(curl, CURLOPT_URL, str_cstr(ctx->arena, base));
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_bytes);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L); /* nothing else may go by a connection that nobody vouches for */
    if (is_near(base)) {
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    const CURLcode code = curl_easy_perform(curl);
    *count = take_chain(ctx->arena, curl, out, max);
    return *count > 0 ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT ": %s", STR_ARG(base), curl_easy_strerror(code));
}
