#include "detect/intel.h"

#include <arpa/inet.h>

#include "base/map.h"
#include "detect/intel_parts.h"

enum { PLACE_MAX = 128, BLOCK = 32 };

static struct intel *open_set(const struct intel *base)
{
    struct intel *intel = memory_new(sizeof(*intel));
    intel->labels = labels_open();
    intel->v4.width = 4;
    intel->v6.width = 16;
    intel->base = base;
    return intel;
}

struct intel *intel_open(void) { return open_set(NULL); }

static void close_view(void *view) { intel_close(view); }

void intel_close(struct intel *intel)
{
    if (intel == NULL) {
        return;
    }
    map_close(intel->views, close_view);
    networks_free(&intel->v4);
    networks_free(&intel->v6);
    texts_free(&intel->texts);
    labels_close(intel->labels);
    memory_free(intel);
}

/* False: longer than any account and region. */
static bool place_of(struct str account, struct str region, char out[PLACE_MAX], struct str *place)
{
    if (account.len + region.len + 1 > PLACE_MAX) {
        return false;
    }
    memcpy(out, account.ptr ? account.ptr : "", account.len);
    out[account.len] = '/';
    memcpy(out + account.len + 1, region.ptr ? region.ptr : "", region.len);
    *place = (struct str){ out, account.len + region.len + 1 };
    return true;
}

struct intel *intel_view_open(struct intel *intel, struct str account, struct str region)
{
    char bytes[PLACE_MAX];
    struct str place = STR_NONE;
    if (!place_of(account, region, bytes, &place)) {
        return NULL;
    }
    if (intel->views == NULL) {
        intel->views = map_open();
    }
    struct intel *view = map_get(intel->views, place);
    if (view == NULL) {
        view = open_set(intel);
        map_put(intel->views, place, view);
    }
    return view;
}

const struct intel *intel_view(const struct intel *intel, struct str account, struct str region)
{
    char bytes[PLACE_MAX];
    struct str place = STR_NONE;
    if (intel == NULL || intel->views == NULL || !place_of(account, region, bytes, &place)) {
        return intel;
    }
    const struct intel *view = map_get(intel->views, place);
    if (view == NULL && place_of(STR("*"), region, bytes, &place)) {
        view = map_get(intel->views, place);
    }
    return view ? view : intel;
}

void intel_settle(struct intel *intel)
{
    networks_settle(&intel->v4, intel->labels);
    networks_settle(&intel->v6, intel->labels);
    texts_settle(&intel->texts, intel->labels);
}

size_t intel_address(struct str text, unsigned char out[16])
{
    static const unsigned char MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    char copy[64];
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return 0;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, out) == 1) {
        return 4;
    }
    if (inet_pton(AF_INET6, copy, out) != 1) {
        return 0;
    }
    if (memcmp(out, MAPPED, sizeof(MAPPED)) == 0) {
        memmove(out, out + 12, 4);
        return 4;
    }
    return 16;
}

static const struct networks *family(const struct intel *intel, size_t width) { return width == 4 ? &intel->v4 : &intel->v6; }

static unsigned trusted_first(unsigned lists)
{
    return lists & INTEL_TRUSTED ? lists & (unsigned)(INTEL_TRUSTED | INTEL_AWS) : lists;
}

unsigned intel_lists(const struct intel *intel, struct str address)
{
    unsigned char bytes[16];
    unsigned lists = 0;
    size_t width = 0;
    if (intel == NULL || (intel->present == 0 && intel->base == NULL) || (width = intel_address(address, bytes)) == 0) {
        return 0;
    }
    for (const struct intel *set = intel; set; set = set->base) {
        const struct networks *networks = family(set, width);
        for (uint32_t at = networks_find(networks, bytes); at != NETWORKS_NONE; at = networks->outer[at]) {
            lists |= labels_at(set->labels, networks->values[at])->all;
        }
    }
    return trusted_first(lists);
}

static unsigned suffix_lists(const struct intel *intel, const struct text_suffixes *suffixes)
{
    unsigned lists = 0;
    for (const struct intel *set = intel; set; set = set->base) {
        for (size_t i = 0; i < suffixes->count; i++) {
            const struct label *label = labels_at(set->labels, texts_find(&set->texts, suffixes->hashes[i]));
            lists |= i + 1 == suffixes->count ? label->exact : label->all;
        }
    }
    return trusted_first(lists);
}

unsigned intel_name_lists(const struct intel *intel, struct str domain)
{
    struct text_suffixes suffixes;
    bool any = false;
    for (const struct intel *set = intel; set; set = set->base) {
        any = any || set->texts.count > 0;
    }
    return any && text_suffixes(domain, &suffixes) ? suffix_lists(intel, &suffixes) : 0;
}

/* Hashes of a block first, so that memory is on its way while the others are made. */
void intel_name_lists_many(const struct intel *intel, const struct str *names, size_t count, unsigned *lists)
{
    struct text_suffixes block[BLOCK];
    for (size_t start = 0; start < count; start += BLOCK) {
        const size_t end = count - start < BLOCK ? count - start : BLOCK;
        for (size_t i = 0; i < end; i++) {
            if (intel == NULL || !text_suffixes(names[start + i], &block[i])) {
                block[i].count = 0;
            }
            for (const struct intel *set = intel; set; set = set->base) {
                for (size_t s = 0; s < block[i].count && set->texts.count > 0; s++) {
                    texts_prefetch(&set->texts, block[i].hashes[s]);
                }
            }
        }
        for (size_t i = 0; i < end; i++) {
            lists[start + i] = suffix_lists(intel, &block[i]);
        }
    }
}

