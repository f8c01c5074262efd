#include "app/front_form.h"

#include "crypto/equal.h"
#include "crypto/hash.h"
#include "svc/s3/post_policy.h"
#include "wire/sigv4.h"
#include "wire/virtual_host.h"
#include "wire/xml.h"

static const struct fault INVALID_ARGUMENT = { "InvalidArgument", NULL, NULL, 400 };
static const struct fault MALFORMED_POST = { "MalformedPOSTRequest", NULL, NULL, 400 };
static const struct fault MALFORMED_XML = { "MalformedXML", NULL, NULL, 400 };
static const struct fault PRE_DATA = { "MaxPostPreDataLengthExceededError", NULL, NULL, 400 };
static const struct fault INVALID_DOCUMENT = { "InvalidPolicyDocument", NULL, NULL, 400 };

enum { HEADERS_BESIDE = 8 };

/* Lives in the call's arena. */
struct front_form {
    struct form_data data;
    struct str bucket, key;
    struct str url; /* of the object, as the client would reach it */
};

bool front_form_is(const struct call *call)
{
    return str_equal(call->http.method, STR("POST")) && call->http.query.len == 0
        && http_header_find(&call->http, STR("authorization")).ptr == NULL
        && form_data_is(http_header_find(&call->http, STR("content-type")));
}

static struct str field(const struct call *call, const char *name)
{
    return form_data_find(&call->form->data, str_of(name));
}

static struct err argument(struct call *call, struct str name, struct str value, struct str words)
{
    request_element(&call->rq, STR("ArgumentName"), name);
    request_element(&call->rq, STR("ArgumentValue"), value);
    return fail(&call->rq.ctx, &INVALID_ARGUMENT, "%" STR_FMT, STR_ARG(words));
}

static struct err need_field(struct call *call, const char *name, struct str *out)
{
    *out = field(call, name);
    return out->ptr ? ERR_OK
                    : argument(call, str_of(name), STR(""),
                               str_format(call->rq.ctx.arena,
                                          "Bucket POST must contain a field named '%s'.  If it is specified, please check the order "
                                          "of the fields.", name));
}

static struct err read_form(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    const struct str type = http_header_find(&call->http, STR("content-type"));
    switch (form_data_read(ctx->arena, type, call->http.body, &call->form->data)) {
    case FORM_DATA_FINE:
        break;
    case FORM_DATA_MALFORMED:
        return fail(ctx, &MALFORMED_POST, "The body of your POST request is not well-formed multipart/form-data.");
    case FORM_DATA_TOO_LARGE:
        return fail(ctx, &PRE_DATA, "Your POST request fields preceding the upload file were too large.");
    }
    return call->form->data.has_file ? ERR_OK : argument(call, STR("file"), STR("0"), STR("POST requires exactly one file upload per request."));
}

/* "${filename}" is the file's name, without folders. */
static struct str with_file_name(struct call *call, struct str value)
{
    static const struct str place = STR_INIT("${filename}");
    const size_t at = str_search(value, place);
    const struct str name = call->form->data.file_name;
    size_t start = 0;
    for (size_t i = 0; i < name.len; i++) {
        start = name.ptr[i] == '/' || name.ptr[i] == '\\' ? i + 1 : start;
    }
    return at == STR_MISSING ? value
                             : str_format(call->rq.ctx.arena, "%" STR_FMT "%" STR_FMT "%" STR_FMT, STR_ARG(str_slice(value, 0, at)),
                                          STR_ARG(str_from(name, start)), STR_ARG(str_from(value, at + place.len)));
}

/* --- the call as PutObject --- */

/* <Tagging><TagSet><Tag>... as the header has it: a=1&b=2. Other XML is taken for no tags, as S3 does. */
static struct err tagging_header(struct call *call, struct str document, struct str *out)
{
    struct arena *arena = call->rq.ctx.arena;
    const struct xml *root = xml_parse(arena, document, NULL);
    const struct xml *set = root ? root->child : NULL;
    struct text text = text_new(arena);
    if (root == NULL) {
        return fail(&call->rq.ctx, &MALFORMED_XML,
                    "The XML you provided was not well-formed or did not validate against our published schema");
    }
    for (const struct xml *tag = set ? set->child : NULL; tag; tag = tag->next) {
        const struct xml *key = tag->child;
        const struct xml *value = key ? key->next : NULL;
        if (value) {
            text_add(&text, text.len ? STR("&") : STR(""));
            text_add(&text, str_percent_encode(arena, key->text, false));
            text_add_char(&text, '=');
            text_add(&text, str_percent_encode(arena, value->text, false));
        }
    }
    *out = text_str(&text);
    return ERR_OK;
}

