/* policy_explain.h - yagura policy explain: the decision about one request, and what each layer of policies said. */
#ifndef YAGURA_APP_POLICY_EXPLAIN_H
#define YAGURA_APP_POLICY_EXPLAIN_H

#include "app/config.h"
#include "policy/policy.h"

/* Prints on standard output. FAULT_INVALID: the reason says which option or document is wrong. */
struct err policy_explain(struct ctx *ctx, const struct settings *settings, bool *allowed);
/* The policy in the file; the reason names the file, AWS's code, and the place. */
struct err policy_load(struct ctx *ctx, struct str path, enum policy_kind kind, const struct policy **out);

#endif
