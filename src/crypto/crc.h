/* crc.h - the checksums that S3 clients attach: CRC-32, CRC-32C, CRC-64/NVME. Start from 0; feed in pieces as they come.
 * They find accidents, not malice. */
#ifndef YAGURA_CRYPTO_CRC_H
#define YAGURA_CRYPTO_CRC_H

#include "base/str.h"

uint32_t crc32_ieee(uint32_t before, struct str data);
uint32_t crc32_c(uint32_t before, struct str data);
uint64_t crc64_nvme(uint64_t before, struct str data);

/* Of two texts one after the other, from the checksum of each and the second one's length. */
uint32_t crc32_ieee_joined(uint32_t first, uint32_t second, uint64_t second_size);
uint32_t crc32_c_joined(uint32_t first, uint32_t second, uint64_t second_size);
uint64_t crc64_nvme_joined(uint64_t first, uint64_t second, uint64_t second_size);

#endif
