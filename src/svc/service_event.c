#include "svc/service_event.h"

void service_event_add(struct arena *arena, struct service_event **list, const struct service_event *event)
{
    struct service_event *added = ARENA_NEW(arena, struct service_event);
    *added = *event;
    added->next = NULL;
    while (*list) {
        list = &(*list)->next;
    }
    *list = added;
}
