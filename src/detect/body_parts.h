/* body_parts.h - what the files of body.h share; nobody else includes it. */
#ifndef YAGURA_DETECT_BODY_PARTS_H
#define YAGURA_DETECT_BODY_PARTS_H

#include "detect/body.h"

/* Of one source. */
struct body {
    void (*name)(const struct event *ev, const struct detection *detection, struct verdict *verdict);
    void (*fill)(const struct event *ev, const struct finding *finding, struct verdict *verdict);
};
extern const struct body BODY_KUBERNETES, BODY_DATABASE, BODY_RUNTIME, BODY_MALWARE;

struct body_member {
    struct str name, value;
};
/* Members that have a value, cut to what AWS cuts them to. */
void body_members(struct json_writer *w, const struct body_member *members, size_t count);
#define BODY_MEMBERS(w, ...)                                               \
    body_members((w), (const struct body_member[]){ __VA_ARGS__ },        \
                 sizeof((const struct body_member[]){ __VA_ARGS__ }) / sizeof(struct body_member))
/* A member that is a number, when the text is one. */
void body_number(struct json_writer *w, struct str name, struct str value);
/* A moment as the wire has it where the model says timestamp: seconds with a fraction. */
void body_time(struct json_writer *w, struct str name, int64_t ms);
/* "remoteIpDetails", when source is an address. */
void body_remote(struct json_writer *w, struct str source);
/* Nothing when the text is absent. */
void body_default(struct str *part, struct str value);
/* The part of a log group's name between prefix and the next slash: "/aws/eks/NAME/cluster". STR_NONE: it has not that shape. */
struct str body_of_log_group(const struct event *ev, struct str prefix);

#endif
