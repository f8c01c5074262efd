#include "svc/s3/access_line.h"

#include "base/clock.h"
#include "tests/test.h"

TEST(a_line_of_the_access_log_holds_every_field_in_its_place)
{
    struct text out = text_new(arena);
    int64_t ms = 0;
    CHECK(clock_parse_iso8601(STR("2019-02-06T00:00:38Z"), &ms));
    access_line_write(&out, &(struct access_line){
        .bucket_owner = STR("79a59d"), .bucket = STR("logs"), .time_ms = ms, .remote_ip = STR("192.0.2.3"),
        .requester = STR("arn:aws:iam::111122223333:user/a"), .request_id = STR("3E57427F3EXAMPLE"),
        .operation = STR("REST.GET.OBJECT"), .key = STR("a b/c"), .method = STR("GET"), .target = STR("/logs/a%20b/c"),
        .status = 200, .bytes_sent = 113, .object_size = -1, .total_ms = 7, .turnaround_ms = 5, .user_agent = STR("S3Console/0.4"),
        .signature = STR("SigV4"), .auth_type = STR("AuthHeader"), .host = STR("localhost"),
    });
    CHECK_STR(text_str(&out),
        "79a59d logs [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/a 3E57427F3EXAMPLE REST.GET.OBJECT "
        "a%20b/c \"GET /logs/a%20b/c HTTP/1.1\" 200 - 113 - 7 5 \"-\" \"S3Console/0.4\" - - SigV4 - AuthHeader localhost - - -\n");
}

TEST(what_a_client_sends_ends_neither_field_nor_line)
{
    struct text out = text_new(arena);
    access_line_write(&out, &(struct access_line){
        .bucket = STR("b"), .key = STR("x\ny"), .method = STR("GET"), .target = STR("/\"\r\n"), .referer = STR("\" 200 -"),
        .user_agent = STR("a\nb\\"), .bytes_sent = -1, .object_size = -1, .total_ms = -1, .turnaround_ms = -1, .host = STR("h h"),
    });
    const struct str line = text_str(&out);
    CHECK(str_find(line, '\n') == line.len - 1);
    CHECK(str_search(line, STR("x%0Ay")) != STR_MISSING);
    CHECK(str_search(line, STR("\"\\x22 200 -\" \"a\\x0Ab\\x5C\"")) != STR_MISSING);
    CHECK(str_search(line, STR("h%20h")) != STR_MISSING);
}
