/* authority.c - for the front door: whose key signed, and what its owner may do. */
#include "svc/changes.h"
#include "svc/iam/documents.h"
#include "svc/iam/iam.h"
#include "svc/iam/key.h"
#include "svc/iam/rows_item.h"
#include "svc/session.h"

const struct service IAM = { .model = &IAM_MODEL, .guard = iam_guard, .changes_authority = true };

uint64_t iam_generation(void)
{
    return atomic_load(&changes_authority.count);
}

void iam_changed(void)
{
    changes_note(&changes_authority);
}

static struct err unknown_key(struct ctx *ctx)
{
    return fail(ctx, &IAM_INVALID_CLIENT_TOKEN, SIGV4_UNKNOWN_KEY_TEXT);
}

static struct err find_session(struct ctx *ctx, const struct vault *vault, struct str access_key, struct str token,
                               int64_t now_ms, struct iam_credential *out)
{
    struct session session = { .expires_ms = 0 };
    if (!session_unseal(ctx, vault, access_key, token, &session)) {
        return unknown_key(ctx);
    }
    if (session.expires_ms <= now_ms) {
        return fail(ctx, &IAM_EXPIRED_TOKEN, SIGV4_EXPIRED_TOKEN_TEXT);
    }
    *out = (struct iam_credential){ session.principal, session.secret, true, session.tags, session.tag_count,
                                    session.expires_ms };
    return ERR_OK;
}

static struct principal root_principal(struct ctx *ctx, struct str account)
{
    return (struct principal){ .type = PRINCIPAL_ROOT, .account = account, .id = account,
                               .arn = str_format(ctx->arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(account)) };
}

static struct principal user_principal(struct ctx *ctx, struct str account, const struct entity *user)
{
    return (struct principal){ .type = PRINCIPAL_USER, .account = account, .id = user->id, .name = user->name,
                               .arn = str_format(ctx->arena, "arn:aws:iam::%" STR_FMT ":user%" STR_FMT "%" STR_FMT,
                                                 STR_ARG(account), STR_ARG(user->path), STR_ARG(user->name)) };
}

static struct err find_lasting(struct ctx *ctx, struct store_conn *db, const struct vault *vault,
                               struct str access_key, struct iam_credential *out)
{
    struct rows rows = { ctx, db, STR_NONE };
    struct key_row key = { .created_ms = 0 };
    struct entity user = { .kind = ENTITY_USER };
    bool found = false;
    if (!str_starts(access_key, STR("AKIA")) || !access_key_account(ctx, access_key, &rows.account)) {
        return unknown_key(ctx);
    }
    TRY(rows_key_find(&rows, access_key, &key, &found));
    if (!found || !vault_unseal(ctx, vault, key_about(ctx, key.id), key.secret, &out->secret)) {
        return unknown_key(ctx);
    }
    out->active = str_equal(key.status, STR("Active"));
    if (str_equal(key.owner, rows.account)) {
        out->principal = root_principal(ctx, rows.account);
    } else {
        TRY(rows_entity_by_id(&rows, key.owner, &user, &found));
        out->principal = user_principal(ctx, rows.account, &user);
    }
    out->principal.access_key = key.id;
    return found ? ERR_OK : unknown_key(ctx);
}

struct err iam_credential_find(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str access_key,
                               struct str session_token, int64_t now_ms, struct iam_credential *out)
{
    *out = (struct iam_credential){ .active = false };
    if (session_token.ptr) {
        return find_session(ctx, vault, access_key, session_token, now_ms, out);
    }
    return find_lasting(ctx, db, vault, access_key, out);
}

/* Policies being gathered for one layer. */
struct gathered {
    const struct policy **policies;
    struct str *names;
    size_t count;
};

static const struct str ALLOW_ALL =
    STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}");
static const struct str DENY_ALL =
    STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}");

enum { SCOPE_END = 0x1E };

