#include "app/audit.h"

#include <stdio.h>

#include "app/audit_data.h"
#include "app/audit_event.h"
#include "base/queue.h"

struct audit_note {
    struct journal_entry *entries;
    bool within;   /* another call */
    bool wrote;
    struct audit_note *next;
};

void audit_note(struct audit_notes *notes, const struct finished *finished, struct str host)
{
    const struct request *rq = finished->rq;
    const bool unheard = rq->operation && rq->operation->audit && rq->operation->audit[0] == 'd' && !audit_data_wanted();
    const bool service = rq->caller.type == PRINCIPAL_AWS_SERVICE;
    struct arena *arena = rq->ctx.arena;
    struct journal_entry *entries = unheard ? NULL : audit_event(arena, &(const struct audit_call){
        .rq = rq,
        .in = finished->in,
        .out = finished->out,
        .err = finished->err,
        .reason = rq->ctx.reason,
        .owner = rq->resource_account,
        .resource = rq->resource,
        .invoked_by = service ? rq->caller.name : rq->called_via_count > 0 ? rq->called_via[rq->called_via_count - 1] : STR_NONE,
        .as_service = service,
        .host = host,
    });
    struct journal_entry **last = &entries;
    while (*last) {
        last = &(*last)->next;
    }
    *last = finished->err.fault ? NULL : audit_service_events(arena, rq->service_events);
    if (entries == NULL) {
        return;
    }
    struct audit_note *note = ARENA_NEW(arena, struct audit_note);
    *note = (struct audit_note){ .entries = entries, .within = finished->inside,
                                 .wrote = rq->operation->access == ACCESS_WRITE && !finished->err.fault };
    notes->last = notes->last ? notes->last : &notes->first;
    *notes->last = note;
    notes->last = &note->next;
}

struct journal_entry *audit_entries(struct audit_notes *notes, bool kept)
{
    struct journal_entry *first = NULL;
    struct journal_entry **last = &first;
    notes->settled = true;
    for (const struct audit_note *note = notes->first; note; note = note->next) {
        if (!kept && note->within && note->wrote) {
            continue;
        }
        *last = note->entries;
        while (*last) {
            last = &(*last)->next;
        }
    }
    return first;
}

struct waiter {
    struct journal_wait wait;
    struct ctx *ctx;
    struct lock *lock;
    struct err result;
    bool finished;
};

static void waiter_done(void *self, struct err result, const char *reason)
{
    struct waiter *waiter = self;
    lock_take(waiter->lock);
    waiter->result = result;
    waiter->finished = true;
    if (result.fault) {
        snprintf(waiter->ctx->reason, sizeof(waiter->ctx->reason), "%s", reason);
    }
    lock_signal(waiter->lock);
    lock_give(waiter->lock);
}

struct err audit_wait(struct ctx *ctx, struct journal *journal, struct audit_notes *notes)
{
    const struct journal_entry *entries = journal && !notes->settled ? audit_entries(notes, false) : NULL;
    if (entries == NULL) {
        return ERR_OK;
    }
    struct waiter waiter = { .ctx = ctx, .lock = lock_open() };
    waiter.wait = (struct journal_wait){ .done = waiter_done, .self = &waiter };
    journal_append(journal, 0, entries, &waiter.wait);
    lock_take(waiter.lock);
    while (!waiter.finished) {
        lock_wait(waiter.lock, -1);
    }
    lock_give(waiter.lock);
    lock_free(waiter.lock);
    return waiter.result;
}
