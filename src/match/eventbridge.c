#include "match/eventbridge.h"

#include <math.h>
#include <stdlib.h>

#include "match/eventbridge_parts.h"
#include "match/match.h"
#include "match/network.h"

/* --- combinations: what the pattern asks, one conjunction of fields for each way through its $or --- */

struct pattern_field {
    struct str path; /* names joined with dots, as AWS compares them */
    const struct predicate *predicate;
    const struct pattern_field *older;
};

struct combinations {
    const struct pattern_field **newest; /* by combination: a list, the newest first */
    size_t count;
    size_t capacity;
};

struct reader {
    struct token_reader tokens;
    size_t fields;
    size_t tests;
};

static struct err too_complex(struct reader *r)
{
    return token_refuse_text(&r->tokens, STR("Rule is too complex - try using fewer $or combinations, fewer fields or less nesting"), false);
}

static void put_combination(struct arena *arena, struct combinations *c, const struct pattern_field *newest)
{
    if (c->count == c->capacity) {
        const size_t grown = c->capacity ? c->capacity * 2 : 4;
        c->newest = arena_grow(arena, c->newest, c->capacity * sizeof(*c->newest), grown * sizeof(*c->newest));
        c->capacity = grown;
    }
    c->newest[c->count++] = newest;
}

static struct combinations copy_combinations(struct arena *arena, const struct combinations *from)
{
    struct combinations copy = { 0 };
    for (size_t i = 0; i < from->count; i++) {
        put_combination(arena, &copy, from->newest[i]);
    }
    if (copy.count == 0) {
        put_combination(arena, &copy, NULL);
    }
    return copy;
}

static struct err put_field(struct reader *r, struct combinations *c, struct str path, const struct predicate *predicate)
{
    struct arena *arena = r->tokens.ctx->arena;
    if (c->count == 0) {
        put_combination(arena, c, NULL);
    }
    r->fields += c->count;
    if (r->fields > EVENTBRIDGE_FIELDS_MAX) {
        return too_complex(r);
    }
    for (size_t i = 0; i < c->count; i++) {
        struct pattern_field *field = ARENA_NEW(arena, struct pattern_field);
        *field = (struct pattern_field){ path, predicate, c->newest[i] };
        c->newest[i] = field;
    }
    return ERR_OK;
}

/* --- the alternatives of a field --- */

/* As base/scan.h writes paths: what means something else there gets a backslash. */
static struct str scan_path(struct arena *arena, struct str path)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < path.len; i++) {
        const bool last = i + 2 == path.len || (i + 2 < path.len && path.ptr[i + 2] == '.');
        if (path.ptr[i] == '\\' || (path.ptr[i] == '[' && last && path.ptr[i + 1] == ']')) {
            text_add_char(&text, '\\');
        }
        text_add_char(&text, path.ptr[i]);
    }
    return text_str(&text);
}

struct literals_of_field {
    struct value_list texts;
    struct value_list addresses;
    struct value_list numbers;
};

/* spec: event-ruler: a string that is an IP address matches whatever spelling of it. IPv4 has only one. */
static bool has_spellings(struct str text)
{
    struct network network = { 0 };
    return str_find(text, ':') != STR_MISSING && str_find(text, '.') == STR_MISSING && str_find(text, '/') == STR_MISSING
           && network_parse(text, &network);
}

static struct err take_alternative(struct reader *r, struct alternatives *a, struct literals_of_field *literals)
{
    struct token_reader *t = &r->tokens;
    struct arena *arena = t->ctx->arena;
    struct str text = STR_NONE;
    double number = 0;
    switch (t->token) {
    case TOKEN_OBJECT:
        return eventbridge_expression(t, a);
    case TOKEN_STRING:
        TRY(token_text(t, &text));
        value_list_put(arena, has_spellings(text) ? &literals->addresses : &literals->texts, text);
        return ERR_OK;
    case TOKEN_NUMBER:
        if (str_to_double(t->text, &number)) {
            value_list_put(arena, &literals->numbers, t->text);
        }
        return ERR_OK;
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        alternatives_add(arena, a, PREDICATE_BOOL)->low = t->token == TOKEN_TRUE;
        return ERR_OK;
    case TOKEN_NULL:
        alternatives_add(arena, a, PREDICATE_NULL);
        return ERR_OK;
    case TOKEN_END:
    case TOKEN_OBJECT_END:
    case TOKEN_ARRAY:
    case TOKEN_ARRAY_END:
    case TOKEN_NAME:
        break;
    }
    return token_refuse(t, "Match value must be String, number, true, false, or null");
}

