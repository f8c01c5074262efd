#include "app/report_parts.h"
#include "base/json.h"

enum { NESTED_MOST = 12, ELEMENTS_MOST = 200 };

static bool is_empty(const struct json *j)
{
    return j->kind == JSON_NULL || ((j->kind == JSON_OBJECT || j->kind == JSON_ARRAY) && j->child == NULL)
        || (j->kind == JSON_STRING && j->text.len == 0);
}

static void value(const struct report *report, const struct json *j, int depth);

/* Times are written as milliseconds under the key "at". */
static bool is_time(const struct json *member, int64_t *ms)
{
    return member->kind == JSON_NUMBER && str_equal(member->key, STR("at")) && json_int(member, ms);
}

static void member_value(const struct report *report, const struct json *member, int depth)
{
    int64_t ms = 0;
    if (is_time(member, &ms)) {
        report_time(report, ms);
        return;
    }
    value(report, member, depth);
}

static void members(const struct report *report, const struct json *j, int depth)
{
    fputs("<dl>", report->out);
    size_t count = 0;
    for (const struct json *member = j->child; member && count < ELEMENTS_MOST; member = member->next) {
        if (is_empty(member)) {
            continue;
        }
        fputs("<dt>", report->out);
        report_text(report, member->key);
        fputs("</dt><dd>", report->out);
        member_value(report, member, depth + 1);
        fputs("</dd>", report->out);
        count++;
    }
    fputs("</dl>", report->out);
}

static void elements(const struct report *report, const struct json *j, int depth)
{
    if (j->child && j->child->next == NULL) {
        value(report, j->child, depth + 1);
        return;
    }
    fputs("<ol>", report->out);
    size_t count = 0;
    for (const struct json *element = j->child; element && count < ELEMENTS_MOST; element = element->next, count++) {
        fputs("<li>", report->out);
        value(report, element, depth + 1);
        fputs("</li>", report->out);
    }
    fputs("</ol>", report->out);
}

static void value(const struct report *report, const struct json *j, int depth)
{
    if (j->kind == JSON_OBJECT && depth < NESTED_MOST) {
        members(report, j, depth);
        return;
    }
    if (j->kind == JSON_ARRAY && depth < NESTED_MOST) {
        elements(report, j, depth);
        return;
    }
    switch (j->kind) {
    case JSON_TRUE:
        fputs("true", report->out);
        break;
    case JSON_FALSE:
        fputs("false", report->out);
        break;
    case JSON_NULL:
        fputs("null", report->out);
        break;
    default:
        report_text(report, j->text);
    }
}

static void part(const struct report *report, enum report_word title, const struct json *j)
{
    if (j && !is_empty(j)) {
        fprintf(report->out, "<h3>%s</h3>", word(report, title));
        value(report, j, 0);
    }
}

/* What the finding itself says about why it was raised: JSON inside a string. */
static void why(const struct report *report, const struct json *tree)
{
    const struct str text = json_text(json_path(tree, "service.additionalInfo.value"));
    const struct json *inner = text.len > 0 ? json_parse(report->arena, text, NULL) : NULL;
    part(report, WORD_WHY, inner ? inner : json_path(tree, "service.additionalInfo.value"));
}

static void evidence(const struct report *report, const struct finding *finding)
{
    const struct json *tree = json_parse(report->arena, finding->json, NULL);
    fputs("<div class=\"why\"><div>", report->out);
    report_text(report, finding->description);
    fputs("</div>", report->out);
    why(report, tree);
    part(report, WORD_ACTION, json_path(tree, "service.action"));
    part(report, WORD_RESOURCE, json_get(tree, STR("resource")));
    fprintf(report->out, "<details><summary>%s</summary><pre>", word(report, WORD_OBJECT));
    report_text(report, finding->json);
    fputs("</pre></details></div>", report->out);
}

static void row(const struct report *report, const struct finding *finding)
{
    const enum severity severity = severity_of(finding->severity);
    fprintf(report->out, "<tr><td><span class=\"badge %s\">%s %.3g</span></td><td><details><summary><b>",
            severity_word(severity), report_severity(report->run->language, severity), finding->severity);
    report_name(report, finding->type);
    fputs("</b><div class=\"dim\">", report->out);
    report_text(report, finding->title);
    fputs("</div></summary>", report->out);
    evidence(report, finding);
    fputs("</details></td><td class=\"who\">", report->out);
    report_name(report, finding->principal);
    fputs("</td><td>", report->out);
    report_text(report, finding->account);
    fputs("<br>", report->out);
    report_text(report, finding->region);
    fprintf(report->out, "</td><td class=\"num\">%lld</td><td class=\"num\">", (long long)finding->count);
    report_time(report, finding->first_ms);
    fputs("<br>", report->out);
    report_time(report, finding->last_ms);
    fputs("</td></tr>\n", report->out);
}

static void head(const struct report *report, size_t count)
{
    fprintf(report->out,
            "<div class=\"tools\"><label for=\"filter\">%s</label><input id=\"filter\" type=\"search\" placeholder=\"%s\" "
            "autocomplete=\"off\"><span class=\"dim\" id=\"shown\">%zu / %zu</span></div>\n",
            word(report, WORD_FILTER), word(report, WORD_FILTER_HINT), count, count);
    fprintf(report->out,
            "<div class=\"box\"><table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th class=\"num\">%s</th>"
            "<th class=\"num\">%s<br>%s</th></tr></thead><tbody>\n",
            word(report, WORD_SEVERITY), word(report, WORD_TYPE), word(report, WORD_PRINCIPAL), word(report, WORD_PLACE),
            word(report, WORD_COUNT), word(report, WORD_FIRST_SEEN), word(report, WORD_LAST_SEEN));
}

void report_findings(const struct report *report)
{
    const size_t total = report->run->count;
    const size_t count = total < REPORT_FINDINGS_MAX ? total : REPORT_FINDINGS_MAX;
    fprintf(report->out, "<h2>%s</h2>\n", word(report, WORD_FINDINGS));
    if (count == 0) {
        fprintf(report->out, "<div class=\"box\">%s</div>\n", word(report, WORD_NO_FINDINGS));
        return;
    }
    head(report, count);
    for (size_t i = 0; i < count; i++) {
        const struct arena_mark before = arena_mark(report->arena);
        row(report, &report->run->findings[i]);
        arena_release(report->arena, before);
    }
    fputs("</tbody></table></div>\n", report->out);
    if (total > count) {
        fprintf(report->out, "<p class=\"dim\">%zu %s</p>\n", total - count, word(report, WORD_MORE));
    }
}
