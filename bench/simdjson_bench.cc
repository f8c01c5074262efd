// simdjson_bench.cc - the mark for scan_bench: simdjson on-demand reads the same fields of the same records.
//
//     build/release/bench/simdjson_bench FILE      (FILE from scan_bench --write)
#include <algorithm>
#include <cstdio>
#include <string>

#include "bench/simdjson_fields.h"

using namespace simdjson;

int main(int argc, char **argv)
{
    padded_string text = padded_string::load(argc > 1 ? argv[1] : "corpus.json");
    ondemand::parser parser;
    for (int fields : { 10, 12, 16 }) {
        double turns[5];
        size_t sum = 0, count = 0;
        for (double &turn : turns) {
            const double start = seconds();
            count = 0;
            ondemand::document document = parser.iterate(text);
            for (auto record : document.find_field("Records").get_array()) {
                sum += read_record(record.get_object(), fields);
                count++;
            }
            turn = seconds() - start;
        }
        std::sort(turns, turns + 5);
        std::printf("simdjson %s on-demand, %d fields        %6.2f GB/s %8.3f M records/s (%zu)\n",
                    get_active_implementation()->name().c_str(), fields, double(text.size()) / turns[2] / 1e9, double(count) / turns[2] / 1e6, sum);
    }
}
