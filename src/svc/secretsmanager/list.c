#include "svc/secretsmanager/list.h"

enum { BATCH = 200, PAGE_DEFAULT = 100 };

struct subject {
    struct request *rq;
    const struct secret *secret;
    struct tags tags;
};

static bool starts(struct subject *subject, struct str text, struct str value, bool any_case)
{
    struct arena *arena = subject->rq->ctx.arena;
    return any_case ? str_starts(str_lower(arena, text), str_lower(arena, value)) : str_starts(text, value);
}

static bool tag_starts(struct subject *subject, bool key, struct str value)
{
    for (size_t i = 0; i < subject->tags.count; i++) {
        const struct tag *tag = &subject->tags.items[i];
        if (str_starts(key ? tag->key : tag->value, value)) {
            return true;
        }
    }
    return false;
}

/* A word of text, as people separate words in names and descriptions, begins with this one. */
static bool has_word(struct str text, struct str word)
{
    for (size_t i = 0; i < text.len; i++) {
        const bool first = i == 0 || str_find(STR(" /-_+=.@!:"), text.ptr[i - 1]) != STR_MISSING;
        if (first && str_starts(str_from(text, i), word)) {
            return true;
        }
    }
    return false;
}

static bool any_attribute(struct subject *subject, struct str word)
{
    struct arena *arena = subject->rq->ctx.arena;
    const struct secret *secret = subject->secret;
    const struct str texts[] = { secret->name, secret->description, secret->primary_region, secret->owner };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].ptr && has_word(str_lower(arena, texts[i]), word)) {
            return true;
        }
    }
    for (size_t i = 0; i < subject->tags.count; i++) {
        const struct tag *tag = &subject->tags.items[i];
        if (has_word(str_lower(arena, tag->key), word) || has_word(str_lower(arena, tag->value), word)) {
            return true;
        }
    }
    return false;
}

static bool all_words(struct subject *subject, struct str value)
{
    struct str rest = str_lower(subject->rq->ctx.arena, value);
    while (rest.ptr) {
        struct str tail = STR_NONE;
        const struct str word = str_cut(rest, ' ', &tail);
        if (word.len > 0 && !any_attribute(subject, word)) {
            return false;
        }
        rest = tail;
    }
    return true;
}

static bool passes_value(struct subject *subject, struct str key, struct str value)
{
    const struct secret *secret = subject->secret;
    if (str_equal(key, STR("name"))) {
        return starts(subject, secret->name, value, false);
    }
    if (str_equal(key, STR("description"))) {
        return starts(subject, secret->description, value, true);
    }
    if (str_equal(key, STR("tag-key")) || str_equal(key, STR("tag-value"))) {
        return tag_starts(subject, str_equal(key, STR("tag-key")), value);
    }
    if (str_equal(key, STR("primary-region"))) {
        return starts(subject, secret->primary_region, value, false);
    }
    if (str_equal(key, STR("owning-service"))) {
        return starts(subject, secret->owner, value, false);
    }
    return all_words(subject, value);
}

/* spec: Filter: values are alternatives; "!" before one turns it round, and then none may fit. */
static bool passes_filter(struct subject *subject, const struct secretsmanager_filter *filter)
{
    bool wanted = false;
    bool passed = false;
    for (size_t i = 0; i < filter->values.count; i++) {
        const struct str value = filter->values.items[i];
        const bool negated = str_starts(value, STR("!"));
        const bool fits = passes_value(subject, filter->key, negated ? str_from(value, 1) : value);
        if (negated && fits) {
            return false;
        }
        wanted = wanted || !negated;
        passed = passed || (!negated && fits);
    }
    return passed || !wanted;
}

static struct err passes(struct request *rq, const struct listing *listing, const struct secret *secret, bool *out)
{
    struct subject subject = { rq, secret, { NULL, 0 } };
    const struct rows rows = secret_rows(rq, secret);
    *out = listing->deleted || secret->deleted_ms == 0;
    if (listing->filters.count > 0 && *out) {
        TRY(secret_row_tags(&rows, secret->arn, &subject.tags));
    }
    for (size_t i = 0; i < listing->filters.count && *out; i++) {
        *out = passes_filter(&subject, &listing->filters.items[i]);
    }
    return ERR_OK;
}

static struct place place_of(enum order order, const struct secret *secret)
{
    const int64_t number = order == BY_ACCESSED ? secret->accessed_ms : order == BY_CHANGED ? secret->changed_ms : secret->created_ms;
    return (struct place){ number, secret->name, secret->arn };
}

