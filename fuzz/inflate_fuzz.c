/* inflate_fuzz.c - any bytes through the decompressors; what whole members give, streaming must give as well. */
#include <stdlib.h>

#include "ingest/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many bytes come out; the sum of them in *sum. */
static uint64_t drain(struct inflate *in, size_t keep, uint64_t *sum)
{
    uint64_t total = 0;
    size_t kept = 0;
    while (total < (uint64_t)1 << 24 && inflate_more(in, kept)) {
        const struct str window = inflate_window(in);
        for (size_t i = kept; i < window.len; i++) {
            *sum = *sum * 31 + (unsigned char)window.ptr[i];
        }
        total += window.len - kept;
        kept = window.len < keep ? window.len : keep;
        if (inflate_offset(in) + window.len != total) {
            abort();
        }
    }
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct inflate *in;
    if (in == NULL) {
        in = inflate_open();
    }
    const struct str bytes = { (const char *)data, size };
    uint64_t sums[2] = { 0, 0 };
    uint64_t totals[2] = { 0, 0 };
    for (size_t i = 0; i < 2; i++) {
        inflate_start_bytes(in, bytes);
        totals[i] = drain(in, i * 1000, &sums[i]);
        if (inflate_read(in) > size) {
            abort();
        }
    }
    if (totals[0] < (uint64_t)1 << 24 && (totals[0] != totals[1] || sums[0] != sums[1])) {
        abort();
    }
    return 0;
}
