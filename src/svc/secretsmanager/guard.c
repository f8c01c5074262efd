#include "svc/secretsmanager/guard.h"

#include "svc/secretsmanager/secret.h"

enum { PAIRS_BESIDE_TAGS = 8 };

struct pairs {
    struct request *rq;
    struct context_pair *items;
    size_t count, room;
};

static void add(struct pairs *pairs, struct str key, struct str value)
{
    if (value.ptr && pairs->count < pairs->room) {
        pairs->items[pairs->count++] = (struct context_pair){ key, value };
    }
}

/* Whether a rotation's rules change is nothing that a single member says. */
static void add_rules(struct pairs *pairs, const void *in)
{
    if (strcmp(pairs->rq->operation->name, "RotateSecret") == 0) {
        const struct secretsmanager_rotate_secret_in *rotate = in;
        add(pairs, STR("secretsmanager:ModifyRotationRules"), rotate->rotation_rules ? STR("true") : STR("false"));
    }
}

static struct pairs pairs_new(struct request *rq, size_t tags)
{
    const size_t room = PAIRS_BESIDE_TAGS + tags;
    return (struct pairs){ rq, ARENA_ARRAY(rq->ctx.arena, struct context_pair, room), 0, room };
}

static void add_secret(struct pairs *pairs, const struct secret *secret, struct tags tags)
{
    for (size_t i = 0; i < tags.count; i++) {
        add(pairs, str_format(pairs->rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags.items[i].key)), tags.items[i].value);
    }
    add(pairs, STR("secretsmanager:resource/AllowRotationLambdaArn"), secret->function);
    add(pairs, STR("secretsmanager:SecretPrimaryRegion"), secret->primary_region.ptr ? secret->primary_region : secret->region);
}

/* spec: GetSecretValue: without VersionId and VersionStage the stage is AWSCURRENT, also for secretsmanager:VersionStage. */
static void add_default_stage(struct pairs *pairs, const void *in)
{
    if (strcmp(pairs->rq->operation->name, "GetSecretValue") == 0) {
        const struct secretsmanager_get_secret_value_in *get = in;
        if (get->version_id.ptr == NULL && get->version_stage.ptr == NULL) {
            add(pairs, STR("secretsmanager:VersionStage"), STAGE_CURRENT);
        }
    }
}

static struct str text_of(struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        const struct member *member = &input->members[i];
        if (strcmp(member->name, name) == 0) {
            return *(const struct str *)(const void *)((const char *)in + member->offset);
        }
    }
    return STR_NONE;
}

/* What isn't there has a name, and six characters that nobody knows yet. */
static void unknown_resource(struct request *rq, struct str id, struct guard *guard)
{
    if (str_starts(id, STR("arn:"))) {
        guard->resource = id;
    } else if (id.ptr) {
        guard->resource = secret_arn(rq, rq->account, rq->region, id, STR("??????"));
    }
}

static struct err look(struct request *rq, struct str id, struct secret *secret, bool *found)
{
    *found = false;
    const struct err err = id.ptr ? secret_look(rq, id, secret, found) : ERR_OK;
    return err_is(err, &SECRETSMANAGER_VALIDATION_EXCEPTION) ? ERR_OK : err; /* a bad name: the handler says so */
}

struct err secretsmanager_guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str id = text_of(rq, in, "SecretId");
    struct secret secret = { .name = STR_NONE };
    struct tags tags = { NULL, 0 };
    bool found = false;
    TRY(look(rq, id, &secret, &found));
    if (found && secret.tagged) {
        const struct rows rows = secret_rows(rq, &secret);
        TRY(secret_row_tags(&rows, secret.arn, &tags));
    }
    struct pairs pairs = pairs_new(rq, tags.count);
    add_rules(&pairs, in);
    add_default_stage(&pairs, in);
    if (found) {
        add_secret(&pairs, &secret, tags);
        guard->resource = secret.arn;
        guard->account = secret.account;
        guard->policy = secret.policy;
    } else {
        unknown_resource(rq, id.ptr ? id : text_of(rq, in, "Name"), guard);
    }
    guard->pairs = pairs.items;
    guard->pair_count = pairs.count;
    return ERR_OK;
}
