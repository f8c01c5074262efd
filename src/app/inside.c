#include "app/inside.h"

#include <stdio.h>

#include "app/audit_data.h"
#include "app/finished.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "services.h"
#include "sts_model.h"
#include "svc/sts/sts.h"
#include "wire/codec.h"

enum { DEPTH_MAX = 8 };

struct inside {
    struct inside_options options;
    struct workers *workers;
};

/* One call inside, made ready. */
struct passage {
    struct request rq;
    struct inside_door door;
    struct worker *worker;
    const void *in;
    void *out;
    int64_t started_us;
    bool alone;  /* in a transaction of its own */
    bool prepared; /* what takes long is done */
    bool writes; /* in a write transaction although it reads */
    bool noted;
    const struct journal_entry *entries;
};

struct inside *inside_open(const struct inside_options *options)
{
    struct inside *inside = memory_new(sizeof(*inside));
    inside->options = *options;
    inside->workers = workers_open(options->store);
    return inside;
}

void inside_close(struct inside *inside)
{
    if (inside) {
        workers_close(inside->workers);
        memory_free(inside);
    }
}

struct workers *inside_workers(const struct inside *inside)
{
    return inside->workers;
}

static struct err find(struct request *rq, const char *service, const char *operation)
{
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        const struct service_model *model = SERVICE_MODELS[i];
        for (size_t j = 0; j < model->operation_count && strcmp(model->name, service) == 0; j++) {
            if (strcmp(model->operations[j].name, operation) == 0 && model->operations[j].handler) {
                rq->service = model;
                rq->operation = &model->operations[j];
                rq->protocol = model->protocol;
                return ERR_OK;
            }
        }
    }
    return fail(&rq->ctx, &FAULT_INTERNAL, "%s:%s isn't built", service, operation);
}

/* What takes long can't be done within somebody else's transaction. */
static struct err prepare(struct passage *passage)
{
    struct request *rq = &passage->rq;
    const struct service *service = authorise_service(rq->service);
    if (passage->prepared || service->before == NULL || rq->operation->access == ACCESS_READ) {
        return ERR_OK;
    }
    TRY(service->before(rq, passage->in));
    return rq->before.run && !passage->alone
        ? fail(&rq->ctx, &FAULT_INTERNAL, "%s takes long, and can't be called here", rq->operation->name) : ERR_OK;
}

static struct err perform(struct passage *passage)
{
    struct request *rq = &passage->rq;
    TRY(authorise(passage->worker->memory, rq, passage->in, passage->door.identity));
    TRY(prepare(passage));
    TRY(rq->operation->handler(rq, passage->in, passage->out));
    if (rq->operation->access == ACCESS_WRITE && authorise_service(rq->service)->changes_authority) {
        for (struct inside_door *door = &passage->door; door; door = door->outer) {
            door->authority_changed = true;
        }
    }
    return ERR_OK;
}

static struct err check(struct passage *passage)
{
    struct request *rq = &passage->rq;
    if (!passage->door.inside->options.check_answers) {
        return ERR_OK;
    }
    const struct str broken = wire_check_output(&rq->ctx, rq->operation->output, passage->out);
    return broken.ptr == NULL ? ERR_OK
                              : fail(&rq->ctx, &FAULT_INTERNAL, "the answer breaks its model: %" STR_FMT, STR_ARG(broken));
}

/* Those of the call whose transaction it is. */
static struct audit_notes *notes_of(struct passage *passage)
{
    struct inside_door *door = &passage->door;
    while (!passage->alone && door->outer) {
        door = door->outer;
    }
    return &door->notes;
}

static void finish(struct passage *passage, struct err err)
{
    const struct finished finished = { .rq = &passage->rq, .in = passage->in, .out = err.fault ? NULL : passage->out,
                                       .err = err, .status = err.fault ? err.fault->http : passage->rq.operation->status,
                                       .started_us = passage->started_us, .inside = true };
    finished_call(&finished);
    if (passage->door.inside->options.journal && !passage->noted) {
        passage->noted = true;
        audit_note(notes_of(passage), &finished, STR_NONE);
    }
}

/* --- a transaction of its own --- */

static struct err read_alone(struct passage *passage)
{
    struct request *rq = &passage->rq;
    TRY(worker_connect(&rq->ctx, passage->worker));
    TRY(store_begin(&rq->ctx, passage->worker->db, STORE_READ));
    rq->db = passage->worker->db;
    const struct err err = perform(passage);
    store_rollback(rq->db);
    return err;
}

