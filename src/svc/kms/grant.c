/* spec: KMS developer guide, "Grants in AWS KMS". A grant works at once here, so its token is only another name for it. */
#include "svc/kms/grant.h"

#include "base/json.h"
#include "crypto/random.h"
#include "svc/context.h"
#include "svc/kms/faults.h"
#include "svc/kms/page.h"

enum { PAGE = 50, GRANTS_MAX = 50000, TOKEN_MAX = 8192 };

static const struct str TOKEN_ABOUT = STR_INIT("kms:grant-token");

/* region/account/key/grant, sealed */
static struct str token_of(struct request *rq, const struct grant_row *grant)
{
    const struct str name = str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/%" STR_FMT, STR_ARG(rq->region),
                                       STR_ARG(grant->account), STR_ARG(grant->key), STR_ARG(grant->id));
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, TOKEN_ABOUT, name));
}

static bool read_token(struct request *rq, struct str token, struct grant_row *out)
{
    struct str sealed = STR_NONE;
    struct str rest = STR_NONE;
    if (token.len > TOKEN_MAX || !str_unbase64(rq->ctx.arena, token, &sealed)
        || !vault_unseal(&rq->ctx, rq->vault, TOKEN_ABOUT, sealed, &rest)) {
        return false;
    }
    const struct str region = str_cut(rest, '/', &rest);
    out->account = str_cut(rest, '/', &rest);
    out->key = str_cut(rest, '/', &out->id);
    return str_equal(region, rq->region);
}

struct err grant_named(struct request *rq, struct str token, struct str key_id, struct str grant_id, struct key *key,
                       struct grant_row *out, bool *found)
{
    *found = false;
    if (token.ptr && !read_token(rq, token, out)) {
        return ERR_OK;
    }
    const struct str reference = token.ptr
        ? str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT, STR_ARG(rq->region),
                     STR_ARG(out->account), STR_ARG(out->key))
        : key_id;
    const struct str id = token.ptr ? out->id : grant_id;
    if (reference.ptr == NULL || id.ptr == NULL) {
        return ERR_OK;
    }
    TRY(key_look(rq, reference, key, found));
    if (!*found) {
        return ERR_OK;
    }
    const struct rows rows = kms_rows_of(rq, key);
    return kms_rows_grant_find(&rows, key->id, id, out, found);
}

static bool is_caller(struct request *rq, struct str principal)
{
    const struct policy_caller caller = request_caller(rq);
    const struct str root = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(caller.account));
    return principal.ptr
        && (str_equal(principal, caller.arn) || str_equal(principal, caller.role_arn) || str_equal(principal, caller.service)
            || str_equal(principal, root));
}

static bool lists(struct str operations, struct str wanted)
{
    for (struct str rest = operations; rest.ptr;) {
        if (str_equal(str_cut(rest, ' ', &rest), wanted)) {
            return true;
        }
    }
    return false;
}

bool grant_retires(struct request *rq, const struct grant_row *grant)
{
    return is_caller(rq, grant->retiring)
        || (is_caller(rq, grant->grantee) && lists(grant->operations, STR("RetireGrant")));
}

static struct str join_operations(struct request *rq, const struct kms_grant_operation_list *list)
{
    struct text text = text_new(rq->ctx.arena);
    for (size_t i = 0; i < list->count; i++) {
        if (text.len) {
            text_add_char(&text, ' ');
        }
        text_add(&text, list->items[i]);
    }
    return text_str(&text);
}

static void write_context(struct json_writer *w, const char *name, const struct kms_encryption_context_type *context)
{
    if (context->items == NULL) {
        return;
    }
    json_key(w, str_of(name));
    json_open_object(w);
    for (size_t i = 0; i < context->count; i++) {
        json_member_str(w, context->items[i].key, context->items[i].value);
    }
    json_close_object(w);
}

static struct str write_constraints(struct request *rq, const struct kms_grant_constraints *constraints)
{
    if (constraints == NULL) {
        return STR_NONE;
    }
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    write_context(&w, "EncryptionContextEquals", &constraints->encryption_context_equals);
    write_context(&w, "EncryptionContextSubset", &constraints->encryption_context_subset);
    json_member_str(&w, STR("SourceArn"), constraints->source_arn);
    json_close_object(&w);
    return json_done(&w);
}

