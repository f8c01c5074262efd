#include "wire/form_data.h"

#include "tests/test.h"

#define TYPE STR("multipart/form-data; boundary=\"x-y\"")

TEST(fields_come_before_the_file_which_ends_the_form)
{
    struct form_data form;
    const struct str body = STR("--x-y\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/${filename}\r\n"
                                "--x-y\r\nContent-Disposition: form-data; name=\"File\"; filename=\"b.txt\"\r\n"
                                "Content-Type: text/plain\r\n\r\nline\r\n\r\n--x-z\r\n--x-y\r\n"
                                "Content-Disposition: form-data; name=\"late\"\r\n\r\nno\r\n--x-y--\r\n");
    CHECK_INT(form_data_read(arena, TYPE, body, &form), FORM_DATA_FINE);
    CHECK_INT(form.count, 1);
    CHECK_STR(form_data_find(&form, STR("KEY")), "a/${filename}");
    CHECK(form_data_find(&form, STR("late")).ptr == NULL);
    CHECK(form.has_file);
    CHECK_STR(form.file, "line\r\n\r\n--x-z");
    CHECK_STR(form.file_name, "b.txt");
    CHECK_STR(form.file_type, "text/plain");
}

TEST(a_form_may_lack_a_file_or_hold_an_empty_one)
{
    struct form_data form;
    const struct str none = STR("--x-y\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--x-y--\r\n");
    CHECK_INT(form_data_read(arena, TYPE, none, &form), FORM_DATA_FINE);
    CHECK(!form.has_file);
    const struct str empty = STR("--x-y\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\r\n--x-y--");
    CHECK_INT(form_data_read(arena, TYPE, empty, &form), FORM_DATA_FINE);
    CHECK(form.has_file && form.file.len == 0);
}

TEST(what_is_no_form_is_refused)
{
    struct form_data form;
    static const char *const bodies[] = {
        "", "--x-y", "--x-y\r\n", "no delimiter", "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--x-y\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x-y--\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        CHECK_INT(form_data_read(arena, TYPE, str_of(bodies[i]), &form), FORM_DATA_MALFORMED);
    }
    CHECK_INT(form_data_read(arena, STR("multipart/form-data"), STR("--\r\n"), &form), FORM_DATA_MALFORMED);
}

TEST(what_precedes_the_file_is_bounded)
{
    struct form_data form;
    struct text text = text_new(arena);
    for (int i = 0; i < FORM_DATA_FIELDS_MAX + 1; i++) {
        text_add(&text, STR("--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"));
    }
    text_add(&text, STR("--x-y--"));
    CHECK_INT(form_data_read(arena, TYPE, text_str(&text), &form), FORM_DATA_TOO_LARGE);
    struct text large = text_new(arena);
    text_add(&large, STR("--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"));
    for (int i = 0; i < FORM_DATA_BEFORE_MAX; i++) {
        text_add_char(&large, 'a');
    }
    text_add(&large, STR("\r\n--x-y\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\r\n--x-y--"));
    CHECK_INT(form_data_read(arena, TYPE, text_str(&large), &form), FORM_DATA_TOO_LARGE);
}
