// simdjson_bench.cc - the mark for scan_bench: simdjson on-demand reads the same fields of the same records.
//
//     build/release/bench/simdjson_bench FILE FIELDS     (FILE from scan_bench --write; 10, 12 or 16 fields)
//
// Reads twice and prints "BYTES SECONDS" of the second time.
#include <cstdio>
#include <cstdlib>

#include "bench/simdjson_fields.h"

static size_t read_all(simdjson::ondemand::parser &parser, const simdjson::padded_string &text, int fields)
{
    size_t sum = 0;
    simdjson::ondemand::document document = parser.iterate(text);
    for (auto record : document.find_field("Records").get_array()) {
        sum += read_record(record.get_object(), fields);
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fputs("usage: simdjson_bench FILE FIELDS\n", stderr);
        return 2;
    }
    const simdjson::padded_string text = simdjson::padded_string::load(argv[1]);
    const int fields = std::atoi(argv[2]);
    simdjson::ondemand::parser parser;
    const size_t first = read_all(parser, text, fields);
    const double start = seconds();
    const size_t sum = read_all(parser, text, fields);
    std::printf("%zu %.6f\n", text.size(), seconds() - start);
    std::fprintf(stderr, "(%zu)\n", sum);
    return sum == first ? 0 : 4;
}
