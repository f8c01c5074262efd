/* model.h - trained models as text: a first line "yagura-model 1 NAME", then lines of a word and numbers, or a word, a size
 * and base64 below it. Built into the program from rules/models. */
#ifndef YAGURA_DETECT_MODEL_H
#define YAGURA_DETECT_MODEL_H

#include "base/str.h"

/* The text of a built-in model; absent: there is none of that name. */
struct str model_embedded(struct str name);
/* Whether the text is a model of that name and of the version this program reads. */
bool model_begins(struct str text, struct str name);

/* The next line's first word and what follows it. False at the end. */
bool model_line(struct str *text, struct str *word, struct str *rest);
/* `count` numbers, no more and no less. */
bool model_numbers(struct str rest, double *out, size_t count);
/* The base64 lines below a line; false unless they hold `count` bytes. */
bool model_bytes(struct str *text, unsigned char *out, size_t count);

#endif