static void gather(struct ctx *ctx, struct gathered *gathered, struct str name, struct str document)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(ctx->arena, document, POLICY_IDENTITY, &error);
    const size_t n = gathered->count++;
    gathered->policies = arena_grow(ctx->arena, gathered->policies, n * sizeof(*gathered->policies),
                                    (n + 1) * sizeof(*gathered->policies));
    gathered->names = arena_grow(ctx->arena, gathered->names, n * sizeof(*gathered->names),
                                 (n + 1) * sizeof(*gathered->names));
    gathered->policies[n] = policy ? policy : policy_parse(ctx->arena, DENY_ALL, POLICY_IDENTITY, &error);
    gathered->names[n] = name;
}

static struct err gather_managed(const struct rows *rows, struct gathered *gathered, struct str arn)
{
    struct str document = STR_NONE;
    bool found = false;
    TRY(managed_document(rows, arn, &document, &found));
    gather(rows->ctx, gathered, arn, found ? document : DENY_ALL);
    return ERR_OK;
}

static struct err gather_identity(const struct rows *rows, const struct entity *entity, struct gathered *gathered)
{
    struct documents documents = { NULL, 0 };
    TRY(documents_of(rows, entity, &documents));
    for (size_t i = 0; i < documents.count; i++) {
        const struct document *one = &documents.items[i];
        const struct str inline_name =
            str_format(rows->ctx->arena, "%" STR_FMT "/%" STR_FMT ":%" STR_FMT, STR_ARG(rows_kind(one->kind)),
                       STR_ARG(one->owner), STR_ARG(one->name));
        gather(rows->ctx, gathered, one->managed ? one->name : inline_name, one->text.ptr ? one->text : DENY_ALL);
    }
    return ERR_OK;
}

static struct err gather_session(const struct rows *rows, const struct principal *principal, struct gathered *gathered)
{
    if (principal->session_policy.ptr) {
        gather(rows->ctx, gathered, STR("session"), principal->session_policy);
    }
    struct str rest = principal->session_policy_arns;
    while (rest.len > 0) {
        TRY(gather_managed(rows, gathered, str_cut(rest, ' ', &rest)));
    }
    return ERR_OK;
}

static void add_layer(struct iam_policies *out, enum policy_layer_kind kind, const struct gathered *gathered)
{
    out->layers[out->layer_count++] = (struct policy_layer){ kind, gathered->policies, gathered->count };
}

/* By id, which outlives renaming and isn't taken over by one of the same name made anew. A federated user has the policies
 * of the user that vouched for it. */
static struct err find_entity(const struct rows *rows, const struct principal *principal, struct entity *out,
                              bool *found)
{
    *found = false;
    const bool own = principal->type == PRINCIPAL_USER || principal->type == PRINCIPAL_ASSUMED_ROLE;
    const struct str id = own ? str_cut(principal->id, ':', &(struct str){ NULL, 0 }) : principal->issuer_id;
    return id.len > 0 ? rows_entity_by_id(rows, id, out, found) : ERR_OK;
}

/* spec: IAM user guide, "Permissions for GetFederationToken": without session policies there are none. */
static bool has_session_layer(const struct principal *principal)
{
    return principal->type == PRINCIPAL_FEDERATED || principal->session_policy.ptr || principal->session_policy_arns.ptr;
}

/* Each document that narrowed the session (GetScopedCredentials) must allow on its own. */
static void add_scopes(const struct rows *rows, const struct principal *principal, struct iam_policies *out)
{
    struct str rest = principal->scope_policies;
    for (int i = 0; i < IAM_SCOPES_MAX && rest.len > 0; i++) {
        struct gathered scope = { .count = 0 };
        gather(rows->ctx, &scope, STR("scope"), str_cut(rest, SCOPE_END, &rest));
        add_layer(out, LAYER_SESSION, &scope);
    }
}

