#include "ingest/survey.h"

typedef unsigned char lane __attribute__((vector_size(16)));

static void survey_lanes(const char *bytes, size_t count, struct survey *survey)
{
    lane high = { 0 };
    lane found = { 0 };
    for (size_t i = 0; i < count; i++) {
        lane at;
        memcpy(&at, bytes + i * sizeof(at), sizeof(at));
        high |= at;
        found -= (lane)((at | 0x20) == '{'); /* { and [ differ in that bit */
    }
    for (size_t i = 0; i < sizeof(lane); i++) {
        survey->ascii = survey->ascii && high[i] < 0x80;
        survey->brackets += found[i];
    }
}

struct survey survey_of(struct str s)
{
    struct survey survey = { .ascii = true };
    size_t at = 0;
    while (s.len - at >= sizeof(lane)) {
        const size_t lanes = (s.len - at) / sizeof(lane);
        const size_t step = lanes < UINT8_MAX ? lanes : UINT8_MAX; /* what a byte can count */
        survey_lanes(s.ptr + at, step, &survey);
        at += step * sizeof(lane);
    }
    char tail[sizeof(lane)] = { 0 };
    memcpy(tail, s.ptr + at, s.len - at);
    survey_lanes(tail, 1, &survey);
    return survey;
}
