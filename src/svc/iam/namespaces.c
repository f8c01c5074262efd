#include "svc/iam/namespaces.h"

#include "base/json.h"
#include "policy/policy.h"

/* The services that are, or are to be, answered here. */
static const struct {
    const char *name, *title;
} KNOWN[] = {
    { "access-analyzer", "AWS IAM Access Analyzer" },
    { "acm", "AWS Certificate Manager" },
    { "athena", "Amazon Athena" },
    { "cloudtrail", "AWS CloudTrail" },
    { "cloudwatch", "Amazon CloudWatch" },
    { "config", "AWS Config" },
    { "detective", "Amazon Detective" },
    { "ec2", "Amazon EC2" },
    { "events", "Amazon EventBridge" },
    { "guardduty", "Amazon GuardDuty" },
    { "iam", "AWS Identity and Access Management" },
    { "inspector2", "Amazon Inspector" },
    { "kms", "AWS Key Management Service" },
    { "lambda", "AWS Lambda" },
    { "logs", "Amazon CloudWatch Logs" },
    { "macie2", "Amazon Macie" },
    { "network-firewall", "AWS Network Firewall" },
    { "organizations", "AWS Organizations" },
    { "s3", "Amazon S3" },
    { "secretsmanager", "AWS Secrets Manager" },
    { "securityhub", "AWS Security Hub" },
    { "shield", "AWS Shield" },
    { "sns", "Amazon SNS" },
    { "sqs", "Amazon SQS" },
    { "sts", "AWS Security Token Service" },
    { "wafv2", "AWS WAF V2" },
};

struct str namespace_title(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (str_equal_nocase(str_of(KNOWN[i].name), name)) {
            return str_of(KNOWN[i].title);
        }
    }
    return name;
}

void namespaces_add(struct arena *arena, struct namespaces *to, struct str name)
{
    size_t at = 0;
    while (at < to->count && str_compare(to->items[at], name) < 0) {
        at++;
    }
    if (at < to->count && str_equal(to->items[at], name)) {
        return;
    }
    to->items = arena_grow(arena, to->items, to->count * sizeof(struct str), (to->count + 1) * sizeof(struct str));
    memmove(&to->items[at + 1], &to->items[at], (to->count - at) * sizeof(struct str));
    to->items[at] = name;
    to->count++;
}

/* "kms:Decrypt" begins with a service's name, "*" with anybody's. */
static struct str prefix_of(struct str pattern)
{
    const size_t colon = str_find(pattern, ':');
    return colon == STR_MISSING ? pattern : str_slice(pattern, 0, colon);
}

/* One value or a list of them. */
static const struct json *first_of(const struct json *value)
{
    return value && value->kind == JSON_ARRAY ? value->child : value;
}

static const struct json *next_of(const struct json *list, const struct json *value)
{
    return list->kind == JSON_ARRAY ? value->next : NULL;
}

static bool any_matches(const struct json *actions, struct str name)
{
    bool found = false;
    for (const struct json *a = first_of(actions); a && !found; a = next_of(actions, a)) {
        found = policy_wildcard(prefix_of(json_text(a)), name, true);
    }
    return found;
}

/* Everything of the service is left out: "kms:*" or "*". */
static bool all_excluded(const struct json *actions, struct str name)
{
    bool found = false;
    for (const struct json *a = first_of(actions); a && !found; a = next_of(actions, a)) {
        const struct str text = json_text(a);
        found = policy_wildcard(prefix_of(text), name, true) && (str_ends(text, STR(":*")) || str_equal(text, STR("*")));
    }
    return found;
}

static bool statement_grants(const struct json *statement, struct str name)
{
    const struct json *action = json_get(statement, STR("Action"));
    const struct json *not_action = json_get(statement, STR("NotAction"));
    if (!str_equal(json_text(json_get(statement, STR("Effect"))), STR("Allow"))) {
        return false;
    }
    return action ? any_matches(action, name) : not_action && !all_excluded(not_action, name);
}

static const struct json *statements_of(struct arena *arena, struct str document)
{
    return json_get(json_parse(arena, document, NULL), STR("Statement"));
}

static bool granted(const struct json *statements, struct str name)
{
    bool found = false;
    for (const struct json *s = first_of(statements); s && !found; s = next_of(statements, s)) {
        found = statement_grants(s, name);
    }
    return found;
}

bool namespace_granted(struct arena *arena, struct str document, struct str name)
{
    return granted(statements_of(arena, document), name);
}

/* Names without a wildcard, of services we have no title for. */
static void add_spelt(struct arena *arena, struct namespaces *to, const struct json *statements)
{
    for (const struct json *s = first_of(statements); s; s = next_of(statements, s)) {
        const struct json *actions = json_get(s, STR("Action"));
        for (const struct json *a = first_of(actions); a; a = next_of(actions, a)) {
            const struct str name = str_lower(arena, prefix_of(json_text(a)));
            const bool plain = name.len > 0 && str_find(name, '*') == STR_MISSING && str_find(name, '?') == STR_MISSING;
            if (plain && granted(statements, name)) {
                namespaces_add(arena, to, name);
            }
        }
    }
}

void namespaces_add_granted(struct arena *arena, struct namespaces *to, struct str document)
{
    const struct json *statements = statements_of(arena, document);
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (granted(statements, str_of(KNOWN[i].name))) {
            namespaces_add(arena, to, str_of(KNOWN[i].name));
        }
    }
    add_spelt(arena, to, statements);
}
