#include "app/report_parts.h"
#include "base/clock.h"
#include "base/map.h"

enum { TICKS = 5 };

struct lane {
    struct str principal;
    const struct finding **findings;
    size_t count;
    size_t capacity;
};

struct lanes {
    struct lane *list[REPORT_PRINCIPALS_MAX];
    size_t count;
    int64_t first_ms, last_ms;
};

static void lane_add(struct arena *arena, struct lane *lane, const struct finding *finding)
{
    if (lane->count == lane->capacity) {
        const size_t capacity = lane->capacity ? lane->capacity * 2 : 8;
        lane->findings = arena_grow(arena, lane->findings, lane->capacity * sizeof(*lane->findings),
                                    capacity * sizeof(*lane->findings));
        lane->capacity = capacity;
    }
    lane->findings[lane->count++] = finding;
}

static struct lane *lane_of(struct arena *arena, struct lanes *lanes, struct map *by_name, struct str principal)
{
    struct lane *lane = map_get(by_name, principal);
    if (lane || lanes->count == REPORT_PRINCIPALS_MAX) {
        return lane;
    }
    lane = ARENA_NEW(arena, struct lane);
    lane->principal = principal;
    lanes->list[lanes->count++] = lane;
    map_put(by_name, principal, lane);
    return lane;
}

/* Lanes in the order of their first finding, that is the most severe first. */
static struct lanes lanes_of(const struct report *report)
{
    struct lanes lanes = { .first_ms = INT64_MAX, .last_ms = INT64_MIN };
    struct map *by_name = map_open();
    for (size_t i = 0; i < report->run->count && i < REPORT_FINDINGS_MAX; i++) {
        const struct finding *finding = &report->run->findings[i];
        struct lane *lane = lane_of(report->arena, &lanes, by_name, finding->principal.len ? finding->principal : STR("-"));
        if (lane) {
            lane_add(report->arena, lane, finding);
            lanes.first_ms = finding->first_ms < lanes.first_ms ? finding->first_ms : lanes.first_ms;
            lanes.last_ms = finding->last_ms > lanes.last_ms ? finding->last_ms : lanes.last_ms;
        }
    }
    map_close(by_name, NULL);
    return lanes;
}

static double share(const struct lanes *lanes, int64_t ms)
{
    const double span = (double)lanes->last_ms - (double)lanes->first_ms;
    return span > 0 ? ((double)ms - (double)lanes->first_ms) / span * 100 : 50;
}

static void mark(const struct report *report, const struct lanes *lanes, const struct finding *finding)
{
    const double left = share(lanes, finding->first_ms);
    fprintf(report->out, "<span class=\"mark %s\" style=\"left:%.3f%%;width:%.3f%%\" title=\"",
            severity_word(severity_of(finding->severity)), left, share(lanes, finding->last_ms) - left);
    report_text(report, finding->type);
    fputs("&#10;", report->out);
    report_time(report, finding->first_ms);
    fprintf(report->out, " – ");
    report_time(report, finding->last_ms);
    fprintf(report->out, " ×%lld\"></span>", (long long)finding->count);
}

static void axis(const struct report *report, const struct lanes *lanes)
{
    fputs("<div class=\"lane\"><span></span><div class=\"axis\">", report->out);
    const int64_t span = lanes->last_ms - lanes->first_ms;
    for (int i = 0; i < (span > 0 ? TICKS : 1); i++) {
        fputs("<span>", report->out);
        report_time(report, lanes->first_ms + span / (TICKS - 1) * i);
        fputs("</span>", report->out);
    }
    fputs("</div></div>\n", report->out);
}

void report_timeline(const struct report *report)
{
    const struct lanes lanes = lanes_of(report);
    if (lanes.count == 0) {
        return;
    }
    fprintf(report->out, "<h2>%s</h2><div class=\"box\">\n", word(report, WORD_TIMELINE));
    for (size_t i = 0; i < lanes.count; i++) {
        fputs("<div class=\"lane\"><span class=\"who\" title=\"", report->out);
        report_text(report, lanes.list[i]->principal);
        fputs("\">", report->out);
        report_text(report, detect_principal_name(lanes.list[i]->principal));
        fputs("</span><div class=\"track\">", report->out);
        for (size_t at = 0; at < lanes.list[i]->count; at++) {
            mark(report, &lanes, lanes.list[i]->findings[at]);
        }
        fputs("</div></div>\n", report->out);
    }
    axis(report, &lanes);
    fprintf(report->out, "<div class=\"dim\">%s</div></div>\n", word(report, WORD_TIMELINE_NOTE));
}
