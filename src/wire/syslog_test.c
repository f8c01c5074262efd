#include "wire/syslog.h"

#include "tests/test.h"

TEST(every_envelope_comes_off)
{
    static const struct {
        const char *message, *payload;
    } cases[] = {
        { "<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 - {\"a\": 1}", "{\"a\": 1}" },
        { "<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [x@1 a=\"b]c\\\"d\"][y] \xEF\xBB\xBFtext", "text" },
        { "<165>1 - - - - - - @cee: {\"a\": 1}", "{\"a\": 1}" },
        { "<34>Oct 11 22:14:15 host su[12]: 'su root' failed", "'su root' failed" },
        { "<34>Oct  1 22:14:15 host {\"eventName\": \"x\"}", "{\"eventName\": \"x\"}" },
        { "<34>Oct  1 22:14:15 {\"eventName\": \"x\"}", "{\"eventName\": \"x\"}" },
        { "<13>2024-05-01T00:00:00Z host app: {\"a\": 1}", "{\"a\": 1}" },
        { "<13>2024-05-01T00:00:00+09:00 host two words", "two words" },
        { "<13>{\"a\": 1}", "{\"a\": 1}" },
        { "{\"a\": \"<13>\"}", "{\"a\": \"<13>\"}" },
        { "<>x", "<>x" }, { "<1x>x", "<1x>x" }, { "<13>", "" }, { "<13>1 ", "" }, { "<165>1 - - - - - [x", "" }, { "", "" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_STR(syslog_payload(str_of(cases[i].message)), cases[i].payload);
    }
}
