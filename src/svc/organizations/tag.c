/* tag.c - tags of accounts, units, roots, policies and the resource policy. */
#include "svc/organizations/tag.h"

#include "svc/organizations/policy.h"

enum { TAGS_MAX = 50 };

static struct err tags_check(struct request *rq, struct organizations_tags tags)
{
    for (size_t i = 0; i < tags.count; i++) {
        if (str_starts(str_lower(rq->ctx.arena, tags.items[i].key), STR("aws:"))) {
            return org_refuse_input(rq, STR("INVALID_SYSTEM_TAGS_PARAMETER"),
                                    "You specified a tag key that is a system tag: aws: is reserved.");
        }
        for (size_t j = 0; j < i; j++) {
            if (str_equal(tags.items[i].key, tags.items[j].key)) {
                return org_refuse_input(rq, STR("DUPLICATE_TAG_KEY"),
                                        "Tag keys must be unique among the tags attached to the same entity.");
            }
        }
    }
    return ERR_OK;
}

struct err org_tags_put(struct request *rq, const struct standing *standing, struct str resource,
                        struct organizations_tags tags)
{
    int64_t count = 0;
    TRY(tags_check(rq, tags));
    for (size_t i = 0; i < tags.count; i++) {
        TRY(org_rows_tag_put(&standing->rows, resource, tags.items[i].key, tags.items[i].value));
    }
    TRY(org_rows_count(&standing->rows, COUNT_TAGS, resource, STR_NONE, &count));
    return count <= TAGS_MAX
               ? ERR_OK
               : org_refuse_constraint(rq, STR("MAX_TAG_LIMIT_EXCEEDED"),
                                       "You have exceeded the number of tags allowed on this resource: %d.", TAGS_MAX);
}

static struct err taggable(struct request *rq, const struct standing *standing, struct str id)
{
    struct policy_row policy = { .id = STR_NONE };
    struct pair_row resource = { .since_ms = 0 };
    struct target target = { .kind = TARGET_NONE };
    bool found = false;
    if (str_starts(id, STR("p-"))) {
        TRY(org_rows_policy_find(&standing->rows, id, &policy, &found));
    } else if (str_starts(id, STR("rp-"))) {
        TRY(org_rows_resource_policy_find(&standing->rows, &resource, &found));
        found = found && str_equal(resource.name, id);
    } else {
        TRY(org_target_find(standing, id, &target));
        found = target.kind != TARGET_NONE;
    }
    return found ? ERR_OK
                 : fail(&rq->ctx, &ORGANIZATIONS_TARGET_NOT_FOUND_EXCEPTION,
                        "You specified a target that doesn't exist.");
}

struct err organizations_tag_resource(struct request *rq, const struct organizations_tag_resource_in *in,
                                      struct organizations_tag_resource_out *out)
{
    (void)out;
    struct standing standing;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(taggable(rq, &standing, in->resource_id));
    return org_tags_put(rq, &standing, in->resource_id, in->tags);
}

struct err organizations_untag_resource(struct request *rq, const struct organizations_untag_resource_in *in,
                                        struct organizations_untag_resource_out *out)
{
    (void)out;
    struct standing standing;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(taggable(rq, &standing, in->resource_id));
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(org_rows_tag_delete(&standing.rows, in->resource_id, in->tag_keys.items[i]));
    }
    return ERR_OK;
}

struct err organizations_list_tags_for_resource(struct request *rq,
                                                const struct organizations_list_tags_for_resource_in *in,
                                                struct organizations_list_tags_for_resource_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct pair_rows tags = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(taggable(rq, &standing, in->resource_id));
    TRY(org_page_of(rq, in->resource_id, in->next_token, (struct opt_int)SOME(TAGS_MAX), &page));
    TRY(org_rows_tags(&standing.rows, in->resource_id, page, &tags));
    out->tags.items = ARENA_ARRAY(rq->ctx.arena, struct organizations_tag, tags.count + 1);
    for (size_t i = 0; i < tags.count; i++) {
        out->tags.items[out->tags.count++] = (struct organizations_tag){ tags.items[i].name, tags.items[i].value };
    }
    return ERR_OK;
}
