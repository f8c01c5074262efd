/* rotation_schedule_fuzz.c - any schedule and duration: refused, or windows that open later and later, and close after they open. */
#include <stdlib.h>

#include "svc/secretsmanager/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The expression, a line feed, the duration. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str duration = STR_NONE;
    const struct str expression = str_cut((struct str){ (const char *)data, size }, '\n', &duration);
    struct schedule schedule;
    int64_t hours = 0;
    if (size > 300 || secret_schedule_parse(expression, &schedule) || secret_schedule_duration(&schedule, duration, &hours)) {
        return 0;
    }
    int64_t after_ms = 1795000000000;
    for (int i = 0; i < 4; i++) {
        const struct schedule_window window = secret_schedule_next(&schedule, hours, after_ms);
        if (window.opens_ms == 0) {
            return 0; /* never: 30 February */
        }
        expect(window.opens_ms > after_ms && window.closes_ms > window.opens_ms && window.opens_ms % 3600000 == 0);
        after_ms = window.opens_ms;
    }
    return 0;
}
