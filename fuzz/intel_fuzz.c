/* intel_fuzz.c - lists in every format: the first byte chooses it. What was loaded is asked for again, line by line. */
#include "detect/intel_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *arena = arena_open();
    struct intel *intel = intel_open();
    const struct str text = { (const char *)data + 1, size - 1 };
    const struct intel_list_options options = { .name = STR("list"), .lists = INTEL_THREAT, .format = (enum intel_format)(data[0] % 7),
                                                .public_v4_only = data[0] >= 128, .entries_max = 1000 };
    const struct intel_counts counts = intel_load_list(intel, &options, text);
    size_t hits = 0;
    for (struct str rest = text; rest.ptr;) {
        const struct str line = str_trim(str_cut(rest, '\n', &rest));
        struct intel_hit hit;
        hits += intel_lists(intel, line) != 0 || intel_name_lists(intel, line) != 0 || intel_hash_lists(intel, line) != 0;
        if (intel_lists(intel, line) != 0 && !intel_address_hit(intel, line, INTEL_THREAT, arena, &hit)) {
            __builtin_trap();
        }
        if (intel_name_lists(intel, line) != 0 && !intel_name_hit(intel, line, INTEL_THREAT, arena, &hit)) {
            __builtin_trap();
        }
    }
    if (hits > 0 && counts.addresses + counts.names + counts.hashes == 0) {
        __builtin_trap();
    }
    intel_close(intel);
    arena_close(arena);
    return 0;
}
