/* writer.h - group commit: many callers' transactions, one fsync.
 *
 * On SQLite one thread takes the jobs that wait, runs each under a savepoint in one transaction, commits once and then
 * tells each job; on PostgreSQL several threads run one transaction per job. A job belongs to its caller, who must keep
 * it until `done` was called (once, on the writer's thread, also when the writer is closing).
 *
 * run returns ERR_OK to keep what it changed; any fault undoes this job alone. done hears run's own fault, or that of the
 * commit with its reason (of run's own faults the job knows the reason). ERR_OK in done means durable.
 * Nothing is ever run twice.
 *
 * With a journal, what jobs have to say in it is durable before their transaction commits, and is there if and only if it
 * did (store/journal.h). */
#ifndef YAGURA_STORE_WRITER_H
#define YAGURA_STORE_WRITER_H

#include "store/journal.h"

struct store_job {
    struct err (*run)(void *argument, struct store_conn *conn);
    void (*done)(void *argument, struct err result, const char *reason);
    void *argument;
    const struct journal_entry *entries; /* set by run: what the journal holds from the job's commit on; NULL: nothing */
};

struct store_writer;

enum { STORE_BATCH_MAX = 256 };

/* capacity: jobs that may wait; threads: for PostgreSQL, one connection each (SQLite always has one). */
struct err store_writer_open(struct ctx *ctx, struct store *store, size_t capacity, size_t threads,
                             struct store_writer **out);
/* Before the first job that has entries. It outlives the writer. */
void store_writer_use_journal(struct store_writer *writer, struct journal *journal);
/* Finishes what waits. NULL is allowed. */
void store_writer_close(struct store_writer *writer);
/* Hands a job over, waiting while the queue is full. False once the writer is closing: done is not called. */
bool store_writer_push(struct store_writer *writer, struct store_job *job);
/* The same, and waits until it is done. Not from within a job. */
struct err store_writer_wait(struct ctx *ctx, struct store_writer *writer,
                             struct err (*run)(void *argument, struct store_conn *conn), void *argument);
/* The same; what *entries points to once run has succeeded is the job's (entries, above). */
struct err store_writer_wait_recorded(struct ctx *ctx, struct store_writer *writer,
                                      struct err (*run)(void *argument, struct store_conn *conn), void *argument,
                                      const struct journal_entry *const *entries);
/* How many jobs wait, for a gauge. */
size_t store_writer_waiting(struct store_writer *writer);

#endif