/* What a grant may allow depends on what the key is for. */
static bool operation_fits(const struct key *key, struct str operation)
{
    static const struct {
        const char *name;
        unsigned usages;
    } only[] = {
        { "Encrypt", 1U << USAGE_ENCRYPT }, { "Decrypt", 1U << USAGE_ENCRYPT }, { "ReEncryptFrom", 1U << USAGE_ENCRYPT },
        { "ReEncryptTo", 1U << USAGE_ENCRYPT }, { "Sign", 1U << USAGE_SIGN }, { "Verify", 1U << USAGE_SIGN },
        { "GenerateMac", 1U << USAGE_MAC }, { "VerifyMac", 1U << USAGE_MAC }, { "DeriveSharedSecret", 1U << USAGE_AGREE },
        { "Encapsulate", 0 }, { "Decapsulate", 0 },
    };
    if (str_starts(operation, STR("GenerateDataKey"))) {
        return key->spec->form == FORM_SYMMETRIC;
    }
    if (str_equal(operation, STR("GetPublicKey"))) {
        return key->spec->form == FORM_PAIR;
    }
    for (size_t i = 0; i < COUNT_OF(only); i++) {
        if (str_equal(operation, str_of(only[i].name))) {
            return (only[i].usages & 1U << key->usage) != 0;
        }
    }
    return true;
}

static struct err check_principal(struct request *rq, struct str principal, const char *what)
{
    struct policy_caller caller = { .account = STR_NONE };
    if (principal.ptr == NULL || policy_caller_of(rq->ctx.arena, principal, &caller)) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_INVALID_ARN_EXCEPTION, "%s is not a valid principal ARN: %" STR_FMT, what, STR_ARG(principal));
}

static struct err check_grant(struct request *rq, const struct kms_create_grant_in *in, const struct key *key)
{
    if ((in->grantee_principal.ptr != NULL) == (in->grantee_service_principal.ptr != NULL)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Name one of GranteePrincipal and GranteeServicePrincipal");
    }
    if (in->retiring_principal.ptr && in->retiring_service_principal.ptr) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Name one of RetiringPrincipal and RetiringServicePrincipal");
    }
    TRY(check_principal(rq, in->grantee_principal, "GranteePrincipal"));
    TRY(check_principal(rq, in->retiring_principal, "RetiringPrincipal"));
    for (size_t i = 0; i < in->operations.count; i++) {
        if (!operation_fits(key, in->operations.items[i])) {
            return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Operation %" STR_FMT " is not valid for key %" STR_FMT
                        " with usage %s.", STR_ARG(in->operations.items[i]), STR_ARG(key->arn), usage_name(key->usage));
        }
    }
    const bool symmetric = key->spec->form == FORM_SYMMETRIC;
    const struct kms_grant_constraints *given = in->constraints;
    if (!symmetric && given && (given->encryption_context_equals.count || given->encryption_context_subset.count)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Encryption context constraints are only for symmetric KMS keys.");
    }
    return in->operations.count ? ERR_OK : fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Operations must not be empty");
}

/* spec: CreateGrant: with a Name, the same grant asked for again is the one that is there. */
static struct err find_same(struct request *rq, const struct key *key, struct grant_row *wanted, bool *found)
{
    struct grant_row *there = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    *found = false;
    if (wanted->name.ptr == NULL) {
        return ERR_OK;
    }
    TRY(kms_rows_grants(&rows, key->id, wanted->grantee, (struct page){ STR(""), GRANTS_MAX }, &there, &count));
    for (size_t i = 0; i < count && !*found; i++) {
        *found = str_equal(there[i].name, wanted->name) && str_equal(there[i].operations, wanted->operations)
            && str_equal(there[i].retiring, wanted->retiring) && str_equal(there[i].constraints, wanted->constraints);
        wanted->id = *found ? there[i].id : wanted->id;
    }
    return ERR_OK;
}

