/* reconcile_parts.h - what reconciling buckets and folders have in common. */
#ifndef YAGURA_APP_RECONCILE_PARTS_H
#define YAGURA_APP_RECONCILE_PARTS_H

#include "app/reconcile.h"
#include "app/watch.h"
#include "base/queue.h"

/* A watch of our own, which judges as a server would; what is learned is kept only when no server keeps it. */
struct reconcile_judging {
    struct watch *watch;
    struct lock *lock;
    bool looked;
};

struct err reconcile_judging_open(struct ctx *ctx, const struct reconcile_options *options, const struct path_list *paths,
                                  struct reconcile_judging *judging);
void reconcile_judging_close(struct reconcile_judging *judging); /* also of a zeroed one */

/* How many gaps stay open, for the metrics of the server. */
struct err reconcile_note(struct ctx *ctx, const struct reconcile_options *options, struct str source, const struct reconcile *found);

#endif
