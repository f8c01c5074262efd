/* guard.c - what authorisation must know of a call to KMS: the key, its policy and grants, and condition keys of the key.
 * Those of the input stand in rules/authorization/kms.tsv.
 *
 * spec: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"; KMS
 * developer guide, "Condition keys for AWS KMS". */
#include "svc/kms/authority.h"
#include "svc/kms/blob.h"
#include "svc/kms/grant.h"

enum { PAIRS_MAX = 1024, FIRST_ROOM = 16 };

struct pairs {
    struct request *rq;
    struct context_pair *items;
    size_t count, room;
};

static void add(struct pairs *pairs, struct str key, struct str value)
{
    if (value.ptr == NULL || pairs->count == PAIRS_MAX) {
        return;
    }
    if (pairs->count == pairs->room) {
        const size_t room = pairs->room ? 2 * pairs->room : FIRST_ROOM;
        pairs->items = arena_grow(pairs->rq->ctx.arena, pairs->items, pairs->room * sizeof(*pairs->items),
                                  room * sizeof(*pairs->items));
        pairs->room = room;
    }
    pairs->items[pairs->count++] = (struct context_pair){ key, value };
}

static struct str truth(bool yes)
{
    return yes ? STR("true") : STR("false");
}

static const void *member_of(struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (size_t i = 0; i < input->member_count; i++) {
        if (strcmp(input->members[i].name, name) == 0) {
            return (const char *)in + input->members[i].offset;
        }
    }
    return NULL;
}

static struct str text_of(struct request *rq, const void *in, const char *name)
{
    const struct str *value = member_of(rq, in, name);
    return value ? *value : STR_NONE;
}

static void add_key(struct pairs *pairs, const struct key *key)
{
    const struct str spec = spec_name(key->spec);
    const struct str usage = str_of(usage_name(key->usage));
    add(pairs, STR("kms:KeySpec"), spec);
    add(pairs, STR("kms:CustomerMasterKeySpec"), spec);
    add(pairs, STR("kms:KeyUsage"), usage);
    add(pairs, STR("kms:CustomerMasterKeyUsage"), usage);
    add(pairs, STR("kms:KeyOrigin"), key->origin);
    add(pairs, STR("kms:MultiRegion"), truth(key->multi_region.len > 0));
    add(pairs, STR("kms:MultiRegionKeyType"), key->multi_region.len ? key->multi_region : STR_NONE);
}

static struct str alias_of(struct str reference)
{
    const size_t at = str_search(reference, STR("alias/"));
    return at == STR_MISSING ? STR_NONE : str_from(reference, at);
}

/* The guard of a call on a key. One that isn't there has no policy: identity policies decide who learns so. */
static struct err guard_key(struct pairs *pairs, struct str reference, struct guard *guard)
{
    struct request *rq = pairs->rq;
    const struct belongings *belongings = NULL;
    struct key key = { .id = STR_NONE };
    bool found = false;
    add(pairs, STR("kms:CallerAccount"), rq->caller.account);
    add(pairs, STR("kms:RequestAlias"), alias_of(reference));
    TRY(key_look_whole(rq, reference, &key, &belongings, &found));
    if (found) {
        add_key(pairs, &key);
        for (size_t i = 0; i < belongings->pair_count; i++) {
            add(pairs, belongings->pairs[i].key, belongings->pairs[i].value);
        }
        TRY(authority_grants(rq, belongings, guard));
        guard->resource = key.arn;
        guard->account = key.account;
        guard->policy = key.policy;
        guard->resource_decides = true;
    }
    guard->pairs = pairs->items;
    guard->pair_count = pairs->count;
    return ERR_OK;
}

static struct str arn_here(struct request *rq, struct str account, const char *kind, struct str name)
{
    return str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":%s%" STR_FMT, STR_ARG(rq->region),
                      STR_ARG(account), kind, STR_ARG(name));
}

/* The key that a ciphertext names; of one that names none the call is about any. */
static struct str key_of_blob(struct request *rq, struct str bytes)
{
    struct blob blob = { .key = STR_NONE };
    return bytes.ptr && kms_blob_read(rq->ctx.arena, bytes, &blob) ? arn_here(rq, blob.account, "key/", blob.key) : STR_NONE;
}

static struct guard *guard_next(struct request *rq, struct guard *guard, const char *action)
{
    struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
    *next = (struct guard){ .action = str_of(action), .resource = STR("*"), .account = rq->account };
    guard->next = next;
    return next;
}

static void add_context(struct pairs *pairs, const struct kms_encryption_context_type *context)
{
    for (size_t i = 0; i < context->count; i++) {
        add(pairs, STR("kms:EncryptionContextKeys"), context->items[i].key);
        add(pairs, str_format(pairs->rq->ctx.arena, "kms:EncryptionContext:%" STR_FMT, STR_ARG(context->items[i].key)),
            context->items[i].value);
    }
}

static struct err guard_half(struct request *rq, struct str reference, struct str algorithm,
                             const struct kms_encryption_context_type *context, struct guard *guard)
{
    struct pairs pairs = { .rq = rq };
    add_context(&pairs, context);
    add(&pairs, STR("kms:EncryptionAlgorithm"), algorithm.ptr ? algorithm : STR("SYMMETRIC_DEFAULT"));
    add(&pairs, STR("kms:ReEncryptOnSameKey"), STR("false")); /* until both are known */
    return guard_key(&pairs, reference, guard);
}

