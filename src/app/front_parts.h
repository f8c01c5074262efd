/* front_parts.h - what the files of the front door share: front.c (a call's way), front_body.c (who calls, and what they may
 * bring), front_pages.c (our own pages). */
#ifndef YAGURA_APP_FRONT_PARTS_H
#define YAGURA_APP_FRONT_PARTS_H

#include "app/afterwards.h"
#include "app/front.h"
#include "wire/codec.h"

struct front {
    struct front_options options;
    struct wire_router *router;
    struct inside *inside;
    struct afterwards *afterwards;
};

struct front_form; /* app/front_form.c */

/* One request under way. It lives in the exchange's arena; one thread has it at a time. */
struct call {
    struct front *front;
    struct net_exchange *exchange;
    struct http_request http;
    struct sigv4_claim claim;
    struct wire_match match;
    struct request rq;
    struct inside_door door;
    struct identity *identity; /* only until the thread takes its next request, unless it is kept */
    bool kept;
    bool body_waits; /* large: taken apart and checked by a thread that may wait, before rq.before */
    void *in;
    void *out;
    int64_t started_us;
    struct store_job job;
    struct afterwards_job later;
    struct err err;
    struct http_response response; /* waits for the journal */
    struct journal_wait recorded;
    struct err lost; /* why it can't be recorded */
    struct front_form *form; /* it came as a browser's form; NULL: it didn't */
    bool handled_here; /* on a thread of the server's, which rests after it */
};

/* A call under way, as it came. */
struct call *front_call(struct front *front, struct net_exchange *exchange);
/* The calling thread's, with a connection. */
struct err front_worker(struct ctx *ctx, struct front *front, struct worker **out);
void front_count(const struct call *call, uint16_t status);
void front_finish(struct call *call, uint16_t status);
/* Encodes call->err or the output, records the call and sends the answer. */
void front_answer(struct call *call);

/* Who signed. The body is looked into later where it is large (body_waits). */
struct err front_identify(struct call *call, struct worker *worker);
/* The fault of a call whose signature isn't good, in the words of its service; S3 tells what it would have signed. The reason in
 * call->rq.ctx is sigv4's. */
struct err front_bad_signature(struct call *call, const struct fault *fault);
/* What S3 asks of a signature beyond its being right: a Region that is one; and of presigned URLs, that nobody added x-amz- headers. */
struct err front_check_signed(struct call *call);
void front_tell_mismatch(struct call *call, struct str canonical, struct str to_sign);
/* Whose key the claim names; and, once the signature is known to be theirs, the call as theirs. */
struct err front_find_identity(struct call *call, struct worker *worker);
void front_assume(struct call *call);
/* The body that handlers see: out of its chunks, each of them and the whole checked as the signature has it. */
struct err front_take_body(struct call *call, struct worker *worker);
/* The operation takes its body on a thread that may wait. */
bool front_streams(const struct wire_match *match);

/* False: not a push; not one of our pages. */
bool front_push(struct front *front, struct net_exchange *exchange);
bool front_page(struct front *front, struct net_exchange *exchange);
/* What browsers ask before they call S3 (OPTIONS); false: not that. */
bool front_preflight(struct front *front, struct net_exchange *exchange);

#endif
