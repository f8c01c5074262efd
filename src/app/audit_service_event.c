/* audit_service_event.c - what services did of themselves, as CloudTrail tells it: no caller, no parameters. */
#include "app/audit_event.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/random.h"
#include "svc/cloudtrail/naming.h"

static void write_head(struct json_writer *w, const struct service_event *event)
{
    json_member_str(w, STR("eventVersion"), STR("1.11"));
    json_key(w, STR("userIdentity"));
    json_open_object(w);
    json_member_str(w, STR("accountId"), event->account);
    json_member_str(w, STR("invokedBy"), event->invoked_by);
    json_close_object(w);
    json_member_str(w, STR("eventTime"), clock_format_iso8601(w->text.arena, event->at_ms));
    json_member_str(w, STR("eventSource"), event->source);
    json_member_str(w, STR("eventName"), event->name);
    json_member_str(w, STR("awsRegion"), event->region);
    json_member_str(w, STR("sourceIPAddress"), event->invoked_by);
    json_member_str(w, STR("userAgent"), event->invoked_by);
    json_key(w, STR("requestParameters"));
    json_write_null(w);
    json_key(w, STR("responseElements"));
    json_write_null(w);
}

static void write_document(struct json_writer *w, const char *key, struct str json)
{
    if (json.ptr) {
        json_key(w, str_of(key));
        json_raw(w, json);
    }
}

static void write_resource(struct json_writer *w, const struct service_event *event)
{
    if (event->resource_type.ptr) {
        json_key(w, STR("resources"));
        json_open_array(w);
        json_open_object(w);
        json_member_str(w, STR("accountId"), event->account);
        json_member_str(w, STR("type"), event->resource_type);
        json_member_str(w, STR("ARN"), event->resource);
        json_close_object(w);
        json_close_array(w);
    }
}

static struct str write_event(struct arena *arena, const struct service_event *event, struct str id)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    write_head(&w, event);
    write_document(&w, "additionalEventData", event->additional);
    json_member_str(&w, STR("eventID"), id);
    json_member_bool(&w, STR("readOnly"), false);
    write_resource(&w, event);
    json_member_str(&w, STR("eventType"), STR("AwsServiceEvent"));
    json_member_bool(&w, STR("managementEvent"), true);
    json_member_str(&w, STR("recipientAccountId"), event->account);
    write_document(&w, "serviceEventDetails", event->details);
    json_member_str(&w, STR("eventCategory"), STR("Management"));
    json_close_object(&w);
    return json_done(&w);
}

static void add_keys(struct journal_entry *entry, const struct service_event *event, struct str id)
{
    const uint64_t place = cloudtrail_place_key(event->account, event->region, false);
    const struct { enum lookup_attribute attribute; struct str value; } pairs[] = {
        { LOOKUP_ALL, STR("") }, { LOOKUP_EVENT_ID, id }, { LOOKUP_EVENT_NAME, event->name },
        { LOOKUP_EVENT_SOURCE, event->source }, { LOOKUP_READ_ONLY, STR("false") },
        { LOOKUP_USERNAME, event->username }, { LOOKUP_RESOURCE_TYPE, event->resource_type }, { LOOKUP_RESOURCE_NAME, event->resource },
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (pairs[i].value.ptr) {
            entry->keys[entry->key_count++] = cloudtrail_lookup_key(place, pairs[i].attribute, pairs[i].value);
        }
    }
}

struct journal_entry *audit_service_events(struct arena *arena, const struct service_event *events)
{
    struct journal_entry *first = NULL;
    struct journal_entry **last = &first;
    for (const struct service_event *event = events; event; event = event->next) {
        struct ctx ctx = ctx_new(arena, event->at_ms);
        const struct str id = event->id.ptr ? event->id : random_uuid(&ctx);
        *last = ARENA_NEW(arena, struct journal_entry);
        (*last)->payload = event->whole.ptr ? event->whole : write_event(arena, event, id);
        add_keys(*last, event, id);
        last = &(*last)->next;
    }
    return first;
}
