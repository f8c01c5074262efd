/* flow_log_test.h - flow records as text, and what the detectors make of them. */
#ifndef YAGURA_DETECT_FLOW_LOG_TEST_H
#define YAGURA_DETECT_FLOW_LOG_TEST_H

#include "detect/harness.h"
#include "detect/intel.h"
#include "detect/interfaces.h"

#define HOME "10.0.0.5"
#define AWAY "203.0.113.7"
enum { START = 1767574800, TCP = 6, UDP = 17, SYN = 2 };

struct line {
    const char *from, *to;
    unsigned from_port, to_port, protocol, packets, bytes, at, seconds, flags;
    bool rejected;
};

static inline void add(struct text *log, struct line l)
{
    text_add_format(log, "2 111122223333 eni-0123456789abcdef0 %s %s %u %u %u %u %u %u %u %s OK %u\n", l.from, l.to, l.from_port, l.to_port,
                    l.protocol, l.packets, l.bytes, START + l.at, START + l.at + (l.seconds ? l.seconds : 10),
                    l.rejected ? "REJECT" : "ACCEPT", l.flags);
}

static inline struct text log_new(struct arena *arena)
{
    struct text log = text_new(arena);
    text_add(&log, STR("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status "
                       "tcp-flags\n"));
    return log;
}

struct known {
    struct intel *intel;
    struct interfaces *interfaces;
};

static inline struct harness *judge(struct arena *arena, struct text *log, const struct known *known)
{
    const struct engine_options options = { .intel = known ? known->intel : NULL, .interfaces = known ? known->interfaces : NULL };
    struct harness *harness = harness_open(arena, &options);
    harness_feed(harness, "flow.log", text_str(log));
    CHECK_INT(harness->troubles, 0);
    return harness;
}

static inline void expect(struct arena *arena, struct text *log, const struct known *known, const char *type, bool hit, double severity)
{
    struct harness *harness = judge(arena, log, known);
    if ((harness_count(harness, type) > 0) != hit || (!hit && harness->count > 0)) {
        fail_msg("%s: %zu of it, %zu findings", type, harness_count(harness, type), harness->count);
    }
    for (size_t i = 0; i < harness->count && severity > 0; i++) {
        CHECK(harness->found[i].severity > severity - 0.1 && harness->found[i].severity < severity + 0.1);
    }
    harness_close(harness);
}
#define HIT(log, known, type, severity) expect(arena, (log), (known), (type), true, (severity))
#define MISS(log, known, type) expect(arena, (log), (known), (type), false, 0)

#endif