struct err secret_list(struct request *rq, const struct listing *listing, struct place place, struct secrets *out,
                        struct place *next)
{
    const struct rows rows = secret_rows_here(rq);
    struct secrets batch = { NULL, BATCH };
    *next = (struct place){ .arn = STR_NONE };
    *out = (struct secrets){ ARENA_ARRAY(rq->ctx.arena, struct secret, listing->limit), 0 };
    while (batch.count == BATCH) {
        TRY(secret_row_secrets(&rows, listing->order, listing->descending, place, BATCH, &batch));
        for (size_t i = 0; i < batch.count; i++) {
            bool fits = false;
            TRY(passes(rq, listing, &batch.items[i], &fits));
            if (fits && out->count == listing->limit) {
                *next = place_of(listing->order, &out->items[out->count - 1]);
                return ERR_OK;
            }
            if (fits) {
                out->items[out->count++] = batch.items[i];
            }
        }
        place = batch.count > 0 ? place_of(listing->order, &batch.items[batch.count - 1]) : place;
    }
    return ERR_OK;
}

struct str secret_list_question(struct request *rq, const struct listing *listing)
{
    struct text text = text_new(rq->ctx.arena);
    text_add_format(&text, "%d %d %d", listing->order, listing->descending, listing->deleted);
    for (size_t i = 0; i < listing->filters.count; i++) {
        const struct secretsmanager_filter *filter = &listing->filters.items[i];
        text_add_format(&text, "\n%" STR_FMT, STR_ARG(filter->key));
        for (size_t k = 0; k < filter->values.count; k++) {
            text_add_format(&text, "\t%" STR_FMT, STR_ARG(filter->values.items[k]));
        }
    }
    return text_str(&text);
}

static struct err entry_of(struct request *rq, const struct secret *secret, struct secretsmanager_secret_list_entry *out)
{
    TRY(secret_tags_out(rq, secret, &out->tags));
    TRY(secret_stages_map(rq, secret, &out->secret_versions_to_stages));
    out->arn = secret->arn;
    out->name = secret->name;
    out->type = secret->kind;
    out->description = secret->description;
    out->kms_key_id = secret->kms_key;
    out->rotation_enabled = (struct opt_bool){ .set = secret->function.ptr != NULL, .v = secret->rotates };
    out->rotation_lambda_arn = secret->function;
    out->rotation_rules = secret_rules_out(rq, secret);
    out->last_rotated_date = secret_time_or_none(secret->rotated_ms);
    out->last_changed_date = secret_time_or_none(secret->changed_ms);
    out->last_accessed_date = secret_time_or_none(secret_accessed_day(secret, STR_NONE, secret->accessed_ms));
    out->deleted_date = secret_time_or_none(secret->deleted_ms);
    out->next_rotation_date = secret_time_or_none(secret->rotates ? secret->closes_ms : 0);
    out->owning_service = secret->owner;
    out->created_date = secret_time_or_none(secret->created_ms);
    out->primary_region = secret->primary_region;
    return ERR_OK;
}

static enum order order_of(struct str name)
{
    return str_equal(name, STR("name"))                 ? BY_NAME
        : str_equal(name, STR("last-accessed-date")) ? BY_ACCESSED
        : str_equal(name, STR("last-changed-date"))  ? BY_CHANGED
                                                     : BY_CREATED;
}

struct err secretsmanager_list_secrets(struct request *rq, const struct secretsmanager_list_secrets_in *in,
                                       struct secretsmanager_list_secrets_out *out)
{
    const struct listing listing = {
        .filters = in->filters,
        .deleted = in->include_planned_deletion.v,
        .order = order_of(in->sort_by),
        .descending = str_equal(in->sort_order, STR("desc")),
        .limit = in->max_results.set ? (size_t)in->max_results.v : PAGE_DEFAULT,
    };
    struct secrets secrets = { NULL, 0 };
    struct place place = { .number = 0 };
    struct place next = { .number = 0 };
    TRY(secret_page_place(rq, secret_list_question(rq, &listing), in->next_token, &place));
    TRY(secret_list(rq, &listing, place, &secrets, &next));
    out->secret_list.items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_secret_list_entry, secrets.count);
    out->secret_list.count = secrets.count;
    for (size_t i = 0; i < secrets.count; i++) {
        TRY(entry_of(rq, &secrets.items[i], &out->secret_list.items[i]));
    }
    out->next_token = next.arn.ptr ? secret_page_token(rq, secret_list_question(rq, &listing), next) : STR_NONE;
    return ERR_OK;
}
