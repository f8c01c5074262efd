#include "wire/uri.h"

static struct uri_part parse_part(struct str segment)
{
    if (segment.len < 2 || segment.ptr[0] != '{' || segment.ptr[segment.len - 1] != '}') {
        return (struct uri_part){ URI_LITERAL, segment };
    }
    const struct str name = str_slice(segment, 1, segment.len - 2);
    if (name.len && name.ptr[name.len - 1] == '+') {
        return (struct uri_part){ URI_GREEDY, str_slice(name, 0, name.len - 1) };
    }
    return (struct uri_part){ URI_LABEL, name };
}

struct uri_template uri_parse(struct arena *arena, const char *uri)
{
    struct uri_template out = { .query = STR_NONE };
    struct str path = str_cut(str_of(uri), '?', &out.query);
    struct uri_part *parts = ARENA_ARRAY(arena, struct uri_part, path.len + 1);
    struct str rest = path;
    while (rest.ptr) {
        const struct str segment = str_cut(rest, '/', &rest);
        if (segment.len == 0) {
            continue;
        }
        parts[out.part_count] = parse_part(segment);
        out.literals += parts[out.part_count].kind == URI_LITERAL;
        out.greedy = out.greedy || parts[out.part_count].kind == URI_GREEDY;
        out.part_count++;
    }
    out.parts = parts;
    return out;
}

/* Plain bytes first; then as percent-escapes, since some clients encode more than they must. */
static bool same_literal(struct str literal, struct str segment)
{
    if (str_equal(literal, segment)) {
        return true;
    }
    size_t at = 0;
    for (size_t i = 0; i < segment.len; i++, at++) {
        unsigned char c = (unsigned char)segment.ptr[i];
        if (c == '%' && str_unhex(str_slice(segment, i + 1, 2), &c, 1)) {
            i += 2;
        }
        if (at >= literal.len || (unsigned char)literal.ptr[at] != c) {
            return false;
        }
    }
    return at == literal.len;
}

/* What a greedy label takes: all but as many segments as the template still needs. */
static struct str greedy_text(struct str rest, size_t still_needed)
{
    struct str taken = rest;
    for (; still_needed > 0; still_needed--) {
        const size_t slash = str_find_last(taken, '/');
        if (slash == STR_MISSING) {
            return STR_NONE;
        }
        taken = str_slice(taken, 0, slash);
    }
    return taken;
}

bool uri_match(const struct uri_template *uri, struct str path, struct str *labels, size_t *label_count, size_t max)
{
    *label_count = 0;
    struct str rest = path;
    for (size_t i = 0; i < uri->part_count; i++) {
        if (rest.len == 0 || rest.ptr[0] != '/') {
            return false;
        }
        rest = str_from(rest, 1);
        const struct uri_part *part = &uri->parts[i];
        const size_t slash = str_find(rest, '/');
        const struct str segment = part->kind == URI_GREEDY ? greedy_text(rest, uri->part_count - i - 1)
                                                            : str_slice(rest, 0, slash == STR_MISSING ? rest.len : slash);
        if (part->kind == URI_LITERAL ? !same_literal(part->text, segment) : segment.len == 0) {
            return false;
        }
        if (part->kind != URI_LITERAL) {
            if (*label_count == max) {
                return false;
            }
            labels[(*label_count)++] = segment;
        }
        rest = str_from(rest, segment.len);
    }
    return rest.len == 0 || (rest.len == 1 && rest.ptr[0] == '/');
}