static size_t count_parts(struct str path)
{
    size_t parts = 1;
    for (size_t i = 0; i < path.len; i++) {
        parts += path.ptr[i] == '.';
    }
    return parts;
}

static const struct predicate *any_of(struct arena *arena, const struct alternatives *a)
{
    if (a->count == 1) {
        return a->tests[0];
    }
    struct predicate *any = ARENA_NEW(arena, struct predicate);
    *any = (struct predicate){ .kind = PREDICATE_ANY, .children = a->tests, .child_count = a->count };
    return any;
}

static struct err read_field(struct reader *r, struct combinations *c, struct str path)
{
    struct token_reader *t = &r->tokens;
    struct arena *arena = t->ctx->arena;
    struct alternatives a = { .path = scan_path(arena, path), .label = path };
    struct literals_of_field literals = { 0 };
    size_t count = 0;
    if (count_parts(path) > SCAN_PATH_PARTS_MAX) {
        return too_complex(r);
    }
    for (;; count++) {
        TRY(token_next(t));
        if (t->token == TOKEN_ARRAY_END) {
            break;
        }
        TRY(take_alternative(r, &a, &literals));
    }
    if (count == 0) {
        return token_refuse(t, "Empty arrays are not allowed");
    }
    alternatives_add_values(arena, &a, PREDICATE_EQUALS, &literals.texts);
    alternatives_add_values(arena, &a, PREDICATE_CIDR, &literals.addresses);
    alternatives_add_values(arena, &a, PREDICATE_NUMBER, &literals.numbers);
    return put_field(r, c, path, any_of(arena, &a));
}

/* --- objects --- */

/* spec: EventBridge user guide, $or: these can't be names of fields right below it. */
static bool is_reserved(struct str name)
{
    static const struct str reserved[] = {
        STR_INIT("exactly"), STR_INIT("equals-ignore-case"), STR_INIT("prefix"), STR_INIT("suffix"), STR_INIT("anything-but"),
        STR_INIT("exists"), STR_INIT("wildcard"), STR_INIT("numeric"), STR_INIT("cidr"), STR_INIT("="), STR_INIT("<"),
        STR_INIT("<="), STR_INIT(">"), STR_INIT(">="), STR_INIT("regex"), STR_INIT("not-wildcard"),
        STR_INIT("not-equals-ignore-case"), STR_INIT("date-after"), STR_INIT("date-on-or-after"), STR_INIT("date-before"),
        STR_INIT("date-on-or-before"), STR_INIT("in-date-range"), STR_INIT("ip-address-in-range"),
        STR_INIT("ip-address-not-in-range"),
    };
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        if (str_equal(name, reserved[i])) {
            return true;
        }
    }
    return false;
}

/* Reads one object to its end; false: malformed, or a name right in it is reserved. */
static bool is_alternative(struct token_reader *t)
{
    const size_t depth = t->depth;
    while (t->depth >= depth) {
        if (token_next(t).fault || (t->token == TOKEN_NAME && t->depth == depth && is_reserved(t->name))) {
            return false;
        }
    }
    return true;
}

/* Whether "$or" is the operator here: two or more objects follow in an array, none of them an expression. */
static bool or_follows(const struct reader *r)
{
    struct token_reader ahead = r->tokens;
    struct ctx ctx = *r->tokens.ctx;
    const struct arena_mark mark = arena_mark(ctx.arena);
    ahead.ctx = &ctx;
    size_t count = 0;
    bool good = token_next(&ahead).fault == NULL && ahead.token == TOKEN_ARRAY;
    while (good) {
        good = token_next(&ahead).fault == NULL;
        if (good && ahead.token == TOKEN_ARRAY_END) {
            break;
        }
        good = good && ahead.token == TOKEN_OBJECT && is_alternative(&ahead);
        count++;
    }
    arena_release(ctx.arena, mark);
    return good && count >= 2;
}

static struct err read_object(struct reader *r, struct combinations *c, struct str path, bool root);

static struct err read_or(struct reader *r, struct combinations *c, struct str path, bool root)
{
    struct arena *arena = r->tokens.ctx->arena;
    const struct combinations before = *c;
    *c = (struct combinations){ 0 };
    TRY(token_next(&r->tokens));
    for (;;) {
        TRY(token_next(&r->tokens));
        if (r->tokens.token == TOKEN_ARRAY_END) {
            return ERR_OK;
        }
        struct combinations one = copy_combinations(arena, &before);
        TRY(read_object(r, &one, path, root));
        if (c->count + one.count > EVENTBRIDGE_RULES_MAX) {
            return too_complex(r);
        }
        for (size_t i = 0; i < one.count; i++) {
            put_combination(arena, c, one.newest[i]);
        }
    }
}

