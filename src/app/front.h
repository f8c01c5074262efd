/* front.h - the front door: one HTTP request in, one AWS answer out.
 *
 * receive → verify the signature → find the operation → decode and validate → authorise → transaction { handler } →
 * encode. Reads run at once on the thread that received them, on its own connection; writes go to the store's writer,
 * which commits many at a time, and are answered once they are durable. What blocks is done after that, on other threads.
 *
 * GET /_yagura/health and /_yagura/metrics are answered unsigned; no bucket can have such a name. POST /_yagura/push is
 * signed as service "yagura". */
#ifndef YAGURA_APP_FRONT_H
#define YAGURA_APP_FRONT_H

#include "app/inside.h"
#include "app/push.h"
#include "crypto/vault.h"
#include "net/server.h"
#include "store/writer.h"

struct lambda; /* app/lambda.h */

struct front_options {
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    struct str region;  /* for requests whose signature names none */
    const struct push *push; /* NULL: no records by HTTP */
    bool check_answers; /* hold every answer against its model */
    struct lambda *lambda; /* function URLs and links to code; NULL: none */
    size_t body_max;       /* of a request, where its operation has no limit of its own */
    struct journal *journal; /* of all calls; NULL: none is kept */
    struct blob_store *blobs; /* of objects */
};

struct front;

struct front *front_open(const struct front_options *options); /* options' text must outlive it */
/* Once the server has stopped and the writer is drained. NULL is allowed. */
void front_close(struct front *front);
struct inside *front_inside(struct front *front);
/* A net_handler; self is the struct front. */
void front_handle(void *self, struct net_exchange *exchange);
/* net_options.admit: how much this request may bring. */
size_t front_admit(void *self, struct net_exchange *exchange);
/* net_options.rest: of every server whose handler is front_handle. */
void front_rest(void *self);
/* What the server itself refuses, in AWS's form: net_options.refuse. */
void front_refuse(void *self, struct net_exchange *exchange, uint16_t status, struct str reason);

#endif
