/* files.h - which files a run reads: paths as the user gave them, folders walked.
 *
 * In a folder the files named *.json, *.jsonl, *.ndjson and *.log, with .gz or .zst behind or not, are taken, and those named as
 * S3 access logs and CloudWatch exports are; hidden ones and CloudTrail digests are not, and beneath AWSLogs/ACCOUNT only what
 * CloudTrail, flow logs, resolver query logs, GuardDuty, WAF and Network Firewall delivered (Config's is state, not events). A file given by name is taken
 * whatever its name is. "-" is standard input. Each file and folder is visited once, however many ways lead to it.
 * The order does not depend on the file system: files that carry AWS's time stamp in their name by that time, so
 * that regions interleave as events did, after all others; ties and the rest by path.
 * Unreadable files and folders and loops of links are reported to the sink. */
#ifndef YAGURA_INGEST_FILES_H
#define YAGURA_INGEST_FILES_H

#include "ingest/sink.h"

struct ingest_file {
    struct str path;
    uint64_t size;
    uint64_t inode;
    int64_t changed_ms; /* modification time */
};

struct ingest_files {
    struct ingest_file *list;
    size_t count;
    uint64_t total_size;
};

/* Lives in the arena. */
struct ingest_files ingest_files_find(struct arena *arena, const struct str *paths, size_t count,
                                      const struct ingest_sink *sink);

#endif
