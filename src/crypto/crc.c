#include "crypto/crc.h"

/* Eight bytes a step: row r holds the effect of a byte that r more bytes follow. */
struct crc {
    uint64_t row[8][256];
};

static struct crc ieee;
static struct crc castagnoli;
static struct crc nvme;

static void crc_fill(struct crc *crc, uint64_t reversed_polynomial)
{
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ (value & 1 ? reversed_polynomial : 0);
        }
        crc->row[0][byte] = value;
    }
    for (size_t row = 1; row < 8; row++) {
        for (size_t byte = 0; byte < 256; byte++) {
            const uint64_t value = crc->row[row - 1][byte];
            crc->row[row][byte] = (value >> 8) ^ crc->row[0][value & 0xFF];
        }
    }
}

/* Before main, hence before any thread: a few microseconds, instead of 48 KB of numbers in the source. */
__attribute__((constructor)) static void crc_prepare(void)
{
    crc_fill(&ieee, 0xEDB88320U);
    crc_fill(&castagnoli, 0x82F63B78U);
    crc_fill(&nvme, 0x9A6C9329AC4BC9B5U);
}

static uint64_t crc_run(const struct crc *crc, uint64_t value, struct str data)
{
    const unsigned char *at = (const unsigned char *)data.ptr;
    size_t left = data.len;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word = 0;
        for (size_t i = 0; i < 8; i++) {
            word |= (uint64_t)at[i] << (8 * i);
        }
        word ^= value;
        value = 0;
        for (size_t i = 0; i < 8; i++) {
            value ^= crc->row[7 - i][(word >> (8 * i)) & 0xFF];
        }
    }
    for (; left > 0; left--, at++) {
        value = (value >> 8) ^ crc->row[0][(value ^ *at) & 0xFF];
    }
    return value;
}

uint32_t crc32_ieee(uint32_t before, struct str data)
{
    return ~(uint32_t)crc_run(&ieee, (uint32_t)~before, data);
}

uint32_t crc32_c(uint32_t before, struct str data)
{
    return ~(uint32_t)crc_run(&castagnoli, (uint32_t)~before, data);
}

uint64_t crc64_nvme(uint64_t before, struct str data)
{
    return ~crc_run(&nvme, ~before, data);
}
