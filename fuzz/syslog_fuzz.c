/* syslog_fuzz.c - arbitrary bytes as a syslog message: the payload is a part of it. */
#include <stdlib.h>

#include "wire/syslog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str message = { (const char *)data, size };
    const struct str payload = syslog_payload(message);
    if (payload.len > 0 && (payload.ptr < message.ptr || payload.ptr + payload.len > message.ptr + message.len)) {
        abort();
    }
    return 0;
}
