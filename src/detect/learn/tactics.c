#include "detect/learn/tactics.h"

#include "base/map.h"

/* Names are found by a map of "service api"; beginnings by their service, in the order of the table. */
struct tactics {
    struct map *by_call, *by_service;
};

static const struct str SUFFIX = STR_INIT(".amazonaws.com");

static bool is_beginning(const struct tactic *tactic) { return str_ends(tactic->api, STR("*")); }

static struct str call_key(char *room, size_t size, struct str service, struct str api)
{
    if (service.len == 0 || api.len == 0 || service.len + 1 + api.len > size) {
        return STR_NONE;
    }
    memcpy(room, service.ptr, service.len);
    room[service.len] = ' ';
    memcpy(room + service.len + 1, api.ptr, api.len);
    return (struct str){ room, service.len + 1 + api.len };
}

/* Maps take pointers to what may be written; the table's rows are constant. */
static void put_first(struct map *map, struct str key, const struct tactic *tactic)
{
    union { const struct tactic *in; void *out; } value = { tactic };
    if (key.len > 0 && map_get(map, key) == NULL) {
        map_put(map, key, value.out);
    }
}

struct tactics *tactics_open(void)
{
    struct tactics *tactics = memory_new(sizeof(*tactics));
    tactics->by_call = map_open();
    tactics->by_service = map_open();
    for (size_t i = 0; i < TACTICS_COUNT; i++) {
        char room[256];
        if (is_beginning(&TACTICS[i])) {
            put_first(tactics->by_service, TACTICS[i].service, &TACTICS[i]);
        } else {
            put_first(tactics->by_call, call_key(room, sizeof(room), TACTICS[i].service, TACTICS[i].api), &TACTICS[i]);
        }
    }
    return tactics;
}

void tactics_close(struct tactics *tactics)
{
    if (tactics) {
        map_close(tactics->by_call, NULL);
        map_close(tactics->by_service, NULL);
        memory_free(tactics);
    }
}

const struct tactic *tactics_find(const struct tactics *tactics, struct str source, struct str api)
{
    char room[256];
    const struct str service = str_ends(source, SUFFIX) ? str_slice(source, 0, source.len - SUFFIX.len) : source;
    const struct str key = call_key(room, sizeof(room), service, api);
    const struct tactic *found = key.len > 0 ? map_get(tactics->by_call, key) : NULL;
    if (found || key.len == 0) {
        return found;
    }
    for (found = map_get(tactics->by_service, service); found && found < TACTICS + TACTICS_COUNT; found++) {
        if (!str_equal(found->service, service)) {
            return NULL;
        }
        if (is_beginning(found) && str_starts(api, str_slice(found->api, 0, found->api.len - 1))) {
            return found;
        }
    }
    return NULL;
}

const struct tactic *tactic_also(const struct tactic *tactic)
{
    const struct tactic *next = tactic + 1;
    const bool same = next < TACTICS + TACTICS_COUNT && str_equal(next->service, tactic->service) && str_equal(next->api, tactic->api);
    return same ? next : NULL;
}
