// floor_bench.cc - the floor under detection: libdeflate inflates, simdjson on-demand reads twelve fields of each record, and
// nothing judges them. One thread.
//
//     floor_bench FOLDER     prints "BYTES SECONDS RECORDS": of JSON, of processor time (files are read once before)
#include <libdeflate.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "bench/simdjson_fields.h"

using bytes = std::vector<char>;

static std::vector<bytes> load(const char *folder)
{
    std::vector<bytes> files;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().extension() == ".gz") {
            std::ifstream in(entry.path(), std::ios::binary);
            files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        }
    }
    return files;
}

// gzip's last four bytes tell the size.
static size_t inflated_size(const bytes &file)
{
    size_t size = 0;
    for (size_t i = 0; i < 4; i++) {
        size |= size_t(static_cast<unsigned char>(file[file.size() - 4 + i])) << (8 * i);
    }
    return size;
}

int main(int argc, char **argv)
{
    const auto files = load(argc > 1 ? argv[1] : ".");
    size_t most = 0, total = 0, records = 0, sum = 0;
    for (const auto &file : files) {
        most = std::max(most, inflated_size(file));
    }
    std::vector<char> out(most + simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::parser parser;
    libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    const double start = seconds();
    for (const auto &file : files) {
        size_t made = 0;
        if (libdeflate_gzip_decompress(decompressor, file.data(), file.size(), out.data(), most, &made) != LIBDEFLATE_SUCCESS) {
            std::fputs("a file does not inflate\n", stderr);
            return 1;
        }
        simdjson::ondemand::document document = parser.iterate(out.data(), made, out.size());
        for (auto record : document.find_field("Records").get_array()) {
            sum += read_record(record.get_object(), 12);
            records++;
        }
        total += made;
    }
    std::printf("%zu %.6f %zu\n", total, seconds() - start, records);
    std::fprintf(stderr, "(%zu)\n", sum);
    libdeflate_free_decompressor(decompressor);
}
