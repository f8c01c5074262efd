#include "svc/iam/entity.h"

#include "crypto/random.h"
#include "svc/iam/rows_item.h"
#include "svc/policy_text.h"

static const struct str BASE32 = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000, ID_DIGITS = 17, TAGS_MAX = 50 };

struct rows rows_of(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account };
}

/* Names are kept unique without regard to case, but found only as they are written: what a policy denies by name must
 * not be reached by another spelling. */
struct err entity_get(struct request *rq, enum entity_kind kind, struct str name, struct entity *out)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(rows_entity_find(&rows, kind, name, out, &found));
    return found && str_equal(out->name, name)
               ? ERR_OK
               : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The %" STR_FMT " with name %" STR_FMT
                      " cannot be found.", STR_ARG(rows_kind(kind)), STR_ARG(name));
}

struct err entity_get_own(struct request *rq, enum entity_kind kind, struct str name, struct entity *out)
{
    TRY(entity_get(rq, kind, name, out));
    return kind == ENTITY_ROLE ? role_check_linked(rq, out) : ERR_OK;
}

struct err entity_user_or_caller(struct request *rq, struct str name, struct entity *out)
{
    if (name.ptr == NULL && rq->caller.type != PRINCIPAL_USER) {
        return fail(&rq->ctx, &IAM_VALIDATION_ERROR, "Must specify userName when calling with non-User credentials");
    }
    return entity_get(rq, ENTITY_USER, name.ptr ? name : rq->caller.name, out);
}

static struct err taken(struct request *rq, enum entity_kind kind, struct str name)
{
    static const char *const WORDS[] = { [ENTITY_USER] = "User", [ENTITY_GROUP] = "Group", [ENTITY_ROLE] = "Role" };
    return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "%s with name %" STR_FMT " already exists.",
                WORDS[kind], STR_ARG(name));
}

struct err entity_create(struct request *rq, struct entity *entity, struct iam_tag_list_type tags)
{
    static const char *const PREFIXES[] = { [ENTITY_USER] = "AIDA", [ENTITY_GROUP] = "AGPA", [ENTITY_ROLE] = "AROA" };
    const struct rows rows = rows_of(rq);
    entity->id = entity_id(&rq->ctx, str_of(PREFIXES[entity->kind]));
    entity->path = entity->path.ptr ? entity->path : STR("/");
    entity->created_ms = rq->ctx.now_ms / 1000 * 1000;
    if (entity->boundary.ptr) {
        TRY(managed_check(rq, entity->boundary));
    }
    const struct err err = rows_entity_insert(&rows, entity);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq, entity->kind, entity->name);
    }
    TRY(err);
    return tags_put(rq, entity->id, tags);
}

struct err entity_save(struct request *rq, const struct entity *entity, struct str new_name)
{
    const struct rows rows = rows_of(rq);
    struct entity changed = *entity;
    changed.name = new_name.ptr ? new_name : entity->name;
    const struct err err = rows_entity_update(&rows, &changed);
    return err_is(err, &STORE_CONFLICT) ? taken(rq, entity->kind, new_name) : err;
}

static struct err nothing_left(struct request *rq, int64_t count, const char *first)
{
    return count == 0 ? ERR_OK
                      : fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete entity, must %s first.", first);
}

struct err entity_remove(struct request *rq, const struct entity *entity)
{
    static const struct {
        enum counted counted;
        const char *first;
    } HOLDS[] = {
        { COUNT_KEYS, "delete access keys" },
        { COUNT_USERS_OF_GROUP, "remove users from group" },
        { COUNT_GROUPS_OF_USER, "remove users from group" },
        { COUNT_ATTACHED, "detach all policies" },
        { COUNT_INLINE, "delete policies" },
    };
    static const struct {
        enum item_kind kind;
        const char *first;
    } ITEMS[] = {
        { ITEM_LOGIN, "delete login profile" },
        { ITEM_MFA, "delete MFA device" },
        { ITEM_SIGNING_CERTIFICATE, "delete signing certificates" },
        { ITEM_SSH_KEY, "delete SSH public keys" },
        { ITEM_SERVICE_CREDENTIAL, "delete service specific credentials" },
        { ITEM_INSTANCE_PROFILE, "remove roles from instance profile" },
    };
    const struct rows rows = rows_of(rq);
    for (size_t i = 0; i < COUNT_OF(HOLDS); i++) {
        int64_t count = 0;
        TRY(rows_count(&rows, HOLDS[i].counted, entity->id, &count));
        TRY(nothing_left(rq, count, HOLDS[i].first));
    }
    for (size_t i = 0; i < COUNT_OF(ITEMS); i++) {
        int64_t count = 0;
        TRY(rows_item_count(&rows, ITEMS[i].kind, entity->id, &count));
        TRY(nothing_left(rq, count, ITEMS[i].first));
    }
    TRY(rows_use_delete(&rows, entity->id));
    return rows_entity_delete(&rows, entity->id);
}

struct str entity_id(struct ctx *ctx, struct str prefix)
{
    const struct str digits = random_alphabet(ctx, BASE32, ID_DIGITS);
    return str_format(ctx->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(prefix), STR_ARG(digits));
}

struct str entity_arn(struct request *rq, const struct entity *entity)
{
    return str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":%" STR_FMT "%" STR_FMT "%" STR_FMT,
                      STR_ARG(rq->account), STR_ARG(rows_kind(entity->kind)), STR_ARG(entity->path),
                      STR_ARG(entity->name));
}

