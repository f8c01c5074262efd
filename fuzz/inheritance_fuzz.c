/* inheritance_fuzz.c - management policies of an organisation merged from the root down. Input: documents, a line each.
 *
 * What comes out is one JSON object without operators, and a document that can't be read changes nothing. */
#include <stdlib.h>

#include "base/json.h"
#include "svc/organizations/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DOCUMENTS_MAX = 8, SIZE_MAX_INPUT = 20000 };

static bool has_operator(const struct json *node)
{
    bool has = str_starts(node->key, STR("@@"));
    for (const struct json *child = node->child; child && !has && node->kind == JSON_OBJECT; child = child->next) {
        has = has_operator(child);
    }
    return has;
}

/* Values are taken as they are, so an object below @@assign may hold anything: only what the merge itself wrote counts. */
static bool has_object_value(const struct json *node)
{
    bool has = false;
    for (const struct json *child = node->child; child && !has; child = child->next) {
        const bool value = str_starts(child->key, STR("@@"));
        has = (value && str_find(child->text, '{') != STR_MISSING) || has_object_value(child);
    }
    return has;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct str rest = { (const char *)data, size > SIZE_MAX_INPUT ? SIZE_MAX_INPUT : size };
    struct str documents[DOCUMENTS_MAX + 1];
    bool plain = true;
    size_t count = 0;
    while (rest.len > 0 && count < DOCUMENTS_MAX) {
        documents[count] = str_cut(rest, '\n', &rest);
        const struct json *json = json_parse(arena, documents[count], NULL);
        plain = plain && (json == NULL || !has_object_value(json));
        count++;
    }
    const struct str merged = org_policy_merge(arena, documents, count);
    const struct json *json = json_parse(arena, merged, NULL);
    if (json == NULL || json->kind != JSON_OBJECT || (plain && has_operator(json))) {
        abort();
    }
    documents[count] = STR("{\"broken");
    if (!str_equal(merged, org_policy_merge(arena, documents, count + 1))) {
        abort();
    }
    return 0;
}