static struct err write_run(void *argument, struct store_conn *db)
{
    struct passage *passage = argument;
    passage->worker = worker_here(passage->door.inside->workers); /* the writer's */
    passage->rq.db = db;
    TRY(perform(passage));
    if (!passage->rq.after.run) { /* else it is recorded once that is done */
        finish(passage, ERR_OK);
        passage->entries = audit_entries(&passage->door.notes, true);
    }
    return ERR_OK;
}

/* Judged and looked at in a transaction that reads, then what takes long without any. */
static struct err prepare_alone(struct passage *passage)
{
    struct request *rq = &passage->rq;
    TRY(worker_connect(&rq->ctx, passage->worker));
    TRY(store_begin(&rq->ctx, passage->worker->db, STORE_READ));
    rq->db = passage->worker->db;
    struct err err = authorise(passage->worker->memory, rq, passage->in, passage->door.identity);
    err = err.fault ? err : prepare(passage);
    store_rollback(rq->db);
    rq->db = NULL;
    err = !err.fault && rq->before.run ? rq->before.run(rq->before.self, rq) : err;
    passage->prepared = true;
    return err;
}

static struct err write_alone(struct passage *passage)
{
    struct request *rq = &passage->rq;
    TRY(authorise_service(rq->service)->before ? prepare_alone(passage) : ERR_OK);
    rq->writes = true;
    const struct err err = store_writer_wait_recorded(&rq->ctx, passage->door.inside->options.writer, write_run, passage,
                                                      &passage->entries);
    rq->writes = false;
    if (err.fault && passage->noted) { /* done, and undone by a commit that failed */
        passage->noted = passage->door.notes.settled = false;
        passage->door.notes.first = NULL;
        passage->door.notes.last = NULL;
    }
    if (err.fault && rq->before.undo) {
        rq->before.undo(rq->before.self, rq);
    }
    if (!err.fault && authorise_service(rq->service)->changes_records) {
        audit_data_changed();
    }
    if (!err.fault && passage->door.authority_changed) {
        iam_changed();
    }
    return err;
}

static struct err run_alone(struct passage *passage)
{
    struct request *rq = &passage->rq;
    const bool write = rq->operation->access == ACCESS_WRITE || passage->writes;
    struct err err = write ? write_alone(passage) : read_alone(passage);
    rq->db = NULL;
    if (!err.fault && rq->after.run) {
        err = rq->after.run(rq->after.self, rq, passage->out);
    }
    return err;
}

/* --- within the caller's --- */

static struct err run_within(struct passage *passage)
{
    struct request *rq = &passage->rq;
    if (rq->operation->access == ACCESS_WRITE && !rq->writes) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "%s writes, and its caller only reads", rq->operation->name);
    }
    TRY(perform(passage));
    return rq->after.run ? fail(&rq->ctx, &FAULT_INTERNAL, "%s blocks, and can't be called here", rq->operation->name) : ERR_OK;
}

enum { BODY_MAX = 256 << 20 };

static const struct member *payload_of(const struct shape *output)
{
    for (size_t i = 0; i < output->member_count; i++) {
        if (output->members[i].payload && output->members[i].streaming) {
            return &output->members[i];
        }
    }
    return NULL;
}

static struct err read_whole(struct request *rq, const struct http_stream *stream, struct str *out)
{
    if (stream->size > BODY_MAX) {
        return fail(&rq->ctx, &FAULT_INVALID, "what %s gives is larger than is read here: %d MiB", rq->operation->name, BODY_MAX >> 20);
    }
    char *bytes = arena_alloc_raw(rq->ctx.arena, (size_t)stream->size + 1);
    for (uint64_t at = 0; at < stream->size;) {
        const int64_t got = http_stream_read(stream, at, bytes + at, (size_t)(stream->size - at));
        if (got <= 0) {
            return fail(&rq->ctx, &FAULT_IO, "what %s gives can't be read", rq->operation->name);
        }
        at += (uint64_t)got;
    }
    *out = (struct str){ bytes, (size_t)stream->size };
    return ERR_OK;
}

