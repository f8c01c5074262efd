#include "wire/canonical_xml.h"

#include <expat.h>
#include <stdlib.h>

static const struct str DSIG = STR_INIT("http://www.w3.org/2000/09/xmldsig#");
static const struct str XML_NAMESPACE = STR_INIT("http://www.w3.org/XML/1998/namespace");

/* A declaration in scope, or one that was written. */
struct binding {
    struct str prefix, uri;
    size_t depth; /* of the element that it stands on */
};
struct bindings {
    struct binding items[CANONICAL_PREFIXES_MAX];
    size_t count;
};

struct attribute {
    struct str name, value, uri, local;
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    const struct canonical_wish *wish;
    struct text out;
    const char *reason;
    size_t depth;
    size_t target;     /* depth of the element with the id; 0: not within it */
    size_t signature;  /* depth of its child Signature; 0: not within it */
    size_t info;       /* depth of the SignedInfo within that; 0: not within it */
    size_t targets, signatures, infos; /* how many there were */
    struct bindings scope, written;
};

static void stop(struct reader *r, const char *reason)
{
    r->reason = r->reason ? r->reason : reason;
    XML_StopParser(r->parser, XML_FALSE);
}

/* --- namespaces --- */

static struct str prefix_of(struct str name)
{
    const size_t colon = str_find(name, ':');
    return colon == STR_MISSING ? STR("") : str_slice(name, 0, colon);
}

static struct str local_of(struct str name)
{
    const size_t colon = str_find(name, ':');
    return colon == STR_MISSING ? name : str_from(name, colon + 1);
}

/* The innermost one; absent: none. The default namespace is none unless it was declared. */
static struct str lookup(const struct bindings *bindings, struct str prefix)
{
    for (size_t i = bindings->count; i > 0; i--) {
        if (str_equal(bindings->items[i - 1].prefix, prefix)) {
            return bindings->items[i - 1].uri;
        }
    }
    return STR_NONE;
}

static void bind(struct reader *r, struct bindings *bindings, struct str prefix, struct str uri)
{
    if (bindings->count == CANONICAL_PREFIXES_MAX) {
        stop(r, "too many namespaces");
        return;
    }
    bindings->items[bindings->count++] = (struct binding){ str_copy(r->arena, prefix), str_copy(r->arena, uri), r->depth };
}

static void unbind(struct bindings *bindings, size_t depth)
{
    while (bindings->count > 0 && bindings->items[bindings->count - 1].depth >= depth) {
        bindings->count--;
    }
}

static bool is_declaration(struct str name, struct str *prefix)
{
    const bool named = str_starts(name, STR("xmlns:"));
    *prefix = named ? str_from(name, sizeof("xmlns:") - 1) : STR("");
    return named || str_equal(name, STR("xmlns"));
}

/* --- writing --- */

static void write_escaped(struct text *out, struct str s, bool attribute)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const char *escape = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '\r' ? "&#xD;" : NULL;
        if (escape == NULL && attribute) {
            escape = c == '"' ? "&quot;" : c == '\t' ? "&#x9;" : c == '\n' ? "&#xA;" : NULL;
        } else if (escape == NULL) {
            escape = c == '>' ? "&gt;" : NULL;
        }
        if (escape) {
            text_add(out, str_of(escape));
        } else {
            text_add_char(out, c);
        }
    }
}

static bool is_inclusive(const struct reader *r, struct str prefix)
{
    const struct str wanted = prefix.len > 0 ? prefix : STR("#default");
    for (struct str rest = r->wish->inclusive; rest.len > 0;) {
        if (str_equal(str_cut(rest, ' ', &rest), wanted)) {
            return true;
        }
    }
    return false;
}

static int by_prefix(const void *left, const void *right)
{
    const struct binding *a = left;
    const struct binding *b = right;
    return str_compare(a->prefix, b->prefix);
}

static int by_name(const void *left, const void *right)
{
    const struct attribute *a = left;
    const struct attribute *b = right;
    const int by_uri = str_compare(a->uri, b->uri);
    return by_uri ? by_uri : str_compare(a->local, b->local);
}

