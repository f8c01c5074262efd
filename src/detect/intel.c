#include "detect/intel.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { LINE_MAX_LENGTH = 512, FILE_MAX = 64 * 1024 * 1024 };

/* A binary trie over the bits of addresses; IPv4 lies under ::ffff:0:0/96. Nodes live in one array. */
struct node {
    uint32_t child[2]; /* 0: none */
    uint32_t lists;    /* of the network that ends here */
};

struct intel {
    struct node *nodes;
    size_t count, capacity;
    unsigned present;
    uint16_t (*country)(void *self, struct str address);
    void *self;
    struct intel_network (*network)(void *self, struct str address);
    void *network_self;
};

struct intel *intel_open(void)
{
    struct intel *intel = memory_new(sizeof(*intel));
    intel->capacity = 1024;
    intel->nodes = memory_new(intel->capacity * sizeof(struct node));
    intel->count = 1;
    return intel;
}

void intel_close(struct intel *intel)
{
    if (intel) {
        memory_free(intel->nodes);
        memory_free(intel);
    }
}

/* 16 bytes, and how many bits before the address proper begins. False: not an address. */
static bool parse(struct str text, unsigned char out[16], int *bits_before)
{
    char copy[64];
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    memset(out, 0, 16);
    out[10] = out[11] = 0xFF;
    *bits_before = 96;
    if (inet_pton(AF_INET, copy, out + 12) == 1) {
        return true;
    }
    *bits_before = 0;
    return inet_pton(AF_INET6, copy, out) == 1;
}

static unsigned bit(const unsigned char address[16], int at) { return ((unsigned)address[at / 8] >> (7 - at % 8)) & 1u; }

static uint32_t child(struct intel *intel, uint32_t at, unsigned side)
{
    if (intel->nodes[at].child[side] != 0) {
        return intel->nodes[at].child[side];
    }
    if (intel->count == intel->capacity) {
        intel->capacity *= 2;
        intel->nodes = memory_grow(intel->nodes, intel->capacity * sizeof(struct node));
    }
    intel->nodes[intel->count] = (struct node){ { 0, 0 }, 0 };
    intel->nodes[at].child[side] = (uint32_t)intel->count;
    return (uint32_t)intel->count++;
}

static bool add(struct intel *intel, enum intel_list list, struct str entry)
{
    struct str length = STR_NONE;
    const struct str address = str_cut(entry, '/', &length);
    unsigned char bytes[16];
    int before = 0;
    if (!parse(address, bytes, &before) || intel->count > UINT32_MAX - 256) {
        return false;
    }
    int64_t bits = 128 - before;
    if (length.ptr && (!str_to_int(length, &bits) || bits < 0 || bits > 128 - before)) {
        return false;
    }
    uint32_t at = 0;
    for (int i = 0; i < before + (int)bits; i++) {
        at = child(intel, at, bit(bytes, i));
    }
    intel->nodes[at].lists |= (uint32_t)list;
    intel->present |= (unsigned)list;
    return true;
}

static struct str first_word(struct str line)
{
    size_t len = 0;
    while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t' && line.ptr[len] != ',' && line.ptr[len] != '#') {
        len++;
    }
    return str_slice(line, 0, len);
}

void intel_load_text(struct intel *intel, enum intel_list list, struct str text, size_t *lines_used)
{
    *lines_used = 0;
    for (struct str rest = text; rest.ptr;) {
        const struct str line = str_trim(str_cut(rest, '\n', &rest));
        *lines_used += line.len <= LINE_MAX_LENGTH && add(intel, list, first_word(line));
    }
}

struct err intel_load(struct ctx *ctx, struct intel *intel, enum intel_list list, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(ctx, &FAULT_IO, "%s can't be opened", path);
    }
    struct text text = text_new(ctx->arena);
    char chunk[16384];
    for (size_t n = 0; text.len < FILE_MAX && (n = fread(chunk, 1, sizeof(chunk), file)) > 0;) {
        text_add(&text, (struct str){ chunk, n });
    }
    const bool broken = ferror(file) != 0 || text.len >= FILE_MAX;
    fclose(file);
    if (broken) {
        return fail(ctx, &FAULT_IO, "%s can't be read, or is larger than 64 MB", path);
    }
    size_t used = 0;
    intel_load_text(intel, list, text_str(&text), &used);
    if (used == 0) {
        return fail(ctx, &FAULT_INVALID, "%s holds no address or network", path);
    }
    return ERR_OK;
}

void intel_set_country(struct intel *intel, uint16_t (*country)(void *self, struct str address), void *self)
{
    intel->country = country;
    intel->self = self;
}

unsigned intel_lists(const struct intel *intel, struct str address)
{
    unsigned char bytes[16];
    int before = 0;
    if (intel == NULL || intel->present == 0 || !parse(address, bytes, &before)) {
        return 0;
    }
    unsigned lists = intel->nodes[0].lists;
    uint32_t at = 0;
    for (int i = 0; i < 128; i++) {
        at = intel->nodes[at].child[bit(bytes, i)];
        if (at == 0) {
            break;
        }
        lists |= intel->nodes[at].lists;
    }
    return lists;
}

bool intel_has(const struct intel *intel, enum intel_list list) { return intel && (intel->present & (unsigned)list) != 0; }

/* spec: RFC 1918, 6598, 3927, 1122, 4193, 4291. */
bool intel_is_private(struct str address)
{
    unsigned char b[16];
    int before = 0;
    if (!parse(address, b, &before)) {
        return false;
    }
    if (before == 0) {
        return (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0x80) || str_equal(address, STR("::1"));
    }
    return b[12] == 10 || b[12] == 127 || (b[12] == 172 && (b[13] & 0xF0) == 16) || (b[12] == 192 && b[13] == 168) ||
           (b[12] == 169 && b[13] == 254) || (b[12] == 100 && (b[13] & 0xC0) == 64);
}

uint16_t intel_country(const struct intel *intel, struct str address)
{
    return intel && intel->country ? intel->country(intel->self, address) : 0;
}

void intel_set_network(struct intel *intel, struct intel_network (*network)(void *self, struct str address), void *self)
{
    intel->network = network;
    intel->network_self = self;
}

struct intel_network intel_asn(const struct intel *intel, struct str address)
{
    return intel && intel->network ? intel->network(intel->network_self, address) : (struct intel_network){ 0, STR_NONE };
}
