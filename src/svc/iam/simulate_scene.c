/* simulate_scene.c - the policies, the caller and the context of a simulation. */
#include "base/clock.h"
#include "svc/door.h"
#include "svc/iam/simulate.h"

enum { CONTEXT_MAX = 1000, RESOURCES_MAX = 1000, KEYS_MAX = 1024 };

static struct err invalid(struct request *rq, const char *what, struct str value)
{
    return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "%s: %" STR_FMT, what, STR_ARG(value));
}

/* --- policies --- */

static struct err add(struct simulation *simulation, struct simulated_set *set, struct str id, struct str text, enum policy_kind kind)
{
    struct request *rq = simulation->rq;
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(rq->ctx.arena, text, kind, &error);
    if (policy == NULL) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Invalid policy %" STR_FMT ": %s%s%" STR_FMT, STR_ARG(id),
                    error.reason, error.place.ptr ? " at " : "", STR_ARG(error.place));
    }
    const size_t statements = policy_statement_count(policy);
    struct statement_place *places = ARENA_ARRAY(rq->ctx.arena, struct statement_place, statements + 1);
    statement_places(text, places, statements);
    const size_t n = set->count++;
    set->policies = arena_grow(rq->ctx.arena, set->policies, n * sizeof(*set->policies), (n + 1) * sizeof(*set->policies));
    set->sources = arena_grow(rq->ctx.arena, set->sources, n * sizeof(*set->sources), (n + 1) * sizeof(*set->sources));
    set->policies[n] = policy;
    set->sources[n] = (struct simulated){ id, places };
    return ERR_OK;
}

struct err simulate_policies(struct simulation *simulation, struct iam_simulation_policy_list_type list, const char *name,
                             struct simulated_set *set)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct str id = str_format(simulation->rq->ctx.arena, "%s.%zu", name, i + 1);
        TRY(add(simulation, set, id, list.items[i], POLICY_IDENTITY));
    }
    return ERR_OK;
}

static struct str name_of_arn(struct str arn)
{
    return str_from(arn, str_find_last(arn, '/') + 1);
}

/* "AmazonS3ReadOnlyAccess"; "user_ann_inline". */
static struct str document_id(struct request *rq, const struct document *document)
{
    return document->managed ? name_of_arn(document->name)
                             : str_format(rq->ctx.arena, "%" STR_FMT "_%" STR_FMT "_%" STR_FMT, STR_ARG(rows_kind(document->kind)),
                                          STR_ARG(document->owner), STR_ARG(document->name));
}

static bool is_type(const struct iam_policy_identifier *identifier, const char *type)
{
    return str_equal(identifier->policy_type, str_of(type));
}

static bool excludes(const struct iam_policy_identifier *identifier, const struct document *document)
{
    const struct iam_inline_policy_identifier_type *own = identifier->inline_policy_identifier;
    if (document->managed) {
        const bool aws = str_starts(document->name, STR("arn:aws:iam::aws:"));
        return is_type(identifier, aws ? "aws-managed" : "user-managed") ||
               (identifier->policy_arn.ptr && policy_wildcard(identifier->policy_arn, document->name, false));
    }
    return is_type(identifier, "inline") ||
           (own && str_equal(own->policy_name, document->name) && str_equal(own->attachment_type, rows_kind(document->kind)) &&
            policy_wildcard(own->attachment_name, document->owner, true));
}

static bool excluded_type(struct iam_policy_exclusions_list_type excluded, const char *type)
{
    for (size_t i = 0; i < excluded.count; i++) {
        if (is_type(&excluded.items[i], type)) {
            return true;
        }
    }
    return false;
}

static bool is_excluded(struct iam_policy_exclusions_list_type excluded, const struct document *document)
{
    for (size_t i = 0; i < excluded.count; i++) {
        if (excludes(&excluded.items[i], document)) {
            return true;
        }
    }
    return false;
}

static size_t stars(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '*';
    }
    return count;
}

