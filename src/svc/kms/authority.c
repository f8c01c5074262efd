#include "svc/kms/authority.h"

#include "base/json.h"
#include "svc/kms/kms.h"

enum { OPERATIONS_MAX = 32, ALIASES_MAX = 50, TAGS_MAX = 50, GRANTS_MAX = 50000 };

const struct service KMS = { .model = &KMS_MODEL, .guard = kms_guard };

static struct err malformed(struct request *rq, struct str why)
{
    return fail(&rq->ctx, &KMS_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "%" STR_FMT, STR_ARG(why));
}

/* spec: KMS API reference, PutKeyPolicy, BypassPolicyLockoutSafetyCheck. */
static bool keeps_caller(struct request *rq, const struct key *key, const struct policy *policy)
{
    struct request_context context = { .rq = rq };
    const struct policy *const policies[] = { policy };
    const struct policy_layer layer = { LAYER_RESOURCE, policies, 1 };
    const struct policy_question question = {
        .action = STR("kms:PutKeyPolicy"),
        .resource = key->arn.ptr ? key->arn : STR("*"),
        .caller = request_caller(rq),
        .lookup = request_lookup,
        .lookup_argument = &context,
        .layers = &layer,
        .layer_count = 1,
        .resource_account = key->account,
        .resource_decides = true,
    };
    return policy_weigh(&question, &layer).decision == POLICY_ALLOW;
}

struct err authority_check_policy(struct request *rq, const struct key *key, struct str text, bool bypass)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(rq->ctx.arena, text, POLICY_RESOURCE, &error);
    if (policy == NULL) { /* what IAM forbids beyond that (spaces in a Sid) key policies have always had */
        return malformed(rq, error.place.ptr ? str_format(rq->ctx.arena, "%s (%" STR_FMT ")", error.reason, STR_ARG(error.place))
                                             : str_of(error.reason));
    }
    if (!bypass && !keeps_caller(rq, key, policy)) {
        return malformed(rq, STR("The new key policy will not allow you to update the key policy in the future."));
    }
    return ERR_OK;
}

/* "Decrypt Encrypt" */
static const struct str *read_operations(struct arena *arena, struct str text, size_t *count)
{
    struct str *operations = ARENA_ARRAY(arena, struct str, OPERATIONS_MAX);
    *count = 0;
    for (struct str rest = text; rest.ptr && *count < OPERATIONS_MAX;) {
        operations[(*count)++] = str_cut(rest, ' ', &rest);
    }
    return operations;
}

static void read_context(struct arena *arena, const struct json *constraints, struct policy_kms_grant *out)
{
    const struct json *equals = json_get(constraints, STR("EncryptionContextEquals"));
    const struct json *context = equals ? equals : json_get(constraints, STR("EncryptionContextSubset"));
    struct policy_pair *pairs = ARENA_ARRAY(arena, struct policy_pair, context ? context->count + 1 : 1);
    for (const struct json *item = context ? context->child : NULL; item; item = item->next) {
        pairs[out->context_count++] = (struct policy_pair){ item->key, item->text };
    }
    out->context = pairs;
    out->context_exact = equals != NULL;
}

/* False where the grant is for calls on behalf of another resource. */
static bool source_fits(struct request *rq, const struct json *constraints)
{
    const struct str wanted = json_text(json_get(constraints, STR("SourceArn")));
    struct request_context context = { .rq = rq };
    struct policy_values values = { .count = 0 };
    if (wanted.ptr == NULL) {
        return true;
    }
    return request_lookup(&context, STR("aws:SourceArn"), &values) && values.count == 1
        && policy_wildcard(wanted, values.items[0], false);
}

/* spec: KMS developer guide, "Grant constraints and CreateGrant": who may make grants by a grant passes on no more than that one
 * lets him do. (That constraints are kept, the condition keys of CreateGrant see to.) */
static bool passes_on_no_more(struct request *rq, const struct policy_kms_grant *grant)
{
    const struct kms_create_grant_in *in = rq->in;
    if (strcmp(rq->operation->name, "CreateGrant") != 0) {
        return true;
    }
    for (size_t i = 0; i < in->operations.count; i++) {
        bool held = false;
        for (size_t j = 0; j < grant->operation_count; j++) {
            held = held || str_equal(in->operations.items[i], grant->operations[j]);
        }
        if (!held) {
            return false;
        }
    }
    return true;
}

static bool read_grant(struct request *rq, const struct grant_row *row, struct policy_kms_grant *out)
{
    const struct json *constraints = row->constraints.ptr ? json_parse(rq->ctx.arena, row->constraints, NULL) : NULL;
    *out = (struct policy_kms_grant){ .grantee = row->grantee };
    out->operations = read_operations(rq->ctx.arena, row->operations, &out->operation_count);
    read_context(rq->ctx.arena, constraints, out);
    return source_fits(rq, constraints) && passes_on_no_more(rq, out);
}

struct err authority_grants(struct request *rq, const struct belongings *belongings, struct guard *guard)
{
    if (belongings->grant_count == 0) {
        return ERR_OK;
    }
    struct policy_kms_grant *grants = ARENA_ARRAY(rq->ctx.arena, struct policy_kms_grant, belongings->grant_count);
    for (size_t i = 0; i < belongings->grant_count; i++) {
        guard->grant_count += read_grant(rq, &belongings->grants[i], &grants[guard->grant_count]);
    }
    guard->grants = grants;
    return ERR_OK;
}

struct err authority_belongings(struct request *rq, const struct key *key, const struct belongings **out)
{
    struct belongings *belongings = ARENA_NEW(rq->ctx.arena, struct belongings);
    struct alias_row *aliases = NULL;
    struct tag_row *tags = NULL;
    struct grant_row *grants = NULL;
    size_t alias_count = 0;
    size_t tag_count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_aliases(&rows, key->id, (struct page){ STR(""), ALIASES_MAX }, &aliases, &alias_count));
    TRY(kms_rows_tags(&rows, key->id, (struct page){ STR(""), TAGS_MAX }, &tags, &tag_count));
    TRY(kms_rows_grants(&rows, key->id, STR_NONE, (struct page){ STR(""), GRANTS_MAX }, &grants, &belongings->grant_count));
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, alias_count + tag_count + 1);
    for (size_t i = 0; i < alias_count; i++) {
        pairs[belongings->pair_count++] = (struct context_pair){ STR("kms:ResourceAliases"), aliases[i].name };
    }
    for (size_t i = 0; i < tag_count; i++) {
        const struct str name = str_format(rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags[i].name));
        pairs[belongings->pair_count++] = (struct context_pair){ name, tags[i].value };
    }
    belongings->pairs = pairs;
    belongings->grants = grants;
    *out = belongings;
    return ERR_OK;
}
