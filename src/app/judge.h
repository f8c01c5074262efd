/* judge.h - reader and engine over one shared projection: log bytes in, findings out. */
#ifndef YAGURA_APP_JUDGE_H
#define YAGURA_APP_JUDGE_H

#include "app/config.h"
#include "detect/engine.h"
#include "ingest/reader.h"

struct judge {
    struct reader_fields fields;
    struct projection *projection;
    struct engine *engine;
};

/* learn stays the caller's, see engine_options. Built-in rules and those under the given paths, as the file `mapping` (may be absent) has them. FAULT_INVALID names file, line and reason. */
struct err judge_open(struct ctx *ctx, const struct path_list *rules, struct str mapping, const struct intel *intel,
                      struct learn *learn, struct judge *out);
void judge_close(struct judge *judge); /* a zeroed one is allowed */

#endif