/* Wildcards stand in the resource name alone, one star at most. */
static struct err check_exclusions(struct request *rq, struct iam_policy_exclusions_list_type excluded)
{
    for (size_t i = 0; i < excluded.count; i++) {
        const struct str arn = excluded.items[i].policy_arn;
        struct str resource = STR_NONE;
        if (arn.ptr == NULL) {
            continue;
        }
        const size_t at = str_search(arn, STR(":policy/"));
        const struct str head = str_slice(arn, 0, at == STR_MISSING ? arn.len : at);
        resource = str_from(arn, head.len);
        if (!str_starts(arn, STR("arn:")) || at == STR_MISSING || stars(head) > 0 || str_find(head, '?') != STR_MISSING ||
            stars(resource) > 1) {
            return invalid(rq, "Invalid policy ARN in PolicyExclusionList", arn);
        }
    }
    return ERR_OK;
}

static struct err add_documents(struct simulation *simulation, const struct rows *rows, const struct entity *entity,
                                struct iam_policy_exclusions_list_type excluded)
{
    struct documents documents = { NULL, 0 };
    TRY(documents_of(rows, entity, &documents));
    for (size_t i = 0; i < documents.count; i++) {
        const struct document *one = &documents.items[i];
        if (one->text.ptr && !is_excluded(excluded, one)) {
            TRY(add(simulation, &simulation->identity, document_id(simulation->rq, one), one->text, POLICY_IDENTITY));
        }
    }
    return ERR_OK;
}

static void add_level(struct simulation *simulation, const struct policy **policies, size_t count)
{
    if (simulation->layer_count < ORGANIZATION_LEVELS_MAX) {
        simulation->layers[simulation->layer_count++] = (struct policy_layer){ LAYER_ORGANIZATION, policies, count };
    }
    simulation->organization = true;
}

/* What the organisation really says of the account; nothing of its management account. */
static struct err add_organization(struct simulation *simulation, struct str account)
{
    struct request *rq = simulation->rq;
    struct organization_facts facts = { .member = false };
    TRY(door_organization(rq, account, &facts));
    simulation->organization = facts.member;
    for (size_t i = 0; i < facts.service_control.count && !facts.management; i++) {
        const struct organization_level *level = &facts.service_control.items[i];
        struct simulated_set set = { .count = 0 };
        for (size_t j = 0; j < level->count; j++) {
            TRY(add(simulation, &set, STR("service control policy"), level->documents[j], POLICY_IDENTITY));
        }
        add_level(simulation, set.policies, set.count);
    }
    return ERR_OK;
}

struct err simulate_organization(struct simulation *simulation, struct iam_organization_policy_list_type levels)
{
    for (size_t i = 0; i < levels.count; i++) {
        struct simulated_set set = { .count = 0 };
        TRY(simulate_policies(simulation, levels.items[i].service_control_policy_input_list, "ServiceControlPolicyInputList", &set));
        add_level(simulation, set.policies, set.count);
    }
    return ERR_OK;
}

/* --- who --- */

/* A user, group or role by its whole ARN. */
static struct err find_entity(struct request *rq, struct str arn, struct entity *out)
{
    static const enum entity_kind kinds[] = { ENTITY_USER, ENTITY_GROUP, ENTITY_ROLE };
    const struct str head = str_format(rq->ctx.arena, "arn:%" STR_FMT ":iam::%" STR_FMT ":", STR_ARG(rq->partition), STR_ARG(rq->account));
    const struct str kind = str_starts(arn, head) ? str_cut(str_from(arn, head.len), '/', &(struct str){ NULL, 0 }) : STR_NONE;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_equal(kind, rows_kind(kinds[i]))) {
            TRY(entity_get(rq, kinds[i], name_of_arn(arn), out));
            if (str_equal(entity_arn(rq, out), arn)) {
                return ERR_OK;
            }
        }
    }
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy source ARN %" STR_FMT " does not exist.", STR_ARG(arn));
}

struct err simulate_principal(struct simulation *simulation, struct str arn, struct iam_policy_exclusions_list_type excluded)
{
    struct request *rq = simulation->rq;
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = ENTITY_USER };
    struct str text = STR_NONE;
    bool found = false;
    TRY(check_exclusions(rq, excluded));
    TRY(find_entity(rq, arn, &entity));
    TRY(add_documents(simulation, &rows, &entity, excluded));
    if (entity.boundary.ptr && !excluded_type(excluded, "permission-boundary")) {
        TRY(managed_document(&rows, entity.boundary, &text, &found));
    }
    if (found) {
        TRY(add(simulation, &simulation->boundary, name_of_arn(entity.boundary), text, POLICY_IDENTITY));
    }
    return excluded_type(excluded, "scp") ? ERR_OK : add_organization(simulation, rq->account);
}

