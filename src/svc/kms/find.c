/* find.c - from what a caller calls a key to the key. */
#include "svc/kms/managed.h"
#include "svc/kms/rows.h"
#include "svc/kms/snapshot.h"
#include "svc/kms/store.h"

struct rows kms_rows_here(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account, rq->region };
}

struct rows kms_rows_of(struct request *rq, const struct key *key)
{
    return (struct rows){ &rq->ctx, rq->db, key->account, key->region };
}

/* What was asked for, taken apart. */
struct reference {
    struct str account, region;
    struct str id;    /* of a key, or absent */
    struct str alias; /* "alias/…", or absent */
};

static bool is_hex(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

/* 8-4-4-4-12 hexadecimal digits, or mrk- and 32 of them. */
static bool is_key_id(struct str id)
{
    if (str_starts(id, STR("mrk-"))) {
        return id.len == 36 && is_hex(str_from(id, 4));
    }
    static const size_t lengths[] = { 8, 4, 4, 4, 12 };
    struct str rest = id;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        const struct str part = str_cut(rest, '-', &rest);
        if (part.len != lengths[i] || !is_hex(part)) {
            return false;
        }
    }
    return rest.ptr == NULL;
}

static struct err invalid_id(struct request *rq, struct str id)
{
    return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Invalid keyId '%" STR_FMT "'", STR_ARG(id));
}

/* arn:aws:kms:REGION:ACCOUNT:key/ID or …:alias/NAME */
static struct err take_apart(struct request *rq, struct str text, struct reference *out)
{
    struct str rest = text;
    struct str resource = text;
    *out = (struct reference){ .account = rq->account, .region = rq->region };
    if (str_starts(text, STR("arn:"))) {
        str_cut(rest, ':', &rest);
        str_cut(rest, ':', &rest);
        const struct str service = str_cut(rest, ':', &rest);
        out->region = str_cut(rest, ':', &rest);
        out->account = str_cut(rest, ':', &resource);
        if (!str_equal(service, STR("kms")) || resource.ptr == NULL) {
            return fail(&rq->ctx, &KMS_INVALID_ARN_EXCEPTION, "Invalid arn %" STR_FMT, STR_ARG(text));
        }
        if (!str_equal(out->region, rq->region)) {
            return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Invalid arn %" STR_FMT, STR_ARG(out->region));
        }
        if (str_starts(resource, STR("key/"))) {
            resource = str_from(resource, 4);
        } else if (!str_starts(resource, STR("alias/"))) {
            return fail(&rq->ctx, &KMS_INVALID_ARN_EXCEPTION, "Invalid arn %" STR_FMT, STR_ARG(text));
        }
    }
    if (str_starts(resource, STR("alias/"))) {
        out->alias = resource;
        return ERR_OK;
    }
    out->id = resource;
    return is_key_id(resource) ? ERR_OK : invalid_id(rq, resource);
}

static struct err read_reference(struct request *rq, struct reference *reference, struct key *out, bool *found)
{
    const struct rows rows = { &rq->ctx, rq->db, reference->account, reference->region };
    if (reference->alias.ptr) {
        struct alias_row alias = { .name = STR_NONE };
        TRY(kms_rows_alias_find(&rows, reference->alias, &alias, found));
        if (!*found) {
            return managed_make(rq, reference->account, reference->alias, out, found);
        }
        reference->id = alias.key;
    }
    return kms_rows_key_find(&rows, reference->id, out, found);
}

/* A key whose waiting period is over is gone, whether it was swept out already or not. */
static bool is_gone(struct request *rq, const struct key *key)
{
    return key->spec == NULL || (key_is_state(key, "PendingDeletion") && key->deletion_ms <= rq->ctx.now_ms);
}

static struct err age(struct request *rq, struct key *key)
{
    const bool expired = key->expires_ms && key->expires_ms <= rq->ctx.now_ms;
    if (expired && (key_is_state(key, "Enabled") || key_is_state(key, "Disabled"))) {
        key->state = STR("PendingImport");
    }
    bool connected = true;
    if (key->store.len && (key_is_state(key, "Enabled") || key_is_state(key, "Disabled"))) {
        TRY(store_is_connected(rq, key, &connected));
        key->asked_state = key->state;
        key->state = connected ? key->state : STR("Unavailable");
    }
    return ERR_OK;
}

struct err key_look(struct request *rq, struct str text, struct key *out, bool *found)
{
    struct reference reference = { .id = STR_NONE };
    *found = true;
    if (!snapshot_get(rq, text, out, NULL)) {
        *found = false;
        const struct err err = take_apart(rq, text, &reference);
        if (err.fault) {
            return ERR_OK;
        }
        TRY(read_reference(rq, &reference, out, found));
    }
    *found = *found && !is_gone(rq, out);
    return *found ? age(rq, out) : ERR_OK;
}

struct err key_look_whole(struct request *rq, struct str text, struct key *out, const struct belongings **belongings, bool *found)
{
    struct reference reference = { .id = STR_NONE };
    *found = snapshot_get(rq, text, out, belongings);
    if (!*found) {
        const struct err err = take_apart(rq, text, &reference);
        if (err.fault) {
            return ERR_OK;
        }
        TRY(read_reference(rq, &reference, out, found));
        if (!*found) {
            return ERR_OK;
        }
        TRY(authority_belongings(rq, out, belongings));
        snapshot_put(rq, text, out, *belongings);
    }
    *found = !is_gone(rq, out);
    return *found ? age(rq, out) : ERR_OK;
}

static struct err not_found(struct request *rq, const struct reference *reference)
{
    if (reference->alias.ptr && reference->id.ptr == NULL) {
        return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Alias arn:aws:kms:%" STR_FMT ":%" STR_FMT ":%" STR_FMT
                    " is not found.", STR_ARG(reference->region), STR_ARG(reference->account), STR_ARG(reference->alias));
    }
    return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Key 'arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT
                "' does not exist", STR_ARG(reference->region), STR_ARG(reference->account), STR_ARG(reference->id));
}

struct err key_find(struct request *rq, struct str text, struct key *out)
{
    struct reference reference = { .id = STR_NONE };
    bool found = false;
    TRY(take_apart(rq, text, &reference));
    if (snapshot_get(rq, text, out, NULL)) {
        reference.id = out->id;
        found = true;
    } else {
        TRY(read_reference(rq, &reference, out, &found));
    }
    return found && !is_gone(rq, out) ? age(rq, out) : not_found(rq, &reference);
}
