#include "app/report.h"

#include "app/report_parts.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/map.h"
#include "crypto/hash.h"

/* The character at a place, and where the next one is. */
static size_t put(const struct report *report, struct str s, size_t at)
{
    const size_t turning = table_turning(s, at);
    if (turning > 0) {
        fputc(' ', report->out);
        return at + turning;
    }
    const char c = s.ptr[at];
    switch (c) {
    case '&':
        fputs("&amp;", report->out);
        break;
    case '<':
        fputs("&lt;", report->out);
        break;
    case '>':
        fputs("&gt;", report->out);
        break;
    case '"':
        fputs("&quot;", report->out);
        break;
    case '\'':
        fputs("&#39;", report->out);
        break;
    default:
        fputc((unsigned char)c < 0x20 && c != '\n' && c != '\t' ? ' ' : c, report->out);
    }
    return at + 1;
}

void report_text(const struct report *report, struct str s)
{
    for (size_t i = 0; i < s.len;) {
        i = put(report, s, i);
    }
}

void report_name(const struct report *report, struct str s)
{
    for (size_t i = 0; i < s.len;) {
        const char c = s.ptr[i];
        i = put(report, s, i);
        if (c == ':' || c == '/' || c == '.') {
            fputs("<wbr>", report->out);
        }
    }
}

void report_time(const struct report *report, int64_t ms)
{
    const struct civil_time t = clock_civil(ms);
    fprintf(report->out, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)t.year, t.month, t.day, t.hour, t.minute, t.second);
}

/* spec: Content Security Policy Level 3, §2.3.1: 'sha256-' and the digest of the script in base64. */
static void head(const struct report *report)
{
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(str_of(REPORT_SCRIPT), digest);
    const struct str source = str_base64(report->arena, (struct str){ (const char *)digest, sizeof(digest) });
    fprintf(report->out,
            "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
            "script-src 'sha256-%" STR_FMT "'; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\"><title>%s</title>\n<style>\n%s</style></head><body><main>\n",
            word(report, WORD_LANGUAGE), STR_ARG(source), word(report, WORD_TITLE), REPORT_STYLE);
}

static void card(const struct report *report, const char *kind, const char *label, uint64_t number)
{
    fprintf(report->out, "<div class=\"card %s\"><b>%ju</b>%s</div>\n", kind, (uintmax_t)number, label);
}

static size_t count_principals(const struct detect_run *run)
{
    static char yes;
    struct map *seen = map_open();
    for (size_t i = 0; i < run->count; i++) {
        map_put(seen, run->findings[i].principal.ptr ? run->findings[i].principal : STR(""), &yes);
    }
    const size_t count = map_count(seen);
    map_close(seen, NULL);
    return count;
}

static void span_of_time(const struct report *report)
{
    const struct detect_run *run = report->run;
    if (run->count == 0) {
        return;
    }
    int64_t first = run->findings[0].first_ms;
    int64_t last = run->findings[0].last_ms;
    for (size_t i = 1; i < run->count; i++) {
        first = run->findings[i].first_ms < first ? run->findings[i].first_ms : first;
        last = run->findings[i].last_ms > last ? run->findings[i].last_ms : last;
    }
    fputs("<div class=\"dim\">", report->out);
    report_time(report, first);
    fputs(" – ", report->out);
    report_time(report, last);
    fputs(" UTC</div>\n", report->out);
}

static void summary(const struct report *report)
{
    const struct detect_run *run = report->run;
    fprintf(report->out, "<h1>%s</h1>\n", word(report, WORD_TITLE));
    span_of_time(report);
    fputs("<div class=\"cards\">\n", report->out);
    for (size_t i = SEVERITY_COUNT; i-- > 0;) {
        card(report, severity_word((enum severity)i), report_severity(run->language, (enum severity)i), run->by_severity[i]);
    }
    card(report, "", word(report, WORD_PRINCIPALS), count_principals(run));
    card(report, "", word(report, WORD_RECORDS), run->records);
    card(report, "", word(report, WORD_FILES), run->files);
    card(report, "", word(report, WORD_DUPLICATES), run->duplicates);
    card(report, run->skipped ? "medium" : "", word(report, WORD_SKIPPED), run->skipped);
    fputs("</div>\n", report->out);
}

static void skipped(const struct report *report)
{
    const struct detect_run *run = report->run;
    if (run->trouble_count == 0) {
        return;
    }
    fprintf(report->out, "<div class=\"box warn\"><b>%s</b><ul>\n", word(report, WORD_SKIPPED_INPUT));
    for (size_t i = 0; i < run->trouble_count; i++) {
        fputs("<li>", report->out);
        report_text(report, table_clean(report->arena, run->troubles[i]));
        fputs("</li>\n", report->out);
    }
    if (run->skipped > run->trouble_count) {
        fprintf(report->out, "<li>… %ju</li>\n", (uintmax_t)(run->skipped - run->trouble_count));
    }
    fputs("</ul></div>\n", report->out);
}

void report_html(struct arena *arena, const struct detect_run *run, FILE *out)
{
    const struct report report = { arena, run, out };
    head(&report);
    summary(&report);
    skipped(&report);
    report_timeline(&report);
    report_findings(&report);
    fprintf(out, "</main><script>%s</script></body></html>\n", REPORT_SCRIPT);
}
