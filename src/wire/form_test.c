#include "wire/form.h"

#include "tests/test.h"
#include "wire/sample_case.h"

static const struct fault BAD = { "Bad", NULL, NULL, 400 };

static struct err read_form(struct arena *arena, bool ec2, const char *body, struct sample **out)
{
    static struct ctx ctx;
    ctx = ctx_new(arena, 0);
    struct decoder d = decoder_new(&ctx, &BAD);
    *out = ARENA_NEW(arena, struct sample);
    return form_read(&d, ec2, &SAMPLE, *out, str_of(body), STR_NONE);
}

TEST(nested_lists_and_maps_are_read)
{
    struct sample *sample = NULL;
    CHECK_OK(read_form(arena, false,
                       "Action=X&strings.member.2=b&strings.member.1=a+%3D&parts.member.1.strings.member.1=c"
                       "&counts.entry.1.key=k&counts.entry.1.value=7&flag=true&at=2015-01-25T08%3A00%3A00Z&nested.small=4",
                       &sample));
    CHECK_INT(sample->strings.count, 2);
    CHECK_STR(sample->strings.items[0], "a =");
    CHECK_STR(sample->parts.items[0].strings.items[0], "c");
    CHECK_STR(sample->counts.items[0].key, "k");
    CHECK(sample->counts.items[0].value == 7);
    CHECK(sample->at.v == 1422172800000);
    CHECK_INT(sample->nested->small.v, 4);
}

TEST(a_list_ends_at_the_first_missing_index_and_absurd_ones_cost_nothing)
{
    struct sample *sample = NULL;
    CHECK_OK(read_form(arena, false, "strings.member.1=a&strings.member.3=c&strings.member.9999999999=d&strings.member.-1=e"
                                     "&strings.member.x=f&counts.entry.5.key=k",
                       &sample));
    CHECK_INT(sample->strings.count, 1);
    CHECK(sample->counts.items == NULL);
}

TEST(an_empty_value_is_an_empty_list)
{
    struct sample *sample = NULL;
    CHECK_OK(read_form(arena, false, "strings=&text=", &sample));
    CHECK(sample->strings.items != NULL && sample->strings.count == 0);
    CHECK(sample->text.ptr != NULL && sample->text.len == 0);
}

TEST(ec2_capitalises_names_and_flattens_lists)
{
    struct sample *sample = NULL;
    CHECK_OK(read_form(arena, true, "Strings.1=a&Strings.2=b&Parts.1.Text=x", &sample));
    CHECK_INT(sample->strings.count, 2);
    CHECK_STR(sample->parts.items[0].text, "x");
}

TEST(neighbours_in_byte_order_do_not_split_a_name)
{
    struct sample *sample = NULL;
    CHECK_OK(read_form(arena, false, "nested.text=a&nested-x=1&nested.small=2&nested%00=3", &sample));
    CHECK_STR(sample->nested->text, "a");
    CHECK_INT(sample->nested->small.v, 2);
}

TEST(malformed_forms_are_refused)
{
    struct sample *sample = NULL;
    CHECK_FAULT(read_form(arena, false, "small=1x", &sample), "Bad");
    CHECK_FAULT(read_form(arena, false, "text=%ff", &sample), "Bad");
    CHECK_FAULT(read_form(arena, false, "counts.entry.1.value=7", &sample), "Bad");
    struct text deep = text_new(arena);
    struct text many = text_new(arena);
    for (int i = 0; i <= FORM_PAIRS_MAX; i++) {
        text_add(&deep, i < 2 * FORM_DEPTH_MAX ? STR("a.") : STR(""));
        text_add(&many, STR("a=&"));
    }
    CHECK_FAULT(read_form(arena, false, text_str(&deep).ptr, &sample), "Bad");
    CHECK_FAULT(read_form(arena, false, text_str(&many).ptr, &sample), "Bad");
}
