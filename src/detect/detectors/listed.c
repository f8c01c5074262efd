#include "detect/detectors/listed.h"

#include "detect/catalogue.h"

static void tell(const struct event *ev, const char *what, const struct intel_hit *hit, struct verdict *verdict)
{
    verdict->list = hit->list;
    verdict->threat = hit->threat;
    verdict->why = str_format(ev->arena, "the %s is on the list: %" STR_FMT " (%" STR_FMT ")", what, STR_ARG(hit->list), STR_ARG(hit->indicator));
}

bool listed_address(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict)
{
    struct intel_hit hit;
    const struct str address = event_get(ev, FIELD_IP);
    if ((intel_lists(intel, address) & lists) == 0 || !intel_address_hit(intel, address, lists, ev->arena, &hit)) {
        return false;
    }
    tell(ev, "address", &hit, verdict);
    return true;
}

bool listed_name(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict)
{
    struct intel_hit hit;
    const struct str name = event_get(ev, FIELD_QUERY);
    if ((intel_name_lists(intel, name) & lists) == 0 || !intel_name_hit(intel, name, lists, ev->arena, &hit)) {
        return false;
    }
    tell(ev, "name", &hit, verdict);
    return true;
}

bool listed_hash(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict)
{
    struct intel_hit hit;
    const struct str hash = event_get(ev, FIELD_HASH);
    if ((intel_hash_lists(intel, hash) & lists) == 0 || !intel_hash_hit(intel, hash, lists, ev->arena, &hit)) {
        return false;
    }
    tell(ev, "file", &hit, verdict);
    return true;
}

bool listed_key(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict)
{
    struct intel_hit hit;
    const struct str key = event_get(ev, FIELD_ACCESS_KEY);
    if ((intel_key_lists(intel, key) & lists) == 0 || !intel_key_hit(intel, key, lists, ev->arena, &hit)) {
        return false;
    }
    tell(ev, "access key", &hit, verdict);
    return true;
}

void listed_type(struct verdict *verdict, const char *type)
{
    verdict->type = str_of(type);
    const struct catalogue_entry *entry = catalogue_find(verdict->type);
    verdict->severity = entry ? entry->severity : 0;
}
