#include "wire/bucket.h"

#include "base/clock.h"
#include "base/json.h"
#include "wire/xml.h"

enum { ENVELOPES_MAX = 3, NOTICES_MAX = 1000 };

bool bucket_name_fits(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')) {
            return false;
        }
    }
    return name.len >= 3 && name.len <= 63 && name.ptr[0] != '.' && name.ptr[0] != '-';
}

static struct str child_text(const struct xml *parent, struct str name)
{
    for (const struct xml *child = parent->child; child; child = child->next) {
        if (str_equal(xml_local_name(child->name), name)) {
            return child->text;
        }
    }
    return STR_NONE;
}

static struct str unquoted(struct str etag)
{
    const bool quoted = etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"';
    return quoted ? str_slice(etag, 1, etag.len - 2) : etag;
}

static bool is_sound(const struct bucket_object *object)
{
    return object->key.len > 0 && object->key.len <= BUCKET_KEY_MAX && object->etag.len <= BUCKET_KEY_MAX
        && object->size >= 0;
}

static bool read_contents(struct arena *arena, const struct xml *contents, bool encoded, struct bucket_object *object)
{
    const struct str key = child_text(contents, STR("Key"));
    *object = (struct bucket_object){ .key = encoded ? str_percent_decode(arena, key, true) : key,
                                      .etag = unquoted(child_text(contents, STR("ETag"))) };
    clock_parse_iso8601(child_text(contents, STR("LastModified")), &object->modified_ms);
    return str_to_int(child_text(contents, STR("Size")), &object->size) && is_sound(object);
}

const char *bucket_page_read(struct arena *arena, struct str xml, struct bucket_page *page)
{
    const char *reason = NULL;
    page->count = 0;
    page->next = STR_NONE;
    const struct xml *root = xml_parse(arena, xml, &reason);
    if (root == NULL) {
        return reason;
    }
    if (!str_equal(xml_local_name(root->name), STR("ListBucketResult"))) {
        return "not a ListBucketResult";
    }
    const bool encoded = str_equal(child_text(root, STR("EncodingType")), STR("url"));
    for (const struct xml *child = root->child; child; child = child->next) {
        if (!str_equal(xml_local_name(child->name), STR("Contents"))) {
            continue;
        }
        if (page->count == BUCKET_PAGE_MAX) {
            return "more keys on one page than there can be";
        }
        if (!read_contents(arena, child, encoded, &page->objects[page->count])) {
            return "an object without a key and a size";
        }
        page->count++;
    }
    if (str_equal(child_text(root, STR("IsTruncated")), STR("true"))) {
        page->next = child_text(root, STR("NextContinuationToken"));
        return page->next.len > 0 ? NULL : "a page that is not the last and names no next one";
    }
    return NULL;
}

/* spec: Amazon S3 user guide, "Event message structure": the key is URL-encoded, with + for a space. */
static const char *read_records(struct arena *arena, const struct json *records, struct bucket_notice *notice)
{
    if (records->count > NOTICES_MAX) {
        return "more records in one message than there can be";
    }
    notice->objects = ARENA_ARRAY(arena, struct bucket_object, records->count + 1);
    for (const struct json *record = records->child; record; record = record->next) {
        const struct str event = json_text(json_get(record, STR("eventName")));
        const struct json *object = json_path(record, "s3.object");
        if (event.len == 0) {
            return "a record without an eventName";
        }
        if (!str_starts(event, STR("ObjectCreated:")) && !str_starts(event, STR("s3:ObjectCreated:"))) {
            continue;
        }
        struct bucket_object *one = &notice->objects[notice->count];
        *one = (struct bucket_object){
            .bucket = json_text(json_path(record, "s3.bucket.name")),
            .key = str_percent_decode(arena, json_text(json_get(object, STR("key"))), true),
            .etag = unquoted(json_text(json_get(object, STR("eTag")))),
        };
        if (!json_int(json_get(object, STR("size")), &one->size)) {
            return "a record without a size";
        }
        clock_parse_iso8601(json_text(json_get(record, STR("eventTime"))), &one->modified_ms);
        if (!bucket_name_fits(one->bucket) || !is_sound(one)) {
            return "a record without a bucket and a key";
        }
        notice->count++;
    }
    return NULL;
}

