#include "svc/request.h"

#include "tests/test.h"

struct input {
    struct str name;
    struct opt_int size;
};

static const struct shape TEXT = { .name = "Text", .kind = SHAPE_STRING, .size = sizeof(struct str) };
static const struct shape NUMBER = { .name = "Number", .kind = SHAPE_INTEGER, .size = sizeof(int32_t), .bits = 32 };
static const struct member MEMBERS[] = {
    { .name = "Name", .wire_name = "name", .shape = &TEXT, .offset = offsetof(struct input, name) },
    { .name = "Size", .wire_name = "size", .shape = &NUMBER, .offset = offsetof(struct input, size) },
};
static const struct shape INPUT = {
    .name = "Input",
    .kind = SHAPE_STRUCTURE,
    .size = sizeof(struct input),
    .members = MEMBERS,
    .member_count = 2,
};

static struct str resource(struct arena *arena, const char *signing_name, const char *template, struct str name)
{
    const struct service_model service = { .name = signing_name, .signing_name = signing_name };
    const struct operation operation = { .name = "Do", .input = &INPUT, .resource = template };
    const struct input in = { .name = name, .size = SOME(1) };
    struct request rq = {
        .ctx = ctx_new(arena, 0),
        .service = &service,
        .operation = &operation,
        .partition = STR("aws"),
        .region = STR("ap-northeast-1"),
        .account = STR("111122223333"),
    };
    return request_resource(&rq, &in);
}

TEST(a_template_becomes_an_arn)
{
    CHECK_STR(resource(arena, "guardduty", "detector/{Name}", STR("d1")),
              "arn:aws:guardduty:ap-northeast-1:111122223333:detector/d1");
    CHECK_STR(resource(arena, "guardduty", "a/{Name}/b/{Name}", STR("x")),
              "arn:aws:guardduty:ap-northeast-1:111122223333:a/x/b/x");
}

TEST(iam_has_no_region)
{
    CHECK_STR(resource(arena, "iam", "user/{Name}", STR("eve")), "arn:aws:iam::111122223333:user/eve");
}

TEST(a_missing_member_is_a_star)
{
    CHECK_STR(resource(arena, "iam", "user/{Name}", STR_NONE), "arn:aws:iam::111122223333:user/*");
    CHECK_STR(resource(arena, "iam", "user/{Size}/{Other}", STR("x")), "arn:aws:iam::111122223333:user/*/*");
}

TEST(whole_arns_and_stars_stand_as_they_are)
{
    CHECK_STR(resource(arena, "s3", "arn:aws:s3:::{Name}/*", STR("logs")), "arn:aws:s3:::logs/*");
    CHECK_STR(resource(arena, "sts", "{Name}", STR("arn:aws:iam::1:role/r")), "arn:aws:iam::1:role/r");
    CHECK_STR(resource(arena, "sts", "*", STR("x")), "*");
}

TEST(a_value_cannot_make_another_arn_of_a_prefixed_template)
{
    CHECK_STR(resource(arena, "iam", "user/{Name}", STR("arn:aws:iam::9:user/x")),
              "arn:aws:iam::111122223333:user/arn:aws:iam::9:user/x");
    CHECK_STR(resource(arena, "iam", "user/{Name}", STR("{Name}")), "arn:aws:iam::111122223333:user/{Name}");
}