static unsigned text_lists(const struct intel *intel, enum text_kind kind, struct str text)
{
    unsigned lists = 0;
    const uint64_t hash = text_hash(kind, text);
    for (const struct intel *set = intel; set; set = set->base) {
        lists |= labels_at(set->labels, texts_find(&set->texts, hash))->all;
    }
    return trusted_first(lists);
}

unsigned intel_hash_lists(const struct intel *intel, struct str sha256) { return text_lists(intel, TEXT_HASH, sha256); }
unsigned intel_key_lists(const struct intel *intel, struct str access_key) { return text_lists(intel, TEXT_KEY, access_key); }

bool intel_has(const struct intel *intel, unsigned lists)
{
    size_t at = 0;
    struct str key = STR_NONE;
    void *view = NULL;
    unsigned present = 0;
    for (const struct intel *set = intel; set; set = set->base) {
        present |= set->present;
    }
    while (intel && intel->views && map_next(intel->views, &at, &key, &view)) {
        present |= ((const struct intel *)view)->present;
    }
    return (present & lists) != 0;
}

/* The first label of a chain that is of one of the lists. */
static bool take_label(const struct intel *set, uint32_t value, unsigned lists, bool exact, struct intel_hit *out)
{
    for (uint32_t at = value; at != 0; at = labels_at(set->labels, at)->next) {
        const struct label *label = labels_at(set->labels, at);
        if ((label->lists & lists) != 0 && !(exact && label->below_only)) {
            out->list = labels_source_name(set->labels, label);
            out->threat = labels_threat(set->labels, label);
            out->lists = label->lists;
            return true;
        }
    }
    return false;
}

static struct str network_text(struct arena *arena, const struct networks *networks, uint32_t at)
{
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(networks->width == 4 ? AF_INET : AF_INET6, networks->addresses + at * networks->width, text, sizeof(text));
    return networks->bits[at] == networks->width * 8 ? str_copy(arena, str_of(text))
                                                     : str_format(arena, "%s/%u", text, (unsigned)networks->bits[at]);
}

static bool found(struct intel_hit *out, struct str indicator)
{
    out->indicator = indicator;
    out->threat = out->threat.len > 0 ? out->threat : indicator;
    return true;
}

bool intel_address_hit(const struct intel *intel, struct str address, unsigned lists, struct arena *arena, struct intel_hit *out)
{
    unsigned char bytes[16];
    const size_t width = intel_address(address, bytes);
    for (const struct intel *set = width ? intel : NULL; set; set = set->base) {
        const struct networks *networks = family(set, width);
        for (uint32_t at = networks_find(networks, bytes); at != NETWORKS_NONE; at = networks->outer[at]) {
            if (take_label(set, networks->values[at], lists, true, out)) {
                return found(out, network_text(arena, networks, at));
            }
        }
    }
    return false;
}

bool intel_name_hit(const struct intel *intel, struct str domain, unsigned lists, struct arena *arena, struct intel_hit *out)
{
    struct text_suffixes suffixes;
    if (!text_suffixes(domain, &suffixes)) {
        return false;
    }
    for (const struct intel *set = intel; set; set = set->base) {
        for (size_t i = suffixes.count; i > 0; i--) {
            const uint32_t value = texts_find(&set->texts, suffixes.hashes[i - 1]);
            if (take_label(set, value, lists, i == suffixes.count, out)) {
                const struct str entry = str_lower(arena, str_from(domain, suffixes.starts[i - 1]));
                return found(out, str_ends(entry, STR(".")) ? str_slice(entry, 0, entry.len - 1) : entry);
            }
        }
    }
    return false;
}

static bool text_hit(const struct intel *intel, enum text_kind kind, struct str text, unsigned lists, struct intel_hit *out)
{
    const uint64_t hash = text_hash(kind, text);
    for (const struct intel *set = intel; set; set = set->base) {
        if (take_label(set, texts_find(&set->texts, hash), lists, true, out)) {
            return found(out, text);
        }
    }
    return false;
}

bool intel_hash_hit(const struct intel *intel, struct str sha256, unsigned lists, struct arena *arena, struct intel_hit *out)
{
    return text_hit(intel, TEXT_HASH, str_lower(arena, sha256), lists, out);
}

bool intel_key_hit(const struct intel *intel, struct str access_key, unsigned lists, struct arena *arena, struct intel_hit *out)
{
    return text_hit(intel, TEXT_KEY, str_copy(arena, access_key), lists, out);
}

void intel_set_country(struct intel *intel, uint16_t (*country)(void *self, struct str address), void *self)
{
    intel->country = country;
    intel->self = self;
}

static const struct intel *whole(const struct intel *intel) { return intel && intel->base ? intel->base : intel; }

uint16_t intel_country(const struct intel *intel, struct str address)
{
    const struct intel *all = whole(intel);
    return all && all->country ? all->country(all->self, address) : 0;
}

void intel_set_network(struct intel *intel, struct intel_network (*network)(void *self, struct str address), void *self)
{
    intel->network = network;
    intel->network_self = self;
}

struct intel_network intel_asn(const struct intel *intel, struct str address)
{
    const struct intel *all = whole(intel);
    return all && all->network ? all->network(all->network_self, address) : (struct intel_network){ 0, STR_NONE };
}

/* spec: RFC 1918, 6598, 3927, 1122, 4193, 4291. */
bool intel_is_private(struct str address)
{
    unsigned char b[16];
    const size_t width = intel_address(address, b);
    if (width == 16) {
        return (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0x80) || str_equal(address, STR("::1"));
    }
    return width == 4 && (b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xF0) == 16) || (b[0] == 192 && b[1] == 168) ||
                          (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xC0) == 64));
}
