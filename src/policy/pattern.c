/* pattern.c - wildcards, policy variables and ARN patterns.
 *
 * A pattern is cut into pieces once. What its variables stand for is only known with a request: then the pieces become
 * spans that borrow the values, and are matched where they lie. */
#include "policy/compiled.h"

/* --- compiling --- */

struct cutter {
    struct piece items[PIECES_MAX];
    size_t count;
    bool full;
};

static void cut(struct cutter *cutter, enum piece_kind kind, struct str text, struct str fallback)
{
    if (cutter->count == PIECES_MAX) {
        cutter->full = true;
        return;
    }
    cutter->items[cutter->count++] = (struct piece){ kind, text, fallback };
}

/* The length of "${...}" at the start of text, or 0. */
static size_t variable_length(struct str text)
{
    if (text.len < 3 || text.ptr[0] != '$' || text.ptr[1] != '{') {
        return 0;
    }
    const size_t end = str_find(text, '}');
    return end == STR_MISSING ? 0 : end + 1;
}

/* spec: IAM user guide, policy variables: ${*}, ${?} and ${$} stand for the characters themselves. */
static bool is_escape(struct str inside)
{
    return inside.len == 1 && (inside.ptr[0] == '*' || inside.ptr[0] == '?' || inside.ptr[0] == '$');
}

static void cut_variable(struct cutter *cutter, struct str inside)
{
    if (is_escape(inside)) {
        cut(cutter, PIECE_LITERAL, inside, STR_NONE);
        return;
    }
    struct str fallback = STR_NONE;
    const struct str key = str_trim(str_cut(inside, ',', &fallback));
    fallback = str_trim(fallback);
    const bool quoted = fallback.len >= 2 && fallback.ptr[0] == '\'' && fallback.ptr[fallback.len - 1] == '\'';
    cut(cutter, PIECE_VARIABLE, key, quoted ? str_slice(fallback, 1, fallback.len - 2) : STR_NONE);
}

static void cut_text(struct cutter *cutter, struct str text, bool variables)
{
    while (text.len > 0) {
        size_t length = 0;
        size_t at = 0;
        while (variables && at < text.len && (length = variable_length(str_from(text, at))) == 0) {
            at++;
        }
        at = variables ? at : text.len;
        if (at > 0) {
            cut(cutter, PIECE_TEXT, str_slice(text, 0, at), STR_NONE);
        }
        if (length > 0) {
            cut_variable(cutter, str_slice(text, at + 2, length - 3));
        }
        text = str_from(text, at + length);
    }
}

static bool pieces_of(struct arena *arena, struct str text, bool variables, struct pieces *out)
{
    struct cutter cutter;
    cutter.count = 0;
    cutter.full = false;
    cut_text(&cutter, text, variables && str_search(text, STR("${")) != STR_MISSING);
    struct piece *items = ARENA_ARRAY(arena, struct piece, cutter.count + 1);
    memcpy(items, cutter.items, cutter.count * sizeof(*items));
    *out = (struct pieces){ items, cutter.count };
    return !cutter.full;
}

/* Where the next part ends: at a colon outside of ${...}, or at the end. */
static size_t part_end(struct str text, bool variables)
{
    for (size_t at = 0; at < text.len; at++) {
        const size_t length = variables ? variable_length(str_from(text, at)) : 0;
        if (length > 0) {
            at += length - 1;
        } else if (text.ptr[at] == ':') {
            return at;
        }
    }
    return text.len;
}

static bool parts_of(struct arena *arena, struct str text, bool variables, struct pattern *out)
{
    struct pieces *parts = ARENA_ARRAY(arena, struct pieces, ARN_PARTS);
    bool sound = true;
    size_t start = 0;
    while (sound && start <= text.len && out->part_count < ARN_PARTS) {
        const struct str rest = str_from(text, start);
        const size_t length = out->part_count == ARN_PARTS - 1 ? rest.len : part_end(rest, variables);
        sound = pieces_of(arena, str_slice(rest, 0, length), variables, &parts[out->part_count++]);
        start += length + 1;
    }
    out->parts = parts;
    return sound;
}

bool pattern_compile(struct arena *arena, struct str text, bool variables, bool arn, struct pattern *out)
{
    *out = (struct pattern){ .text = text };
    return pieces_of(arena, text, variables, &out->whole) && (!arn || parts_of(arena, text, variables, out));
}

/* --- matching --- */

struct span {
    struct str text;
    bool literal;
};

struct cursor {
    size_t span, at;
};

static bool variable_value(const struct asked *asked, const struct piece *piece, struct str *value)
{
    const struct policy_question *question = asked->question;
    struct policy_values values = { NULL, 0 };
    if (question->lookup && question->lookup(question->lookup_argument, piece->text, &values) && values.count == 1) {
        *value = values.items[0];
        return true;
    }
    *value = piece->fallback;
    return piece->fallback.ptr != NULL;
}