/* The account in an ARN; absent when it names none. */
static struct str account_of(struct str arn)
{
    struct str rest = arn;
    struct str part = STR_NONE;
    for (int i = 0; i < 5; i++) {
        part = str_cut(rest, ':', &rest);
    }
    return part.len == 12 ? part : STR_NONE;
}

static bool is_kind(struct str arn, struct str kind)
{
    const size_t at = str_find_last(arn, ':');
    return str_starts(arn, STR("arn:")) && at != STR_MISSING && str_starts(str_from(arn, at + 1), kind);
}

static struct simulated_key *key_find(const struct simulation *simulation, struct str key)
{
    for (size_t i = 0; i < simulation->key_count; i++) {
        if (str_equal_nocase(simulation->keys[i].key, key)) {
            return &simulation->keys[i];
        }
    }
    return NULL;
}

static struct simulated_key *key_new(struct simulation *simulation, struct str key)
{
    const size_t n = simulation->key_count++;
    simulation->keys = arena_grow(simulation->rq->ctx.arena, simulation->keys, n * sizeof(*simulation->keys),
                                  (n + 1) * sizeof(*simulation->keys));
    simulation->keys[n] = (struct simulated_key){ .key = key };
    return &simulation->keys[n];
}

/* What was given stays. */
static void put(struct simulation *simulation, const char *key, struct str value)
{
    if (key_find(simulation, str_of(key)) == NULL) {
        struct simulated_key *made = key_new(simulation, str_of(key));
        made->items = ARENA_ARRAY(simulation->rq->ctx.arena, struct str, 1);
        made->items[made->count++] = value;
    }
}

/* What a real call of the caller would carry, as far as it is in this account. */
static struct err describe_caller(struct simulation *simulation, struct str arn)
{
    struct request *rq = simulation->rq;
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = is_kind(arn, STR("role/")) ? ENTITY_ROLE : ENTITY_USER };
    struct pairs tags = { NULL, 0 };
    bool found = false;
    put(simulation, "aws:PrincipalArn", arn);
    put(simulation, "aws:PrincipalAccount", account_of(arn));
    put(simulation, "aws:PrincipalType", entity.kind == ENTITY_ROLE ? STR("AssumedRole") : STR("User"));
    if (entity.kind == ENTITY_USER) {
        put(simulation, "aws:username", name_of_arn(arn));
    }
    if (str_equal(account_of(arn), rq->account)) {
        TRY(rows_entity_find(&rows, entity.kind, name_of_arn(arn), &entity, &found));
    }
    if (found && entity.kind == ENTITY_USER) {
        put(simulation, "aws:userid", entity.id);
    }
    if (found) {
        TRY(rows_pairs(&rows, TAGS, entity.id, page_all(), &tags));
    }
    for (size_t i = 0; i < tags.count; i++) {
        put(simulation, str_format(rq->ctx.arena, "aws:PrincipalTag/%" STR_FMT, STR_ARG(tags.items[i].name)).ptr, tags.items[i].value);
    }
    return ERR_OK;
}

static struct err set_caller(struct simulation *simulation, struct str arn)
{
    const bool user = is_kind(arn, STR("user/"));
    const bool role = is_kind(arn, STR("role/"));
    if (account_of(arn).ptr == NULL || !(user || role || is_kind(arn, STR("group/")))) {
        return invalid(simulation->rq, "Invalid caller ARN: it names no IAM user, group or role", arn);
    }
    if (role && simulation->resource.count > 0) {
        return invalid(simulation->rq, "Simulation of resource-based policies isn't supported for IAM roles", arn);
    }
    simulation->caller = (struct policy_caller){ .account = account_of(arn), .arn = user ? arn : STR_NONE,
                                                 .role_arn = role ? arn : STR_NONE };
    return user || role ? describe_caller(simulation, arn) : ERR_OK;
}

