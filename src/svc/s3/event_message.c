#include "svc/s3/event_message.h"

#include "base/clock.h"
#include "base/json.h"

static bool is_younger(struct str name)
{
    return str_starts(name, STR("Lifecycle")) || str_starts(name, STR("ObjectTagging:")) || str_starts(name, STR("ObjectAcl:"))
        || str_starts(name, STR("IntelligentTiering"));
}

/* Keys are encoded as in forms: a blank becomes a plus. */
static struct str form_encode(struct arena *arena, struct str key)
{
    const struct str encoded = str_percent_encode(arena, key, true);
    struct text out = text_new(arena);
    for (size_t i = 0; i < encoded.len; i++) {
        const bool blank = str_equal(str_slice(encoded, i, 3), STR("%20"));
        text_add_char(&out, blank ? '+' : encoded.ptr[i]);
        i += blank ? 2 : 0;
    }
    return text_str(&out);
}

static void write_object(struct arena *arena, struct json_writer *w, const struct event_message *message)
{
    json_key(w, STR("object"));
    json_open_object(w);
    json_member_str(w, STR("key"), form_encode(arena, message->key));
    if (message->size >= 0) {
        json_member_int(w, STR("size"), message->size);
    }
    json_member_str(w, STR("eTag"), message->etag);
    json_member_str(w, STR("versionId"), message->version);
    json_member_str(w, STR("sequencer"), str_format(arena, "%018llX", (unsigned long long)message->sequence));
    json_close_object(w);
}

static void write_principal(struct json_writer *w, struct str member, struct str principal)
{
    json_key(w, member);
    json_open_object(w);
    json_member_str(w, STR("principalId"), principal);
    json_close_object(w);
}

static void write_bucket(struct arena *arena, struct json_writer *w, const struct event_message *message)
{
    json_key(w, STR("s3"));
    json_open_object(w);
    json_member_str(w, STR("s3SchemaVersion"), STR("1.0"));
    json_member_str(w, STR("configurationId"), message->configuration);
    json_key(w, STR("bucket"));
    json_open_object(w);
    json_member_str(w, STR("name"), message->bucket);
    write_principal(w, STR("ownerIdentity"), message->bucket_owner);
    json_member_str(w, STR("arn"), message->bucket_arn);
    json_close_object(w);
    write_object(arena, w, message);
    json_close_object(w);
}

struct str event_message_write(struct arena *arena, const struct event_message *message)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_key(&w, STR("Records"));
    json_open_array(&w);
    json_open_object(&w);
    json_member_str(&w, STR("eventVersion"), is_younger(message->name) ? STR("2.3") : STR("2.1"));
    json_member_str(&w, STR("eventSource"), STR("aws:s3"));
    json_member_str(&w, STR("awsRegion"), message->region);
    json_member_str(&w, STR("eventTime"), clock_format_iso8601_ms(arena, message->time_ms));
    json_member_str(&w, STR("eventName"), message->name);
    write_principal(&w, STR("userIdentity"), message->principal);
    json_key(&w, STR("requestParameters"));
    json_open_object(&w);
    json_member_str(&w, STR("sourceIPAddress"), message->source_ip);
    json_close_object(&w);
    json_key(&w, STR("responseElements"));
    json_open_object(&w);
    json_member_str(&w, STR("x-amz-request-id"), message->request_id);
    json_member_str(&w, STR("x-amz-id-2"), message->host_id);
    json_close_object(&w);
    write_bucket(arena, &w, message);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    return json_done(&w);
}

bool event_wanted(struct str configured, struct str name)
{
    if (!str_starts(configured, STR("s3:"))) {
        return false;
    }
    const struct str wanted = str_from(configured, 3);
    if (!str_ends(wanted, STR("*"))) {
        return str_equal(wanted, name);
    }
    return str_starts(name, str_slice(wanted, 0, wanted.len - 1));
}

bool event_key_fits(struct str key, struct str prefix, struct str suffix)
{
    return str_starts(key, prefix) && str_ends(key, suffix);
}