struct err page_of(struct request *rq, struct str marker, struct opt_int max_items, struct page *out)
{
    *out = (struct page){ STR(""), max_items.set ? max_items.v : PAGE_DEFAULT };
    if (marker.ptr && !str_unbase64(rq->ctx.arena, marker, &out->after)) {
        return fail(&rq->ctx, &IAM_VALIDATION_ERROR, "Invalid Marker.");
    }
    return ERR_OK;
}

struct page page_all(void)
{
    return (struct page){ STR(""), PAGE_MAX };
}

struct str page_cut(struct request *rq, struct page page, size_t *count, struct str (*key)(const void *list, size_t at),
                    const void *list, struct opt_bool *truncated)
{
    *truncated = (struct opt_bool)SOME(*count > (size_t)page.limit);
    if (!truncated->v) {
        return STR_NONE;
    }
    *count = (size_t)page.limit;
    return str_base64(rq->ctx.arena, key(list, *count - 1));
}

struct str pairs_key(const void *list, size_t at)
{
    return ((const struct pairs *)list)->items[at].key;
}

struct str entities_key(const void *list, size_t at)
{
    return ((const struct entities *)list)->items[at].key;
}

struct err entity_quota(struct request *rq, enum counted which, struct str owner, int64_t max, const char *quota)
{
    const struct rows rows = rows_of(rq);
    int64_t count = 0;
    TRY(rows_count(&rows, which, owner, &count));
    return count < max ? ERR_OK
                       : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for %s: %lld", quota,
                              (long long)max);
}

struct err document_check(struct request *rq, struct str document, enum policy_kind kind)
{
    return policy_text_check(rq, document, kind, &IAM_MALFORMED_POLICY_DOCUMENT_EXCEPTION);
}

size_t document_size(struct str document)
{
    return policy_text_size(document);
}

struct str document_out(struct request *rq, struct str document)
{
    return document.ptr ? str_percent_encode(rq->ctx.arena, document, false) : STR_NONE;
}

struct err tags_read(struct request *rq, struct str owner, struct iam_tag_list_type *out)
{
    const struct rows rows = rows_of(rq);
    struct pairs pairs = { NULL, 0 };
    TRY(rows_pairs(&rows, TAGS, owner, page_all(), &pairs));
    *out = (struct iam_tag_list_type){ NULL, pairs.count };
    if (pairs.count > 0) {
        out->items = ARENA_ARRAY(rq->ctx.arena, struct iam_tag, pairs.count);
    }
    for (size_t i = 0; i < pairs.count; i++) {
        out->items[i] = (struct iam_tag){ pairs.items[i].name, pairs.items[i].value };
    }
    return ERR_OK;
}

/* spec: IAM API reference, TagUser: keys don't differ by case alone. */
static bool repeated(struct iam_tag_list_type tags, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_equal_nocase(tags.items[i].key, tags.items[at].key)) {
            return true;
        }
    }
    return false;
}

struct err tags_put(struct request *rq, struct str owner, struct iam_tag_list_type tags)
{
    const struct rows rows = rows_of(rq);
    for (size_t i = 0; i < tags.count; i++) {
        if (repeated(tags, i)) {
            return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION,
                        "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
        TRY(rows_pair_put(&rows, TAGS, owner, tags.items[i].key, tags.items[i].value));
    }
    int64_t count = 0;
    TRY(rows_count(&rows, COUNT_TAGS, owner, &count));
    return count <= TAGS_MAX ? ERR_OK
                             : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                                    "The number of tags has reached the maximum limit.");
}

const struct iam_attached_permissions_boundary *boundary_out(struct request *rq, const struct entity *entity)
{
    if (entity->boundary.ptr == NULL) {
        return NULL;
    }
    struct iam_attached_permissions_boundary *out =
        ARENA_NEW(rq->ctx.arena, struct iam_attached_permissions_boundary);
    *out = (struct iam_attached_permissions_boundary){ STR("PermissionsBoundaryPolicy"), entity->boundary };
    return out;
}

struct iam_user user_out(struct request *rq, const struct entity *entity)
{
    return (struct iam_user){
        .path = entity->path,
        .user_name = entity->name,
        .user_id = entity->id,
        .arn = entity_arn(rq, entity),
        .create_date = SOME(entity->created_ms),
    };
}

struct iam_group group_out(struct request *rq, const struct entity *entity)
{
    return (struct iam_group){
        .path = entity->path,
        .group_name = entity->name,
        .group_id = entity->id,
        .arn = entity_arn(rq, entity),
        .create_date = SOME(entity->created_ms),
    };
}

struct iam_user_list_type users_out(struct request *rq, struct entities entities)
{
    struct iam_user *items = ARENA_ARRAY(rq->ctx.arena, struct iam_user, entities.count + 1);
    for (size_t i = 0; i < entities.count; i++) {
        items[i] = user_out(rq, &entities.items[i]);
    }
    return (struct iam_user_list_type){ items, entities.count };
}

struct iam_group_list_type groups_out(struct request *rq, struct entities entities)
{
    struct iam_group *items = ARENA_ARRAY(rq->ctx.arena, struct iam_group, entities.count + 1);
    for (size_t i = 0; i < entities.count; i++) {
        items[i] = group_out(rq, &entities.items[i]);
    }
    return (struct iam_group_list_type){ items, entities.count };
}