/* Adds a prefix that is to be declared here, unless what stands around it says the same. */
static size_t need(struct reader *r, struct str prefix, struct binding *wanted, size_t count)
{
    const struct str uri = lookup(&r->scope, prefix);
    const struct str said = lookup(&r->written, prefix);
    const bool nothing = prefix.len == 0 && uri.len == 0 && said.len == 0;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(wanted[i].prefix, prefix)) {
            return count;
        }
    }
    if (nothing || str_equal(prefix, STR("xml")) || (said.ptr && str_equal(said, uri))) {
        return count;
    }
    if (uri.ptr == NULL && prefix.len > 0) {
        stop(r, "a prefix isn't declared");
        return count;
    }
    wanted[count] = (struct binding){ prefix, uri.ptr ? uri : STR(""), r->depth };
    return count + 1;
}

static void write_namespaces(struct reader *r, struct str name, const struct attribute *attributes, size_t attribute_count)
{
    struct binding wanted[CANONICAL_PREFIXES_MAX + CANONICAL_ATTRIBUTES_MAX + 1];
    size_t count = need(r, prefix_of(name), wanted, 0);
    for (size_t i = 0; i < attribute_count; i++) {
        if (attributes[i].uri.len > 0) {
            count = need(r, prefix_of(attributes[i].name), wanted, count);
        }
    }
    for (size_t i = 0; i < r->scope.count && r->wish->inclusive.len > 0; i++) {
        if (is_inclusive(r, r->scope.items[i].prefix)) {
            count = need(r, r->scope.items[i].prefix, wanted, count);
        }
    }
    qsort(wanted, count, sizeof(*wanted), by_prefix);
    for (size_t i = 0; i < count; i++) {
        text_add(&r->out, wanted[i].prefix.len > 0 ? STR(" xmlns:") : STR(" xmlns"));
        text_add(&r->out, wanted[i].prefix);
        text_add(&r->out, STR("=\""));
        write_escaped(&r->out, wanted[i].uri, true);
        text_add_char(&r->out, '"');
        bind(r, &r->written, wanted[i].prefix, wanted[i].uri);
    }
}

static size_t take_attributes(struct reader *r, const char **pairs, struct attribute *out)
{
    size_t count = 0;
    for (size_t i = 0; pairs[i] && r->reason == NULL; i += 2) {
        struct attribute one = { .name = str_of(pairs[i]), .value = str_of(pairs[i + 1]), .uri = STR(""), .local = str_of(pairs[i]) };
        struct str prefix = STR_NONE;
        if (is_declaration(one.name, &prefix)) {
            continue;
        }
        if (str_find(one.name, ':') != STR_MISSING) {
            prefix = prefix_of(one.name);
            one.local = local_of(one.name);
            one.uri = str_equal(prefix, STR("xml")) ? XML_NAMESPACE : lookup(&r->scope, prefix);
        }
        if (one.uri.ptr == NULL || count == CANONICAL_ATTRIBUTES_MAX) {
            stop(r, one.uri.ptr ? "too many attributes" : "a prefix isn't declared");
            return count;
        }
        out[count++] = one;
    }
    qsort(out, count, sizeof(*out), by_name);
    return count;
}

static void write_start(struct reader *r, struct str name, const char **pairs)
{
    struct attribute attributes[CANONICAL_ATTRIBUTES_MAX];
    const size_t count = take_attributes(r, pairs, attributes);
    text_add_char(&r->out, '<');
    text_add(&r->out, name);
    write_namespaces(r, name, attributes, count);
    for (size_t i = 0; i < count; i++) {
        text_add_char(&r->out, ' ');
        text_add(&r->out, attributes[i].name);
        text_add(&r->out, STR("=\""));
        write_escaped(&r->out, attributes[i].value, true);
        text_add_char(&r->out, '"');
    }
    text_add_char(&r->out, '>');
}

/* --- where we are --- */

static bool is_written(const struct reader *r)
{
    return r->wish->part == CANONICAL_SIGNED_INFO ? r->info > 0 : r->target > 0 && r->signature == 0;
}

