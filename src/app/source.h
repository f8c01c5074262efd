/* source.h - where logs come from besides files and folders: buckets of S3, queues that tell of new objects in them, syslog
 * and standard input.
 *
 *   s3://BUCKET/PREFIX?…    lists; with queue=URL reads notifications, and lists now and then for what they missed
 *   sqs://HOST/PATH?…       notifications alone, of any bucket
 *
 *   syslog://HOST:PORT      listens, over UDP and TCP, for records in syslog's envelopes
 *   -                       standard input, one record a line
 *
 * Parameters of the first two: region, endpoint (https://HOST[:PORT]; path-style addresses), role (ARN to assume) and external-id, queue,
 * poll (seconds between looks). Keys: source_keys.c.
 *
 * Each source has a thread: it takes what comes, or fetches what the store has not seen yet into nameless files beside the data, and submits it
 * to the watch, which stores findings and marks in one transaction. */
#ifndef YAGURA_APP_SOURCE_H
#define YAGURA_APP_SOURCE_H

#include "app/watch.h"

enum { SOURCES_MAX = 32 };

struct sources_options {
    const struct path_list *uris;
    struct watch *watch;
    struct store *store;
    struct store_writer *writer;
    struct str spool;  /* folder of files under way */
    struct str region; /* of sources that name none */
};

struct sources;

/* FAULT_INVALID says what is wrong with a URI or with the environment. Options' text must outlive it. */
struct err sources_open(struct ctx *ctx, const struct sources_options *options, struct sources **out);
void sources_start(struct sources *sources);
void sources_close(struct sources *sources); /* after watch_stop; NULL is allowed */

#endif
