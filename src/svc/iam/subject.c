#include "svc/iam/subject.h"

static struct err missing(struct request *rq, struct str arn)
{
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "ARN %" STR_FMT " cannot be found.", STR_ARG(arn));
}

static void add_policy(struct request *rq, struct subject *subject, struct subject_policy policy)
{
    const size_t n = subject->policy_count++;
    subject->policies = arena_grow(rq->ctx.arena, subject->policies, n * sizeof(policy), (n + 1) * sizeof(policy));
    subject->policies[n] = policy;
}

static void add_person(struct request *rq, struct subject *subject, const struct entity *entity)
{
    const size_t n = subject->people_count;
    for (size_t i = 0; i < n; i++) {
        if (str_equal(subject->people[i].id, entity->id)) {
            return;
        }
    }
    subject->people = arena_grow(rq->ctx.arena, subject->people, n * sizeof(*entity), (n + 1) * sizeof(*entity));
    subject->people[n] = *entity;
    subject->people_count++;
}

static struct str last_part(struct str arn)
{
    return str_from(arn, str_find_last(arn, '/') + 1);
}

static struct err add_policies_of(struct request *rq, struct subject *subject, const struct entity *entity)
{
    const struct rows rows = rows_of(rq);
    struct pairs own = { NULL, 0 };
    struct pairs attached = { NULL, 0 };
    TRY(rows_pairs(&rows, INLINE_POLICIES, entity->id, page_all(), &own));
    TRY(rows_pairs(&rows, ATTACHED_POLICIES, entity->id, page_all(), &attached));
    for (size_t i = 0; i < own.count; i++) {
        add_policy(rq, subject, (struct subject_policy){ own.items[i].name, STR_NONE, *entity, own.items[i].value });
    }
    for (size_t i = 0; i < attached.count; i++) {
        const struct str arn = attached.items[i].name;
        struct subject_policy policy = { .name = last_part(arn), .arn = arn };
        bool found = false;
        TRY(managed_document(&rows, arn, &policy.document, &found));
        add_policy(rq, subject, policy);
    }
    return ERR_OK;
}

static struct err add_members(struct request *rq, struct subject *subject, const struct entity *group)
{
    const struct rows rows = rows_of(rq);
    struct entities members = { NULL, 0 };
    TRY(rows_related(&rows, USERS_OF_GROUP, group->id, page_all(), &members));
    for (size_t i = 0; i < members.count; i++) {
        add_person(rq, subject, &members.items[i]);
    }
    return ERR_OK;
}

static struct err find_policy(struct request *rq, struct subject *subject)
{
    const struct rows rows = rows_of(rq);
    struct subject_policy policy = { .name = last_part(subject->arn), .arn = subject->arn };
    struct entities users = { NULL, 0 };
    bool found = false;
    TRY(managed_document(&rows, subject->arn, &policy.document, &found));
    if (!found) {
        return missing(rq, subject->arn);
    }
    subject->is_policy = true;
    add_policy(rq, subject, policy);
    TRY(rows_entities_of_policy(&rows, subject->arn, NULL, STR_NONE, page_all(), &users));
    for (size_t i = 0; i < users.count; i++) {
        if (users.items[i].kind == ENTITY_GROUP) {
            TRY(add_members(rq, subject, &users.items[i]));
        } else {
            add_person(rq, subject, &users.items[i]);
        }
    }
    return ERR_OK;
}

static struct err find_entity(struct request *rq, enum entity_kind kind, struct subject *subject)
{
    const struct rows rows = rows_of(rq);
    struct entities groups = { NULL, 0 };
    bool found = false;
    TRY(rows_entity_find(&rows, kind, last_part(subject->arn), &subject->entity, &found));
    if (!found || !str_equal(entity_arn(rq, &subject->entity), subject->arn)) {
        return missing(rq, subject->arn);
    }
    TRY(add_policies_of(rq, subject, &subject->entity));
    if (kind == ENTITY_GROUP) {
        return add_members(rq, subject, &subject->entity);
    }
    add_person(rq, subject, &subject->entity);
    if (kind == ENTITY_USER) {
        TRY(rows_related(&rows, GROUPS_OF_USER, subject->entity.id, page_all(), &groups));
    }
    for (size_t i = 0; i < groups.count; i++) {
        TRY(add_policies_of(rq, subject, &groups.items[i]));
    }
    return ERR_OK;
}

struct err subject_find(struct request *rq, struct str arn, struct subject *out)
{
    *out = (struct subject){ .arn = arn };
    const struct str own = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":", STR_ARG(rq->account));
    const struct str rest = str_starts(arn, own) ? str_from(arn, own.len) : STR("");
    if (str_starts(rest, STR("policy/")) || str_starts(arn, STR("arn:aws:iam::aws:policy/"))) {
        return find_policy(rq, out);
    }
    for (enum entity_kind kind = ENTITY_USER; kind <= ENTITY_ROLE; kind++) {
        if (str_equal(str_cut(rest, '/', &(struct str){ NULL, 0 }), rows_kind(kind))) {
            return find_entity(rq, kind, out);
        }
    }
    return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Invalid ARN: %" STR_FMT
                " names no user, group, role or policy of this account.", STR_ARG(arn));
}
