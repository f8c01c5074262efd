/* layers.h - what decide.c weighs and combine.c puts together; only src/policy includes it. */
#ifndef YAGURA_POLICY_LAYERS_H
#define YAGURA_POLICY_LAYERS_H

#include "policy/compiled.h"

struct asked policy_asked(const struct policy_question *question);
/* Bound or not: ask policy_binds first. */
struct policy_verdict policy_weigh_layer(const struct asked *asked, const struct policy_layer *layer);

#endif
