/* alias.c - friendly names. spec: KMS developer guide, "Aliases in AWS KMS". */
#include "svc/kms/faults.h"
#include "svc/kms/page.h"

enum { PAGE = 50 };

static struct str alias_arn(struct request *rq, struct str name)
{
    return str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, STR_ARG(rq->region),
                      STR_ARG(rq->account), STR_ARG(name));
}

static struct err check_name(struct request *rq, struct str name)
{
    if (!str_starts(name, STR("alias/"))) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Alias must start with the prefix \"alias/\". Please see"
                    " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
    }
    if (str_starts(name, STR("alias/aws/"))) {
        return fail(&rq->ctx, &KMS_NOT_AUTHORIZED, "Aliases that begin with alias/aws/ are reserved for services");
    }
    for (size_t i = 6; i < name.len; i++) {
        const char c = name.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '-')) {
            return fail(&rq->ctx, &KMS_INVALID_ALIAS_NAME_EXCEPTION, "Alias contains invalid characters: %" STR_FMT,
                        STR_ARG(name));
        }
    }
    return name.len > 6 ? ERR_OK : fail(&rq->ctx, &KMS_INVALID_ALIAS_NAME_EXCEPTION, "Alias must have a name");
}

/* The key itself, in the caller's account; an alias names no alias. */
static struct err find_target(struct request *rq, struct str reference, struct key *key)
{
    if (str_search(reference, STR("alias/")) != STR_MISSING) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Aliases must refer to keys. Not aliases");
    }
    TRY(key_need(rq, reference, NEED_NOT_LEAVING, key));
    if (!str_equal(key->account, rq->account)) {
        return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "An alias and its key must be in the same account and Region");
    }
    return ERR_OK;
}

struct err kms_create_alias(struct request *rq, const struct kms_create_alias_in *in, struct kms_create_alias_out *out)
{
    struct key key = { .id = STR_NONE };
    struct alias_row row = { .name = STR_NONE };
    bool found = false;
    (void)out;
    TRY(check_name(rq, in->alias_name));
    TRY(find_target(rq, in->target_key_id, &key));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_alias_find(&rows, in->alias_name, &row, &found));
    if (found) {
        return fail(&rq->ctx, &KMS_ALREADY_EXISTS_EXCEPTION, "An alias with the name %" STR_FMT " already exists",
                    STR_ARG(alias_arn(rq, in->alias_name)));
    }
    return kms_rows_alias_put(&rows, &(struct alias_row){ in->alias_name, key.id, rq->ctx.now_ms, rq->ctx.now_ms });
}

static struct err need_alias(struct request *rq, struct str name, struct alias_row *row)
{
    bool found = false;
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_alias_find(&rows, name, row, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Alias %" STR_FMT " is not found.", STR_ARG(alias_arn(rq, name)));
}

/* spec: UpdateAlias: the old and the new key are of the same type and usage. */
struct err kms_update_alias(struct request *rq, const struct kms_update_alias_in *in, struct kms_update_alias_out *out)
{
    struct key key = { .id = STR_NONE };
    struct key old = { .id = STR_NONE };
    struct alias_row row = { .name = STR_NONE };
    bool found = false;
    (void)out;
    TRY(check_name(rq, in->alias_name));
    TRY(need_alias(rq, in->alias_name, &row));
    TRY(find_target(rq, in->target_key_id, &key));
    TRY(key_look(rq, row.key, &old, &found));
    if (found && (old.usage != key.usage || old.spec->form != key.spec->form)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Alias %" STR_FMT " cannot be changed from key %" STR_FMT
                    " to key %" STR_FMT ". The key types or usages do not match.", STR_ARG(alias_arn(rq, in->alias_name)),
                    STR_ARG(old.arn), STR_ARG(key.arn));
    }
    row.key = key.id;
    row.updated_ms = rq->ctx.now_ms;
    const struct rows rows = kms_rows_here(rq);
    return kms_rows_alias_put(&rows, &row);
}

struct err kms_delete_alias(struct request *rq, const struct kms_delete_alias_in *in, struct kms_delete_alias_out *out)
{
    struct alias_row row = { .name = STR_NONE };
    (void)out;
    TRY(check_name(rq, in->alias_name));
    TRY(need_alias(rq, in->alias_name, &row));
    const struct rows rows = kms_rows_here(rq);
    return kms_rows_alias_delete(&rows, in->alias_name);
}

struct err kms_list_aliases(struct request *rq, const struct kms_list_aliases_in *in, struct kms_list_aliases_out *out)
{
    struct page page = { .limit = 0 };
    struct key key = { .id = STR_NONE };
    struct alias_row *found = NULL;
    size_t count = 0;
    if (in->key_id.ptr) {
        TRY(key_find(rq, in->key_id, &key));
    }
    TRY(kms_page_begin(rq, key.id, in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_aliases(&rows, key.id, page, &found, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, key.id, found[count - 1].name);
    }
    out->aliases.items = ARENA_ARRAY(rq->ctx.arena, struct kms_alias_list_entry, count + 1);
    out->aliases.count = count;
    for (size_t i = 0; i < count; i++) {
        out->aliases.items[i] = (struct kms_alias_list_entry){
            .alias_name = found[i].name,
            .alias_arn = alias_arn(rq, found[i].name),
            .target_key_id = found[i].key,
            .creation_date = SOME(found[i].created_ms),
            .last_updated_date = SOME(found[i].updated_ms),
        };
    }
    return ERR_OK;
}