static bool is_header(struct str name)
{
    static const struct str names[] = { STR_INIT("Cache-Control"), STR_INIT("Content-Type"), STR_INIT("Content-Disposition"),
        STR_INIT("Content-Encoding"), STR_INIT("Content-Language"), STR_INIT("Content-MD5"), STR_INIT("Expires"),
        STR_INIT("x-amz-storage-class"), STR_INIT("x-amz-website-redirect-location") };
    static const struct str prefixes[] = { STR_INIT("x-amz-meta-"), STR_INIT("x-amz-server-side-encryption"), STR_INIT("x-amz-checksum-"),
        STR_INIT("x-amz-object-lock-"), STR_INIT("x-amz-sdk-checksum-"), STR_INIT("x-amz-grant-") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal_nocase(name, names[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (str_equal_nocase(str_slice(name, 0, prefixes[i].len), prefixes[i])) {
            return true;
        }
    }
    return false;
}

static struct err make_headers(struct call *call, struct http_header *headers, size_t *count)
{
    static const struct str kept[] = { STR_INIT("host"), STR_INIT("user-agent"), STR_INIT("origin"), STR_INIT("referer") };
    const struct form_data *form = &call->form->data;
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        const struct str value = http_header_find(&call->http, kept[i]);
        if (value.ptr) {
            headers[(*count)++] = (struct http_header){ kept[i], value };
        }
    }
    for (size_t i = 0; i < form->count; i++) {
        struct http_header header = { form->fields[i].name, with_file_name(call, form->fields[i].value) };
        if (str_equal_nocase(header.name, STR("acl"))) {
            header.name = STR("x-amz-acl");
        } else if (str_equal_nocase(header.name, STR("tagging"))) {
            header.name = STR("x-amz-tagging");
            TRY(tagging_header(call, header.value, &header.value));
        } else if (!is_header(header.name)) {
            continue;
        }
        headers[(*count)++] = header;
    }
    return ERR_OK;
}

static struct str url_of(struct call *call, struct str base)
{
    const struct front_form *form = call->form;
    const struct str path = str_equal_nocase(base, call->http.path) && base.len > 1 && base.ptr[base.len - 1] != '/'
        ? str_format(call->rq.ctx.arena, "%" STR_FMT "/", STR_ARG(base)) : base;
    return str_format(call->rq.ctx.arena, "%s://%" STR_FMT "%" STR_FMT "%" STR_FMT, call->rq.tls ? "https" : "http",
                      STR_ARG(http_header_find(&call->http, STR("host"))), STR_ARG(path),
                      STR_ARG(str_percent_encode(call->rq.ctx.arena, form->key, true)));
}

static struct err route(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct http_header *headers = ARENA_ARRAY(ctx->arena, struct http_header, FORM_DATA_FIELDS_MAX + HEADERS_BESIDE);
    size_t count = 0;
    TRY(make_headers(call, headers, &count));
    call->http.headers = headers;
    call->http.header_count = count;
    call->http.path = str_format(ctx->arena, "/%" STR_FMT "/%" STR_FMT, STR_ARG(call->form->bucket),
                                 STR_ARG(str_percent_encode(ctx->arena, call->form->key, true)));
    call->http.body = call->form->data.file;
    call->http.body_fd = 0; /* the file is a part of it only */
    call->http.method = STR("PUT");
    TRY(wire_route(ctx, call->front->router, &call->http, STR("s3"), &call->match));
    call->http.method = STR("POST");
    call->rq.service = call->match.service;
    call->rq.operation = call->match.operation;
    call->rq.protocol = call->match.protocol;
    return call->match.operation->handler ? ERR_OK : wire_unbuilt(ctx, &call->match);
}

/* --- who signed --- */

/* AKIA.../20151229/us-east-1/s3/aws4_request */
static bool read_credential(struct call *call, struct str credential)
{
    struct str rest = credential;
    call->claim.access_key = str_cut(rest, '/', &rest);
    call->claim.day = str_cut(rest, '/', &rest);
    call->claim.region = str_cut(rest, '/', &rest);
    call->claim.service = str_cut(rest, '/', &rest);
    return str_equal(call->claim.service, STR("s3")) && str_equal(rest, STR("aws4_request")) && call->claim.region.len
        && str_equal(str_slice(call->claim.date, 0, 8), call->claim.day);
}

static struct err read_claim(struct call *call)
{
    struct str algorithm = STR_NONE;
    struct str credential = STR_NONE;
    TRY(need_field(call, "X-Amz-Algorithm", &algorithm));
    TRY(need_field(call, "X-Amz-Credential", &credential));
    TRY(need_field(call, "X-Amz-Date", &call->claim.date));
    TRY(need_field(call, "X-Amz-Signature", &call->claim.signature));
    call->claim.token = field(call, "x-amz-security-token");
    call->claim.s3 = true;
    if (!str_equal(algorithm, STR("AWS4-HMAC-SHA256")) || !read_credential(call, credential)) {
        return argument(call, STR("X-Amz-Credential"), credential, STR("The credential or the algorithm is not one of AWS4-HMAC-SHA256."));
    }
    call->rq.region = call->claim.region;
    return ERR_OK;
}

static struct err verify(struct call *call, struct worker *worker, struct str policy)
{
    unsigned char computed[HASH_SHA256_SIZE];
    struct hmac_key key = sigv4_signing_key(worker->keys, &call->claim, call->identity->credential.secret);
    hmac_sign(&key, policy, computed);
    memory_wipe(&key, sizeof(key));
    const bool same = crypto_equal(str_hex(call->rq.ctx.arena, computed, sizeof(computed)), call->claim.signature);
    if (!same) {
        front_tell_mismatch(call, STR_NONE, policy);
        return fail(&call->rq.ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, SIGV4_S3_MISMATCH_TEXT);
    }
    return ERR_OK;
}

static struct err check_policy(struct call *call, struct str policy)
{
    struct str document = STR_NONE;
    if (!str_unbase64(call->rq.ctx.arena, policy, &document)) {
        return fail(&call->rq.ctx, &INVALID_DOCUMENT, "Invalid Policy: Invalid JSON.");
    }
    return post_policy_check(&call->rq, document, call->form->bucket, &call->form->data);
}

static struct err identify(struct call *call, struct worker *worker)
{
    const struct str policy = field(call, "policy");
    if (policy.ptr == NULL) {
        return ERR_OK; /* nobody: what the bucket lets in */
    }
    TRY(read_claim(call));
    TRY(front_find_identity(call, worker));
    TRY(verify(call, worker, policy));
    front_assume(call);
    return check_policy(call, policy);
}

struct err front_form_take(struct call *call, struct worker *worker)
{
    struct str rest = STR_NONE;
    const struct str base = call->http.path;
    call->form = ARENA_NEW(call->rq.ctx.arena, struct front_form);
    virtual_host_resolve(call->rq.ctx.arena, &call->http);
    const struct str name = str_cut(str_from(call->http.path, 1), '/', &rest);
    call->form->bucket = str_percent_decode(call->rq.ctx.arena, name, false);
    TRY(read_form(call));
    TRY(need_field(call, "key", &call->form->key));
    call->form->key = with_file_name(call, call->form->key);
    call->form->url = url_of(call, base);
    TRY(route(call));
    const struct err err = identify(call, worker);
    return (struct err){ err.fault ? sigv4_fault(err.fault, call->match.protocol, STR("s3")) : NULL };
}

/* --- the answer --- */

static struct str etag_of(const struct call *call)
{
    const struct shape *shape = call->match.operation->output;
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, "ETag") == 0) {
            return *(const struct str *)(const void *)((const char *)call->out + shape->members[i].offset);
        }
    }
    return STR("");
}

