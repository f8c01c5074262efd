/* tagging_test.c - tags of objects: put with them, put later, read and taken off; and what a set of tags may be. */
#include "svc/s3/fixture.h"

#define KEY STR("k")

static struct err tag(struct request *rq, struct s3_tag *tags, size_t count)
{
    const struct s3_tagging tagging = { .tag_set = { tags, count } };
    const struct s3_put_object_tagging_in in = { .bucket = FIXTURE_BUCKET, .key = KEY, .tagging = &tagging };
    struct s3_put_object_tagging_out out = { .version_id = STR_NONE };
    fixture_as(rq, "PutObjectTagging", &in);
    return s3_put_object_tagging(rq, &in, &out);
}

static struct s3_tag_set tags_of(struct request *rq)
{
    const struct s3_get_object_tagging_in in = { .bucket = FIXTURE_BUCKET, .key = KEY };
    struct s3_get_object_tagging_out out = { .version_id = STR_NONE };
    fixture_as(rq, "GetObjectTagging", &in);
    CHECK_OK(s3_get_object_tagging(rq, &in, &out));
    test_sound(rq, "GetObjectTagging", &out);
    return out.tag_set;
}

static struct request begin(struct store_test *test, struct arena *arena, const char *header)
{
    struct request rq = fixture_begin(test, arena, false);
    struct s3_put_object_out put;
    CHECK_OK(fixture_put(&rq, (struct s3_put_object_in){ .key = KEY, .body = STR("b"), .tagging = str_of(header) }, &put));
    return rq;
}

STORE_TEST(tags_come_with_the_object_and_are_replaced_as_a_whole)
{
    struct request rq = begin(test, arena, "team=blue%20one&empty=&a=1");
    struct s3_tag later[] = { { .key = STR("z"), .value = STR("2") }, { .key = STR("b"), .value = STR("") } };
    struct s3_tag_set tags = tags_of(&rq);
    CHECK_INT(tags.count, 3);
    CHECK_STR(tags.items[0].key, "a"); /* sorted, as S3 gives them */
    CHECK_STR(tags.items[2].value, "blue one");
    CHECK_OK(tag(&rq, later, COUNT_OF(later)));
    tags = tags_of(&rq);
    CHECK_INT(tags.count, 2);
    CHECK_STR(tags.items[1].key, "z");
    const struct s3_delete_object_tagging_in in = { .bucket = FIXTURE_BUCKET, .key = KEY };
    struct s3_delete_object_tagging_out out = { .version_id = STR_NONE };
    fixture_as(&rq, "DeleteObjectTagging", &in);
    CHECK_OK(s3_delete_object_tagging(&rq, &in, &out));
    CHECK_INT(tags_of(&rq).count, 0);
    fixture_end(&rq);
}

STORE_TEST(tags_that_break_the_rules_are_named_and_change_nothing)
{
    struct request rq = begin(test, arena, "a=1");
    struct s3_tag twice[] = { { .key = STR("k"), .value = STR("1") }, { .key = STR("k"), .value = STR("2") } };
    struct s3_tag system = { .key = STR("AWS:x"), .value = STR("1") }, odd = { .key = STR("a*b"), .value = STR("1") };
    struct s3_tag long_one = { .key = STR("k"), .value = STR("v") };
    struct s3_tag many[11];
    char text[257];
    memset(text, 'v', sizeof(text));
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = (struct s3_tag){ .key = str_format(arena, "k%zu", i), .value = STR("") };
    }
    CHECK_FAULT(tag(&rq, twice, 2), "InvalidTag");
    CHECK_STR(fixture_element(&rq, "TagKey"), "k");
    CHECK_FAULT(tag(&rq, &system, 1), "InvalidTag");
    CHECK_FAULT(tag(&rq, &odd, 1), "InvalidTag");
    CHECK_FAULT(tag(&rq, many, 11), "BadRequest");
    CHECK_STR(str_of(rq.ctx.reason), "Object tags cannot be greater than 10");
    long_one.value = (struct str){ text, 257 };
    CHECK_FAULT(tag(&rq, &long_one, 1), "InvalidTag");
    CHECK_INT(fixture_element(&rq, "TagValue").len, 257);
    CHECK_STR(tags_of(&rq).items[0].key, "a");
    long_one.value = (struct str){ text, 256 };
    CHECK_OK(tag(&rq, &long_one, 1));
    fixture_end(&rq);
}
