/* service_credential.c - passwords and keys of a user that are good for one service only. They are shown once; we keep
 * their hash, a fast one: nobody guesses 43 random characters. */
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/iam/item.h"

enum { PER_SERVICE = 2, SECRET_LENGTH = 43 };

#define DAY_MS INT64_C(86400000)

static const struct str SECRET_ALPHABET =
    STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/* spec: IAM API reference, CreateServiceSpecificCredential. keyed: an API key with a name instead of user and password. */
static const struct {
    const char *service;
    bool keyed;
} SERVICES[] = { { "codecommit.amazonaws.com", false }, { "cassandra.amazonaws.com", false },
                 { "bedrock.amazonaws.com", true }, { "logs.amazonaws.com", true } };

static int service_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(SERVICES); i++) {
        if (str_equal(str_of(SERVICES[i].service), name)) {
            return (int)i;
        }
    }
    return -1;
}

static struct str status_of(const struct request *rq, const struct item *item)
{
    return item->expires_ms > 0 && item->expires_ms <= rq->ctx.now_ms ? STR("Expired") : item->status;
}

/* A new secret for *item; as answers show it, once. */
static const struct iam_service_specific_credential *issue(struct request *rq, const struct entity *user,
                                                           struct item *item)
{
    const struct str random = random_alphabet(&rq->ctx, SECRET_ALPHABET, SECRET_LENGTH);
    const bool keyed = item->more.ptr != NULL;
    struct iam_service_specific_credential *out = ARENA_NEW(rq->ctx.arena, struct iam_service_specific_credential);
    *out = (struct iam_service_specific_credential){
        .create_date = SOME(item->created_ms),
        .expiration_date = { item->expires_ms > 0, item->expires_ms },
        .service_name = item->body,
        .service_specific_credential_id = item->id,
        .user_name = user->name,
        .status = status_of(rq, item),
    };
    if (keyed) {
        const struct str plain = str_format(rq->ctx.arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(item->more), STR_ARG(random));
        const struct str coded = str_base64(rq->ctx.arena, plain);
        out->service_credential_alias = item->more;
        out->service_credential_secret = str_format(rq->ctx.arena, "ABSK%" STR_FMT, STR_ARG(coded));
        item->secret = hash_hex(rq->ctx.arena, HASH_SHA256, out->service_credential_secret);
    } else {
        out->service_user_name = item->name;
        out->service_password = str_format(rq->ctx.arena, "%" STR_FMT "=", STR_ARG(random));
        item->secret = hash_hex(rq->ctx.arena, HASH_SHA256, out->service_password);
    }
    return out;
}

static struct err all_of(struct request *rq, struct str owner, struct str service, struct items *out)
{
    const struct rows rows = rows_of(rq);
    struct items all = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SERVICE_CREDENTIAL, owner, STR_NONE, page_all(), &all));
    *out = (struct items){ all.items, 0 };
    for (size_t i = 0; i < all.count; i++) {
        if (str_equal(all.items[i].body, service)) {
            out->items[out->count++] = all.items[i];
        }
    }
    return ERR_OK;
}

/* "ann-at-111122223333", and "ann+1-at-…" for the second one. */
static void name_credential(struct request *rq, const struct entity *user, const struct items *others, bool keyed,
                            struct item *item)
{
    const struct str plain = str_format(rq->ctx.arena, "%" STR_FMT "-at-%" STR_FMT, STR_ARG(user->name),
                                        STR_ARG(rq->account));
    if (keyed) {
        const struct str suffix = random_hex(&rq->ctx, 8);
        item->more = str_format(rq->ctx.arena, "%" STR_FMT "-%" STR_FMT, STR_ARG(plain), STR_ARG(suffix));
        return;
    }
    bool taken = false;
    for (size_t i = 0; i < others->count; i++) {
        taken = taken || str_equal(others->items[i].name, plain);
    }
    item->name = taken ? str_format(rq->ctx.arena, "%" STR_FMT "+1-at-%" STR_FMT, STR_ARG(user->name),
                                    STR_ARG(rq->account))
                       : plain;
}