static struct err read_member(struct reader *r, struct combinations *c, struct str path, bool root)
{
    struct token_reader *t = &r->tokens;
    const struct str name = t->name;
    if (str_equal(name, STR("$or")) && or_follows(r)) {
        return read_or(r, c, path, root);
    }
    struct text joined = text_new(t->ctx->arena);
    if (!root) {
        text_add(&joined, path);
        text_add_char(&joined, '.');
    }
    text_add(&joined, name);
    const struct str below = text_str(&joined);
    TRY(token_next(t));
    if (t->token == TOKEN_OBJECT) {
        return read_object(r, c, below, false);
    }
    if (t->token == TOKEN_ARRAY) {
        return read_field(r, c, below);
    }
    struct text message = text_new(t->ctx->arena);
    text_add_char(&message, '"');
    text_add(&message, name);
    text_add(&message, STR("\" must be an object or an array"));
    return token_refuse_text(t, text_str(&message), true);
}

static struct err read_object(struct reader *r, struct combinations *c, struct str path, bool root)
{
    bool any = false;
    for (;; any = true) {
        TRY(token_next(&r->tokens));
        if (r->tokens.token == TOKEN_OBJECT_END) {
            return any ? ERR_OK : token_refuse(&r->tokens, "Empty objects are not allowed");
        }
        TRY(read_member(r, c, path, root));
    }
}

/* --- predicates --- */

struct numbered_field {
    const struct pattern_field *field;
    size_t age; /* the newest is 0 */
};

/* By path, of one path the newest first. */
static int compare_fields(const void *a, const void *b)
{
    const struct numbered_field *x = a;
    const struct numbered_field *y = b;
    const int order = str_compare(x->field->path, y->field->path);
    return order ? order : (x->age > y->age) - (x->age < y->age);
}

/* The last of each path, in order of path: that is the order in which AWS looks for them. */
static const struct predicate *make_conjunction(struct reader *r, const struct pattern_field *newest)
{
    struct arena *arena = r->tokens.ctx->arena;
    size_t count = 0;
    for (const struct pattern_field *f = newest; f; f = f->older) {
        count++;
    }
    struct numbered_field *fields = ARENA_ARRAY(arena, struct numbered_field, count);
    count = 0;
    for (const struct pattern_field *f = newest; f; f = f->older, count++) {
        fields[count] = (struct numbered_field){ f, count };
    }
    qsort(fields, count, sizeof(*fields), compare_fields);
    const struct predicate **children = (void *)ARENA_ARRAY(arena, struct predicate *, count);
    struct predicate *all = ARENA_NEW(arena, struct predicate);
    *all = (struct predicate){ .kind = PREDICATE_ALL, .together = true, .children = children };
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !str_equal(fields[i].field->path, fields[i - 1].field->path)) {
            const struct predicate *child = fields[i].field->predicate;
            children[all->child_count++] = child;
            r->tests += child->kind == PREDICATE_TEST ? 1 : child->child_count;
        }
    }
    return all->child_count == 1 ? children[0] : all;
}

static struct err read_pattern(struct reader *r, const struct predicate **out)
{
    struct arena *arena = r->tokens.ctx->arena;
    struct combinations c = { 0 };
    if (r->tokens.source.len > EVENTBRIDGE_TEXT_MAX || !str_utf8_valid(r->tokens.source)) {
        return token_refuse_text(&r->tokens, STR("Event pattern is too long or is not UTF-8"), false);
    }
    TRY(token_next(&r->tokens));
    if (r->tokens.token != TOKEN_OBJECT) {
        return token_refuse(&r->tokens, "Filter is not an object");
    }
    TRY(read_object(r, &c, STR(""), true));
    const struct predicate **children = (void *)ARENA_ARRAY(arena, struct predicate *, c.count);
    for (size_t i = 0; i < c.count; i++) {
        children[i] = make_conjunction(r, c.newest[i]);
    }
    if (r->tests > MATCH_TESTS_MAX) {
        return too_complex(r);
    }
    struct predicate *any = ARENA_NEW(arena, struct predicate);
    *any = (struct predicate){ .kind = PREDICATE_ANY, .children = children, .child_count = c.count };
    *out = c.count == 1 ? children[0] : any;
    return ERR_OK;
}

struct err eventbridge_parse(struct ctx *ctx, struct str pattern, const struct predicate **out, struct str *reason)
{
    struct reader *r = ARENA_NEW(ctx->arena, struct reader);
    r->tokens.ctx = ctx;
    r->tokens.source = pattern;
    const struct err err = read_pattern(r, out);
    if (err.fault && reason) {
        *reason = r->tokens.reason;
    }
    return err;
}