/* The pair was written by guard_half, in the request's arena. */
static void tell_same(const struct guard *guard, struct str same)
{
    for (size_t i = 0; i < guard->pair_count; i++) {
        if (str_equal(guard->pairs[i].key, STR("kms:ReEncryptOnSameKey"))) {
            ((struct context_pair *)(uintptr_t)guard->pairs)[i].value = same;
        }
    }
}

static struct err guard_re_encrypt(struct request *rq, const struct kms_re_encrypt_in *in, struct guard *guard)
{
    const struct str from = in->source_key_id.ptr ? in->source_key_id : key_of_blob(rq, in->ciphertext_blob);
    struct guard *next = guard_next(rq, guard, "kms:ReEncryptTo");
    TRY(guard_half(rq, from, in->source_encryption_algorithm, &in->source_encryption_context, guard));
    TRY(guard_half(rq, in->destination_key_id, in->destination_encryption_algorithm, &in->destination_encryption_context, next));
    tell_same(guard, truth(str_equal(guard->resource, next->resource)));
    tell_same(next, truth(str_equal(guard->resource, next->resource)));
    return ERR_OK;
}

/* spec: KMS developer guide, "Controlling access to aliases": the permission is needed on the alias and on each key. */
static struct err guard_alias(struct request *rq, const void *in, struct guard *guard)
{
    const struct str name = text_of(rq, in, "AliasName");
    const bool made = strcmp(rq->operation->name, "CreateAlias") == 0;
    const struct str keys[] = { text_of(rq, in, "TargetKeyId"), made ? STR_NONE : name };
    struct guard *last = guard;
    guard->resource = arn_here(rq, rq->account, "", name);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (keys[i].ptr) {
            struct pairs pairs = { .rq = rq };
            last = guard_next(rq, last, rq->operation->action);
            TRY(guard_key(&pairs, keys[i], last));
        }
    }
    return ERR_OK;
}

/* spec: KMS API reference, RetireGrant: the retiring principal may, and a grantee whose grant says so. */
static struct err guard_retire(struct request *rq, const struct kms_retire_grant_in *in, struct guard *guard)
{
    struct grant_row grant = { .id = STR_NONE };
    struct key key = { .id = STR_NONE };
    struct pairs pairs = { .rq = rq };
    bool found = false;
    TRY(grant_named(rq, in->grant_token, in->key_id, in->grant_id, &key, &grant, &found));
    if (!found) {
        return ERR_OK;
    }
    guard->open = grant_retires(rq, &grant);
    return guard_key(&pairs, key.arn, guard);
}

static void add_new_key(struct pairs *pairs, const struct kms_create_key_in *in)
{
    if (in->key_spec.ptr == NULL) {
        add(pairs, STR("kms:KeySpec"), in->customer_master_key_spec.ptr ? in->customer_master_key_spec : STR("SYMMETRIC_DEFAULT"));
    }
    if (in->key_usage.ptr == NULL) {
        add(pairs, STR("kms:KeyUsage"), STR("ENCRYPT_DECRYPT"));
    }
    if (in->origin.ptr == NULL) {
        add(pairs, STR("kms:KeyOrigin"), STR("AWS_KMS"));
    }
    if (!in->multi_region.set) {
        add(pairs, STR("kms:MultiRegion"), STR("false"));
    }
    add(pairs, STR("kms:CallerAccount"), pairs->rq->caller.account);
}

static void add_new_grant(struct pairs *pairs, const struct kms_create_grant_in *in)
{
    const struct kms_grant_constraints *constraints = in->constraints;
    const bool for_service = in->grantee_service_principal.ptr || request_caller(pairs->rq).service.ptr
        || pairs->rq->called_via_count > 0;
    add(pairs, STR("kms:GrantIsForAWSResource"), truth(for_service));
    if (constraints && constraints->encryption_context_equals.items) {
        add(pairs, STR("kms:GrantConstraintType"), STR("EncryptionContextEquals"));
    }
    if (constraints && constraints->encryption_context_subset.items) {
        add(pairs, STR("kms:GrantConstraintType"), STR("EncryptionContextSubset"));
    }
}

struct err kms_guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str operation = str_of(rq->operation->name);
    struct pairs pairs = { .rq = rq };
    if (str_equal(operation, STR("ReEncrypt"))) {
        return guard_re_encrypt(rq, in, guard);
    }
    if (str_ends(operation, STR("Alias"))) {
        return guard_alias(rq, in, guard);
    }
    if (str_equal(operation, STR("RetireGrant"))) {
        return guard_retire(rq, in, guard);
    }
    if (str_equal(operation, STR("CreateGrant"))) {
        add_new_grant(&pairs, in);
    }
    struct str reference = text_of(rq, in, "KeyId");
    if (reference.ptr == NULL && str_equal(operation, STR("Decrypt"))) {
        reference = key_of_blob(rq, text_of(rq, in, "CiphertextBlob"));
    }
    if (reference.ptr && !str_equal(operation, STR("ListAliases"))) {
        return guard_key(&pairs, reference, guard);
    }
    if (str_equal(operation, STR("CreateKey"))) {
        add_new_key(&pairs, in);
    }
    guard->pairs = pairs.items;
    guard->pair_count = pairs.count;
    return ERR_OK;
}
