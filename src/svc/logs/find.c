/* find.c - groups and streams by what callers call them, and pages of lists. */
#include "svc/logs/group.h"

#include "svc/logs/guard.h"
#include "svc/logs/logs.h"

const struct service LOGS = { .model = &LOGS_MODEL, .guard = logs_guard };

struct rows logs_rows(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account, rq->region };
}

struct str logs_group_arn(struct request *rq, const struct group *group)
{
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":logs:%" STR_FMT ":%" STR_FMT ":log-group:%" STR_FMT, STR_ARG(rq->partition),
                      STR_ARG(group->region), STR_ARG(group->account), STR_ARG(group->name));
}

bool logs_group_read(const struct request *rq, struct str identifier, struct str *account, struct str *region, struct str *name)
{
    struct str rest = identifier, parts[5];
    *account = rq->account;
    *region = rq->region;
    *name = identifier;
    if (!str_starts(identifier, STR("arn:"))) {
        return str_find(identifier, ':') == STR_MISSING;
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = str_cut(rest, ':', &rest);
    }
    if (!str_equal(parts[2], STR("logs")) || !str_starts(rest, STR("log-group:"))) {
        return false;
    }
    *region = parts[3];
    *account = parts[4];
    *name = str_from(rest, sizeof("log-group:") - 1);
    *name = str_ends(*name, STR(":*")) ? str_slice(*name, 0, name->len - 2) : *name;
    return name->len > 0 && str_find(*name, ':') == STR_MISSING;
}

static struct err no_group(struct request *rq)
{
    return fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
}

static struct err find_group(struct request *rq, struct str account, struct str region, struct str name, struct group *out)
{
    const struct rows rows = { &rq->ctx, rq->db, account, region };
    bool found = false;
    TRY(logs_row_group(&rows, name, out, &found));
    return found ? ERR_OK : no_group(rq);
}

struct err logs_group_need(struct request *rq, struct str name, struct group *out)
{
    return find_group(rq, rq->account, rq->region, name, out);
}

/* spec: another account's group may be read by its ARN; authorisation has settled whether. */
struct err logs_group_need_either(struct request *rq, struct str name, struct str identifier, struct group *out)
{
    struct str account = STR_NONE, region = STR_NONE, plain = STR_NONE;
    if ((name.ptr == NULL) == (identifier.ptr == NULL)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, name.ptr
                    ? "LogGroup name and LogGroup ARN are mutually exclusive parameters."
                    : "Either logGroupName or logGroupIdentifier must be specified.");
    }
    if (name.ptr) {
        return logs_group_need(rq, name, out);
    }
    if (!logs_group_read(rq, identifier, &account, &region, &plain)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified log group identifier %" STR_FMT " is invalid.",
                    STR_ARG(identifier));
    }
    return str_equal(region, rq->region) ? find_group(rq, account, region, plain, out) : no_group(rq);
}

struct err logs_stream_need(struct request *rq, const struct group *group, struct str name, struct stream *out)
{
    const struct rows rows = { &rq->ctx, rq->db, group->account, group->region };
    bool found = false;
    TRY(logs_row_stream(&rows, group->id, name, out, &found));
    return found ? ERR_OK : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log stream does not exist.");
}

struct err logs_class_allows(struct request *rq, const struct group *group, const char *what)
{
    return str_equal(group->class, CLASS_STANDARD)
               ? ERR_OK
               : fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "%s is not supported for log groups of class %" STR_FMT ".", what,
                      STR_ARG(group->class));
}

int64_t logs_oldest_ms(const struct request *rq, const struct group *group)
{
    return group->retention ? rq->ctx.now_ms - group->retention * DAY_MS : INT64_MIN;
}

/* --- pages --- */

static struct str about(struct request *rq)
{
    return str_format(rq->ctx.arena, "logs:page:%s:%" STR_FMT ":%" STR_FMT, rq->operation->name, STR_ARG(rq->account), STR_ARG(rq->region));
}

struct str logs_page_token(struct request *rq, struct str last)
{
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq), last));
}

struct err logs_page_start(struct request *rq, struct str token, struct str *after)
{
    struct str sealed = STR_NONE;
    *after = STR_NONE;
    if (token.ptr && (!str_unbase64(rq->ctx.arena, token, &sealed) || !vault_unseal(&rq->ctx, rq->vault, about(rq), sealed, after))) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    }
    return ERR_OK;
}

int64_t logs_page_size(struct opt_int asked, int64_t normal)
{
    return asked.set ? asked.v : normal;
}
