// simdjson_bench.cc - the mark for scan_bench: simdjson on-demand reads the same fields of the same records.
//
//     build/release/bench/simdjson_bench FILE      (FILE from scan_bench --write)
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>

using namespace simdjson;

static double seconds()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

// Field by field in the order of the document, which is what on-demand is fastest at; a missing one costs a second look.
static size_t text(simdjson_result<ondemand::value> value)
{
    std::string_view view;
    return value.get_string().get(view) == SUCCESS ? view.size() : 0;
}

static size_t read_record(ondemand::object record, int fields)
{
    size_t sum = 0;
    for (auto field : record) {
        ondemand::raw_json_string key = field.key();
        if (key == "userIdentity") {
            for (auto member : field.value().get_object()) {
                ondemand::raw_json_string name = member.key();
                if (name == "type" || name == "arn" || name == "principalId" || (fields > 12 && name == "accessKeyId")) {
                    sum += text(member.value());
                } else if (fields > 12 && name == "sessionContext") {
                    sum += text(member.value().find_field("sessionIssuer").find_field("arn"));
                }
            }
        } else if (key == "eventTime" || key == "eventSource" || key == "eventName" || key == "awsRegion" || key == "sourceIPAddress"
                   || key == "userAgent" || key == "errorCode" || key == "eventID" || key == "recipientAccountId") {
            sum += text(field.value());
        } else if (fields > 12 && (key == "readOnly" || key == "requestParameters")) {
            sum += std::string_view(field.value().raw_json_token()).size();
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    padded_string text = padded_string::load(argc > 1 ? argv[1] : "corpus.json");
    ondemand::parser parser;
    for (int fields : { 12, 16 }) {
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
