/* flow_test.c - the fast way through a line against the columns one by one: what it takes, they take, and alike. */
#include "ingest/flow.h"

#include "tests/test.h"

static uint32_t pick(uint64_t *state, uint32_t count)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % count;
}

static struct flow_layout layout_of(bool fast)
{
    struct flow_layout layout = { .count = 0 };
    CHECK(flow_header(&layout, STR("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
                                   "log-status")));
    CHECK(layout.begins_with_version_2);
    layout.begins_with_version_2 = fast;
    return layout;
}

static bool same(const struct event *a, const struct event *b)
{
    bool alike = memcmp(&a->flow, &b->flow, sizeof(a->flow)) == 0 && a->at_ms == b->at_ms;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        alike = alike && a->fields[i].ptr == b->fields[i].ptr && a->fields[i].len == b->fields[i].len;
    }
    return alike;
}

/* Zeroed whole, padding too. */
static struct event *fresh(struct arena *arena) { return ARENA_NEW(arena, struct event); }

TEST(lines_changed_at_random_are_read_alike_by_both)
{
    static const char letters[] = "0123456789 .-:AR\xC3\xA9";
    static const char *const lines[] = {
        "2 111122223333 eni-0a1b2c3d4e5f60718 10.0.12.255 203.0.113.7 49152 443 6 12 4213 1767574923 1767574983 ACCEPT OK",
        "2 111122223333 eni-0a1b2c3d4e5f60718 1.2.3.4 5.6.7.8 1 2 17 1 40 1767574923 1767574983 REJECT OK",
        "2 111122223333 eni-1 172.16.255.254 192.168.100.200 65535 65535 255 1234567890123456 12345678 99999999999 1 ACCEPT OK",
    };
    const struct flow_layout fast = layout_of(true);
    const struct flow_layout slow = layout_of(false);
    uint64_t state = 1;
    size_t taken = 0;
    for (int turn = 0; turn < 60000; turn++) {
        struct str line = str_copy(arena, str_of(lines[turn % 3]));
        char changed[256];
        memcpy(changed, line.ptr, line.len);
        for (uint32_t i = pick(&state, 3); i > 0; i--) {
            changed[pick(&state, (uint32_t)line.len)] = letters[pick(&state, sizeof(letters) - 1)];
        }
        line.len -= pick(&state, 8) == 0 ? pick(&state, 20) : 0;
        line.ptr = changed;
        struct event *by_fast = fresh(arena);
        struct event *by_slow = fresh(arena);
        bool ascii = false, unused = false;
        const bool fits_fast = flow_line(&fast, line, by_fast, &ascii);
        const bool fits_slow = flow_line(&slow, line, by_slow, &unused);
        CHECK(fits_fast == fits_slow);
        CHECK(!fits_fast || same(by_fast, by_slow));
        for (size_t i = 0; i < line.len && ascii; i++) {
            CHECK((unsigned char)line.ptr[i] < 0x80);
        }
        taken += flow_version_2(line.ptr, line.ptr + line.len, by_fast, &ascii) != NULL;
        arena_reset(arena);
    }
    CHECK(HAVE_X86_VECTORS ? taken > 10000 : taken == 0);
}
