/* audit_stream.h - GuardDuty reads what this server itself answers: the audit journal, live, as one more source of the watch.
 *
 * Only events of accounts and Regions whose detector is enabled are judged, as in AWS. How far it has come commits with what
 * it found. Until a detector needs it nothing is opened: a server without GuardDuty pays nothing. */
#ifndef YAGURA_APP_AUDIT_STREAM_H
#define YAGURA_APP_AUDIT_STREAM_H

#include "app/watch.h"
#include "store/journal.h"

struct audit_stream_options {
    struct journal *journal;
    struct store *store;
    struct store_writer *writer;
    struct watch *watch;         /* the server's; NULL: one is opened when it is needed first */
    struct err (*open)(void *self, struct ctx *ctx, struct watch **out);
    void *self;
};

struct audit_stream;

struct err audit_stream_open(struct ctx *ctx, const struct audit_stream_options *options, struct audit_stream **out);
void audit_stream_start(struct audit_stream *stream);
/* The server's watch must be stopped before the stream is closed, not before this. NULL is allowed. */
void audit_stream_stop(struct audit_stream *stream);
void audit_stream_close(struct audit_stream *stream); /* NULL is allowed */
/* Where reading goes on after a crash: what lies before it is no longer needed for this. */
journal_place audit_stream_place(struct audit_stream *stream);

#endif