struct err kms_create_grant(struct request *rq, const struct kms_create_grant_in *in, struct kms_create_grant_out *out)
{
    struct key key = { .id = STR_NONE };
    int64_t count = 0;
    bool same = false;
    TRY(key_need(rq, in->key_id, NEED_USABLE, &key));
    TRY(check_grant(rq, in, &key));
    const struct rows rows = kms_rows_of(rq, &key);
    TRY(kms_rows_grant_count(&rows, key.id, &count));
    if (count >= GRANTS_MAX) {
        return fail(&rq->ctx, &KMS_LIMIT_EXCEEDED_EXCEPTION, "The key has %d grants already", GRANTS_MAX);
    }
    TRY(key_dry_run(rq, in->dry_run));
    struct grant_row row = {
        .account = key.account,
        .key = key.id,
        .id = random_hex(&rq->ctx, 64),
        .name = in->name,
        .grantee = in->grantee_principal.ptr ? in->grantee_principal : in->grantee_service_principal,
        .grantee_service = in->grantee_principal.ptr == NULL,
        .retiring = in->retiring_principal.ptr ? in->retiring_principal : in->retiring_service_principal,
        .retiring_service = in->retiring_service_principal.ptr != NULL,
        .operations = join_operations(rq, &in->operations),
        .constraints = write_constraints(rq, in->constraints),
        .issuer = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(rq->caller.account)),
        .created_ms = rq->ctx.now_ms,
    };
    TRY(find_same(rq, &key, &row, &same));
    if (!same) {
        TRY(kms_rows_grant_insert(&rows, &row));
    }
    out->grant_id = row.id;
    out->grant_token = token_of(rq, &row);
    return ERR_OK;
}

static struct err need_grant(struct request *rq, struct str key_id, struct str grant_id, struct key *key, struct grant_row *out)
{
    bool found = false;
    TRY(key_find(rq, key_id, key));
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_grant_find(&rows, key->id, grant_id, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Grant ID %" STR_FMT " not found", STR_ARG(grant_id));
}

struct err kms_revoke_grant(struct request *rq, const struct kms_revoke_grant_in *in, struct kms_revoke_grant_out *out)
{
    struct key key = { .id = STR_NONE };
    struct grant_row row = { .id = STR_NONE };
    (void)out;
    TRY(need_grant(rq, in->key_id, in->grant_id, &key, &row));
    TRY(key_dry_run(rq, in->dry_run));
    const struct rows rows = kms_rows_of(rq, &key);
    return kms_rows_grant_delete(&rows, key.id, row.id);
}

struct err kms_retire_grant(struct request *rq, const struct kms_retire_grant_in *in, struct kms_retire_grant_out *out)
{
    struct key key = { .id = STR_NONE };
    struct grant_row row = { .id = STR_NONE };
    bool found = false;
    (void)out;
    if (in->grant_token.ptr == NULL && (in->key_id.ptr == NULL || in->grant_id.ptr == NULL)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Name a GrantToken, or a KeyId and a GrantId");
    }
    TRY(grant_named(rq, in->grant_token, in->key_id, in->grant_id, &key, &row, &found));
    if (!found) {
        return in->grant_token.ptr ? fail(&rq->ctx, &KMS_INVALID_GRANT_TOKEN_EXCEPTION, "Invalid grant token")
                                   : fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Grant ID %" STR_FMT " not found",
                                          STR_ARG(in->grant_id));
    }
    TRY(key_dry_run(rq, in->dry_run));
    const struct rows rows = kms_rows_of(rq, &key);
    return kms_rows_grant_delete(&rows, key.id, row.id);
}

static struct kms_encryption_context_type read_context(struct request *rq, const struct json *object)
{
    struct kms_encryption_context_type out = { .items = NULL };
    if (object == NULL) {
        return out;
    }
    out.items = arena_array(rq->ctx.arena, object->count + 1, sizeof(*out.items));
    for (const struct json *item = object->child; item; item = item->next) {
        out.items[out.count].key = item->key;
        out.items[out.count++].value = item->text;
    }
    return out;
}

static const struct kms_grant_constraints *read_constraints(struct request *rq, struct str text)
{
    const struct json *json = text.ptr ? json_parse(rq->ctx.arena, text, NULL) : NULL;
    if (json == NULL) {
        return NULL;
    }
    struct kms_grant_constraints *out = ARENA_NEW(rq->ctx.arena, struct kms_grant_constraints);
    out->encryption_context_equals = read_context(rq, json_get(json, STR("EncryptionContextEquals")));
    out->encryption_context_subset = read_context(rq, json_get(json, STR("EncryptionContextSubset")));
    out->source_arn = json_text(json_get(json, STR("SourceArn")));
    return out;
}

