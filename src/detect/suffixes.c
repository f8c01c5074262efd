#include "detect/suffixes.h"

#include <libpsl.h>

#include "detect/keyed.h"

enum { REMEMBERED = 1 << 16, DEEPEST = 5 };

struct answer {
    uint32_t tag;
    uint8_t length; /* of the suffix; 0: unused */
    bool listed;
};

struct suffixes {
    const psl_ctx_t *list;
    struct answer answers[REMEMBERED];
};

struct suffixes *suffixes_open(void)
{
    struct suffixes *suffixes = memory_new(sizeof(*suffixes));
    suffixes->list = psl_builtin();
    return suffixes;
}

void suffixes_close(struct suffixes *suffixes) { memory_free(suffixes); }

/* The last labels of a name, as many as a suffix and the label below it may have. */
static struct str tail_of(struct str name)
{
    size_t dots = 0;
    size_t at = name.len;
    while (at > 0 && (name.ptr[at - 1] != '.' || ++dots < DEEPEST)) {
        at--;
    }
    return str_from(name, at);
}

static struct answer answer_for(struct suffixes *suffixes, struct str tail);

/* The longest suffix counts. A name is NUL-terminated, so its tail is. */
static struct answer ask(struct suffixes *suffixes, struct str tail)
{
    const psl_ctx_t *list = suffixes->list;
    const size_t dot = str_find(tail, '.');
    if (dot != STR_MISSING && (list == NULL || !psl_is_public_suffix2(list, tail.ptr, PSL_TYPE_ANY))) {
        return answer_for(suffixes, str_from(tail, dot + 1));
    }
    return (struct answer){ .length = (uint8_t)tail.len,
                            .listed = list && psl_is_public_suffix2(list, tail.ptr, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) };
}

/* Names below one domain differ in their first labels: what is left of them was mostly asked before. */
static struct answer answer_for(struct suffixes *suffixes, struct str tail)
{
    const uint64_t hash = keyed_hash(8, tail.ptr, tail.len);
    const uint32_t tag = (uint32_t)(hash >> 32);
    struct answer *answer = &suffixes->answers[hash % REMEMBERED];
    if (answer->length == 0 || answer->tag != tag) {
        const struct answer found = ask(suffixes, tail);
        *answer = (struct answer){ .tag = tag, .length = found.length, .listed = found.listed };
    }
    return *answer;
}

static void cut(struct name_parts *parts, size_t suffix_length)
{
    const struct str name = parts->name;
    const size_t length = suffix_length < name.len ? suffix_length : name.len;
    parts->suffix = str_from(name, name.len - length);
    if (length + 1 >= name.len) {
        return;
    }
    const struct str rest = str_slice(name, 0, name.len - length - 1);
    const size_t dot = str_find_last(rest, '.');
    const size_t start = dot == STR_MISSING ? 0 : dot + 1;
    parts->label = str_from(rest, start);
    parts->registered = str_from(name, start);
    parts->below = str_slice(rest, 0, start ? start - 1 : 0);
}

bool suffixes_split(struct suffixes *suffixes, struct str name, struct name_parts *out)
{
    while (name.len > 0 && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    if (name.len == 0 || name.len > NAME_MAX_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        out->text[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c ? c : '?';
    }
    out->text[name.len] = '\0';
    out->name = (struct str){ out->text, name.len };
    out->registered = out->label = STR_NONE;
    out->below = STR("");
    const struct answer answer = answer_for(suffixes, tail_of(out->name));
    out->listed = answer.listed;
    cut(out, answer.length);
    return true;
}
