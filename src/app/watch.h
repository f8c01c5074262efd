/* watch.h - follows log files and folders while the server runs: records in, findings stored.
 *
 * One thread reads and judges. What was read and what was found commit together, so that after any kill -9 reading goes
 * on with nothing lost and nothing counted twice. */
#ifndef YAGURA_APP_WATCH_H
#define YAGURA_APP_WATCH_H

#include "app/config.h"
#include "store/writer.h"

struct watch_options {
    const struct path_list *paths;
    const struct path_list *rules;
    const struct intel *intel; /* must outlive the watch */
    struct store *store;
    struct store_writer *writer;
    struct str home_account;
    int64_t interval_ms;
    /* Called on the watching thread after the first look at all paths, and then with each later look that raised some. */
    void (*looked)(void *self, size_t findings);
    void *self;
};

struct watch;

struct err watch_start(struct ctx *ctx, const struct watch_options *options, struct watch **out);
void watch_stop(struct watch *watch); /* NULL is allowed */
/* Loads the rules anew; on FAULT_INVALID the old ones stay. */
struct err watch_reload(struct ctx *ctx, struct watch *watch);

#endif