struct err iam_create_service_specific_credential(struct request *rq,
                                                  const struct iam_create_service_specific_credential_in *in,
                                                  struct iam_create_service_specific_credential_out *out)
{
    const struct rows rows = rows_of(rq);
    const int service = service_find(in->service_name);
    struct entity user = { .kind = ENTITY_USER };
    struct items others = { NULL, 0 };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    if (service < 0) {
        return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                    "No such service %" STR_FMT " is supported for Service Specific Credentials",
                    STR_ARG(in->service_name));
    }
    TRY(all_of(rq, user.id, in->service_name, &others));
    if (others.count >= PER_SERVICE) {
        return fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                    "Cannot exceed quota for ServiceSpecificCredentialsPerUser: %d", PER_SERVICE);
    }
    const struct str id = entity_id(&rq->ctx, STR("ACCA"));
    struct item item = {
        .kind = ITEM_SERVICE_CREDENTIAL,
        .key = id,
        .id = id,
        .owner = user.id,
        .status = STR("Active"),
        .created_ms = item_now(rq),
        .expires_ms = in->credential_age_days.set ? item_now(rq) + (int64_t)in->credential_age_days.v * DAY_MS : 0,
        .body = in->service_name,
    };
    name_credential(rq, &user, &others, SERVICES[service].keyed, &item);
    out->service_specific_credential = issue(rq, &user, &item);
    return rows_item_insert(&rows, &item);
}

static struct iam_service_specific_credential_metadata metadata_out(struct request *rq, struct str user,
                                                                    const struct item *item)
{
    return (struct iam_service_specific_credential_metadata){
        .user_name = user,
        .status = status_of(rq, item),
        .service_user_name = item->name,
        .service_credential_alias = item->more,
        .create_date = SOME(item->created_ms),
        .expiration_date = { item->expires_ms > 0, item->expires_ms },
        .service_specific_credential_id = item->id,
        .service_name = item->body,
    };
}

/* With a service named, a page may hold fewer than asked for. */
struct err iam_list_service_specific_credentials(struct request *rq,
                                                 const struct iam_list_service_specific_credentials_in *in,
                                                 struct iam_list_service_specific_credentials_out *out)
{
    const struct rows rows = rows_of(rq);
    const bool everyone = in->all_users.v && in->user_name.ptr == NULL;
    struct entity user = { .kind = ENTITY_USER };
    struct item_page page = { .marker = STR_NONE };
    if (!everyone) {
        TRY(entity_user_or_caller(rq, in->user_name, &user));
    }
    TRY(item_list(rq, ITEM_SERVICE_CREDENTIAL, user.id, STR_NONE, in->marker, in->max_items, &page));
    out->service_specific_credentials.items =
        ARENA_ARRAY(rq->ctx.arena, struct iam_service_specific_credential_metadata, page.items.count + 1);
    for (size_t i = 0; i < page.items.count; i++) {
        const struct item *item = &page.items.items[i];
        bool found = true;
        if (in->service_name.ptr && !str_equal(in->service_name, item->body)) {
            continue;
        }
        if (everyone) {
            TRY(rows_entity_by_id(&rows, item->owner, &user, &found));
        }
        out->service_specific_credentials.items[out->service_specific_credentials.count++] =
            metadata_out(rq, user.name, item);
    }
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

static struct err credential_of(struct request *rq, struct str user_name, struct str id, struct entity *user,
                                struct item *out)
{
    TRY(entity_user_or_caller(rq, user_name, user));
    return item_get_of(rq, ITEM_SERVICE_CREDENTIAL, id, user->id, out);
}

struct err iam_reset_service_specific_credential(struct request *rq,
                                                 const struct iam_reset_service_specific_credential_in *in,
                                                 struct iam_reset_service_specific_credential_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SERVICE_CREDENTIAL };
    TRY(credential_of(rq, in->user_name, in->service_specific_credential_id, &user, &item));
    out->service_specific_credential = issue(rq, &user, &item);
    return rows_item_update(&rows, &item, STR_NONE);
}

struct err iam_update_service_specific_credential(struct request *rq,
                                                  const struct iam_update_service_specific_credential_in *in,
                                                  struct iam_update_service_specific_credential_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SERVICE_CREDENTIAL };
    TRY(credential_of(rq, in->user_name, in->service_specific_credential_id, &user, &item));
    item.status = in->status;
    return rows_item_update(&rows, &item, STR_NONE);
}

struct err iam_delete_service_specific_credential(struct request *rq,
                                                  const struct iam_delete_service_specific_credential_in *in,
                                                  struct iam_delete_service_specific_credential_out *out)
{
    (void)out;
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SERVICE_CREDENTIAL };
    TRY(credential_of(rq, in->user_name, in->service_specific_credential_id, &user, &item));
    return item_delete(rq, &item);
}
