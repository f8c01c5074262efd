/* rules_tests.h - the test events that rules carry (yagura: tests: hit, near_miss), run through reader and engine.
 *
 * An event is laid over an ordinary CloudTrail call of an IAM user; of rules for other logs it stands as it is, or as the text
 * of a line. A correlation's entry may be a list: events that follow one another, a second apart unless they say when. */
#ifndef YAGURA_APP_RULES_TESTS_H
#define YAGURA_APP_RULES_TESTS_H

#include "base/json.h"
#include "detect/rules.h"

struct rules_tally {
    size_t events;
    size_t failed;
    size_t untested; /* rules without both kinds */
};
/* Calls failed for each event whose rule didn't do what it says. FAULT_INVALID as engine_open. */
MUST_USE struct err rules_tests_run(struct ctx *ctx, const struct engine_options *options, const struct rules *rules,
                                    struct rules_tally *tally,
                                    void (*failed)(void *self, const struct detection *rule, const char *kind, size_t number), void *self);

/* A test event as a line of a log; number makes calls differ. */
struct str rules_tests_record(struct arena *arena, const struct yaml_node *event, bool of_calls, size_t number);
void rules_tests_json(struct json_writer *w, const struct yaml_node *node); /* YAML as JSON */

#endif