/* --- the context --- */

static struct err take_context(struct simulation *simulation, struct iam_context_entry_list_type context)
{
    struct arena *arena = simulation->rq->ctx.arena;
    size_t count = 0;
    for (size_t i = 0; i < context.count; i++) {
        const struct iam_context_entry *entry = &context.items[i];
        struct simulated_key *key = key_find(simulation, entry->context_key_name);
        key = key ? key : key_new(simulation, entry->context_key_name);
        count += 1 + entry->context_key_values.count;
        if (count > CONTEXT_MAX) {
            return invalid(simulation->rq, "Too many values in", STR("ContextEntries"));
        }
        key->items = arena_grow(arena, key->items, key->count * sizeof(*key->items),
                                (key->count + entry->context_key_values.count + 1) * sizeof(*key->items));
        for (size_t j = 0; j < entry->context_key_values.count; j++) {
            key->items[key->count++] = entry->context_key_values.items[j];
        }
    }
    put(simulation, "aws:CurrentTime", clock_format_iso8601(arena, simulation->rq->ctx.now_ms));
    put(simulation, "aws:EpochTime", str_format(arena, "%lld", (long long)(simulation->rq->ctx.now_ms / 1000)));
    return ERR_OK;
}

bool simulate_lookup(void *argument, struct str key, struct policy_values *values)
{
    const struct simulated_key *found = key_find(argument, key);
    if (found) {
        *values = (struct policy_values){ found->items, found->count };
    }
    return found && found->count > 0;
}

struct gathering {
    struct request *rq;
    struct iam_context_key_names_result_list_type *keys;
};

static void take_key(void *argument, struct str key)
{
    const struct gathering *gathering = argument;
    struct iam_context_key_names_result_list_type *keys = gathering->keys;
    for (size_t i = 0; i < keys->count; i++) {
        if (str_equal_nocase(keys->items[i], key)) {
            return;
        }
    }
    if (keys->count < KEYS_MAX) {
        keys->items = arena_grow(gathering->rq->ctx.arena, keys->items, keys->count * sizeof(*keys->items),
                                 (keys->count + 1) * sizeof(*keys->items));
        keys->items[keys->count++] = key;
    }
}

void simulate_keys(struct request *rq, const struct simulated_set *set, struct iam_context_key_names_result_list_type *keys)
{
    struct gathering gathering = { rq, keys };
    if (keys->items == NULL) {
        keys->items = ARENA_ARRAY(rq->ctx.arena, struct str, 1);
    }
    for (size_t i = 0; i < set->count; i++) {
        policy_context_keys(set->policies[i], take_key, &gathering);
    }
}

static void find_missing(struct simulation *simulation)
{
    struct iam_context_key_names_result_list_type keys = { NULL, 0 };
    struct policy_values ignored = { NULL, 0 };
    simulate_keys(simulation->rq, &simulation->identity, &keys);
    simulate_keys(simulation->rq, &simulation->boundary, &keys);
    simulate_keys(simulation->rq, &simulation->resource, &keys);
    simulation->missing.items = ARENA_ARRAY(simulation->rq->ctx.arena, struct str, keys.count + 1);
    for (size_t i = 0; i < keys.count; i++) {
        if (!simulate_lookup(simulation, keys.items[i], &ignored)) {
            simulation->missing.items[simulation->missing.count++] = keys.items[i];
        }
    }
}

/* --- checks --- */

static struct err check_actions(struct request *rq, struct iam_action_name_list_type actions)
{
    for (size_t i = 0; i < actions.count; i++) {
        const struct str action = actions.items[i];
        struct str name = STR_NONE;
        const struct str service = str_cut(action, ':', &name);
        if (service.len == 0 || name.len == 0 || str_find(action, '*') != STR_MISSING || str_find(action, '?') != STR_MISSING) {
            return invalid(rq, "Invalid action name: it must be SERVICE:OPERATION, without wildcards", action);
        }
    }
    return ERR_OK;
}

