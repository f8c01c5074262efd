#include "ingest/survey.h"

typedef unsigned char lane __attribute__((vector_size(16)));

#define HIGH_BITS 0x8080808080808080ULL
#define EVEN_BYTES 0x00FF00FF00FF00FFULL

static size_t sum_of_bytes(uint64_t word)
{
    const uint64_t pairs = (word & EVEN_BYTES) + (word >> 8 & EVEN_BYTES);
    return (size_t)(pairs * 0x0001000100010001ULL >> 48);
}

/* At most UINT8_MAX lanes: what a byte can count. */
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
    uint64_t words[2];
    memcpy(words, &high, sizeof(words));
    survey->ascii = survey->ascii && ((words[0] | words[1]) & HIGH_BITS) == 0;
    memcpy(words, &found, sizeof(words));
    survey->brackets += sum_of_bytes(words[0]) + sum_of_bytes(words[1]);
}

struct survey survey_of(struct str s)
{
    struct survey survey = { .ascii = true };
    if (s.len < sizeof(lane)) {
        char padded[sizeof(lane)] = { 0 };
        memcpy(padded, s.ptr, s.len);
        survey_lanes(padded, 1, &survey);
        return survey;
    }
    for (size_t at = 0; s.len - at >= sizeof(lane);) {
        const size_t lanes = (s.len - at) / sizeof(lane);
        const size_t step = lanes < UINT8_MAX ? lanes : UINT8_MAX;
        survey_lanes(s.ptr + at, step, &survey);
        at += step * sizeof(lane);
    }
    survey_lanes(s.ptr + s.len - sizeof(lane), 1, &survey); /* the rest, some of it a second time */
    return survey;
}
