#include "wire/validate.h"

#include <math.h>

#include "wire/codec.h"
#include "wire/pattern.h"
#include "wire/value.h"

enum { ERRORS_SHOWN = 20, VALUE_SHOWN = 1024 };

struct checker {
    struct arena *arena;
    struct text messages;
    bool (*wanted)(const struct member *member); /* of the outermost structure; NULL: all */
    size_t errors;
    bool unquoted;         /* values are left out */
    const char *own_words; /* of a shape for which AWS has some */
    bool answer; /* of our own: AWS answers empty maps and lists where the model wants an entry (GetDetector's tags), and
                  * empty texts where it has a pattern (GetFunctionCodeSigningConfig) */
};

/* Where a value stands: "tags.1.member.key". */
struct path {
    const struct path *parent;
    struct str step;
};

static void add_path(struct text *out, const struct path *path)
{
    if (path->parent) {
        add_path(out, path->parent);
        text_add_char(out, '.');
    }
    text_add(out, path->step);
}

/* spec: AWS shows members with a small first letter, whatever the model says. */
static struct str step_of(struct arena *arena, const char *name)
{
    struct text text = text_new(arena);
    const char first = name[0];
    text_add_char(&text, first >= 'A' && first <= 'Z' ? (char)(first - 'A' + 'a') : first);
    text_add(&text, str_of(name + (first ? 1 : 0)));
    return text_str(&text);
}

/* As Java prints it: doubles have a fraction. */
static struct str number_words(struct arena *arena, const struct shape *shape, double number)
{
    const struct str text = str_format(arena, "%.15g", number);
    const bool whole = shape->kind == SHAPE_DOUBLE && number > -1e7 && number < 1e7 && str_find(text, '.') == STR_MISSING;
    return whole ? str_format(arena, "%" STR_FMT ".0", STR_ARG(text)) : text;
}

static void add_value(struct arena *arena, struct text *out, const struct view *view);

static void add_members(struct arena *arena, struct text *out, const struct view *view)
{
    text_add(out, str_of(view->shape->name));
    text_add_char(out, '(');
    for (size_t i = 0; i < view->shape->member_count && out->len < VALUE_SHOWN; i++) {
        const struct view part = view_member(view->at, &view->shape->members[i]);
        text_add(out, i ? STR(", ") : STR(""));
        text_add(out, str_of(view->shape->members[i].name));
        text_add_char(out, '=');
        add_value(arena, out, &part);
    }
    text_add_char(out, ')');
}

static void add_items(struct arena *arena, struct text *out, const struct view *view)
{
    const bool map = view->shape->kind == SHAPE_MAP;
    text_add_char(out, map ? '{' : '[');
    for (size_t i = 0; i < view_count(view) && out->len < VALUE_SHOWN; i++) {
        const struct view item = view_item(view, i);
        text_add(out, i ? STR(", ") : STR(""));
        if (map) {
            text_add(out, view_key(view, i));
            text_add_char(out, '=');
        }
        add_value(arena, out, &item);
    }
    text_add_char(out, map ? '}' : ']');
}

/* spec: lists, maps and structures come as Java prints them: "[Tag(key=a, value=null)]", "{a=b}". */
static void add_value(struct arena *arena, struct text *out, const struct view *view)
{
    const enum shape_kind kind = view->shape->kind;
    if (!view_present(view)) {
        text_add(out, STR("null"));
    } else if (view->shape->sensitive) {
        text_add(out, STR("***sensitiveparam***"));
    } else if (kind == SHAPE_STRUCTURE) {
        add_members(arena, out, view);
    } else if (kind == SHAPE_LIST || kind == SHAPE_MAP) {
        add_items(arena, out, view);
    } else {
        text_add(out, kind == SHAPE_DOUBLE ? number_words(arena, view->shape, view_double(view)) : view_print(arena, view, TIME_ISO8601));
    }
}

static struct str shown(struct arena *arena, const struct view *view)
{
    struct text text = text_new(arena);
    if (view->shape->kind != SHAPE_TIMESTAMP && view->shape->kind != SHAPE_STRUCTURE) {
        add_value(arena, &text, view);
    }
    return text_shown(text_str(&text), VALUE_SHOWN);
}

/* view NULL: the value is missing. */
static void report(struct checker *c, const struct path *path, const struct view *view, struct str constraint)
{
    if (c->errors++ >= ERRORS_SHOWN) {
        return;
    }
    text_add(&c->messages, c->errors > 1 ? STR("; Value") : STR("Value"));
    if (!view && !c->unquoted) {
        text_add(&c->messages, STR(" null"));
    } else if (view && !c->unquoted && !view->shape->sensitive) {
        text_add(&c->messages, STR(" '"));
        text_add(&c->messages, shown(c->arena, view));
        text_add_char(&c->messages, '\'');
    }
    text_add(&c->messages, STR(" at '"));
    add_path(&c->messages, path);
    text_add(&c->messages, STR("' failed to satisfy constraint: "));
    text_add(&c->messages, constraint);
}