static bool resolve(const struct asked *asked, struct pieces pieces, struct span *spans)
{
    for (size_t i = 0; i < pieces.count; i++) {
        const struct piece *piece = &pieces.items[i];
        spans[i] = (struct span){ piece->text, piece->kind != PIECE_TEXT };
        if (piece->kind == PIECE_VARIABLE && !variable_value(asked, piece, &spans[i].text)) {
            return false;
        }
    }
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(char a, char b, bool ignore_case)
{
    return a == b || (ignore_case && lower(a) == lower(b));
}

/* Past the spans that are used up; false at the end. */
static bool settle(const struct span *spans, size_t count, struct cursor *cursor)
{
    while (cursor->span < count && cursor->at >= spans[cursor->span].text.len) {
        *cursor = (struct cursor){ cursor->span + 1, 0 };
    }
    return cursor->span < count;
}

/* '*' or '?' where they are wildcards; else 0. */
static char special(const struct span *span, size_t at, bool wild)
{
    const char c = span->text.ptr[at];
    return wild && !span->literal && (c == '*' || c == '?') ? c : '\0';
}

static bool rest_is_stars(const struct span *spans, size_t count, struct cursor cursor, bool wild)
{
    while (settle(spans, count, &cursor)) {
        if (special(&spans[cursor.span], cursor.at++, wild) != '*') {
            return false;
        }
    }
    return true;
}

/* Greedy, going back to the newest star only: enough, as a star may take anything. */
static bool spans_match(const struct span *spans, size_t count, struct str text, enum match_mode mode)
{
    const bool wild = mode == MATCH_LIKE;
    struct cursor cursor = { 0, 0 };
    struct cursor star = { STR_MISSING, 0 };
    size_t retry = 0;
    for (size_t i = 0; i < text.len;) {
        const bool more = settle(spans, count, &cursor);
        const char wildcard = more ? special(&spans[cursor.span], cursor.at, wild) : '\0';
        if (wildcard == '*') {
            cursor.at++;
            star = cursor;
            retry = i;
        } else if (wildcard == '?' ||
                   (more && same(spans[cursor.span].text.ptr[cursor.at], text.ptr[i], mode == MATCH_NO_CASE))) {
            cursor.at++;
            i++;
        } else if (star.span != STR_MISSING) {
            cursor = star;
            i = ++retry;
        } else {
            return false;
        }
    }
    return rest_is_stars(spans, count, cursor, wild);
}

static bool pieces_match(const struct asked *asked, struct pieces pieces, struct str text, enum match_mode mode)
{
    if (pieces.count == 1 && pieces.items[0].kind == PIECE_TEXT) {
        const struct str only = pieces.items[0].text;
        return mode == MATCH_LIKE ? policy_wildcard(only, text, false)
                                  : mode == MATCH_EXACT ? str_equal(only, text) : str_equal_nocase(only, text);
    }
    struct span spans[PIECES_MAX];
    return resolve(asked, pieces, spans) && spans_match(spans, pieces.count, text, mode);
}

bool pattern_match(const struct asked *asked, const struct pattern *pattern, struct str text, enum match_mode mode)
{
    return pieces_match(asked, pattern->whole, text, mode);
}

size_t arn_split(struct str arn, struct str *parts)
{
    size_t count = 0;
    struct str rest = arn;
    while (count < ARN_PARTS - 1 && rest.ptr) {
        parts[count++] = str_cut(rest, ':', &rest);
    }
    if (rest.ptr) {
        parts[count++] = rest;
    }
    return count;
}

/* spec: IAM user guide, Resource: an incomplete ARN is completed with wildcards in all missing fields. The part that says
 * most is the last: it is asked first. */
bool pattern_match_arn(const struct asked *asked, const struct pattern *pattern, struct str arn, const struct str *parts,
                       size_t part_count)
{
    if (pattern->part_count < 2 || part_count < ARN_PARTS) {
        return pieces_match(asked, pattern->whole, arn, MATCH_LIKE);
    }
    for (size_t i = pattern->part_count; i-- > 0;) {
        if (!pieces_match(asked, pattern->parts[i], parts[i], MATCH_LIKE)) {
            return false;
        }
    }
    return true;
}

/* Most patterns are a prefix and a star, or no pattern at all. */
bool policy_wildcard(struct str pattern, struct str text, bool ignore_case)
{
    size_t at = 0;
    size_t star = STR_MISSING;
    size_t retry = 0;
    for (size_t i = 0; i < text.len;) {
        const char c = at < pattern.len ? pattern.ptr[at] : '\0';
        if (at < pattern.len && c == '*') {
            star = at++;
            retry = i;
            if (at == pattern.len) {
                return true;
            }
        } else if (at < pattern.len && (c == '?' || same(c, text.ptr[i], ignore_case))) {
            at++;
            i++;
        } else if (star != STR_MISSING) {
            at = star + 1;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*') {
        at++;
    }
    return at == pattern.len;
}
