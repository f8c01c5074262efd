#include "wire/rest.h"

#include "wire/uri.h"

const struct member *rest_payload(const struct shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].payload) {
            return &shape->members[i];
        }
    }
    return NULL;
}

bool rest_has_body(const struct shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].location == IN_BODY) {
            return true;
        }
    }
    return false;
}

static struct err read_label(struct decoder *d, const struct wire_match *match, const struct member *member, void *in)
{
    size_t label = 0;
    for (size_t i = 0; i < match->uri->part_count; i++) {
        const struct uri_part *part = &match->uri->parts[i];
        if (part->kind == URI_LITERAL) {
            continue;
        }
        if (str_equal(part->text, str_of(member->wire_name)) && label < match->label_count) {
            const struct slot slot = slot_member(in, member);
            return slot_parse(d, &slot, str_percent_decode(d->ctx->arena, match->labels[label], false), TIME_ISO8601);
        }
        label++;
    }
    return ERR_OK;
}

/* spec: Smithy: a map takes every parameter, those with members of their own too, but not the template's constants. */
static bool is_constant(const struct wire_match *match, struct str name)
{
    struct str rest = match->uri->query.len ? match->uri->query : STR_NONE;
    while (rest.ptr) {
        struct str value = STR_NONE;
        if (str_equal(str_cut(str_cut(rest, '&', &rest), '=', &value), name)) {
            return true;
        }
    }
    return false;
}

/* The decoded value of the next parameter with this name, from *rest on; false when there is no further one. */
static bool next_value(struct arena *arena, struct str *rest, struct str name, struct str *value)
{
    while (rest->ptr) {
        struct str raw = STR_NONE;
        const struct str pair = str_cut(*rest, '&', rest);
        const struct str own = str_cut(pair, '=', &raw);
        if (pair.len && str_equal(str_percent_decode(arena, own, true), name)) {
            *value = str_percent_decode(arena, raw.ptr ? raw : STR(""), true);
            return true;
        }
    }
    return false;
}

static struct err read_repeated(struct decoder *d, const struct slot *slot, struct str query, struct str name)
{
    struct builder builder = builder_new(d, slot);
    struct str rest = query;
    struct str value = STR_NONE;
    while (next_value(d->ctx->arena, &rest, name, &value)) {
        struct slot item;
        TRY(builder_add(d, &builder, STR_NONE, &item));
        TRY(slot_parse(d, &item, value, TIME_ISO8601));
    }
    builder_done(&builder);
    return ERR_OK;
}

static bool has_key(const struct builder *builder, struct str key)
{
    for (size_t i = 0; i < builder->count; i++) {
        if (str_equal(*(const struct str *)(const void *)(builder->items + i * builder->slot.shape->stride), key)) {
            return true;
        }
    }
    return false;
}

enum { QUERY_KEYS_MAX = 256 };

static struct err read_query_map(struct decoder *d, const struct wire_match *match, const struct slot *slot,
                                 struct str query)
{
    struct builder builder = builder_new(d, slot);
    struct str rest = query;
    while (rest.ptr) {
        struct str raw = STR_NONE;
        struct slot item;
        const struct str name = str_percent_decode(d->ctx->arena, str_cut(str_cut(rest, '&', &rest), '=', &raw), true);
        if (name.len == 0 || is_constant(match, name) || has_key(&builder, name)) {
            continue;
        }
        if (builder.count == QUERY_KEYS_MAX) {
            return fail(d->ctx, d->malformed, "The request holds too many parameters.");
        }
        TRY(builder_add(d, &builder, name, &item));
        if (item.shape->kind == SHAPE_LIST) {
            TRY(read_repeated(d, &item, query, name));
        } else {
            TRY(slot_parse(d, &item, str_percent_decode(d->ctx->arena, raw.ptr ? raw : STR(""), true), TIME_ISO8601));
        }
    }
    if (builder.count) {
        builder_done(&builder);
    }
    return ERR_OK;
}

static struct err read_query(struct decoder *d, const struct wire_match *match, const struct http_request *request,
                             const struct member *member, void *in)
{
    const struct slot slot = slot_member(in, member);
    const struct str query = request->query.len ? request->query : STR_NONE;
    if (member->shape->kind == SHAPE_MAP) {
        return read_query_map(d, match, &slot, query);
    }
    struct str rest = query;
    struct str value = STR_NONE;
    if (!next_value(d->ctx->arena, &rest, str_of(member->wire_name), &value)) {
        return ERR_OK;
    }
    if (member->shape->kind == SHAPE_LIST) {
        return read_repeated(d, &slot, query, str_of(member->wire_name));
    }
    /* spec: S3 takes "max-keys=" for absent. */
    if (value.len == 0 && member->shape->kind != SHAPE_STRING && match->protocol == PROTOCOL_REST_XML) {
        return ERR_OK;
    }
    return slot_parse(d, &slot, value, TIME_ISO8601);
}

/* Cuts the first element off a header list: up to a comma outside quotes; an HTTP date has a comma of its own. */
static struct str cut_element(struct str list, bool dates, struct str *rest)
{
    bool quoted = false;
    int commas_left = dates ? 1 : 0;
    for (size_t i = 0; i < list.len; i++) {
        const char c = list.ptr[i];
        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted && commas_left-- == 0) {
            *rest = str_from(list, i + 1);
            return str_trim(str_slice(list, 0, i));
        }
    }
    *rest = STR_NONE;
    return str_trim(list);
}

