#include "app/audit_values.h"

#include "base/clock.h"
#include "wire/value.h"

/* Whatever the model says of them. */
static const char *const NEVER_SHOWN[] = {
    "SecretAccessKey", "SessionToken", "SecretString", "RandomPassword", "Password", "NewPassword", "OldPassword",
    "WebIdentityToken", "SAMLAssertion", "Plaintext", "PrivateKeyPlaintext", "SSECustomerKey", "CopySourceSSECustomerKey",
    "FederationToken",
};

struct audit_style audit_style(const struct service_model *service)
{
    const bool covers = strcmp(service->name, "organizations") == 0;
    const bool tells = strcmp(service->name, "guardduty") == 0 || strcmp(service->name, "securityhub") == 0
        || strcmp(service->name, "macie2") == 0;
    return (struct audit_style){
        .wire_names = strcmp(service->name, "s3") == 0,
        .hidden = covers ? "****" : tells ? "HIDDEN_DUE_TO_SECURITY_REASONS" : NULL,
    };
}

static bool is_never_shown(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(NEVER_SHOWN); i++) {
        const char *hidden = NEVER_SHOWN[i];
        if ((name[0] | 0x20) == (hidden[0] | 0x20) && strcmp(name + 1, hidden + 1) == 0) {
            return true;
        }
    }
    return false;
}

static void add_sixtieths(struct text *text, int number)
{
    text_add_char(text, ':');
    text_add_char(text, (char)('0' + number / 10));
    text_add_char(text, (char)('0' + number % 10));
}

/* "Mar 24, 2014, 9:11:59 PM" */
static void write_time(struct json_writer *w, int64_t ms)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct civil_time t = clock_civil(ms);
    struct text text = text_new(w->text.arena);
    text_add(&text, str_of(months[t.month - 1]));
    text_add_char(&text, ' ');
    text_add_int(&text, t.day);
    text_add(&text, STR(", "));
    text_add_int(&text, t.year);
    text_add(&text, STR(", "));
    text_add_int(&text, t.hour % 12 ? t.hour % 12 : 12);
    add_sixtieths(&text, t.minute);
    add_sixtieths(&text, t.second);
    text_add(&text, t.hour < 12 ? STR(" AM") : STR(" PM"));
    json_str(w, text_str(&text));
}

static void write_members(struct json_writer *w, const struct audit_style *style, const struct shape *shape,
                          const void *structure);

static void write_value(struct json_writer *w, const struct audit_style *style, const struct view *view);

static void write_list(struct json_writer *w, const struct audit_style *style, const struct view *view)
{
    const size_t count = view_count(view);
    json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct view item = view_item(view, i);
        write_value(w, style, &item);
    }
    json_close_array(w);
}

/* As XML turned into JSON: one item stands for itself, and a list that is not flattened names its items within. */
static void write_wire_list(struct json_writer *w, const struct audit_style *style, const struct member *member, const struct view *view)
{
    const bool flattened = member->flattened || view->shape->flattened;
    const char *name = view->shape->members[0].wire_name;
    const size_t count = view_count(view);
    if (count == 0) {
        json_str(w, STR(""));
        return;
    }
    if (!flattened) {
        json_open_object(w);
        json_key(w, str_of(name ? name : "member"));
    }
    if (count == 1) {
        const struct view item = view_item(view, 0);
        write_value(w, style, &item);
    } else {
        write_list(w, style, view);
    }
    if (!flattened) {
        json_close_object(w);
    }
}

static void write_map(struct json_writer *w, const struct audit_style *style, const struct view *view)
{
    const size_t count = view_count(view);
    json_open_object(w);
    for (size_t i = 0; i < count && !view->shape->sensitive; i++) {
        const struct view item = view_item(view, i);
        if (!item.shape->sensitive) {
            json_key(w, view_key(view, i));
            write_value(w, style, &item);
        }
    }
    json_close_object(w);
}

static void write_value(struct json_writer *w, const struct audit_style *style, const struct view *view)
{
    switch (view->shape->kind) {
    case SHAPE_STRING:
        json_str(w, view->shape->sensitive ? STR("****") : view_text(view));
        return;
    case SHAPE_BLOB:
        json_write_null(w);
        return;
    case SHAPE_DOCUMENT:
        json_raw(w, view_text(view));
        return;
    case SHAPE_BOOLEAN:
        json_write_bool(w, view_bool(view));
        return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        json_write_int(w, view_integer(view));
        return;
    case SHAPE_DOUBLE:
        json_write_double(w, view_double(view));
        return;
    case SHAPE_TIMESTAMP:
        write_time(w, view_integer(view));
        return;
    case SHAPE_LIST:
        write_list(w, style, view);
        return;
    case SHAPE_MAP:
        write_map(w, style, view);
        return;
    case SHAPE_STRUCTURE:
        json_open_object(w);
        write_members(w, style, view->shape, view->at);
        json_close_object(w);
        return;
    }
}