static size_t code_points(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

enum { CONSTRAINTS_MAX = 4 };

/* The constraints of one shape that count, in words. */
struct constraints {
    struct str words[CONSTRAINTS_MAX];
    size_t count;
    bool all; /* also those that hold */
};

static void constrain(struct constraints *out, struct str words)
{
    out->words[out->count++] = words;
}

static void constrain_length(struct arena *arena, struct constraints *out, const struct shape *shape, size_t length)
{
    if (shape->has_max && (out->all || (double)length > shape->max)) {
        constrain(out, str_format(arena, "Member must have length less than or equal to %.0f", shape->max));
    }
    if (shape->has_min && (out->all || (double)length < shape->min)) {
        constrain(out, str_format(arena, "Member must have length greater than or equal to %.0f", shape->min));
    }
}

static void constrain_range(struct arena *arena, struct constraints *out, const struct shape *shape, double value)
{
    if (shape->has_max && (out->all || !(value <= shape->max))) {
        constrain(out, str_format(arena, "Member must have value less than or equal to %" STR_FMT,
                                  STR_ARG(number_words(arena, shape, shape->max))));
    }
    if (shape->has_min && (out->all || !(value >= shape->min))) {
        constrain(out, str_format(arena, "Member must have value greater than or equal to %" STR_FMT,
                                  STR_ARG(number_words(arena, shape, shape->min))));
    }
}

static bool is_listed(const struct shape *shape, struct str text)
{
    for (const char *const *value = shape->values; *value; value++) {
        if (str_equal(str_of(*value), text)) {
            return true;
        }
    }
    return false;
}

static struct str enum_words(struct arena *arena, const struct shape *shape)
{
    struct text words = text_new(arena);
    text_add(&words, STR("Member must satisfy enum value set: ["));
    for (const char *const *value = shape->values; *value; value++) {
        text_add(&words, value == shape->values ? STR("") : STR(", "));
        text_add(&words, str_of(*value));
    }
    text_add_char(&words, ']');
    return text_str(&words);
}

static void constrain_text(struct arena *arena, struct constraints *out, const struct shape *shape, struct str text)
{
    constrain_length(arena, out, shape, code_points(text));
    if (shape->pattern && (out->all || !pattern_matches(shape->pattern, text))) {
        constrain(out, str_format(arena, "Member must satisfy regular expression pattern: %s", shape->pattern));
    }
    if (shape->values && (out->all || !is_listed(shape, text))) {
        constrain(out, enum_words(arena, shape));
    }
}

/* What one value breaks by itself, its parts aside; with all, every constraint of its shape. */
static struct constraints constraints_of(struct arena *arena, const struct view *view, bool all)
{
    struct constraints out = { .all = all };
    switch (view->shape->kind) {
    case SHAPE_STRING:
        constrain_text(arena, &out, view->shape, view_text(view));
        break;
    case SHAPE_BLOB:
        constrain_length(arena, &out, view->shape, view_text(view).len);
        break;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        constrain_range(arena, &out, view->shape, (double)view_integer(view));
        break;
    case SHAPE_DOUBLE:
        constrain_range(arena, &out, view->shape, view_double(view));
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        constrain_length(arena, &out, view->shape, view_count(view));
        break;
    case SHAPE_DOCUMENT:
    case SHAPE_BOOLEAN:
    case SHAPE_TIMESTAMP:
    case SHAPE_STRUCTURE:
        break;
    }
    return out;
}

static void check_structure(struct checker *c, const struct path *path, const struct shape *shape,
                            const void *structure);
static void check_items(struct checker *c, const struct path *path, const struct view *list);

static void check_parts(struct checker *c, const struct path *path, const struct view *view)
{
    if (view->shape->kind == SHAPE_STRUCTURE) {
        check_structure(c, path, view->shape, view->at);
    } else if (view->shape->kind == SHAPE_LIST || view->shape->kind == SHAPE_MAP) {
        check_items(c, path, view);
    }
}

static void report_all(struct checker *c, const struct path *path, const struct view *view,
                       const struct constraints *broken)
{
    for (size_t i = 0; i < broken->count; i++) {
        report(c, path, view, broken->words[i]);
    }
}

/* Elements and values that can't be empty can't be null either; of a map's keys AWS doesn't say so. */
static bool never_null(const struct view *list, const struct view *element)
{
    const struct shape *shape = element->shape;
    const bool key = list->shape->kind == SHAPE_MAP && list->shape->members[0].shape == shape;
    return !key && (shape->values || shape->kind != SHAPE_STRING || (shape->has_min && shape->min > 0));
}

/* spec: what a scalar element or a key breaks, AWS reports at the whole list or map, with every constraint of the
 * element's shape: "Member must satisfy constraint: [A, B]". */
static void report_element(struct checker *c, const struct path *path, const struct view *list,
                           const struct view *element)
{
    const struct constraints all = constraints_of(c->arena, element, true);
    struct text words = text_new(c->arena);
    text_add(&words, list->shape->kind == SHAPE_MAP && list->shape->members[0].shape == element->shape
                         ? STR("Map keys must satisfy constraint: [")
                         : list->shape->kind == SHAPE_MAP ? STR("Map value must satisfy constraint: [")
                                                          : STR("Member must satisfy constraint: ["));
    for (size_t i = 0; i < all.count; i++) {
        text_add(&words, i ? STR(", ") : STR(""));
        text_add(&words, all.words[i]);
    }
    text_add(&words, never_null(list, element) ? STR(", Member must not be null]") : STR("]"));
    report(c, path, list, text_str(&words));
}

static bool is_broken(struct checker *c, const struct view *view)
{
    return constraints_of(c->arena, view, false).count > 0;
}

static void check_items(struct checker *c, const struct path *path, const struct view *list)
{
    bool reported = false;
    for (size_t i = 0; i < view_count(list); i++) {
        const struct view item = view_item(list, i);
        const struct str key = list->shape->kind == SHAPE_MAP ? view_key(list, i) : STR_NONE;
        const struct view key_view = { list->shape->members[0].shape, &key, true, TIME_DEFAULT };
        if (key.ptr && !reported && is_broken(c, &key_view)) {
            report_element(c, path, list, &key_view);
            reported = true;
        }
        if (!view_present(&item)) {
            continue;
        }
        if (!reported && is_broken(c, &item)) {
            report_element(c, path, list, &item);
            reported = true;
        }
        const struct path number = { path, key.ptr ? key : str_format(c->arena, "%zu", i + 1) };
        const struct path member = { &number, STR("member") };
        check_parts(c, &member, &item);
    }
}

static bool is_too_long(const struct view *view)
{
    return view->shape->too_long && (double)code_points(view_text(view)) > view->shape->max;
}

static bool is_empty_text(const struct view *view)
{
    const struct str *text = view->at;
    return view->shape->kind == SHAPE_STRING && view->shape->values == NULL && !(view->shape->has_min && view->shape->min > 0) && text->ptr && text->len == 0;
}

static void check_structure(struct checker *c, const struct path *path, const struct shape *shape,
                            const void *structure)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct view view = view_member(structure, member);
        const bool present = view_present(&view);
        if ((!present && (!member->required || member->idempotency_token))
            || (path == NULL && c->wanted && !c->wanted(member))) {
            continue;
        }
        const struct path own = { path, step_of(c->arena, member->name) };
        if (!present) {
            report(c, &own, NULL, STR("Member must not be null"));
            continue;
        }
        const bool compound = view.shape->kind == SHAPE_LIST || view.shape->kind == SHAPE_MAP;
        if (c->answer && (is_empty_text(&view) || (compound && view_count(&view) == 0))) {
            continue;
        }
        const struct constraints broken = constraints_of(c->arena, &view, false);
        c->own_words = is_too_long(&view) ? view.shape->too_long : c->own_words;
        report_all(c, &own, &view, &broken);
        check_parts(c, &own, &view);
    }
}

