#include "svc/iam/item.h"

static const struct {
    const char *before, *after;
} MISSING[] = {
    [ITEM_MFA] = { "VirtualMFADevice with serial number ", " doesn't exist." },
    [ITEM_LOGIN] = { "Login Profile for User ", " cannot be found." },
    [ITEM_OLD_PASSWORD] = { "Password ", " cannot be found." },
    [ITEM_INSTANCE_PROFILE] = { "Instance Profile ", " cannot be found." },
    [ITEM_SERVER_CERTIFICATE] = { "The Server Certificate with name ", " cannot be found." },
    [ITEM_SIGNING_CERTIFICATE] = { "The Certificate with id ", " cannot be found." },
    [ITEM_SSH_KEY] = { "The Public Key with id ", " cannot be found." },
    [ITEM_SERVICE_CREDENTIAL] = { "No such credential ", " exists" },
    [ITEM_OIDC] = { "OpenIDConnect Provider not found for arn ", "" },
    [ITEM_SAML] = { "Manifest not found for arn ", "" },
    [ITEM_SAML_KEY] = { "Private key ", " cannot be found." },
    [ITEM_SETTING] = { "Setting ", " cannot be found." },
    [ITEM_PROPERTY] = { "Property ", " cannot be found." },
    [ITEM_JOB] = { "Unable to find JobId: ", "" },
    [ITEM_REPORT] = { "Report ", " cannot be found." },
    [ITEM_TASK] = { "Deletion task ", " cannot be found." },
    [ITEM_DELEGATION] = { "Delegation request ", " cannot be found." },
};

static struct err missing(struct request *rq, enum item_kind kind, struct str what)
{
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "%s%" STR_FMT "%s", MISSING[kind].before, STR_ARG(what),
                MISSING[kind].after);
}

struct err item_get(struct request *rq, enum item_kind kind, struct str key, struct item *out)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(rows_item_find(&rows, kind, key, out, &found));
    return found ? ERR_OK : missing(rq, kind, key);
}

struct err item_get_of(struct request *rq, enum item_kind kind, struct str key, struct str owner, struct item *out)
{
    TRY(item_get(rq, kind, key, out));
    return str_equal(out->owner, owner) ? ERR_OK : missing(rq, kind, key);
}

struct err item_get_named(struct request *rq, enum item_kind kind, struct str name, struct item *out)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(rows_item_find(&rows, kind, str_lower(rq->ctx.arena, name), out, &found));
    return found && str_equal(out->name, name) ? ERR_OK : missing(rq, kind, name);
}

struct err item_quota(struct request *rq, enum item_kind kind, struct str owner, int64_t max, const char *quota)
{
    const struct rows rows = rows_of(rq);
    int64_t count = 0;
    TRY(rows_item_count(&rows, kind, owner, &count));
    return count < max ? ERR_OK
                       : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for %s: %lld", quota,
                              (long long)max);
}

struct err item_delete(struct request *rq, const struct item *item)
{
    const struct rows rows = rows_of(rq);
    TRY(rows_drop_tags(&rows, item_tags(item)));
    return rows_item_delete(&rows, item->kind, item->key);
}

static struct str items_key(const void *list, size_t at)
{
    return ((const struct items *)list)->items[at].key;
}

struct err item_list(struct request *rq, enum item_kind kind, struct str owner, struct str path_prefix,
                     struct str marker, struct opt_int max_items, struct item_page *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    TRY(page_of(rq, marker, max_items, &page));
    TRY(rows_items(&rows, kind, owner, path_prefix, page, &out->items));
    out->marker = page_cut(rq, page, &out->items.count, items_key, &out->items, &out->truncated);
    return ERR_OK;
}

int64_t item_now(const struct request *rq)
{
    return rq->ctx.now_ms / 1000 * 1000;
}

/* Providers and MFA devices are kept by their ARN. */
struct str item_arn(struct request *rq, const struct item *item)
{
    if (item->kind == ITEM_MFA || item->kind == ITEM_OIDC || item->kind == ITEM_SAML) {
        return item->key;
    }
    return str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":%s%" STR_FMT "%" STR_FMT, STR_ARG(rq->account),
                      rows_item_kind(item->kind), STR_ARG(item->path.ptr ? item->path : STR("/")), STR_ARG(item->name));
}

struct str item_tags(const struct item *item)
{
    return item->id.ptr ? item->id : item->key;
}

static struct str about(struct request *rq, const struct item *item)
{
    return str_format(rq->ctx.arena, "iam:%s:%" STR_FMT, rows_item_kind(item->kind), STR_ARG(item->key));
}

struct str item_seal(struct request *rq, const struct item *item, struct str secret)
{
    return vault_seal(&rq->ctx, rq->vault, about(rq, item), secret);
}

bool item_unseal(struct request *rq, const struct item *item, struct str *secret)
{
    return vault_unseal(&rq->ctx, rq->vault, about(rq, item), item->secret, secret);
}

struct err setting_get(const struct rows *rows, struct str name, struct str *value)
{
    struct item item = { .kind = ITEM_SETTING };
    bool found = false;
    TRY(rows_item_find(rows, ITEM_SETTING, name, &item, &found));
    *value = found ? item.body : STR_NONE;
    return ERR_OK;
}

struct err setting_put(struct request *rq, struct str name, struct str value)
{
    const struct rows rows = rows_of(rq);
    const struct item item = { .kind = ITEM_SETTING, .key = name, .name = name, .body = value,
                               .created_ms = item_now(rq), .changed_ms = item_now(rq) };
    TRY(rows_item_delete(&rows, ITEM_SETTING, name));
    return rows_item_insert(&rows, &item);
}