/* spec: Amazon S3 user guide, "EventBridge event message structure": here the key is not encoded. */
static const char *read_event(struct arena *arena, const struct json *event, struct bucket_notice *notice)
{
    if (!str_equal(json_text(json_get(event, STR("detail-type"))), STR("Object Created"))) {
        return NULL;
    }
    notice->objects = ARENA_NEW(arena, struct bucket_object);
    *notice->objects = (struct bucket_object){
        .bucket = json_text(json_path(event, "detail.bucket.name")),
        .key = json_text(json_path(event, "detail.object.key")),
        .etag = unquoted(json_text(json_path(event, "detail.object.etag"))),
    };
    clock_parse_iso8601(json_text(json_get(event, STR("time"))), &notice->objects->modified_ms);
    if (!json_int(json_path(event, "detail.object.size"), &notice->objects->size)) {
        return "an event without a size";
    }
    if (!bucket_name_fits(notice->objects->bucket) || !is_sound(notice->objects)) {
        return "an event without a bucket and a key";
    }
    notice->count = 1;
    return NULL;
}

const char *bucket_notice_read(struct arena *arena, struct str body, struct bucket_notice *notice)
{
    *notice = (struct bucket_notice){ 0 };
    for (int depth = 0; depth < ENVELOPES_MAX; depth++) {
        const struct json *json = json_parse(arena, body, NULL);
        if (json == NULL || json->kind != JSON_OBJECT) {
            return "not a JSON object";
        }
        const struct json *records = json_get(json, STR("Records"));
        if (records && records->kind == JSON_ARRAY) {
            return read_records(arena, records, notice);
        }
        if (str_equal(json_text(json_get(json, STR("source"))), STR("aws.s3"))) {
            return read_event(arena, json, notice);
        }
        if (str_equal(json_text(json_get(json, STR("Event"))), STR("s3:TestEvent"))) {
            return NULL;
        }
        body = json_text(json_get(json, STR("Message"))); /* SNS, without raw delivery */
        if (body.ptr == NULL) {
            return "neither S3's notification nor one from SNS or EventBridge";
        }
    }
    return "too many envelopes";
}

static bool is_account(struct str s)
{
    int64_t number = 0;
    return s.len == 12 && s.ptr[0] >= '0' && s.ptr[0] <= '9' && str_to_int(s, &number);
}

/* The last YYYYMMDDTHHMMZ of a name. */
static bool hour_of_name(struct str name, int64_t *hour)
{
    enum { STAMP = 14 };
    for (size_t at = name.len >= STAMP ? name.len - STAMP + 1 : 0; at-- > 0;) {
        const struct str stamp = str_slice(name, at, STAMP);
        if (stamp.ptr[8] != 'T' || stamp.ptr[STAMP - 1] != 'Z') {
            continue;
        }
        char full[CLOCK_AMZ];
        memcpy(full, stamp.ptr, 13);
        memcpy(full + 13, "00Z", 3);
        int64_t ms = 0;
        if (clock_parse_amz((struct str){ full, sizeof(full) }, &ms) && ms >= 0) {
            *hour = ms / 3600000;
            return true;
        }
    }
    return false;
}

bool bucket_place_of(struct str key, struct bucket_place *place)
{
    const size_t at = str_search(key, STR("AWSLogs/"));
    if (at == STR_MISSING || (at > 0 && key.ptr[at - 1] != '/')) {
        return false;
    }
    struct str rest = str_from(key, at + sizeof("AWSLogs/") - 1);
    place->account = str_cut(rest, '/', &rest);
    if (str_starts(place->account, STR("o-"))) {
        place->account = str_cut(rest, '/', &rest);
    }
    place->type = str_cut(rest, '/', &rest);
    place->region = str_cut(rest, '/', &rest);
    const size_t slash = str_find_last(key, '/');
    return rest.ptr && is_account(place->account) && place->type.len > 0 && place->type.len <= 64
        && place->region.len > 0 && place->region.len <= 32 && hour_of_name(str_from(key, slash + 1), &place->hour);
}

bool bucket_holds_logs(const struct bucket_object *object)
{
    return object->size > 0 && !str_ends(object->key, STR("/"))
        && str_search(object->key, STR("/CloudTrail-Digest/")) == STR_MISSING;
}
