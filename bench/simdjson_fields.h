// simdjson_fields.h - simdjson on-demand reads ten, twelve or sixteen fields of a CloudTrail record: those of
// CORPUS_FIELDS in bench/corpus.h.
#ifndef YAGURA_BENCH_SIMDJSON_FIELDS_H
#define YAGURA_BENCH_SIMDJSON_FIELDS_H

#include <simdjson.h>

#include <ctime>
#include <string_view>

static inline double seconds()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

static inline size_t text(simdjson::simdjson_result<simdjson::ondemand::value> value)
{
    std::string_view view;
    return value.get_string().get(view) == simdjson::SUCCESS ? view.size() : 0;
}

// Field by field in the order of the document, which is what on-demand is fastest at; a missing one costs a second look.
static inline size_t read_record(simdjson::ondemand::object record, int fields)
{
    size_t sum = 0;
    for (auto field : record) {
        simdjson::ondemand::raw_json_string key = field.key();
        if (key == "userIdentity") {
            for (auto member : field.value().get_object()) {
                simdjson::ondemand::raw_json_string name = member.key();
                if (name == "type" || (fields >= 12 && (name == "arn" || name == "principalId")) || (fields > 12 && name == "accessKeyId")) {
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

#endif
