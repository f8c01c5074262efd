/* effective.c - what the policies of a management type come to for an account.
 *
 * spec: Organizations user guide, "Understanding management policy inheritance", "Inheritance operators": documents are
 * applied from the root down; @@assign replaces, @@append adds, @@remove takes away, and a parent's
 * @@operators_allowed_for_child_policies limits what those below may do there, for good. */
#include "base/json.h"
#include "svc/organizations/policy.h"
#include "svc/organizations/policy_type.h"

enum { MAY_ASSIGN = 1, MAY_APPEND = 2, MAY_REMOVE = 4, MAY_ALL = 7 };

/* A setting, or a group of settings. */
struct node {
    struct str key;
    struct node *child, *last, *next;
    const struct json **values;
    size_t count;
    bool set, many;        /* it is a setting; a list of values rather than one */
    unsigned allowed;      /* of documents below */
    unsigned allowed_next; /* the same, as the document being applied leaves it */
};

static struct node *child_of(struct arena *arena, struct node *parent, struct str key)
{
    for (struct node *node = parent->child; node; node = node->next) {
        if (str_equal(node->key, key)) {
            return node;
        }
    }
    struct node *made = ARENA_NEW(arena, struct node);
    *made = (struct node){ .key = key, .allowed = parent->allowed, .allowed_next = parent->allowed };
    if (parent->last) {
        parent->last->next = made;
    } else {
        parent->child = made;
    }
    parent->last = made;
    return made;
}

static size_t position(const struct node *node, const struct json *value)
{
    size_t i = 0;
    while (i < node->count && !str_equal(node->values[i]->text, value->text)) {
        i++;
    }
    return i;
}

static void add_value(struct arena *arena, struct node *node, const struct json *value)
{
    if (position(node, value) < node->count) {
        return;
    }
    node->values =
        arena_grow(arena, node->values, node->count * sizeof(*node->values), (node->count + 1) * sizeof(*node->values));
    node->values[node->count++] = value;
}

static void remove_value(struct node *node, const struct json *value)
{
    const size_t at = position(node, value);
    if (at < node->count) {
        node->count--;
        memmove(&node->values[at], &node->values[at + 1], (node->count - at) * sizeof(*node->values));
    }
}

static void apply_values(struct arena *arena, struct node *node, unsigned operator_bit, const struct json *values)
{
    const bool many = values->kind == JSON_ARRAY;
    if (operator_bit == MAY_ASSIGN) {
        node->count = 0;
        node->values = NULL;
        node->many = many;
    }
    node->many = node->many || operator_bit == MAY_APPEND;
    node->set = true;
    for (const struct json *value = many ? values->child : values; value; value = many ? value->next : NULL) {
        if (operator_bit == MAY_REMOVE) {
            remove_value(node, value);
        } else {
            add_value(arena, node, value);
        }
    }
}

static unsigned bit_of(struct str operator_name)
{
    return str_equal(operator_name, STR("@@assign"))   ? MAY_ASSIGN
           : str_equal(operator_name, STR("@@append")) ? MAY_APPEND
           : str_equal(operator_name, STR("@@remove")) ? MAY_REMOVE
           : str_equal(operator_name, STR("@@all"))    ? MAY_ALL
                                                       : 0;
}

static unsigned bits_of(const struct json *names)
{
    unsigned bits = 0;
    const bool many = names->kind == JSON_ARRAY;
    for (const struct json *name = many ? names->child : names; name; name = many ? name->next : NULL) {
        bits |= bit_of(json_text(name));
    }
    return bits;
}

static void apply(struct arena *arena, struct node *node, const struct json *document)
{
    for (const struct json *member = document->child; member; member = member->next) {
        const unsigned bit = bit_of(member->key);
        if (str_equal(member->key, STR("@@operators_allowed_for_child_policies"))) {
            node->allowed_next &= bits_of(member);
        } else if (bit) {
            if (node->allowed & bit) {
                apply_values(arena, node, bit, member);
            }
        } else if (member->kind == JSON_OBJECT) {
            apply(arena, child_of(arena, node, member->key), member);
        }
    }
}

/* Limits hold from the next document on, and for everything below where they stand. */
static void settle(struct node *node, unsigned limit)
{
    node->allowed = node->allowed_next = node->allowed_next & limit;
    for (struct node *child = node->child; child; child = child->next) {
        settle(child, node->allowed);
    }
}

/* A single value that was taken away, or of which only the taking away was asked, is none. */
static bool is_setting(const struct node *node)
{
    return node->set && (node->count > 0 || node->many);
}

