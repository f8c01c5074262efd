#include "svc/guardduty/list_location.h"

static bool is_bucket(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c == '.' && i > 0))) {
            return false;
        }
    }
    return name.len >= 3 && name.len <= 63;
}

/* "", ".eu-west-1" or "-eu-west-1" between s3 and amazonaws. */
static bool read_region(struct str middle, struct str *region)
{
    *region = STR_NONE;
    if (middle.len == 0) {
        return true;
    }
    *region = str_from(middle, 1);
    return (middle.ptr[0] == '.' || middle.ptr[0] == '-') && is_bucket(*region) && str_find(*region, '.') == STR_MISSING;
}

/* Host and key of https://s3.amazonaws.com/BUCKET/KEY and https://BUCKET.s3.amazonaws.com/KEY, with a region or without.
 * spec: GuardDuty user guide, adding a list: format of location URL. */
static bool read_https(struct str rest, struct list_location *out)
{
    struct str path = STR_NONE;
    struct str host = str_cut(rest, '/', &path);
    host = str_ends(host, STR(".cn")) ? str_slice(host, 0, host.len - 3) : host;
    if (path.ptr == NULL || !str_ends(host, STR(".amazonaws.com"))) {
        return false;
    }
    host = str_slice(host, 0, host.len - STR(".amazonaws.com").len);
    if (str_starts(host, STR("s3")) && read_region(str_from(host, 2), &out->region)) {
        out->bucket = str_cut(path, '/', &out->key);
        return true;
    }
    for (size_t i = 0; i + 3 <= host.len; i++) {
        if (str_starts(str_from(host, i), STR(".s3")) && read_region(str_from(host, i + 3), &out->region)) {
            out->bucket = str_slice(host, 0, i);
            out->key = path;
            return true;
        }
    }
    return false;
}

bool list_location_read(struct arena *arena, struct str location, struct list_location *out)
{
    *out = (struct list_location){ .path = STR_NONE };
    if (str_starts(location, STR("file:///"))) {
        out->path = str_percent_decode(arena, str_from(location, 7), false);
        return str_find(out->path, '\0') == STR_MISSING;
    }
    bool known = false;
    if (str_starts(location, STR("s3://"))) {
        out->bucket = str_cut(str_from(location, 5), '/', &out->key);
        known = true;
    } else if (str_starts(location, STR("https://")) || str_starts(location, STR("http://"))) {
        known = read_https(str_from(location, str_search(location, STR("://")) + 3), out);
        out->key = str_percent_decode(arena, out->key, false);
    }
    return known && is_bucket(out->bucket) && out->key.len > 0;
}
