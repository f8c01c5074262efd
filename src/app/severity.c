#include "app/severity.h"

static const struct {
    const char *word;
    double from;
} levels[SEVERITY_COUNT] = {
    [SEVERITY_LOW] = { "low", 1 },
    [SEVERITY_MEDIUM] = { "medium", 4 },
    [SEVERITY_HIGH] = { "high", 7 },
    [SEVERITY_CRITICAL] = { "critical", 9 },
};

enum severity severity_of(double number)
{
    enum severity severity = SEVERITY_LOW;
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        severity = number >= levels[i].from ? (enum severity)i : severity;
    }
    return severity;
}

const char *severity_word(enum severity severity)
{
    return levels[severity].word;
}

bool severity_parse(struct str text, double *number)
{
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        if (str_equal_nocase(text, str_of(levels[i].word))) {
            *number = levels[i].from;
            return true;
        }
    }
    return str_to_double(text, number) && *number >= 0 && *number <= 10;
}