static struct str unquote(struct arena *arena, struct str s)
{
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"') {
        return s;
    }
    struct text text = text_new(arena);
    for (size_t i = 1; i + 1 < s.len; i++) {
        i += s.ptr[i] == '\\' && i + 2 < s.len;
        text_add_char(&text, s.ptr[i]);
    }
    return text_str(&text);
}

static struct err read_header_list(struct decoder *d, const struct slot *slot, const struct http_request *request,
                                   struct str name)
{
    struct builder builder = builder_new(d, slot);
    const struct member *element = &slot->shape->members[0];
    const bool dates = element->shape->kind == SHAPE_TIMESTAMP && time_of(element->time, TIME_RFC7231) == TIME_RFC7231;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        struct str rest = str_equal_nocase(header->name, name) && header->value.len ? header->value : STR_NONE;
        while (rest.ptr) {
            struct slot item;
            const struct str text = cut_element(rest, dates, &rest);
            TRY(builder_add(d, &builder, STR_NONE, &item));
            TRY(slot_parse(d, &item, unquote(d->ctx->arena, text), TIME_RFC7231));
        }
    }
    builder_done(&builder);
    return ERR_OK;
}

static struct err read_header(struct decoder *d, const struct http_request *request, const struct member *member,
                              void *in)
{
    const struct slot slot = slot_member(in, member);
    const struct str value = http_header_find(request, str_of(member->wire_name));
    if (value.ptr == NULL) {
        return ERR_OK;
    }
    if (member->shape->kind == SHAPE_LIST) {
        return read_header_list(d, &slot, request, str_of(member->wire_name));
    }
    if (member->json_value) {
        struct str json = STR_NONE;
        if (!str_unbase64(d->ctx->arena, value, &json) || json_parse(d->ctx->arena, json, NULL) == NULL) {
            return fail(d->ctx, d->malformed, "The header %s is not JSON as base64.", member->wire_name);
        }
        slot_text(&slot, json);
        return ERR_OK;
    }
    return slot_parse(d, &slot, value, TIME_RFC7231);
}

static struct err read_prefixed(struct decoder *d, const struct http_request *request, const struct member *member,
                                void *in)
{
    const struct slot slot = slot_member(in, member);
    const struct str prefix = str_of(member->wire_name);
    struct builder builder = builder_new(d, &slot);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!str_equal_nocase(str_slice(header->name, 0, prefix.len), prefix)) {
            continue;
        }
        struct slot item;
        TRY(builder_add(d, &builder, str_from(header->name, prefix.len), &item));
        TRY(slot_parse(d, &item, header->value, TIME_RFC7231));
    }
    if (builder.count) {
        builder_done(&builder);
    }
    return ERR_OK;
}

struct err rest_read(struct decoder *d, const struct wire_match *match, const struct http_request *request, void *in)
{
    const struct shape *shape = match->operation->input;
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        switch ((enum member_location)member->location) {
        case IN_URI:
            TRY(read_label(d, match, member, in));
            break;
        case IN_QUERY:
            TRY(read_query(d, match, request, member, in));
            break;
        case IN_HEADER:
            TRY(read_header(d, request, member, in));
            break;
        case IN_HEADERS:
            TRY(read_prefixed(d, request, member, in));
            break;
        case IN_BODY:
        case IN_STATUS:
            break;
        }
    }
    return ERR_OK;
}

static bool needs_quotes(struct str s)
{
    return str_find(s, ',') != STR_MISSING || str_find(s, '"') != STR_MISSING;
}

static void add_quoted(struct text *out, struct str s)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\') {
            text_add_char(out, '\\');
        }
        text_add_char(out, s.ptr[i]);
    }
    text_add_char(out, '"');
}

static struct str header_text(struct arena *arena, const struct member *member, const struct view *view)
{
    if (member->json_value) {
        return str_base64(arena, view_text(view));
    }
    if (view->shape->kind != SHAPE_LIST) {
        return view_print(arena, view, TIME_RFC7231);
    }
    struct text text = text_new(arena);
    for (size_t i = 0; i < view_count(view); i++) {
        const struct view item = view_item(view, i);
        const struct str one = view_print(arena, &item, TIME_RFC7231);
        text_add(&text, i ? STR(", ") : STR(""));
        if (item.shape->kind == SHAPE_STRING && needs_quotes(one)) {
            add_quoted(&text, one);
        } else {
            text_add(&text, one);
        }
    }
    return text_str(&text);
}

static void write_prefixed(struct ctx *ctx, const struct member *member, const struct view *map,
                           struct http_response *response)
{
    for (size_t i = 0; i < view_count(map); i++) {
        const struct view item = view_item(map, i);
        const struct str key = view_key(map, i);
        if (view_present(&item)) {
            http_response_add(ctx->arena, response, str_format(ctx->arena, "%s%.*s", member->wire_name, STR_ARG(key)),
                              view_print(ctx->arena, &item, TIME_RFC7231));
        }
    }
}

void rest_write(struct ctx *ctx, const struct shape *shape, const void *out, struct http_response *response)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct view view = view_member(out, member);
        if (!view_present(&view)) {
            continue;
        }
        if (member->location == IN_STATUS) {
            const int64_t status = view_integer(&view);
            response->status = status >= 100 && status < 600 ? (uint16_t)status : response->status;
        } else if (member->location == IN_HEADERS) {
            write_prefixed(ctx, member, &view, response);
        } else if (member->location == IN_HEADER) {
            const struct str text = header_text(ctx->arena, member, &view);
            if (text.len) {
                http_response_add(ctx->arena, response, str_of(member->wire_name), text);
            }
        }
    }
}
