#include "app/detect_output.h"

#include "app/report.h"
#include "app/table.h"
#include "base/clock.h"

enum { LEAD = 34, REST_MOST = 84 }; /* columns before the type, and from there on: 118 in all */

static const char *const colours[SEVERITY_COUNT] = {
    [SEVERITY_LOW] = "\033[36m", [SEVERITY_MEDIUM] = "\033[33m", [SEVERITY_HIGH] = "\033[31m",
    [SEVERITY_CRITICAL] = "\033[1;37;41m",
};

/* At most width bytes, cut between letters, with an ellipsis where something is missing. */
static struct str fit(struct arena *arena, struct str s, size_t width)
{
    const struct str clean = table_clean(arena, s.ptr ? s : STR(""));
    if (clean.len <= width) {
        return clean;
    }
    size_t end = width - 1;
    while (end > 0 && ((unsigned char)clean.ptr[end] & 0xC0) == 0x80) {
        end--;
    }
    return str_format(arena, "%" STR_FMT "…", STR_ARG(str_slice(clean, 0, end)));
}

struct str detect_principal_name(struct str principal)
{
    const size_t colon = str_starts(principal, STR("arn:")) ? str_find_last(principal, ':') : STR_MISSING;
    return colon == STR_MISSING ? principal : str_from(principal, colon + 1);
}

/* What, who and where, and in words: one under the other, so that the longest type and principal fit. */
static void print_finding(struct arena *arena, const struct finding *finding, bool colour, FILE *out)
{
    const enum severity severity = severity_of(finding->severity);
    const struct civil_time at = clock_civil(finding->last_ms);
    const struct str type = fit(arena, finding->type, REST_MOST);
    const struct str where = str_format(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(finding->account), STR_ARG(finding->region));
    const struct str place = fit(arena, where, REST_MOST / 2);
    const struct str who = fit(arena, detect_principal_name(finding->principal), REST_MOST - place.len - 2);
    const struct str title = fit(arena, finding->title, REST_MOST);
    fprintf(out, "%s%-8s%s %04lld-%02d-%02d %02d:%02d %6lld  %" STR_FMT "\n", colour ? colours[severity] : "",
            severity_word(severity), colour ? "\033[0m" : "", (long long)at.year, at.month, at.day, at.hour, at.minute,
            (long long)finding->count, STR_ARG(type));
    fprintf(out, "%*s%" STR_FMT "%s%" STR_FMT "\n%*s%" STR_FMT "\n", LEAD, "", STR_ARG(place), who.len ? "  " : "",
            STR_ARG(who), LEAD, "", STR_ARG(title));
}

static void print_table(struct arena *arena, const struct detect_run *run, bool colour, FILE *out)
{
    if (run->count == 0) {
        fputs("no findings\n", out);
        return;
    }
    fputs("SEVERITY LAST SEEN (UTC)   COUNT  TYPE, WHERE AND WHO, WHAT\n", out);
    for (size_t i = 0; i < run->count; i++) {
        const struct arena_mark mark = arena_mark(arena);
        print_finding(arena, &run->findings[i], colour, out);
        arena_release(arena, mark);
    }
}

static void print_json(const struct detect_run *run, FILE *out, bool lines)
{
    fputs(lines ? "" : "[", out);
    for (size_t i = 0; i < run->count; i++) {
        fputs(lines || i == 0 ? "" : ",\n", out);
        fwrite(run->findings[i].json.ptr, 1, run->findings[i].json.len, out);
        fputs(lines ? "\n" : "", out);
    }
    fputs(lines ? "" : "]\n", out);
}

static void print_csv(struct arena *arena, const struct detect_run *run, FILE *out)
{
    static const char *const names[] = { "severity", "level", "type", "account", "region", "principal", "resource", "count",
                                         "firstSeen", "lastSeen", "title", "id" };
    struct table table = table_new(arena);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        table_column(&table, names[i], false);
    }
    for (size_t i = 0; i < run->count; i++) {
        const struct finding *finding = &run->findings[i];
        const struct str cells[] = {
            str_format(arena, "%g", finding->severity), str_of(severity_word(severity_of(finding->severity))), finding->type, finding->account,
            finding->region, finding->principal, finding->resource_id, str_format(arena, "%lld", (long long)finding->count),
            clock_format_iso8601(arena, finding->first_ms), clock_format_iso8601(arena, finding->last_ms), finding->title,
            finding->id,
        };
        for (size_t cell = 0; cell < COUNT_OF(cells); cell++) {
            table_cell(&table, cells[cell]);
        }
    }
    table_print(&table, STR("csv"), out);
}

bool detect_format_known(struct str format)
{
    static const char *const known[] = { "table", "json", "ndjson", "csv", "html" };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_equal(format, str_of(known[i]))) {
            return true;
        }
    }
    return false;
}

void detect_output(struct arena *arena, const struct detect_run *run, struct str format, bool colour, FILE *out)
{
    if (str_equal(format, STR("html"))) {
        report_html(arena, run, out);
    } else if (str_equal(format, STR("csv"))) {
        print_csv(arena, run, out);
    } else if (str_equal(format, STR("table"))) {
        print_table(arena, run, colour, out);
    } else {
        print_json(run, out, str_equal(format, STR("ndjson")));
    }
}
