#include "crypto/crc.h"

#include "crypto/crc_fold.h"

#define POLYNOMIAL_IEEE UINT64_C(0xEDB88320)
#define POLYNOMIAL_CASTAGNOLI UINT64_C(0x82F63B78)
#define POLYNOMIAL_NVME UINT64_C(0x9A6C9329AC4BC9B5)

/* A field's elements are bit-reversed: `one` is 1, one >> n is x to the n. */
struct field {
    uint64_t polynomial, one;
};
static const struct field IEEE_FIELD = { POLYNOMIAL_IEEE, UINT64_C(1) << 31 };
static const struct field CASTAGNOLI_FIELD = { POLYNOMIAL_CASTAGNOLI, UINT64_C(1) << 31 };
static const struct field NVME_FIELD = { POLYNOMIAL_NVME, UINT64_C(1) << 63 };

static uint64_t field_product(const struct field *field, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = field->one; bit != 0; bit >>= 1) {
        product ^= a & bit ? b : 0;
        b = (b >> 1) ^ (b & 1 ? field->polynomial : 0);
    }
    return product;
}

/* Eight bytes a step: row r holds the effect of a byte that r more bytes follow. */
struct crc {
    uint64_t row[8][256];
    struct crc_fold fold;
};

static bool folds;

static struct crc ieee;
static struct crc castagnoli;
static struct crc nvme;

/* x to the power, as a register's half holds it: x to the 0 is its highest bit. */
static uint64_t power_of_x(const struct field *field, unsigned power)
{
    const unsigned unused = field->one >> 32 ? 0 : 32;
    uint64_t value = field->one;
    for (unsigned i = 0; i < power; i++) {
        value = (value >> 1) ^ (value & 1 ? field->polynomial : 0);
    }
    return value << unused;
}

static void crc_fill(struct crc *crc, const struct field *field)
{
    const uint64_t reversed_polynomial = field->polynomial;
    crc->fold = (struct crc_fold){ { power_of_x(field, 64 + 512 - 1), power_of_x(field, 512 - 1) },
                                   { power_of_x(field, 64 + 128 - 1), power_of_x(field, 128 - 1) } };
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
    crc_fill(&ieee, &IEEE_FIELD);
    crc_fill(&castagnoli, &CASTAGNOLI_FIELD);
    crc_fill(&nvme, &NVME_FIELD);
    folds = crc_fold_can();
}

static uint64_t crc_by_tables(const struct crc *crc, uint64_t value, struct str data)
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

static uint64_t crc_run(const struct crc *crc, uint64_t value, struct str data)
{
    unsigned char left[CRC_FOLD_SIZE];
    size_t used = 0;
    if (!folds || data.len < CRC_FOLD_LEAST) {
        return crc_by_tables(crc, value, data);
    }
    crc_fold(&crc->fold, value, data, left, &used);
    return crc_by_tables(crc, crc_by_tables(crc, 0, (struct str){ (const char *)left, sizeof(left) }), str_from(data, used));
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

/* What follows multiplies the first checksum by x to the number of its bits. */
static uint64_t crc_joined(const struct field *field, uint64_t first, uint64_t second, uint64_t second_size)
{
    uint64_t square = field->one >> 8;
    for (uint64_t left = second_size; left != 0; left >>= 1) {
        first = left & 1 ? field_product(field, square, first) : first;
        square = field_product(field, square, square);
    }
    return first ^ second;
}

uint32_t crc32_ieee_joined(uint32_t first, uint32_t second, uint64_t second_size)
{
    return (uint32_t)crc_joined(&IEEE_FIELD, first, second, second_size);
}

uint32_t crc32_c_joined(uint32_t first, uint32_t second, uint64_t second_size)
{
    return (uint32_t)crc_joined(&CASTAGNOLI_FIELD, first, second, second_size);
}

uint64_t crc64_nvme_joined(uint64_t first, uint64_t second, uint64_t second_size)
{
    return crc_joined(&NVME_FIELD, first, second, second_size);
}
