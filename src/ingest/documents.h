/* documents.h - JSON objects out of an input of any shape: one a line, one after another, in an array or in {"Records":[…]}.
 *
 * Nothing is asked of an object but that its brackets and quotes close. What is no object is told as trouble and skipped to
 * the end of its line. Texts are gone when the call returns. */
#ifndef YAGURA_INGEST_DOCUMENTS_H
#define YAGURA_INGEST_DOCUMENTS_H

#include "ingest/inflate.h"

struct documents_sink {
    void *self;
    void (*document)(void *self, struct str file, uint64_t offset, struct str text);
    void (*trouble)(void *self, struct str file, uint64_t offset, const char *reason);
};

/* Reads a started input to its end. */
void documents_read(struct inflate *in, struct str file, const struct documents_sink *sink);

#endif