static void write_name(struct json_writer *w, const struct audit_style *style, const struct member *member)
{
    if (style->wire_names && member->location == IN_URI && strcmp(member->name, "Bucket") == 0) {
        json_key(w, STR("bucketName"));
        return;
    }
    if (style->wire_names && member->location != IN_URI) {
        json_key(w, str_of(member->wire_name));
        return;
    }
    char name[128];
    const size_t length = strlen(member->name);
    if (length >= sizeof(name)) {
        json_key(w, str_of(member->name));
        return;
    }
    memcpy(name, member->name, length);
    name[0] = name[0] >= 'A' && name[0] <= 'Z' ? (char)(name[0] | 0x20) : name[0];
    json_key(w, (struct str){ name, length });
}

/* S3's policies are shown as what they say; what users keep as metadata of objects is theirs alone. */
static void write_document(struct json_writer *w, const struct member *member, const struct view *view)
{
    if (strcmp(member->name, "Policy") == 0 && json_parse(w->text.arena, view_text(view), NULL)) {
        json_key(w, STR("bucketPolicy"));
        json_raw(w, view_text(view));
    }
}

/* "?lifecycle", "?list-type=2": which of a resource's aspects a request is about. */
static void write_query(struct json_writer *w, const char *uri)
{
    struct str rest = STR_NONE;
    str_cut(str_of(uri), '?', &rest);
    while (rest.len > 0) {
        struct str value = STR_NONE;
        const struct str pair = str_cut(rest, '&', &rest);
        const struct str name = str_cut(pair, '=', &value);
        if (name.len > 0 && !str_equal(name, STR("x-id"))) {
            json_key(w, name);
            json_str(w, value.ptr ? value : STR(""));
        }
    }
}

/* Emits nothing for what is hidden without a word. */
static void write_member(struct json_writer *w, const struct audit_style *style, const struct member *member,
                         const void *structure)
{
    const struct view view = view_member(structure, member);
    const struct shape *shape = member->shape;
    if (!view_present(&view) || shape->kind == SHAPE_BLOB || member->streaming || is_never_shown(member->name)) {
        return;
    }
    if (style->wire_names && (member->location == IN_HEADERS || (member->payload && shape->kind == SHAPE_STRING))) {
        write_document(w, member, &view);
        return;
    }
    const bool scalar = shape->kind != SHAPE_MAP && shape->kind != SHAPE_LIST && shape->kind != SHAPE_STRUCTURE;
    if (shape->sensitive && scalar) {
        if (style->hidden) {
            write_name(w, style, member);
            json_str(w, str_of(style->hidden));
        }
        return;
    }
    write_name(w, style, member);
    if (shape->sensitive && shape->kind == SHAPE_STRUCTURE) {
        json_raw(w, STR("{}"));
    } else if (shape->sensitive && shape->kind == SHAPE_LIST) {
        json_raw(w, STR("[]"));
    } else if (style->wire_names && shape->kind == SHAPE_LIST) {
        write_wire_list(w, style, member, &view);
    } else {
        write_value(w, style, &view);
    }
}

static void write_members(struct json_writer *w, const struct audit_style *style, const struct shape *shape,
                          const void *structure)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        write_member(w, style, &shape->members[i], structure);
    }
}

void audit_write(struct json_writer *w, const struct audit_style *style, const struct shape *shape, const void *structure)
{
    if (structure == NULL || shape->member_count == 0) {
        json_write_null(w);
        return;
    }
    const size_t before = w->text.len;
    const bool comma = w->comma;
    json_open_object(w);
    write_members(w, style, shape, structure);
    if (style->wire_names && style->uri) {
        json_member_str(w, STR("Host"), style->host);
        write_query(w, style->uri);
    }
    json_close_object(w);
    const size_t length = w->text.len - before;
    const bool nothing = w->text.ptr[w->text.len - 2] == '{';
    if (nothing || length > AUDIT_VALUES_MAX) {
        w->text.len = before;
        w->comma = comma;
        json_raw(w, nothing ? STR("null") : str_format(w->text.arena, "{\"omitted\":true,\"originalSize\":%zu,"
                                                       "\"reason\":\"too large\"}", length));
    }
}
