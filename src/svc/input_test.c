#include "svc/input.h"

#include "iam_model.h"
#include "guardduty_model.h"
#include "svc/context.h"
#include "tests/test.h"

static const struct operation *operation_of(const struct service_model *model, const char *name)
{
    for (size_t i = 0; i < model->operation_count; i++) {
        if (strcmp(model->operations[i].name, name) == 0) {
            return &model->operations[i];
        }
    }
    fail_msg("no operation %s", name);
    return NULL;
}

/* All values of a key, separated by spaces. */
static struct str values(struct arena *arena, const struct service_model *model, const char *operation, const void *in,
                         const char *key)
{
    struct request rq = { .ctx = ctx_new(arena, 0), .service = model, .operation = operation_of(model, operation), .in = in };
    struct request_context context = { .rq = &rq };
    struct policy_values found = { NULL, 0 };
    struct text text = text_new(arena);
    request_lookup(&context, str_of(key), &found);
    for (size_t i = 0; i < found.count; i++) {
        text_add(&text, i > 0 ? STR(" ") : STR(""));
        text_add(&text, found.items[i]);
    }
    return text_str(&text);
}

TEST(a_list_of_tags_is_seen_by_policies)
{
    struct iam_tag tags[] = { { STR("team"), STR("blue") }, { STR("cost"), STR("42") } };
    const struct iam_create_user_in in = { .user_name = STR("ann"), .tags = { tags, 2 },
                                           .permissions_boundary = STR("arn:aws:iam::1:policy/b") };
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "aws:RequestTag/team"), "blue");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "AWS:requesttag/TEAM"), "blue");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "aws:RequestTag/none"), "");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "aws:RequestTag/"), "");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "aws:TagKeys"), "team cost");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "iam:PermissionsBoundary"), "arn:aws:iam::1:policy/b");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "iam:PolicyARN"), "");
}

TEST(a_map_of_tags_is_seen_by_policies)
{
    struct guardduty_tag_map_entry tags[] = { { STR("team"), STR("blue") } };
    const struct guardduty_create_detector_in in = { .tags = { tags, 1 } };
    CHECK_STR(values(arena, &GUARDDUTY_MODEL, "CreateDetector", &in, "aws:RequestTag/team"), "blue");
    CHECK_STR(values(arena, &GUARDDUTY_MODEL, "CreateDetector", &in, "aws:TagKeys"), "team");
}

TEST(keys_of_tags_that_go_are_seen)
{
    struct str keys[] = { STR("team"), STR("cost") };
    const struct iam_untag_user_in in = { .user_name = STR("ann"), .tag_keys = { keys, 2 } };
    CHECK_STR(values(arena, &IAM_MODEL, "UntagUser", &in, "aws:TagKeys"), "team cost");
}

TEST(what_isn_t_given_has_no_value)
{
    const struct iam_create_user_in in = { .user_name = STR("ann") };
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "aws:TagKeys"), "");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", &in, "iam:PermissionsBoundary"), "");
    CHECK_STR(values(arena, &IAM_MODEL, "CreateUser", NULL, "aws:TagKeys"), "");
}
