#include "svc/s3/guard_object.h"

#include "svc/s3/copy.h"
#include "svc/s3/members.h"

/* spec: Service Authorization Reference, Amazon S3: a version that is named has a right of its own. */
static const struct {
    const char *plain, *version;
} RIGHTS[] = {
    { "s3:GetObject", "s3:GetObjectVersion" },
    { "s3:DeleteObject", "s3:DeleteObjectVersion" },
    { "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes" },
    { "s3:GetObjectAcl", "s3:GetObjectVersionAcl" },
    { "s3:PutObjectAcl", "s3:PutObjectVersionAcl" },
    { "s3:GetObjectTagging", "s3:GetObjectVersionTagging" },
    { "s3:PutObjectTagging", "s3:PutObjectVersionTagging" },
    { "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging" },
};

static struct str right(struct str action, struct str version)
{
    for (size_t i = 0; version.ptr && i < COUNT_OF(RIGHTS); i++) {
        if (str_equal(action, str_of(RIGHTS[i].plain))) {
            return str_of(RIGHTS[i].version);
        }
    }
    return action;
}

static struct str arn_of(struct request *rq, struct str bucket, struct str key)
{
    return str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT "/%" STR_FMT, STR_ARG(bucket), STR_ARG(key));
}

static void add(struct request *rq, struct guard *guard, struct str action, struct str resource)
{
    struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
    *next = (struct guard){ .action = action, .resource = resource, .account = guard->account, .next = guard->next };
    guard->next = next;
}

/* The first object stands for the call, the others follow. */
static void guard_many(struct request *rq, const struct s3_delete_objects_in *in, struct guard *guard)
{
    const struct s3_object_identifier_list *all = &in->delete->objects;
    for (size_t i = all->count; i-- > 0;) {
        const struct str action = right(STR("s3:DeleteObject"), all->items[i].version_id);
        const struct str resource = arn_of(rq, in->bucket, all->items[i].key);
        if (i > 0) {
            add(rq, guard, action, resource);
        } else {
            guard->action = action;
            guard->resource = resource;
        }
    }
}

static struct err guard_source(struct request *rq, const void *in, struct guard *guard)
{
    struct copy_source source = { .bucket = STR_NONE };
    TRY(copy_source_parse(rq, member_text(rq->operation->input, in, "CopySource"), &source));
    add(rq, guard, right(STR("s3:GetObject"), source.version), arn_of(rq, source.bucket, source.key));
    return ERR_OK;
}

struct err guard_object(struct request *rq, const void *in, struct guard *guard)
{
    if (strcmp(rq->operation->name, "DeleteObjects") == 0) {
        guard_many(rq, in, guard);
        return ERR_OK;
    }
    guard->action = right(guard->action, member_text(rq->operation->input, in, "VersionId"));
    return member_named(rq->operation->input, "CopySource") ? guard_source(rq, in, guard) : ERR_OK;
}

struct str guard_bucket_of(struct str arn)
{
    static const struct str prefix = STR_INIT("arn:aws:s3:::");
    struct str rest = STR_NONE;
    return str_starts(arn, prefix) ? str_cut(str_from(arn, prefix.len), '/', &rest) : STR_NONE;
}
