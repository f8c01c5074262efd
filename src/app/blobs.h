/* blobs.h - the blobs of objects (store/blob.h) while the server runs: what a crash left behind goes at the start, what nobody
 * uses any more soon after, on a thread of its own. */
#ifndef YAGURA_APP_BLOBS_H
#define YAGURA_APP_BLOBS_H

#include "store/blob.h"
#include "store/writer.h"

struct blobs;

struct blobs_options {
    struct str folder;
    struct str bucket, region; /* s3://BUCKET/PREFIX: they lie there instead; absent: in the folder */
    struct store *store;
    struct store_writer *writer;
};

struct err blobs_open(struct ctx *ctx, const struct blobs_options *options, struct blobs **out);
void blobs_stop(struct blobs *blobs);  /* its thread, before the writer goes; NULL is allowed */
void blobs_close(struct blobs *blobs); /* once no call is under way; NULL is allowed */
struct blob_store *blobs_store(struct blobs *blobs);

#endif