static bool has_id(const struct reader *r, const char **pairs)
{
    for (size_t i = 0; pairs[i]; i += 2) {
        if (str_equal(str_of(pairs[i]), STR("ID")) && str_equal(str_of(pairs[i + 1]), r->wish->id)) {
            return true;
        }
    }
    return false;
}

static bool is_dsig(const struct reader *r, struct str name, const char *local)
{
    return str_equal(local_of(name), str_of(local)) && str_equal(lookup(&r->scope, prefix_of(name)), DSIG);
}

static void note_place(struct reader *r, struct str name, const char **pairs)
{
    if (has_id(r, pairs)) {
        r->targets++;
        r->target = r->targets == 1 ? r->depth : r->target;
    } else if (r->target && r->depth == r->target + 1 && is_dsig(r, name, "Signature")) {
        r->signatures++;
        r->signature = r->depth;
    } else if (r->signature && r->depth == r->signature + 1 && is_dsig(r, name, "SignedInfo")) {
        r->infos++;
        r->info = r->depth;
    }
}

static void on_start(void *data, const char *name, const char **pairs)
{
    struct reader *r = data;
    if (++r->depth > CANONICAL_DEPTH_MAX) {
        stop(r, "nested too deeply");
        return;
    }
    for (size_t i = 0; pairs[i]; i += 2) {
        struct str prefix = STR_NONE;
        if (is_declaration(str_of(pairs[i]), &prefix)) {
            bind(r, &r->scope, prefix, str_of(pairs[i + 1]));
        }
    }
    note_place(r, str_of(name), pairs);
    if (r->reason == NULL && is_written(r)) {
        write_start(r, str_of(name), pairs);
    }
}

static void on_end(void *data, const char *name)
{
    struct reader *r = data;
    if (is_written(r)) {
        text_add(&r->out, STR("</"));
        text_add(&r->out, str_of(name));
        text_add_char(&r->out, '>');
    }
    r->info = r->info == r->depth ? 0 : r->info;
    r->signature = r->signature == r->depth ? 0 : r->signature;
    r->target = r->target == r->depth ? 0 : r->target;
    unbind(&r->scope, r->depth);
    unbind(&r->written, r->depth);
    r->depth--;
}

static void on_text(void *data, const char *piece, int size)
{
    struct reader *r = data;
    if (is_written(r)) {
        write_escaped(&r->out, (struct str){ piece, (size_t)size }, false);
    }
}

static void on_instruction(void *data, const char *target, const char *text)
{
    struct reader *r = data;
    (void)target, (void)text;
    if (r->depth > 0) {
        stop(r, "a processing instruction is not allowed");
    }
}

static void on_doctype(void *data, const char *name, const char *system, const char *public, int has_subset)
{
    (void)name, (void)system, (void)public, (void)has_subset;
    stop(data, "a document type is not allowed");
}

static const char *verdict(const struct reader *r, bool parsed)
{
    if (r->reason || !parsed) {
        return r->reason ? r->reason : XML_ErrorString(XML_GetErrorCode(r->parser));
    }
    if (r->targets != 1) {
        return r->targets ? "an ID stands twice" : "there is no element with that ID";
    }
    if (r->wish->part == CANONICAL_SIGNED_INFO && r->infos != 1) {
        return "there is not one signature";
    }
    return r->signatures > 1 ? "there is more than one signature" : NULL;
}

const char *canonical_xml(struct arena *arena, struct str document, const struct canonical_wish *wish, struct str *out)
{
    struct reader *r = ARENA_NEW(arena, struct reader);
    *r = (struct reader){ .arena = arena, .wish = wish, .out = text_new(arena) };
    r->parser = document.len < INT32_MAX ? XML_ParserCreate("UTF-8") : NULL;
    if (r->parser == NULL) {
        return "too large";
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetProcessingInstructionHandler(r->parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    const bool parsed = XML_Parse(r->parser, document.ptr ? document.ptr : "", (int)document.len, 1) == XML_STATUS_OK;
    const char *reason = verdict(r, parsed);
    XML_ParserFree(r->parser);
    *out = text_str(&r->out);
    return reason;
}
