#include <stdlib.h>

#include "app/notify_message.h"

static int newest_first(const struct finding *a, const struct finding *b)
{
    return a->last_ms != b->last_ms ? (a->last_ms > b->last_ms ? -1 : 1) : str_compare(a->id, b->id);
}

static int by_id(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    const int order = str_compare(a->id, b->id);
    return order ? order : newest_first(a, b);
}

static int by_severity(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    return a->severity > b->severity ? -1 : a->severity < b->severity ? 1 : newest_first(a, b);
}

static size_t drop_repeats(struct finding *findings, size_t count)
{
    size_t kept = 0;
    qsort(findings, count, sizeof(*findings), by_id);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !str_equal(findings[kept - 1].id, findings[i].id)) {
            findings[kept++] = findings[i];
        }
    }
    return kept;
}

struct notify_digest notify_digest_of(struct arena *arena, const struct str *arrays, size_t count, double min_severity)
{
    const struct json **trees = ARENA_ARRAY(arena, const struct json *, count + 1);
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        trees[i] = json_parse(arena, arrays[i], NULL);
        most += trees[i] ? trees[i]->count : 0;
    }
    struct finding *findings = ARENA_ARRAY(arena, struct finding, most + 1);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        for (const struct json *j = trees[i] ? trees[i]->child : NULL; j; j = j->next) {
            const bool read = finding_read(arena, j->text, &findings[taken]);
            taken += read && findings[taken].severity >= min_severity;
        }
    }
    taken = drop_repeats(findings, taken);
    qsort(findings, taken, sizeof(*findings), by_severity);
    return (struct notify_digest){ findings, taken };
}
