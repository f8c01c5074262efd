#include "app/detect_output.h"

#include <stdlib.h>

#include "app/progress.h"
#include "tests/test.h"

static struct finding finding_of(struct arena *arena, double severity, const char *type, const char *principal, const char *title)
{
    const struct str json = str_format(
        arena,
        "{\"type\":\"%s\",\"severity\":%g,\"resource\":{\"resourceType\":\"AccessKey\"},\"service\":{\"action\":{\"actionType\":"
        "\"AWS_API_CALL\"},\"additionalInfo\":{\"type\":\"default\",\"value\":\"{\\\"rule\\\":\\\"<i>\\\"}\"}}}",
        type, severity);
    return (struct finding){
        .id = STR("0123456789abcdef0123456789abcdef"), .type = str_of(type), .title = str_of(title), .description = STR("d"),
        .severity = severity, .account = STR("111122223333"), .region = STR("us-east-1"), .principal = str_of(principal),
        .resource_id = STR("AKIA"), .first_ms = 1714521600000, .last_ms = 1714525200000, .count = 3, .json = json,
    };
}

static struct str shown(struct arena *arena, const struct finding *findings, size_t count, const char *format, bool colour)
{
    const struct str trouble = STR("a<b>.json at byte 7: cut");
    const struct detect_run run = {
        .findings = findings, .count = count, .by_severity = { [SEVERITY_HIGH] = count }, .files = 1, .records = 9,
        .skipped = 1, .troubles = &trouble, .trouble_count = 1,
        .language = str_equal(str_of(format), STR("html-ja")) ? STR("ja") : STR("en"),
    };
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    detect_output(arena, &run, str_slice(str_of(format), 0, str_starts(str_of(format), STR("html")) ? 4 : SIZE_MAX), colour, out);
    fclose(out);
    const struct str text = str_copy(arena, (struct str){ bytes, size });
    free(bytes);
    return text;
}

static bool has(struct str text, const char *part)
{
    return str_search(text, str_of(part)) != STR_MISSING;
}

TEST(severities_have_words_and_bounds)
{
    CHECK(severity_of(1) == SEVERITY_LOW && severity_of(3.9) == SEVERITY_LOW && severity_of(4) == SEVERITY_MEDIUM);
    CHECK(severity_of(6.9) == SEVERITY_MEDIUM && severity_of(8.9) == SEVERITY_HIGH && severity_of(9) == SEVERITY_CRITICAL);
    double number = 0;
    CHECK(severity_parse(STR("High"), &number) && number > 6.9 && number < 7.1);
    CHECK(severity_parse(STR("5.5"), &number) && number > 5.4 && number < 5.6);
    CHECK(!severity_parse(STR("11"), &number) && !severity_parse(STR("-1"), &number) && !severity_parse(STR(""), &number));
}

TEST(the_table_fits_a_terminal_and_is_harmless)
{
    const struct finding findings[] = {
        finding_of(arena, 8, "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
                   "arn:aws:iam::111122223333:user/a\033[31m-very-long-name-that-goes-on-and-on-and-on", "t\nu"),
        finding_of(arena, 2, "Stealth:IAMUser/CloudTrailLoggingDisabled", "", "櫓"),
    };
    const struct str text = shown(arena, findings, 2, "table", false);
    CHECK(has(text, "high     2024-05-01 01:00      3  UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS\n"));
    CHECK(has(text, "111122223333 us-east-1  user/a?[31m-very-long"));
    CHECK(!has(text, "\033"));
    for (struct str rest = text; rest.ptr;) {
        CHECK(str_cut(rest, '\n', &rest).len <= 122);
    }
    CHECK(has(shown(arena, findings, 2, "table", true), "\033[31mhigh"));
    CHECK_STR(shown(arena, NULL, 0, "table", false), "no findings\n");
}

TEST(json_and_ndjson_are_the_wire_objects)
{
    const struct finding findings[] = { finding_of(arena, 8, "A:B/C", "p", "t"), finding_of(arena, 2, "D:E/F", "p", "t") };
    const struct json *list = json_parse(arena, shown(arena, findings, 2, "json", false), NULL);
    CHECK(list && list->kind == JSON_ARRAY && list->count == 2 && str_equal(list->child->text, findings[0].json));
    CHECK_STR(shown(arena, findings, 2, "ndjson", false),
              str_format(arena, "%" STR_FMT "\n%" STR_FMT "\n", STR_ARG(findings[0].json), STR_ARG(findings[1].json)).ptr);
    CHECK_STR(shown(arena, NULL, 0, "json", false), "[]\n");
    CHECK_STR(shown(arena, NULL, 0, "ndjson", false), "");
}

TEST(csv_quotes_and_disarms_formulas)
{
    const struct finding findings[] = { finding_of(arena, 8, "A:B/C", "=cmd|' /C calc'!A0", "a \"b\", c") };
    const struct str text = shown(arena, findings, 1, "csv", false);
    CHECK(has(text, "\"'=cmd|' /C calc'!A0\"") && has(text, "\"a \"\"b\"\", c\"") && has(text, "\"2024-05-01T00:00:00Z\""));
}

TEST(the_page_escapes_everything_and_asks_for_nothing)
{
    const struct finding findings[] = {
        finding_of(arena, 8, "A:B/C", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"),
    };
    const struct str page = shown(arena, findings, 1, "html", false);
    CHECK(!has(page, "<script>alert") && !has(page, "<img") && !has(page, "<i>") && !has(page, "a<b>"));
    CHECK(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;") && has(page, "default-src 'none'"));
    CHECK(!has(page, "http://") && !has(page, "https://"));
    CHECK(has(page, "Why it fired") && has(page, "class=\"mark high\""));
    const struct str japanese = shown(arena, findings, 1, "html-ja", false);
    CHECK(has(japanese, "<html lang=\"ja\">") && has(japanese, "検出の根拠"));
    CHECK(has(shown(arena, NULL, 0, "html", false), "Nothing was found"));
}

TEST(progress_tells_share_rate_and_time_left)
{
    char line[160];
    const struct progress progress = { .total = 1000, .started_us = 0 };
    progress_line(line, sizeof(line), &progress, 10000000, 500, 50000000, 42);
    CHECK_STR(str_of(line), "[############............]  50 %  5 MB/s  42 records  0:10 left");
    progress_line(line, sizeof(line), &progress, 0, 0, 0, 0);
    CHECK_STR(str_of(line), "[........................]   0 %  0 MB/s  0 records  0:00 left");
    const struct progress unknown = { .total = 0 };
    progress_line(line, sizeof(line), &unknown, 1000000, 5, 2000000, 7);
    CHECK_STR(str_of(line), "2.0 MB  2 MB/s  7 records");
}
