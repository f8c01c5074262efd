#include "detect/learn/edges.h"

/* An edge's past weighs at most so much more than before for one hour, however loud the hour was. */
static const double FADE = 0.995, LOUDEST = 4, GRACE = 8, SURPRISE_MOST = 10;

static size_t place_of(uint64_t edge, size_t row) { return (edge >> (row * 24)) % EDGES_WIDTH; }

static void turn(struct edges *edges, uint32_t tick)
{
    const double past_ticks = (double)edges->ticks > 1 ? (double)edges->ticks : 1;
    for (size_t row = 0; row < EDGES_ROWS; row++) {
        for (size_t i = 0; i < EDGES_WIDTH; i++) {
            const double most = (double)edges->past[row][i] / past_ticks * LOUDEST + GRACE;
            const double now = (double)edges->now[row][i] < most ? (double)edges->now[row][i] : most;
            edges->past[row][i] = (float)((double)edges->past[row][i] * FADE + now);
            edges->now[row][i] = 0;
        }
    }
    edges->ticks = (float)((double)edges->ticks * FADE + 1);
    edges->tick = tick;
}

void edges_count(struct edges *edges, uint64_t edge, uint32_t tick, double weight)
{
    if (edges->ticks <= 0 || tick > edges->tick) {
        turn(edges, tick);
    }
    for (size_t row = 0; row < EDGES_ROWS && tick == edges->tick; row++) {
        edges->now[row][place_of(edge, row)] += (float)weight;
    }
}

struct edges_view edges_add(struct edges *edges, uint64_t edge, uint32_t tick, double weight)
{
    edges_count(edges, edge, tick, weight);
    struct edges_view view = { 0 };
    for (size_t row = 0; row < EDGES_ROWS; row++) {
        const size_t at = place_of(edge, row);
        const double now = (double)edges->now[row][at];
        const double past = (double)edges->past[row][at] / (double)edges->ticks;
        view.now = row == 0 || now < view.now ? now : view.now;
        view.expected = row == 0 || past < view.expected ? past : view.expected;
    }
    const double most = view.expected * LOUDEST + GRACE;
    if (view.now > most) {
        const double apart = view.now - view.expected;
        view.surprise = apart * apart / (most * most);
        view.surprise = view.surprise < SURPRISE_MOST ? view.surprise : SURPRISE_MOST;
    }
    return view;
}