static void redirect(struct call *call, struct str url)
{
    struct arena *arena = call->rq.ctx.arena;
    const struct front_form *form = call->form;
    const struct str where = str_format(arena, "%" STR_FMT "%sbucket=%" STR_FMT "&key=%" STR_FMT "&etag=%" STR_FMT, STR_ARG(url),
                                        str_find(url, '?') == STR_MISSING ? "?" : "&", STR_ARG(form->bucket),
                                        STR_ARG(str_percent_encode(arena, form->key, false)),
                                        STR_ARG(str_percent_encode(arena, etag_of(call), false)));
    call->rq.extra.status = 303;
    request_header(&call->rq, STR("Location"), where);
}

static struct str response_document(struct call *call)
{
    struct text text = text_new(call->rq.ctx.arena);
    text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>"));
    xml_element(&text, STR("Location"), call->form->url);
    xml_element(&text, STR("Bucket"), call->form->bucket);
    xml_element(&text, STR("Key"), call->form->key);
    xml_element(&text, STR("ETag"), etag_of(call));
    text_add(&text, STR("</PostResponse>"));
    return text_str(&text);
}

void front_form_answer(struct call *call)
{
    const struct str page = field(call, "success_action_redirect").ptr ? field(call, "success_action_redirect") : field(call, "redirect");
    const struct str status = field(call, "success_action_status");
    if (str_starts(page, STR("http://")) || str_starts(page, STR("https://"))) {
        redirect(call, page);
        return;
    }
    request_header(&call->rq, STR("Location"), call->form->url);
    call->rq.extra.status = str_equal(status, STR("200")) ? 200 : str_equal(status, STR("201")) ? 201 : 204;
    if (call->rq.extra.status == 201) {
        call->rq.extra.body = response_document(call);
        request_header(&call->rq, STR("Content-Type"), STR("application/xml"));
    }
}