static struct kms_grant_operation_list split_operations(struct request *rq, struct str text)
{
    struct kms_grant_operation_list out = { .items = ARENA_ARRAY(rq->ctx.arena, struct str, 64) };
    for (struct str rest = text; rest.ptr && out.count < 64;) {
        out.items[out.count++] = str_cut(rest, ' ', &rest);
    }
    return out;
}

static struct kms_grant_list_entry entry_of(struct request *rq, const struct grant_row *row)
{
    return (struct kms_grant_list_entry){
        .key_id = str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT, STR_ARG(rq->region),
                             STR_ARG(row->account), STR_ARG(row->key)),
        .grant_id = row->id,
        .name = row->name.ptr ? row->name : STR(""),
        .creation_date = SOME(row->created_ms),
        .grantee_principal = row->grantee_service ? STR_NONE : row->grantee,
        .grantee_service_principal = row->grantee_service ? row->grantee : STR_NONE,
        .retiring_principal = row->retiring_service ? STR_NONE : row->retiring,
        .retiring_service_principal = row->retiring_service ? row->retiring : STR_NONE,
        .issuing_account = row->issuer,
        .operations = split_operations(rq, row->operations),
        .constraints = read_constraints(rq, row->constraints),
    };
}

static struct kms_grant_list list_of(struct request *rq, const struct grant_row *rows, size_t count)
{
    struct kms_grant_list out = { ARENA_ARRAY(rq->ctx.arena, struct kms_grant_list_entry, count + 1), count };
    for (size_t i = 0; i < count; i++) {
        out.items[i] = entry_of(rq, &rows[i]);
    }
    return out;
}

struct err kms_list_grants(struct request *rq, const struct kms_list_grants_in *in, struct kms_list_grants_out *out)
{
    struct page page = { .limit = 0 };
    struct key key = { .id = STR_NONE };
    struct grant_row *found = NULL;
    size_t count = 0;
    const struct str grantee = in->grantee_principal.ptr ? in->grantee_principal : in->grantee_service_principal;
    TRY(key_find(rq, in->key_id, &key));
    TRY(kms_page_begin(rq, key.id, in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_of(rq, &key);
    if (in->grant_id.ptr) {
        struct grant_row *one = ARENA_NEW(rq->ctx.arena, struct grant_row);
        bool there = false;
        TRY(kms_rows_grant_find(&rows, key.id, in->grant_id, one, &there));
        const bool fits = there && (grantee.ptr == NULL || str_equal(grantee, one->grantee));
        out->truncated = (struct opt_bool)SOME(false);
        out->grants = list_of(rq, one, fits);
        return ERR_OK;
    }
    TRY(kms_rows_grants(&rows, key.id, grantee, page, &found, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, key.id, found[count - 1].id);
    }
    out->grants = list_of(rq, found, count);
    return ERR_OK;
}

struct err kms_list_retirable_grants(struct request *rq, const struct kms_list_retirable_grants_in *in,
                                     struct kms_list_retirable_grants_out *out)
{
    struct page page = { .limit = 0 };
    struct grant_row *found = NULL;
    size_t count = 0;
    const struct str principal = in->retiring_principal.ptr ? in->retiring_principal : in->retiring_service_principal;
    if (principal.ptr == NULL) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Name a RetiringPrincipal");
    }
    struct policy_caller owner = { .account = STR_NONE };
    if (in->retiring_principal.ptr
        && !(policy_caller_of(rq->ctx.arena, principal, &owner) && str_equal(owner.account, rq->account))) {
        return fail(&rq->ctx, &KMS_ACCESS_DENIED, "RetiringPrincipal must be one of the caller's own account");
    }
    TRY(kms_page_begin(rq, principal, in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_grants_retirable(&rows, principal, page, &found, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, principal, found[count - 1].id);
    }
    out->grants = list_of(rq, found, count);
    return ERR_OK;
}
