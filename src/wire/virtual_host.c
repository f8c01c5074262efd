#include "wire/virtual_host.h"

static struct str host_of(const struct http_request *request)
{
    struct str port = STR_NONE;
    return str_cut(http_header_find(request, STR("host")), ':', &port);
}

static bool is_service_label(struct str label)
{
    return str_equal_nocase(label, STR("s3")) || str_equal_nocase(str_slice(label, 0, 3), STR("s3-"));
}

/* The last such label counts: a bucket may be called "my.s3.archive". */
static size_t service_label(struct str host)
{
    size_t found = STR_MISSING;
    for (size_t at = 0; at < host.len;) {
        struct str rest = STR_NONE;
        const struct str label = str_cut(str_from(host, at), '.', &rest);
        if (is_service_label(label) && rest.ptr) {
            found = at;
        }
        at += label.len + 1;
    }
    return found;
}

/* S3 Control puts the account in front of the host, and its API's version in front of the path. */
static bool names_account(const struct http_request *request, struct str host)
{
    int64_t number = 0;
    const struct str label = str_cut(host, '.', &(struct str){ NULL, 0 });
    return label.len == 12 && str_to_int(label, &number) && number >= 0 && str_starts(request->path, STR("/v20180820/"));
}

struct str virtual_host_bucket(const struct http_request *request)
{
    static const struct str local = STR_INIT(".localhost");
    const struct str host = host_of(request);
    if (names_account(request, host)) {
        return STR_NONE;
    }
    if (host.len > local.len && str_equal_nocase(str_from(host, host.len - local.len), local)) {
        return str_slice(host, 0, host.len - local.len);
    }
    const size_t at = service_label(host);
    return at == STR_MISSING || at == 0 ? STR_NONE : str_slice(host, 0, at - 1);
}

void virtual_host_resolve(struct arena *arena, struct http_request *request)
{
    const struct str bucket = virtual_host_bucket(request);
    if (bucket.len > 0) {
        request->path = str_format(arena, "/%" STR_FMT "%" STR_FMT, STR_ARG(bucket), STR_ARG(request->path));
    }
}
