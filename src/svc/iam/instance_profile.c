/* instance_profile.c - what hands a role to an EC2 instance: a name with one role at most. */
#include "svc/iam/item.h"

enum { PROFILES_MAX = 1000 };

static struct err instance_profile_out(struct request *rq, const struct item *profile, struct iam_instance_profile *out)
{
    const struct rows rows = rows_of(rq);
    struct entity role = { .kind = ENTITY_ROLE };
    bool found = false;
    *out = (struct iam_instance_profile){
        .path = profile->path,
        .instance_profile_name = profile->name,
        .instance_profile_id = profile->id,
        .arn = item_arn(rq, profile),
        .create_date = SOME(profile->created_ms),
    };
    out->roles.items = ARENA_NEW(rq->ctx.arena, struct iam_role);
    if (profile->owner.len > 0) {
        TRY(rows_entity_by_id(&rows, profile->owner, &role, &found));
    }
    if (found) {
        out->roles.items[0] = role_out(rq, &role);
        out->roles.count = 1;
    }
    return ERR_OK;
}

struct err iam_create_instance_profile(struct request *rq, const struct iam_create_instance_profile_in *in,
                                       struct iam_create_instance_profile_out *out)
{
    const struct rows rows = rows_of(rq);
    const struct item profile = {
        .kind = ITEM_INSTANCE_PROFILE,
        .key = str_lower(rq->ctx.arena, in->instance_profile_name),
        .name = in->instance_profile_name,
        .id = entity_id(&rq->ctx, STR("AIPA")),
        .path = in->path.ptr ? in->path : STR("/"),
        .created_ms = item_now(rq),
    };
    TRY(item_quota(rq, ITEM_INSTANCE_PROFILE, STR_NONE, PROFILES_MAX, "InstanceProfilesPerAccount"));
    const struct err err = rows_item_insert(&rows, &profile);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "Instance Profile %" STR_FMT " already exists.",
                    STR_ARG(in->instance_profile_name));
    }
    TRY(err);
    struct iam_instance_profile *made = ARENA_NEW(rq->ctx.arena, struct iam_instance_profile);
    TRY(instance_profile_out(rq, &profile, made));
    made->tags = in->tags;
    out->instance_profile = made;
    return tags_put(rq, item_tags(&profile), in->tags);
}

struct err iam_get_instance_profile(struct request *rq, const struct iam_get_instance_profile_in *in,
                                    struct iam_get_instance_profile_out *out)
{
    struct item profile = { .kind = ITEM_INSTANCE_PROFILE };
    struct iam_instance_profile *answer = ARENA_NEW(rq->ctx.arena, struct iam_instance_profile);
    TRY(item_get_named(rq, ITEM_INSTANCE_PROFILE, in->instance_profile_name, &profile));
    TRY(instance_profile_out(rq, &profile, answer));
    out->instance_profile = answer;
    return tags_read(rq, item_tags(&profile), &answer->tags);
}

struct err instance_profiles_out(struct request *rq, const struct items *profiles,
                                 struct iam_instance_profile_list_type *out)
{
    out->items = ARENA_ARRAY(rq->ctx.arena, struct iam_instance_profile, profiles->count + 1);
    for (out->count = 0; out->count < profiles->count; out->count++) {
        TRY(instance_profile_out(rq, &profiles->items[out->count], &out->items[out->count]));
    }
    return ERR_OK;
}

struct err iam_list_instance_profiles(struct request *rq, const struct iam_list_instance_profiles_in *in,
                                      struct iam_list_instance_profiles_out *out)
{
    struct item_page page = { .marker = STR_NONE };
    TRY(item_list(rq, ITEM_INSTANCE_PROFILE, STR_NONE, in->path_prefix, in->marker, in->max_items, &page));
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return instance_profiles_out(rq, &page.items, &out->instance_profiles);
}

struct err iam_list_instance_profiles_for_role(struct request *rq,
                                               const struct iam_list_instance_profiles_for_role_in *in,
                                               struct iam_list_instance_profiles_for_role_out *out)
{
    struct entity role = { .kind = ENTITY_ROLE };
    struct item_page page = { .marker = STR_NONE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    TRY(item_list(rq, ITEM_INSTANCE_PROFILE, role.id, STR_NONE, in->marker, in->max_items, &page));
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return instance_profiles_out(rq, &page.items, &out->instance_profiles);
}

struct err iam_delete_instance_profile(struct request *rq, const struct iam_delete_instance_profile_in *in,
                                       struct iam_delete_instance_profile_out *out)
{
    (void)out;
    struct item profile = { .kind = ITEM_INSTANCE_PROFILE };
    TRY(item_get_named(rq, ITEM_INSTANCE_PROFILE, in->instance_profile_name, &profile));
    return profile.owner.len == 0 ? item_delete(rq, &profile)
                                  : fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION,
                                         "Cannot delete entity, must remove roles from instance profile first.");
}

struct err iam_add_role_to_instance_profile(struct request *rq, const struct iam_add_role_to_instance_profile_in *in,
                                            struct iam_add_role_to_instance_profile_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity role = { .kind = ENTITY_ROLE };
    struct item profile = { .kind = ITEM_INSTANCE_PROFILE };
    TRY(item_get_named(rq, ITEM_INSTANCE_PROFILE, in->instance_profile_name, &profile));
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    TRY(role_check_linked(rq, &role));
    if (profile.owner.len > 0) {
        return fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                    "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    }
    profile.owner = role.id;
    return rows_item_update(&rows, &profile, STR_NONE);
}

struct err iam_remove_role_from_instance_profile(struct request *rq,
                                                 const struct iam_remove_role_from_instance_profile_in *in,
                                                 struct iam_remove_role_from_instance_profile_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity role = { .kind = ENTITY_ROLE };
    struct item profile = { .kind = ITEM_INSTANCE_PROFILE };
    TRY(item_get_named(rq, ITEM_INSTANCE_PROFILE, in->instance_profile_name, &profile));
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    if (!str_equal(profile.owner, role.id)) {
        return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                    "Role %" STR_FMT " is not in instance profile %" STR_FMT ".", STR_ARG(role.name),
                    STR_ARG(profile.name));
    }
    profile.owner = STR("");
    return rows_item_update(&rows, &profile, STR_NONE);
}
