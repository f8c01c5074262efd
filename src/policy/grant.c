/* grant.c - a KMS grant as the policy that it amounts to.
 *
 * spec: KMS API reference, CreateGrant and GrantConstraints: EncryptionContextSubset wants the pairs among those of the
 * request, EncryptionContextEquals wants no others. */
#include "base/json.h"
#include "policy/compiled.h"

static bool is_service(struct str grantee)
{
    return str_ends(grantee, STR(".amazonaws.com")) && str_find(grantee, ':') == STR_MISSING;
}

static void write_context(struct arena *arena, struct json_writer *w, const struct policy_kms_grant *grant)
{
    json_key(w, STR("StringEquals"));
    json_open_object(w);
    for (size_t i = 0; i < grant->context_count; i++) {
        json_member_str(w, str_format(arena, "kms:EncryptionContext:%" STR_FMT, STR_ARG(grant->context[i].key)),
                        grant->context[i].value);
    }
    json_close_object(w);
}

/* With these keys, each given, and no other key, the context is the same. */
static void write_exact(struct json_writer *w, const struct policy_kms_grant *grant)
{
    json_key(w, STR("ForAllValues:StringEquals"));
    json_open_object(w);
    json_key(w, STR("kms:EncryptionContextKeys"));
    json_open_array(w);
    for (size_t i = 0; i < grant->context_count; i++) {
        json_str(w, grant->context[i].key);
    }
    json_close_array(w);
    json_close_object(w);
}

static void write_statement(struct arena *arena, struct json_writer *w, const struct policy_kms_grant *grant)
{
    json_member_str(w, STR("Effect"), STR("Allow"));
    json_key(w, STR("Principal"));
    json_open_object(w);
    json_member_str(w, is_service(grant->grantee) ? STR("Service") : STR("AWS"), grant->grantee);
    json_close_object(w);
    json_key(w, STR("Action"));
    json_open_array(w);
    for (size_t i = 0; i < grant->operation_count; i++) {
        json_str(w, str_format(arena, "kms:%" STR_FMT, STR_ARG(grant->operations[i])));
    }
    json_close_array(w);
    json_member_str(w, STR("Resource"), STR("*"));
    json_key(w, STR("Condition"));
    json_open_object(w);
    write_context(arena, w, grant);
    if (grant->context_exact) {
        write_exact(w, grant);
    }
    json_close_object(w);
}

/* Version 2008-10-17: a "${" of the encryption context is text. */
const struct policy *policy_of_grant(struct arena *arena, const struct policy_kms_grant *grant)
{
    struct policy_error error = { .reason = NULL };
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("Version"), STR("2008-10-17"));
    json_key(&w, STR("Statement"));
    json_open_object(&w);
    write_statement(arena, &w, grant);
    json_close_object(&w);
    json_close_object(&w);
    return policy_parse(arena, json_done(&w), POLICY_RESOURCE, &error);
}