/* Whoever calls from inside gets a body whole. */
static struct err settle_stream(struct passage *passage)
{
    struct request *rq = &passage->rq;
    const struct http_stream *stream = rq->extra.stream;
    const struct member *payload = stream ? payload_of(rq->operation->output) : NULL;
    if (stream == NULL) {
        return ERR_OK;
    }
    rq->extra.stream = NULL;
    const struct err err = payload ? read_whole(rq, stream, (struct str *)(void *)((char *)passage->out + payload->offset)) : ERR_OK;
    http_stream_close(stream);
    return err;
}

static struct err run(struct passage *passage, const void **out)
{
    struct request *rq = &passage->rq;
    rq->after = (struct after){ NULL, NULL };
    rq->before = (struct before){ NULL, NULL, NULL };
    rq->extra = (struct answer_extra){ .status = 0 };
    rq->known = NULL;
    passage->prepared = false;
    passage->noted = false;
    passage->entries = NULL;
    passage->door.notes = (struct audit_notes){ .first = NULL };
    passage->worker = worker_here(passage->door.inside->workers);
    passage->out = arena_alloc(rq->ctx.arena, rq->operation->output->size);
    passage->started_us = clock_monotonic_us();
    passage->alone = rq->db == NULL;
    struct err err = passage->alone ? run_alone(passage) : run_within(passage);
    const struct err settled = settle_stream(passage);
    err = err.fault ? err : settled;
    if (!err.fault) {
        err = check(passage);
    }
    if (!passage->noted) {
        finish(passage, err);
    }
    if (passage->alone) {
        const struct err kept = audit_wait(&rq->ctx, passage->door.inside->options.journal, &passage->door.notes);
        err = err.fault ? err : kept;
    }
    *out = passage->out;
    return err;
}

/* --- one service calls another --- */

static struct str service_principal(struct request *rq)
{
    return str_format(rq->ctx.arena, "%s.amazonaws.com", rq->service->signing_name);
}

static void become_service(struct request *rq, struct str name, struct str source_arn)
{
    rq->caller = (struct principal){ .type = PRINCIPAL_AWS_SERVICE, .account = rq->account, .name = name, .id = name };
    rq->caller_tags = NULL;
    rq->caller_tag_count = rq->called_via_count = 0;
    rq->source_arn = source_arn;
}

static struct err become_session(struct passage *passage, struct str access_key, struct str token, struct identity **out)
{
    struct request *rq = &passage->rq;
    TRY(worker_connect(&rq->ctx, passage->worker));
    TRY(identity_find(&rq->ctx, passage->worker->identities, passage->worker->db, rq->vault, access_key, token, out));
    identity_keep(*out);
    rq->caller = (*out)->credential.principal;
    rq->caller_tags = (*out)->tags;
    rq->caller_tag_count = (*out)->tag_count;
    rq->account = rq->caller.account;
    return ERR_OK;
}

/* spec: IAM user guide, service roles: the service assumes the role, whose trust policy must name it. */
static struct err become_role(struct passage *passage, struct str role, struct str session_name, struct identity **out)
{
    struct request *rq = &passage->rq;
    const void *answer = NULL;
    const struct sts_assume_role_in in = { .role_arn = role, .role_session_name = session_name };
    TRY(find(rq, "sts", "AssumeRole"));
    passage->in = &in;
    TRY(run(passage, &answer));
    const struct sts_credentials *credentials = ((const struct sts_assume_role_out *)answer)->credentials;
    TRY(become_session(passage, credentials->access_key_id, credentials->session_token, out));
    identity_forget(passage->worker->identities, credentials->access_key_id); /* it serves this one call */
    return ERR_OK;
}

/* spec: IAM user guide, "Forward access sessions" and aws:CalledVia: the services in the order of their calls. */
static void go_via(struct request *rq, struct str service)
{
    struct str *via = ARENA_ARRAY(rq->ctx.arena, struct str, rq->called_via_count + 1);
    for (size_t i = 0; i < rq->called_via_count; i++) {
        via[i] = rq->called_via[i];
    }
    via[rq->called_via_count++] = service;
    rq->called_via = via;
}

