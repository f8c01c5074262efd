/* front_body.c - who calls, how much they may bring, and the body as handlers see it. */
#include "app/front_parts.h"
#include "app/key_use.h"
#include "app/lambda.h"
#include "base/clock.h"
#include "wire/chunked.h"
#include "wire/virtual_host.h"

/* spec: S3 API reference, PutObject: 5 GB at a time. Chunks and their signatures come on top: of 8 KiB at least, as S3 has it. */
static const uint64_t OBJECT_MAX = (uint64_t)5 * 1024 * 1024 * 1024;
enum { CHUNK_SHARE = 64 };

static void note_use(struct call *call)
{
    struct identity *identity = call->identity;
    const int64_t now_ms = call->rq.ctx.now_ms;
    if (identity->token.ptr == NULL && now_ms - identity->noted_ms >= KEY_USE_FRESH_MS) {
        identity->noted_ms = now_ms;
        key_use_note(call->front->options.writer, call->claim.access_key, call->claim.service, call->claim.region,
                     now_ms);
    }
}

struct err front_find_identity(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    TRY(identity_find(ctx, worker->identities, worker->db, call->front->options.vault, call->claim.access_key,
                      call->claim.token, &call->identity));
    return call->identity->credential.active ? ERR_OK : fail(ctx, &SIGV4_INVALID_CLIENT_TOKEN_ID, SIGV4_UNKNOWN_KEY_TEXT);
}

void front_assume(struct call *call)
{
    call->rq.caller = call->identity->credential.principal;
    call->rq.caller_tags = call->identity->tags;
    call->rq.caller_tag_count = call->identity->tag_count;
    call->rq.account = call->rq.caller.account;
    call->door.identity = call->identity;
    note_use(call);
}

struct err front_identify(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    TRY(sigv4_parse(ctx, &call->http, &call->claim));
    call->rq.region = call->claim.region;
    call->body_waits = call->claim.s3 && call->http.body_fd > 0;
    call->claim.body_later = call->claim.s3; /* front_take_body */
    TRY(front_find_identity(call, worker));
    TRY(sigv4_verify(ctx, worker->keys, &call->claim, &call->http, call->identity->credential.secret));
    TRY(call->claim.s3 ? front_check_signed(call) : ERR_OK);
    front_assume(call);
    return ERR_OK;
}

/* Chunks are taken off in place where the body is a file of ours. */
static struct err unchunk(struct call *call, struct worker *worker)
{
    struct ctx *ctx = &call->rq.ctx;
    struct hmac_key key = sigv4_signing_key(worker->keys, &call->claim, call->identity->credential.secret);
    const struct hmac_key *signing = call->claim.payload == SIGV4_CHUNKED_UNSIGNED ? NULL : &key;
    struct chunked_body body = { 0 };
    const struct err err = call->http.body_map
        ? chunked_decode_into(ctx, &call->claim, signing, &call->http, call->http.body_map, &body)
        : chunked_decode(ctx, &call->claim, signing, &call->http, &body);
    memory_wipe(&key, sizeof(key));
    call->http.body = body.body;
    call->http.trailers = body.trailers;
    call->http.trailer_count = body.trailer_count;
    return err;
}

static struct err check_sums(struct call *call)
{
    for (size_t i = 0; i < call->http.trailer_count; i++) {
        TRY(chunked_check_sum(&call->rq.ctx, call->http.trailers[i].name, call->http.trailers[i].value, call->http.body));
    }
    return ERR_OK;
}

static struct err take_body(struct call *call, struct worker *worker)
{
    if (call->claim.payload >= SIGV4_CHUNKED) {
        TRY(unchunk(call, worker));
        return call->http.body_map && !call->body_waits ? check_sums(call) : ERR_OK;
    }
    return call->claim.body_later ? sigv4_check_body(&call->rq.ctx, &call->claim, call->http.body) : ERR_OK;
}

struct err front_take_body(struct call *call, struct worker *worker)
{
    const struct err err = take_body(call, worker);
    return (struct err){ err.fault ? sigv4_fault(err.fault, call->match.protocol, call->claim.service) : NULL };
}

bool front_streams(const struct wire_match *match)
{
    const struct operation *operation = match->operation;
    for (size_t i = 0; operation && operation->access == ACCESS_WRITE && i < operation->input->member_count; i++) {
        if (operation->input->members[i].streaming) {
            return authorise_service(match->service)->before != NULL;
        }
    }
    return false;
}

/* --- before the body --- */

/* The call that the head alone shows. */
static struct err look_ahead(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct worker *worker = NULL;
    TRY(front_worker(ctx, call->front, &worker));
    TRY(front_identify(call, worker));
    virtual_host_resolve(ctx->arena, &call->http);
    return wire_route(ctx, call->front->router, &call->http, call->claim.service, &call->match);
}

static bool announces_more(const struct http_request *http, size_t limit)
{
    int64_t length = 0;
    const struct str announced = http_header_find(http, STR("content-length"));
    return announced.ptr == NULL ? http_header_find(http, STR("transfer-encoding")).ptr != NULL
                                 : str_to_int(announced, &length) && length > 0 && (uint64_t)length > limit;
}

/* An object's bytes may be many, of whoever is known to be who they say. */
size_t front_admit(void *self, struct net_exchange *exchange)
{
    struct front *front = self;
    const struct http_request *http = net_request(exchange);
    const size_t limit = lambda_body_limit(http, front->options.body_max);
    if (!str_equal(http->method, STR("PUT")) || !announces_more(http, limit)) {
        return limit;
    }
    struct call *call = front_call(front, exchange);
    call->err = look_ahead(call);
    if (!call->claim.s3) {
        return limit;
    }
    if (call->err.fault) {
        call->err.fault = sigv4_fault(call->err.fault, PROTOCOL_REST_XML, call->claim.service);
        call->match.service = NULL;
        front_answer(call);
        return limit;
    }
    return front_streams(&call->match) ? OBJECT_MAX + OBJECT_MAX / CHUNK_SHARE : limit;
}
