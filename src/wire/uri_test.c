#include "wire/uri.h"

#include "tests/test.h"

enum { LABELS = 4 };

static bool matches(struct arena *arena, const char *uri, const char *path, struct str *labels, size_t *count)
{
    const struct uri_template parsed = uri_parse(arena, uri);
    return uri_match(&parsed, str_of(path), labels, count, LABELS);
}

TEST(labels_take_one_raw_segment_each)
{
    struct str labels[LABELS];
    size_t count = 0;
    CHECK(matches(arena, "/tags/{ResourceArn}", "/tags/arn%3Aaws%3Ax%2Fy", labels, &count));
    CHECK_INT(count, 1);
    CHECK_STR(labels[0], "arn%3Aaws%3Ax%2Fy");
    CHECK(!matches(arena, "/tags/{ResourceArn}", "/tags/a/b", labels, &count));
    CHECK(!matches(arena, "/tags/{ResourceArn}", "/tags/", labels, &count));
    CHECK(!matches(arena, "/tags/{ResourceArn}", "/tags", labels, &count));
}

TEST(a_trailing_slash_is_tolerated_and_doubled_ones_are_not)
{
    struct str labels[LABELS];
    size_t count = 0;
    CHECK(matches(arena, "/detector", "/detector/", labels, &count));
    CHECK(matches(arena, "/detector/", "/detector", labels, &count));
    CHECK(matches(arena, "/", "/", labels, &count));
    CHECK(!matches(arena, "/detector", "//detector", labels, &count));
    CHECK(!matches(arena, "/detector", "/detector//", labels, &count));
    CHECK(matches(arena, "/detector", "/%64etector", labels, &count));
    CHECK(!matches(arena, "/detector", "/detectors", labels, &count));
}

TEST(a_greedy_label_owns_all_slashes_but_leaves_what_follows)
{
    struct str labels[LABELS];
    size_t count = 0;
    CHECK(matches(arena, "/{Bucket}/{Key+}", "/b/a//c/", labels, &count));
    CHECK_STR(labels[1], "a//c/");
    CHECK(!matches(arena, "/{Bucket}/{Key+}", "/b/", labels, &count));
    CHECK(matches(arena, "/x/{Rest+}/end", "/x/1/2/end", labels, &count));
    CHECK_STR(labels[0], "1/2");
    CHECK(!matches(arena, "/x/{Rest+}/end", "/x/end", labels, &count));
}

TEST(the_query_constant_is_split_off)
{
    CHECK_STR(uri_parse(arena, "/{Bucket}?policy").query, "policy");
    CHECK(uri_parse(arena, "/{Bucket}").query.ptr == NULL);
}
