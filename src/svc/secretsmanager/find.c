/* find.c - a secret by what callers call it. */
#include "svc/secretsmanager/secret.h"
#include "svc/secretsmanager/snapshot.h"

enum { SUFFIX_SIZE = 6 };

struct rows secret_rows(struct request *rq, const struct secret *secret)
{
    return (struct rows){ &rq->ctx, rq->db, secret->account, secret->region };
}

struct rows secret_rows_here(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account, rq->region };
}

int64_t secret_day_of(int64_t ms)
{
    return ms - ms % DAY_MS;
}

struct opt_time secret_time_or_none(int64_t ms)
{
    return (struct opt_time){ .set = ms > 0, .v = ms };
}

bool secret_is_replica(const struct secret *secret)
{
    return secret->primary_region.ptr && !str_equal(secret->primary_region, secret->region);
}

struct str secret_arn(struct request *rq, struct str account, struct str region, struct str name, struct str suffix)
{
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":secretsmanager:%" STR_FMT ":%" STR_FMT ":secret:%" STR_FMT "-%" STR_FMT,
                      STR_ARG(rq->partition), STR_ARG(region), STR_ARG(account), STR_ARG(name), STR_ARG(suffix));
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && str_find(STR("-/_+=.@!"), c) == STR_MISSING) {
            return false;
        }
    }
    return name.len > 0;
}

struct err secret_name_judge(struct request *rq, struct str name)
{
    return is_name(name) ? ERR_OK
                         : fail(&rq->ctx, &SECRETSMANAGER_VALIDATION_EXCEPTION,
                                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
}

/* arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME[-XXXXXX]; false when it is none of this Region. */
static bool read_arn(const struct request *rq, struct str arn, struct str *account, struct str *name)
{
    struct str rest = STR_NONE;
    const struct str begin[] = { STR("arn"), rq->partition, STR("secretsmanager"), rq->region };
    for (size_t i = 0; i < COUNT_OF(begin); i++) {
        if (!str_equal(str_cut(arn, ':', &rest), begin[i])) {
            return false;
        }
        arn = rest;
    }
    *account = str_cut(arn, ':', &rest);
    const bool secret = str_equal(str_cut(rest, ':', name), STR("secret"));
    return secret && account->len > 0 && name->len > 0;
}

static bool ends_like_arn(struct str name)
{
    const size_t hyphen = name.len < SUFFIX_SIZE + 1 ? STR_MISSING : name.len - SUFFIX_SIZE - 1;
    bool alike = hyphen != STR_MISSING && name.ptr[hyphen] == '-';
    for (size_t i = hyphen + 1; alike && i < name.len; i++) {
        alike = str_find(STR("-/_+=.@!"), name.ptr[i]) == STR_MISSING;
    }
    return alike;
}

/* spec: user guide, "Finding a secret from a partial ARN": the six characters may be left out, but not where the name itself ends
 * in a hyphen and six characters: that is taken for a whole ARN. */
static struct err look_by_arn(struct request *rq, struct str arn, struct secret *out, bool *found)
{
    struct rows rows = secret_rows_here(rq);
    struct str name = STR_NONE;
    if (!read_arn(rq, arn, &rows.account, &name)) {
        return ERR_OK;
    }
    TRY(secret_row_secret_by_arn(&rows, arn, out, found));
    return *found || ends_like_arn(name) ? ERR_OK : secret_row_secret_by_name(&rows, name, out, found);
}

static struct err look(struct request *rq, struct str id, struct secret *out, bool *found)
{
    *found = false;
    if (str_starts(id, STR("arn:"))) {
        return look_by_arn(rq, id, out, found);
    }
    TRY(secret_name_judge(rq, id));
    const struct rows rows = secret_rows_here(rq);
    return secret_row_secret_by_name(&rows, id, out, found);
}

struct err secret_look(struct request *rq, struct str id, struct secret *out, bool *found)
{
    if (secret_snapshot_get(rq, id, out)) {
        *found = true;
        return ERR_OK;
    }
    TRY(look(rq, id, out, found));
    if (*found) {
        secret_snapshot_put(rq, id, out);
    }
    return ERR_OK;
}

struct err secret_need(struct request *rq, struct str id, enum need need, struct secret *out)
{
    bool found = false;
    TRY(secret_look(rq, id, out, &found));
    if (!found) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_NOT_FOUND_EXCEPTION, "Secrets Manager can't find the specified secret.");
    }
    if (need != NEED_EXISTS && out->deleted_ms > 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You can't perform this operation on the secret because it was marked for deletion.");
    }
    if (need == NEED_OWN && secret_is_replica(out)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "Operation not permitted on a replica secret. Call must be made in primary secret's region.");
    }
    return ERR_OK;
}

struct err secret_save(struct request *rq, struct secret *secret)
{
    const struct rows rows = secret_rows(rq, secret);
    secret->changed_ms = rq->ctx.now_ms;
    TRY(secret_row_secret_update(&rows, secret));
    return secret_replicas_sync(rq, secret);
}
