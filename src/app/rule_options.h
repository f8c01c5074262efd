/* rule_options.h - rules that a user names on the command line: their paths, and what --mapping says of fields and placeholders. */
#ifndef YAGURA_APP_RULE_OPTIONS_H
#define YAGURA_APP_RULE_OPTIONS_H

#include "app/config.h"
#include "detect/engine.h"

/* Fills in rule_paths and sigma, in ctx->arena. mapping: a file, or absent. FAULT_INVALID: it is wrong; FAULT_IO: can't be read. */
MUST_USE struct err rule_options_read(struct ctx *ctx, const struct path_list *rules, struct str mapping, struct engine_options *out);

#endif