static bool has_settings(const struct node *node)
{
    bool has = is_setting(node);
    for (const struct node *child = node->child; child && !has; child = child->next) {
        has = has_settings(child);
    }
    return has;
}

static void write_node(struct json_writer *w, const struct node *node)
{
    if (is_setting(node) && !node->many) {
        json_write_tree(w, node->values[0]);
        return;
    }
    if (is_setting(node)) {
        json_open_array(w);
        for (size_t i = 0; i < node->count; i++) {
            json_write_tree(w, node->values[i]);
        }
        json_close_array(w);
        return;
    }
    json_open_object(w);
    for (const struct node *child = node->child; child; child = child->next) {
        if (has_settings(child)) {
            json_key(w, child->key);
            write_node(w, child);
        }
    }
    json_close_object(w);
}

struct str org_policy_merge(struct arena *arena, const struct str *documents, size_t count)
{
    struct node root = { .allowed = MAY_ALL, .allowed_next = MAY_ALL };
    struct json_writer w = json_writer_new(arena);
    for (size_t i = 0; i < count; i++) {
        const struct json *document = json_parse(arena, documents[i], NULL);
        if (document) {
            apply(arena, &root, document);
            settle(&root, MAY_ALL);
        }
    }
    root.set = false;
    write_node(&w, &root);
    return json_done(&w);
}

enum { DOCUMENTS_MAX = 5 * (CHAIN_MAX + 1) }; /* five on each level (attachment.c) */

/* The documents of one level, and when the newest was attached. */
static struct err add_level(const struct rows *rows, struct str target, struct str type, struct str *documents,
                            size_t *count, int64_t *since_ms)
{
    struct attachment_rows attached = { NULL, 0 };
    TRY(org_rows_attachments_of_target(rows, target, type, org_page_all(), &attached));
    for (size_t i = 0; i < attached.count; i++) {
        struct policy_row policy = { .content = STR_NONE };
        bool found = false;
        TRY(org_policy_find(rows, attached.items[i].policy, &policy, &found));
        if (found && *count < DOCUMENTS_MAX) {
            documents[(*count)++] = policy.content;
            *since_ms = attached.items[i].since_ms > *since_ms ? attached.items[i].since_ms : *since_ms;
        }
    }
    return ERR_OK;
}

/* A member may ask about itself; others about any account. */
static struct err effective_caller(struct request *rq, const struct organizations_describe_effective_policy_in *in,
                                   struct standing *standing, struct target *target)
{
    const struct str id = in->target_id.ptr ? in->target_id : rq->account;
    TRY(str_equal(id, rq->account) ? org_caller_member(rq, standing) : org_caller_reads(rq, in, standing));
    TRY(org_target_find(standing, id, target));
    return target->kind == TARGET_ACCOUNT ? ERR_OK
                                          : fail(&rq->ctx, &ORGANIZATIONS_TARGET_NOT_FOUND_EXCEPTION,
                                                 "You specified a target that doesn't exist.");
}

struct err organizations_describe_effective_policy(struct request *rq,
                                                   const struct organizations_describe_effective_policy_in *in,
                                                   struct organizations_describe_effective_policy_out *out)
{
    struct standing standing;
    struct target target;
    struct chain chain = { .count = 0 };
    struct str documents[DOCUMENTS_MAX];
    size_t count = 0;
    int64_t since_ms = 0;
    TRY(effective_caller(rq, in, &standing, &target));
    TRY(org_chain_of(&standing.rows, &standing.organization, target.account.parent, &chain));
    for (size_t i = 0; i < chain.count; i++) {
        TRY(add_level(&standing.rows, chain.ids[i], in->policy_type, documents, &count, &since_ms));
    }
    TRY(add_level(&standing.rows, target.account.account, in->policy_type, documents, &count, &since_ms));
    if (count == 0) {
        return fail(&rq->ctx, &ORGANIZATIONS_EFFECTIVE_POLICY_NOT_FOUND_EXCEPTION,
                    "If you ran this action on the management account, this policy type is not enabled. If you ran the "
                    "action on a member account, the account doesn't have an effective policy of this type.");
    }
    struct organizations_effective_policy *effective = ARENA_NEW(rq->ctx.arena, struct organizations_effective_policy);
    *effective = (struct organizations_effective_policy){
        .policy_content = org_policy_merge(rq->ctx.arena, documents, count),
        .last_updated_timestamp = SOME(since_ms),
        .target_id = target.account.account,
        .policy_type = in->policy_type,
    };
    out->effective_policy = effective;
    return ERR_OK;
}
