#include "app/metrics.h"

#include <stdatomic.h>

static _Atomic int64_t values[METRIC_COUNT];

static const struct {
    const char *family;
    const char *labels;
    const char *kind;
    const char *help; /* on the first line of a family */
} table[METRIC_COUNT] = {
    [METRIC_REQUESTS_OK] = { "yagura_requests_total", "{outcome=\"ok\"}", "counter", "API requests answered" },
    [METRIC_REQUESTS_CLIENT_ERROR] = { "yagura_requests_total", "{outcome=\"client_error\"}", "counter", NULL },
    [METRIC_REQUESTS_SERVER_ERROR] = { "yagura_requests_total", "{outcome=\"server_error\"}", "counter", NULL },
    [METRIC_REQUESTS_REFUSED] = { "yagura_requests_refused_total", "", "counter",
                                  "API requests refused by signature or policy" },
    [METRIC_REQUEST_MICROSECONDS] = { "yagura_request_microseconds_total", "", "counter",
                                      "time from a request's arrival to its answer" },
    [METRIC_EVENTS] = { "yagura_events_total", "", "counter", "log records read" },
    [METRIC_EVENTS_DUPLICATE] = { "yagura_events_duplicate_total", "", "counter",
                                  "log records seen before and left out" },
    [METRIC_EVENTS_SKIPPED] = { "yagura_events_skipped_total", "", "counter",
                                "pieces of input that could not be read" },
    [METRIC_EVENT_BYTES] = { "yagura_event_bytes_total", "", "counter", "inflated bytes of log records" },
    [METRIC_FINDINGS] = { "yagura_findings_total", "", "counter", "findings raised or repeated" },
    [METRIC_EVICTIONS] = { "yagura_memory_evictions_total", "", "counter",
                           "keys that detectors forgot because memory is bounded; anew from 0 when rules are read anew" },
    [METRIC_FORGOTTEN] = { "yagura_learned_evictions_total", "", "counter",
                           "callers and accounts whose habits were forgotten because memory is bounded" },
    [METRIC_WATCH_LAST_MS] = { "yagura_newest_event_milliseconds", "", "gauge",
                               "event time of the newest log record read" },
};

void metric_add(enum metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
}

void metric_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t metric_get(enum metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

struct str metrics_text(struct arena *arena)
{
    struct text text = text_new(arena);
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (table[i].help) {
            text_add_format(&text, "# HELP %s %s\n# TYPE %s %s\n", table[i].family, table[i].help, table[i].family,
                            table[i].kind);
        }
        text_add_format(&text, "%s%s %lld\n", table[i].family, table[i].labels,
                        (long long)metric_get((enum metric)i));
    }
    return text_str(&text);
}
