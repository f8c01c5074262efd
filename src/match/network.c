#include "match/network.h"

static bool parse_v4(struct str text, uint32_t *out)
{
    uint32_t address = 0;
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (at >= text.len || text.ptr[at++] != '.')) {
            return false;
        }
        uint32_t number = 0;
        const size_t start = at;
        while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && at - start < 3) {
            number = number * 10 + (uint32_t)(text.ptr[at++] - '0');
        }
        const bool leading_zero = at - start > 1 && text.ptr[start] == '0';
        if (at == start || number > 255 || leading_zero) {
            return false;
        }
        address = address << 8 | number;
    }
    *out = address;
    return at == text.len;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of hex digits at *at. */
static bool parse_group(struct str text, size_t *at, uint16_t *out)
{
    const size_t start = *at;
    uint32_t number = 0;
    while (*at < text.len && *at - start < 4 && hex_digit(text.ptr[*at]) >= 0) {
        number = number << 4 | (uint32_t)hex_digit(text.ptr[(*at)++]);
    }
    *out = (uint16_t)number;
    return *at > start;
}

struct v6_groups {
    uint16_t groups[8];
    size_t count;
    size_t gap; /* where :: stands; SIZE_MAX: nowhere */
};

static bool parse_v6_groups(struct str text, struct v6_groups *g)
{
    size_t at = 0;
    if (str_starts(text, STR("::"))) {
        g->gap = 0;
        at = 2;
    }
    while (at < text.len) {
        uint32_t v4 = 0;
        if (g->count <= 6 && parse_v4(str_from(text, at), &v4)) {
            g->groups[g->count++] = (uint16_t)(v4 >> 16);
            g->groups[g->count++] = (uint16_t)v4;
            return true;
        }
        if (g->count == 8 || !parse_group(text, &at, &g->groups[g->count++])) {
            return false;
        }
        if (at == text.len) {
            return true;
        }
        if (text.ptr[at++] != ':' || at == text.len) {
            return false;
        }
        if (text.ptr[at] == ':') {
            if (g->gap != SIZE_MAX) {
                return false;
            }
            g->gap = g->count;
            at++;
        }
    }
    return true;
}

static bool parse_v6(struct str text, struct network *out)
{
    struct v6_groups g = { .gap = SIZE_MAX };
    if (!parse_v6_groups(text, &g) || (g.gap == SIZE_MAX ? g.count != 8 : g.count > 7)) {
        return false;
    }
    uint16_t full[8] = { 0 };
    const size_t missing = 8 - g.count;
    for (size_t i = 0; i < g.count; i++) {
        full[i < g.gap ? i : i + missing] = g.groups[i];
    }
    for (size_t i = 0; i < 4; i++) {
        out->high = out->high << 16 | full[i];
        out->low = out->low << 16 | full[i + 4];
    }
    out->v4 = out->high == 0 && out->low >> 32 == 0xFFFF;
    return true;
}

static uint64_t mask_of(int64_t bits)
{
    return bits <= 0 ? 0 : bits >= 64 ? UINT64_MAX : UINT64_MAX << (64 - bits);
}

bool network_parse(struct str text, struct network *out)
{
    struct str length_text = STR_NONE;
    const struct str address = str_cut(text, '/', &length_text);
    uint32_t v4 = 0;
    *out = (struct network){ 0 };
    const bool dotted = address.ptr && parse_v4(address, &v4);
    if (dotted) {
        out->low = (uint64_t)0xFFFF << 32 | v4;
        out->v4 = true;
    } else if (address.ptr == NULL || !parse_v6(address, out)) {
        return false;
    }
    int64_t length = dotted ? 32 : 128;
    const int64_t longest = length;
    if (length_text.ptr && (!str_to_int(length_text, &length) || length < 0 || length > longest || length_text.len > 3)) {
        return false;
    }
    length += 128 - longest;
    out->high_mask = mask_of(length);
    out->low_mask = mask_of(length - 64);
    out->high &= out->high_mask;
    out->low &= out->low_mask;
    return true;
}

bool network_holds(const struct network *network, const struct network *address)
{
    return (address->high & network->high_mask) == network->high && (address->low & network->low_mask) == network->low;
}