static struct err read_tags(const struct rows *rows, struct str owner, struct iam_policies *out)
{
    struct pairs tags = { NULL, 0 };
    TRY(rows_pairs(rows, TAGS, owner, page_all(), &tags));
    struct context_pair *pairs = ARENA_ARRAY(rows->ctx->arena, struct context_pair, tags.count + 1);
    for (size_t i = 0; i < tags.count; i++) {
        pairs[i].key = str_format(rows->ctx->arena, "aws:PrincipalTag/%" STR_FMT, STR_ARG(tags.items[i].name));
        pairs[i].value = tags.items[i].value;
    }
    out->tags = pairs;
    out->tag_count = tags.count;
    return ERR_OK;
}

struct err iam_policies_of(struct ctx *ctx, struct store_conn *db, const struct principal *principal,
                           struct iam_policies *out)
{
    const struct rows rows = { ctx, db, principal->account };
    struct entity entity = { .kind = ENTITY_USER };
    struct gathered identity = { .count = 0 };
    struct gathered boundary = { .count = 0 };
    struct gathered session = { .count = 0 };
    bool found = false;
    *out = (struct iam_policies){ .all_allowed = principal->type == PRINCIPAL_ROOT };
    TRY(find_entity(&rows, principal, &entity, &found));
    if (found) {
        TRY(gather_identity(&rows, &entity, &identity));
        TRY(read_tags(&rows, entity.id, out));
    }
    if (principal->type == PRINCIPAL_FEDERATED && str_equal(principal->issuer_id, principal->account)) {
        gather(ctx, &identity, STR("root"), ALLOW_ALL);
    }
    add_layer(out, LAYER_IDENTITY, &identity);
    out->names = identity.names;
    if (entity.boundary.ptr) {
        TRY(gather_managed(&rows, &boundary, entity.boundary));
        add_layer(out, LAYER_BOUNDARY, &boundary);
    }
    if (has_session_layer(principal)) {
        TRY(gather_session(&rows, principal, &session));
        add_layer(out, LAYER_SESSION, &session);
    }
    add_scopes(&rows, principal, out);
    return ERR_OK;
}

struct err iam_first_administrator(struct ctx *ctx, struct store_conn *db, const struct vault *vault,
                                   struct str account, struct str *access_key, struct str *secret)
{
    const struct rows rows = { ctx, db, account };
    struct key_row key = { .created_ms = 0 };
    int64_t users = 0;
    *access_key = STR_NONE;
    TRY(rows_count(&rows, COUNT_ENTITIES, rows_kind(ENTITY_USER), &users));
    if (users > 0) {
        return ERR_OK;
    }
    const struct entity admin = { .kind = ENTITY_USER, .name = STR("admin"), .path = STR("/"),
                                  .id = entity_id(ctx, STR("AIDA")), .created_ms = ctx->now_ms / 1000 * 1000 };
    TRY(rows_entity_insert(&rows, &admin));
    TRY(rows_pair_put(&rows, ATTACHED_POLICIES, admin.id, STR("arn:aws:iam::aws:policy/AdministratorAccess"), STR_NONE));
    TRY(key_create(&rows, vault, admin.id, &key, secret));
    *access_key = key.id;
    iam_changed();
    return ERR_OK;
}

struct err iam_credential_used(struct ctx *ctx, struct store_conn *db, struct str access_key, struct str service,
                               struct str region)
{
    struct rows rows = { ctx, db, STR_NONE };
    if (!access_key_account(ctx, access_key, &rows.account)) {
        return ERR_OK;
    }
    return rows_key_used(&rows, access_key, service, region);
}

struct err iam_access_used(struct ctx *ctx, struct store_conn *db, const struct iam_access *access)
{
    const struct rows rows = { ctx, db, access->account };
    struct use use = { .owner = access->principal, .region = access->region, .used_ms = ctx->now_ms };
    use.service = str_cut(access->action, ':', &use.operation);
    return rows_use_put(&rows, &use);
}
