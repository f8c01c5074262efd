/* run.h - reads many files: some threads read and inflate ahead, the calling one scans and delivers, and helps when it would wait.
 *
 * Records and troubles reach the sink in the order of the files, whatever the number of threads. */
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

void ingest_run(struct reader *reader, const struct ingest_files *files, size_t threads,
                const struct ingest_sink *sink, const struct ingest_watch *watch);

#endif
