#include "detect/finding.h"

/* SipHash-2-4 with 128 bits of output, under a key that is the same everywhere: ids must not differ between machines, yet
 * nobody should find two names with one id by playing with their bytes, as is easy with plain multiplicative hashes.
 * spec: Aumasson and Bernstein, SipHash, and its 128-bit variant. */
struct sip {
    uint64_t v[4];
    uint64_t word;
    uint64_t length;
};

static uint64_t rotate(uint64_t x, unsigned bits) { return (x << bits) | (x >> (64 - bits)); }

static void sip_rounds(struct sip *sip, int rounds)
{
    uint64_t *v = sip->v;
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static struct sip sip_begin(void)
{
    const uint64_t k0 = 0x7961677572612d66u; /* "yagura-f" "inding-1" */
    const uint64_t k1 = 0x696e64696e672d31u;
    return (struct sip){ .v = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee, k0 ^ 0x6c7967656e657261u,
                                k1 ^ 0x7465646279746573u } };
}

static void sip_word(struct sip *sip, uint64_t word)
{
    sip->v[3] ^= word;
    sip_rounds(sip, 2);
    sip->v[0] ^= word;
}

static void sip_byte(struct sip *sip, unsigned char byte)
{
    sip->word |= (uint64_t)byte << (8 * (sip->length % 8));
    sip->length++;
    if (sip->length % 8 == 0) {
        sip_word(sip, sip->word);
        sip->word = 0;
    }
}

static uint64_t sip_half(struct sip *sip)
{
    sip_rounds(sip, 4);
    return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}

static void sip_end(struct sip *sip, uint64_t out[2])
{
    sip_word(sip, sip->word | sip->length << 56);
    sip->v[2] ^= 0xee;
    out[0] = sip_half(sip);
    sip->v[1] ^= 0xdd;
    out[1] = sip_half(sip);
}

struct str finding_id(struct arena *arena, const struct str *parts, size_t count)
{
    struct sip sip = sip_begin();
    for (size_t i = 0; i < count; i++) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            sip_byte(&sip, (unsigned char)((uint64_t)parts[i].len >> shift));
        }
        for (size_t at = 0; at < parts[i].len; at++) {
            sip_byte(&sip, (unsigned char)parts[i].ptr[at]);
        }
    }
    uint64_t out[2];
    sip_end(&sip, out);
    unsigned char bytes[16];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(out[i / 8] >> (8 * (i % 8)));
    }
    return str_hex(arena, bytes, sizeof(bytes));
}

struct str finding_detector_id(struct arena *arena, struct str account, struct str region)
{
    const struct str parts[] = { STR("detector"), account, region };
    return finding_id(arena, parts, sizeof(parts) / sizeof(parts[0]));
}