static struct str validate(struct checker c, const struct shape *shape, const void *structure)
{
    struct arena *arena = c.arena;
    c.messages = text_new(arena);
    check_structure(&c, NULL, shape, structure);
    if (c.errors == 0) {
        return STR_NONE;
    }
    if (c.own_words) {
        return str_of(c.own_words);
    }
    const struct str messages = text_str(&c.messages);
    return str_format(arena, "%zu validation error%s detected: %s", c.errors, c.errors == 1 ? "" : "s", messages.ptr);
}

struct str validate_structure(struct arena *arena, const struct shape *shape, const void *structure)
{
    return validate((struct checker){ .arena = arena }, shape, structure);
}

struct str validate_unquoted(struct arena *arena, const struct shape *shape, const void *structure)
{
    return validate((struct checker){ .arena = arena, .unquoted = true }, shape, structure);
}

struct str validate_members(struct arena *arena, const struct shape *shape, const void *structure,
                            bool (*wanted)(const struct member *member))
{
    return validate((struct checker){ .arena = arena, .wanted = wanted }, shape, structure);
}

struct str wire_check_output(struct ctx *ctx, const struct shape *shape, const void *value)
{
    return shape->kind == SHAPE_STRUCTURE && value ? validate((struct checker){ .arena = ctx->arena, .answer = true }, shape, value)
                                                   : STR_NONE;
}