static struct err call_other(struct request *outer, const struct door_call *call, const void **out)
{
    struct inside_door *door = (struct inside_door *)(void *)outer->door;
    struct passage *passage = ARENA_NEW(outer->ctx.arena, struct passage);
    struct request *rq = &passage->rq;
    const struct str from = service_principal(outer);
    struct identity *role = NULL;
    *rq = *outer;
    if (door->depth >= DEPTH_MAX) {
        return fail(&outer->ctx, &FAULT_INTERNAL, "services call each other %d deep", DEPTH_MAX);
    }
    rq->account = call->account.ptr ? call->account : outer->account;
    rq->region = call->region.ptr ? call->region : outer->region;
    rq->source_ip = rq->user_agent = from;
    rq->http = NULL;
    rq->detail = (struct fault_detail){ NULL, NULL };
    passage->in = call->in;
    passage->writes = call->writes;
    if (call->as == DOOR_AS_SERVICE) {
        become_service(rq, call->principal.ptr ? call->principal : from, call->source_arn);
    } else if (rq->caller.type != PRINCIPAL_AWS_SERVICE) {
        go_via(rq, from);
    }
    inside_door_open(&passage->door, door->inside, call->as == DOOR_AS_SERVICE ? NULL : door->identity, rq);
    passage->door.outer = door;
    passage->door.depth = door->depth + 1;
    struct err err = call->role_arn.ptr ? become_role(passage, call->role_arn, call->session_name, &role) : ERR_OK;
    passage->door.identity = role ? role : passage->door.identity;
    passage->in = call->in;
    if (!err.fault) {
        err = find(rq, call->service, call->operation);
    }
    if (!err.fault) {
        err = run(passage, out);
    }
    identity_release(role);
    memcpy(outer->ctx.reason, rq->ctx.reason, sizeof(outer->ctx.reason));
    outer->detail = err.fault ? rq->detail : outer->detail;
    return err;
}

static struct err organization_of(struct request *rq, struct str account, struct organization_facts *out)
{
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        if (SERVICES[i]->organization) {
            return SERVICES[i]->organization(&rq->ctx, rq->db, account, out);
        }
    }
    return ERR_OK;
}

void inside_door_open(struct inside_door *door, struct inside *inside, const struct identity *identity, struct request *rq)
{
    *door = (struct inside_door){ .door = { call_other, organization_of, sts_check_mfa }, .inside = inside, .identity = identity };
    rq->door = &door->door;
}

/* --- a thread of ours calls --- */

static void become_account(struct request *rq, struct identity *identity)
{
    rq->caller = (struct principal){ .type = PRINCIPAL_ROOT, .account = rq->account, .id = rq->account,
                                     .arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(rq->account)) };
    identity->policies = (struct iam_policies){ .all_allowed = true };
}

static struct request request_new(struct ctx *ctx, const struct inside *inside, const struct inside_call *call)
{
    const struct str name = call->principal.ptr ? call->principal : STR("AWS Internal");
    struct request rq = {
        .ctx = *ctx,
        .vault = inside->options.vault,
        .partition = STR("aws"),
        .region = call->region.ptr ? call->region : inside->options.region,
        .account = call->account,
        .home_account = inside->options.home_account,
        .source_ip = name,
        .user_agent = name,
        .tls = true,
        .journal = inside->options.journal,
        .blobs = inside->options.blobs,
    };
    rq.ctx.request_id = random_uuid(&rq.ctx);
    return rq;
}

struct err inside_call(struct ctx *ctx, struct inside *inside, const struct inside_call *call, const void **out)
{
    struct passage *passage = ARENA_NEW(ctx->arena, struct passage);
    struct request *rq = &passage->rq;
    struct identity account = { .arena = NULL };
    struct identity *role = NULL;
    struct err err = ERR_OK;
    *rq = request_new(ctx, inside, call);
    inside_door_open(&passage->door, inside, NULL, rq);
    if (call->principal.ptr) {
        become_service(rq, call->principal, call->source_arn);
    } else {
        become_account(rq, &account);
        passage->door.identity = &account;
    }
    if (call->access_key.ptr) {
        passage->worker = worker_here(inside->workers);
        err = become_session(passage, call->access_key, call->session_token, &role);
        passage->door.identity = role;
    } else if (call->role_arn.ptr) {
        err = become_role(passage, call->role_arn, call->session_name, &role);
        passage->door.identity = role;
    }
    if (!err.fault) {
        err = find(rq, call->service, call->operation);
    }
    if (!err.fault) {
        passage->in = call->in;
        err = run(passage, out);
    }
    memcpy(ctx->reason, rq->ctx.reason, sizeof(ctx->reason));
    identity_release(role);
    return err;
}
