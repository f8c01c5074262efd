/* tags.c - session tags, and which of them chained sessions keep.
 *
 * spec: IAM user guide, "Pass session tags in AWS STS", "Chaining roles with session tags". */
#include "svc/sts/credentials.h"

static const struct str PRINCIPAL_TAG = STR_INIT("aws:PrincipalTag/");

struct session_tags tags_of(struct sts_tag_list_type tags, struct sts_tag_key_list_type transitive)
{
    return (struct session_tags){ tags.items, tags.count, transitive.items, transitive.count };
}

static bool asked(const struct session_tags *tags, struct str key)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (str_equal_nocase(tags->items[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* Each key on its own line. */
static bool kept(const struct principal *caller, struct str key)
{
    struct str rest = caller->transitive_tags;
    while (rest.len > 0) {
        if (str_equal_nocase(str_cut(rest, '\n', &rest), key)) {
            return true;
        }
    }
    return false;
}

struct err tags_check(struct request *rq, const struct session_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        const struct session_tags before = { .items = tags->items, .count = i };
        if (asked(&before, tags->items[i].key)) {
            return fail(&rq->ctx, &STS_INVALID_PARAMETER,
                        "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
        if (kept(&rq->caller, tags->items[i].key)) {
            return fail(&rq->ctx, &STS_INVALID_PARAMETER,
                        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                        "from the calling session.");
        }
    }
    for (size_t i = 0; i < tags->transitive_count; i++) {
        if (!asked(tags, tags->transitive[i])) {
            return fail(&rq->ctx, &STS_INVALID_PARAMETER,
                        "The specified transitive tag key must be included in the requested tags.");
        }
    }
    return ERR_OK;
}

static void add_line(struct text *text, struct str key)
{
    if (text->len > 0) {
        text_add_char(text, '\n');
    }
    text_add(text, key);
}

void tags_take(struct request *rq, const struct session_tags *tags, struct session *session)
{
    struct arena *arena = rq->ctx.arena;
    struct context_pair *pairs = ARENA_ARRAY(arena, struct context_pair, tags->count + rq->caller_tag_count + 1);
    struct text lines = text_new(arena);
    size_t count = 0;
    for (size_t i = 0; i < tags->count; i++) {
        pairs[count++] = (struct context_pair){
            str_format(arena, "aws:PrincipalTag/%" STR_FMT, STR_ARG(tags->items[i].key)), tags->items[i].value };
    }
    for (size_t i = 0; i < tags->transitive_count; i++) {
        add_line(&lines, tags->transitive[i]);
    }
    for (size_t i = 0; i < rq->caller_tag_count; i++) {
        const struct str key = str_from(rq->caller_tags[i].key, PRINCIPAL_TAG.len);
        if (kept(&rq->caller, key)) {
            pairs[count++] = rq->caller_tags[i];
            add_line(&lines, key);
        }
    }
    session->tags = pairs;
    session->tag_count = count;
    session->principal.transitive_tags = lines.len > 0 ? text_str(&lines) : STR_NONE;
}

void tags_pairs(struct request *rq, const struct session_tags *tags, struct context_pair *pairs)
{
    for (size_t i = 0; i < tags->count; i++) {
        const struct sts_tag *tag = &tags->items[i];
        pairs[2 * i] = (struct context_pair){ STR("aws:TagKeys"), tag->key };
        pairs[2 * i + 1] = (struct context_pair){
            str_format(rq->ctx.arena, "aws:RequestTag/%" STR_FMT, STR_ARG(tag->key)), tag->value };
    }
}
