/* A request to a function URL becomes one JSON document, whatever it says; and whatever a function answers is sent or refused. */
#include <stdint.h>
#include <stdlib.h>

#include "svc/lambda/url_payload.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct str rest = { (const char *)data, size };
    const struct http_header headers[] = {
        { STR("Cookie"), str_cut(rest, '\n', &rest) }, { STR("X-A"), str_cut(rest, '\n', &rest) },
        { str_cut(rest, '\n', &rest), STR("text/plain") },
    };
    const struct http_request http = { .method = STR("GET"), .path = STR("/"), .query = str_cut(rest, '\n', &rest), .headers = headers,
                                       .header_count = 3, .body = rest.ptr ? rest : STR("") };
    const struct url_request request = { .http = &http, .path = STR("/%41"), .id = STR("id"), .domain = STR("d"), .request_id = STR("r") };
    struct http_response response = { 0 };
    if (json_parse(arena, url_event(arena, &request), NULL) == NULL) {
        abort();
    }
    if (url_response(arena, (struct str){ (const char *)data, size }, &response) && (response.status < 100 || response.status > 599)) {
        abort();
    }
    arena_close(arena);
    return 0;
}
