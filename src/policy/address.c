#include "policy/address.h"

#include <string.h>

static bool parse_v4(struct str s, unsigned char out[4])
{
    struct str rest = s;
    for (int i = 0; i < 4; i++) {
        const struct str part = str_cut(rest, '.', &rest);
        int64_t number = 0;
        const bool last = i == 3;
        if (part.len == 0 || part.len > 3 || (rest.ptr == NULL) != last || !str_to_int(part, &number) || number < 0 ||
            number > 255) {
            return false;
        }
        out[i] = (unsigned char)number;
    }
    return true;
}

static bool parse_group(struct str s, unsigned char out[2])
{
    char digits[4] = { '0', '0', '0', '0' };
    if (s.len == 0 || s.len > 4) {
        return false;
    }
    memcpy(digits + 4 - s.len, s.ptr, s.len);
    return str_unhex((struct str){ digits, 4 }, out, 2);
}

/* Groups up to the end of s, at most room bytes; *used bytes written. The last may be dotted IPv4. */
static bool parse_groups(struct str s, unsigned char *out, size_t room, size_t *used)
{
    *used = 0;
    struct str rest = s.len ? s : STR_NONE;
    while (rest.ptr) {
        const struct str part = str_cut(rest, ':', &rest);
        const bool dotted = rest.ptr == NULL && str_find(part, '.') != STR_MISSING;
        const size_t size = dotted ? 4 : 2;
        if (*used + size > room || !(dotted ? parse_v4(part, out + *used) : parse_group(part, out + *used))) {
            return false;
        }
        *used += size;
    }
    return true;
}

static bool parse_v6(struct str s, unsigned char out[16])
{
    const size_t gap = str_search(s, STR("::"));
    size_t head = 0;
    size_t tail = 0;
    memset(out, 0, 16);
    if (gap == STR_MISSING) {
        return parse_groups(s, out, 16, &head) && head == 16;
    }
    unsigned char after[16];
    if (!parse_groups(str_slice(s, 0, gap), out, 14, &head) ||
        !parse_groups(str_from(s, gap + 2), after, 14 - head, &tail)) {
        return false;
    }
    memcpy(out + 16 - tail, after, tail);
    return true;
}

static bool parse_address(struct str s, struct address_range *out)
{
    out->size = str_find(s, ':') == STR_MISSING ? 4 : 16;
    return out->size == 4 ? parse_v4(s, out->bytes) : parse_v6(s, out->bytes);
}

bool address_range_parse(struct str s, struct address_range *out)
{
    struct str prefix = STR_NONE;
    const struct str address = str_cut(s, '/', &prefix);
    if (!parse_address(address, out)) {
        return false;
    }
    out->bits = out->size * 8;
    return prefix.ptr == NULL || (prefix.len <= 3 && str_to_int(prefix, &out->bits) && out->bits >= 0 &&
                                  out->bits <= out->size * 8);
}

bool address_range_holds(const struct address_range *network, const struct address_range *address)
{
    if (network->size != address->size) {
        return false;
    }
    const size_t whole = (size_t)network->bits / 8;
    const int rest = (int)(network->bits % 8);
    if (memcmp(network->bytes, address->bytes, whole) != 0) {
        return false;
    }
    const unsigned mask = 0xff00U >> rest & 0xffU;
    return rest == 0 || ((network->bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}