static struct err check_resources(struct request *rq, struct iam_resource_name_list_type resources)
{
    if (resources.count > RESOURCES_MAX) {
        return invalid(rq, "Too many resources in", STR("ResourceArns"));
    }
    for (size_t i = 0; i < resources.count; i++) {
        const struct str arn = resources.items[i];
        if (!str_equal(arn, STR("*")) && !str_starts(arn, STR("arn:"))) {
            return invalid(rq, "Invalid resource: it must be an ARN or \"*\"", arn);
        }
    }
    return ERR_OK;
}

static bool has_resource(struct iam_resource_name_list_type resources, const char *type)
{
    for (size_t i = 0; i < resources.count; i++) {
        if (is_kind(resources.items[i], str_of(type))) {
            return true;
        }
    }
    return false;
}

/* spec: IAM API reference, SimulateCustomPolicy, ResourceHandlingOption: what each EC2 scenario needs. */
static struct err check_handling(struct request *rq, struct str option, struct iam_resource_name_list_type resources)
{
    static const char *const always[] = { "instance/", "image/", "security-group/", "network-interface/" };
    const bool volume = str_starts(option, STR("EC2-VPC-EBS"));
    const bool subnet = str_ends(option, STR("-Subnet"));
    const struct str base = subnet ? str_slice(option, 0, option.len - 7) : option;
    if (option.ptr == NULL) {
        return ERR_OK;
    }
    if (!str_equal(base, STR("EC2-VPC-EBS")) && !str_equal(base, STR("EC2-VPC-InstanceStore"))) {
        return invalid(rq, "Unknown ResourceHandlingOption", option);
    }
    bool complete = (!volume || has_resource(resources, "volume/")) && (!subnet || has_resource(resources, "subnet/"));
    for (size_t i = 0; i < COUNT_OF(always); i++) {
        complete = complete && has_resource(resources, always[i]);
    }
    return complete ? ERR_OK : invalid(rq, "ResourceArns lack a resource that this ResourceHandlingOption needs", option);
}

static struct err add_resource_policy(struct simulation *simulation, const struct simulate_input *input)
{
    if (input->resource_policy.ptr == NULL) {
        return ERR_OK;
    }
    if (input->caller_arn.ptr == NULL) {
        return invalid(simulation->rq, "CallerArn is needed to judge", STR("ResourcePolicy"));
    }
    return add(simulation, &simulation->resource, STR("ResourcePolicy"), input->resource_policy, POLICY_RESOURCE);
}

static void add_set(struct simulation *simulation, enum policy_layer_kind kind, const struct simulated_set *set)
{
    simulation->layers[simulation->layer_count++] = (struct policy_layer){ kind, set->policies, set->count };
}

struct err simulate_prepare(struct simulation *simulation, const struct simulate_input *input)
{
    struct request *rq = simulation->rq;
    TRY(check_actions(rq, input->actions));
    TRY(check_resources(rq, input->resources));
    TRY(check_handling(rq, input->handling, input->resources));
    TRY(add_resource_policy(simulation, input));
    if (input->boundary.count > 1) {
        return invalid(rq, "Only one permissions boundary can be simulated", STR("PermissionsBoundaryPolicyInputList"));
    }
    if (input->boundary.count > 0) {
        simulation->boundary = (struct simulated_set){ .count = 0 };
        TRY(simulate_policies(simulation, input->boundary, "PermissionsBoundaryPolicyInputList", &simulation->boundary));
    }
    TRY(take_context(simulation, input->context));
    simulation->handling = input->handling;
    if (input->caller_arn.ptr) {
        TRY(set_caller(simulation, input->caller_arn));
    }
    simulation->resource_owner = input->resource_owner.ptr ? account_of(input->resource_owner) : simulation->caller.account;
    if (input->resource_owner.ptr && simulation->resource_owner.ptr == NULL) {
        return invalid(rq, "ResourceOwner must be the ARN of an account", input->resource_owner);
    }
    add_set(simulation, LAYER_IDENTITY, &simulation->identity);
    if (simulation->boundary.count > 0) {
        add_set(simulation, LAYER_BOUNDARY, &simulation->boundary);
    }
    if (simulation->resource.count > 0) {
        add_set(simulation, LAYER_RESOURCE, &simulation->resource);
    }
    find_missing(simulation);
    return ERR_OK;
}
