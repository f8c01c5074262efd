/* run.h - reads many files: threads inflate and scan ahead, each a file, and the calling one delivers.
 *
 * Records and troubles reach the sink in the order of the files, whatever the number of threads. A file that nobody has read ahead when
 * its turn comes is read by the calling thread itself, without packing anything. What is read ahead is bounded: 36 batches (batch.h) and
 * 8 more a thread. */
#ifndef YAGURA_INGEST_RUN_H
#define YAGURA_INGEST_RUN_H

#include "ingest/reader.h"
#include "ingest/files.h"

enum { INGEST_THREADS_MAX = 64 };

struct ingest_progress {
    uint64_t files_done;
    uint64_t bytes_read;     /* of ingest_files.total_size */
    uint64_t bytes_inflated;
};

/* watch may be NULL; it is called on the calling thread, between files and every few megabytes. */
struct ingest_watch {
    void *self;
    void (*progress)(void *self, const struct ingest_progress *progress);
};

/* What can be asked of an event without knowing those before it, where it is read: whether its values (event.scan) will be
 * wanted. Mostly they aren't, and the thread that delivers need not scan it again. With one thread it isn't asked at all. */
struct ingest_question {
    const void *self;
    void *(*open)(const void *self); /* scratch of a thread */
    void (*close)(void *scratch);
    bool (*ask)(const void *self, void *scratch, const struct event *ev);
};

/* question may be NULL: the values of every event are wanted. */
void ingest_run(struct reader *reader, const struct ingest_files *files, size_t threads, const struct ingest_sink *sink,
                const struct ingest_question *question, const struct ingest_watch *watch);

#endif
