#include "svc/s3/bucket.h"

#include "svc/s3/bucket_access.h"
#include "svc/s3/facts.h"
#include "svc/s3/owner.h"
#include "wire/codec.h"

enum { NAME_MIN = 3, NAME_MAX = 63, LIST_MAX = 10000 };

#define US_EAST_1 STR("us-east-1")

/* --- finding --- */

static struct err look(struct request *rq, struct str name, struct bucket_row *out, bool *found)
{
    const struct bucket_facts *facts = NULL;
    if (rq->writes) {
        return bucket_rows_hold(&rq->ctx, rq->db, name, BUCKET_WILL_STAY, out, found);
    }
    TRY(facts_of(rq, name, &facts));
    *found = facts != NULL;
    if (facts) {
        *out = facts->row;
    }
    return ERR_OK;
}

struct err bucket_need_anywhere(struct request *rq, struct str name, struct str owner, struct bucket_row *out)
{
    bool found = false;
    TRY(look(rq, name, out, &found));
    if (!found) {
        request_element(rq, STR("BucketName"), name);
        return s3_fail(rq, &S3_NO_SUCH_BUCKET);
    }
    return owner.ptr && !str_equal(owner, out->account) ? s3_fail(rq, &S3_ACCESS_DENIED) : ERR_OK;
}

/* spec: S3 user guide, "Making requests", redirects. One endpoint serves all regions here: the one that signed counts. */
struct err bucket_need(struct request *rq, struct str name, struct str owner, struct bucket_row *out)
{
    TRY(bucket_need_anywhere(rq, name, owner, out));
    if (rq->caller.type == PRINCIPAL_AWS_SERVICE || rq->caller.type == PRINCIPAL_ANONYMOUS) {
        rq->region = out->region; /* a service reaches buckets of every Region, and who signs nothing names none */
    }
    if (str_equal(out->region, rq->region)) {
        return ERR_OK;
    }
    request_header(rq, STR("x-amz-bucket-region"), out->region);
    request_element(rq, STR("Endpoint"), str_format(rq->ctx.arena, "%" STR_FMT ".s3.%" STR_FMT ".amazonaws.com", STR_ARG(name), STR_ARG(out->region)));
    request_element(rq, STR("Bucket"), name);
    return s3_fail(rq, &S3_PERMANENT_REDIRECT);
}

struct err bucket_setting(struct request *rq, struct str bucket, struct str kind, struct str id, const struct shape *shape,
                          const void **out)
{
    const struct bucket_facts *facts = NULL;
    struct str document = STR_NONE;
    void *value = NULL;
    if (rq->writes || id.len) {
        TRY(setting_rows_get(&rq->ctx, rq->db, bucket, kind, id, &document));
    } else {
        TRY(facts_of(rq, bucket, &facts));
        document = facts_setting(facts, kind);
    }
    TRY(document.ptr ? wire_json_read(&rq->ctx, shape, document, &value) : ERR_OK);
    *out = value;
    return ERR_OK;
}

struct err bucket_setting_put(struct request *rq, struct str bucket, struct str kind, struct str id, const struct shape *shape,
                              const void *value)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, shape, value);
    return setting_rows_put(&rq->ctx, rq->db, bucket, kind, id, json_done(&w));
}

/* --- making --- */

static bool is_address(struct str name)
{
    int parts = 0;
    for (struct str rest = name; rest.ptr; parts++) {
        int64_t number = 0;
        const struct str part = str_cut(rest, '.', &rest);
        if (part.len > 3 || !str_to_int(part, &number)) {
            return false;
        }
    }
    return parts == 4;
}

/* spec: S3 user guide, "Bucket naming rules", general purpose buckets. */
static bool is_name(struct str name)
{
    static const struct str starts[] = { STR_INIT("xn--"), STR_INIT("sthree-"), STR_INIT("amzn-s3-demo-") };
    static const struct str ends[] = { STR_INIT("-s3alias"), STR_INIT("--ol-s3"), STR_INIT(".mrap"), STR_INIT("--x-s3"), STR_INIT("--table-s3") };
    bool odd = name.len < NAME_MIN || name.len > NAME_MAX || is_address(name) || str_search(name, STR("..")) != STR_MISSING;
    for (size_t i = 0; !odd && i < name.len; i++) {
        const char c = name.ptr[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        odd = !plain && ((c != '.' && c != '-') || i == 0 || i + 1 == name.len);
    }
    for (size_t i = 0; !odd && i < COUNT_OF(starts); i++) {
        odd = str_starts(name, starts[i]);
    }
    for (size_t i = 0; !odd && i < COUNT_OF(ends); i++) {
        odd = str_ends(name, ends[i]);
    }
    return !odd;
}

static bool is_region(struct str s)
{
    static const struct str begins[] = { STR_INIT("us-"), STR_INIT("eu-"), STR_INIT("ap-"), STR_INIT("sa-"), STR_INIT("ca-"), STR_INIT("me-"),
                                         STR_INIT("af-"), STR_INIT("il-"), STR_INIT("mx-"), STR_INIT("cn-") };
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        if (str_starts(s, begins[i]) && s.len > 3 && s.ptr[s.len - 1] >= '1' && s.ptr[s.len - 1] <= '9') {
            return true;
        }
    }
    return false;
}

/* spec: S3 API reference, CreateBucket, LocationConstraint. */
static struct err choose_region(struct request *rq, const struct s3_create_bucket_configuration *configuration, struct str *region)
{
    const struct str asked = configuration ? configuration->location_constraint : STR_NONE;
    const bool global = str_equal(rq->region, US_EAST_1);
    *region = str_equal(asked, STR("EU")) ? STR("eu-west-1") : asked.len ? asked : rq->region;
    if (asked.len == 0 && !global) {
        return fail(&rq->ctx, &S3_ILLEGAL_LOCATION_CONSTRAINT,
                    "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.");
    }
    if (asked.len && (!is_region(*region) || (global && str_equal(asked, US_EAST_1)))) {
        request_element(rq, STR("LocationConstraint"), asked);
        return s3_fail(rq, &S3_INVALID_LOCATION_CONSTRAINT);
    }
    if (!global && !str_equal(*region, rq->region)) {
        return fail(&rq->ctx, &S3_ILLEGAL_LOCATION_CONSTRAINT,
                    "The %" STR_FMT " location constraint is incompatible for the region specific endpoint this request was sent to.",
                    STR_ARG(asked));
    }
    return ERR_OK;
}

/* spec: making one's own bucket again is no error in us-east-1 alone; as AWS answered, with tags it is one there too. */
static struct err taken(struct request *rq, const struct bucket_row *row, const struct bucket_row *there, bool tagged)
{
    request_element(rq, STR("BucketName"), row->name);
    if (!str_equal(row->account, there->account)) {
        return s3_fail(rq, &S3_BUCKET_ALREADY_EXISTS);
    }
    const bool again = str_equal(there->region, US_EAST_1) && str_equal(row->region, US_EAST_1) && !tagged;
    return again ? ERR_OK : s3_fail(rq, &S3_BUCKET_ALREADY_OWNED_BY_YOU);
}

struct err s3_create_bucket(struct request *rq, const struct s3_create_bucket_in *in, struct s3_create_bucket_out *out)
{
    struct bucket_row row = { .name = in->bucket, .account = rq->account, .created_ms = rq->ctx.now_ms,
                              .object_lock = in->object_lock_enabled_for_bucket.v };
    struct bucket_row there = { .name = STR_NONE };
    bool found = false;
    if (!is_name(in->bucket)) {
        request_element(rq, STR("BucketName"), in->bucket);
        return s3_fail(rq, &S3_INVALID_BUCKET_NAME);
    }
    TRY(choose_region(rq, in->create_bucket_configuration, &row.region));
    TRY(bucket_rows_get(&rq->ctx, rq->db, row.name, &there, &found));
    out->location = str_format(rq->ctx.arena, "/%" STR_FMT, STR_ARG(row.name));
    out->bucket_arn = str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(row.name));
    if (found) {
        return taken(rq, &row, &there, in->create_bucket_configuration && in->create_bucket_configuration->tags.count > 0);
    }
    row.versioning = row.object_lock ? STR("Enabled") : STR("");
    const struct err err = bucket_rows_insert(&rq->ctx, rq->db, &row);
    TRY(err_is(err, &STORE_CONFLICT) ? s3_fail(rq, &S3_BUCKET_ALREADY_EXISTS) : err);
    return bucket_access_begin(rq, in, &row);
}

struct err s3_delete_bucket(struct request *rq, const struct s3_delete_bucket_in *in, struct s3_delete_bucket_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    bool holds = false;
    (void)out;
    TRY(bucket_rows_hold(&rq->ctx, rq->db, in->bucket, BUCKET_WILL_GO, &row, &holds)); /* before anything else locks it */
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(bucket_rows_holds_any(&rq->ctx, rq->db, row.name, &holds));
    if (holds) {
        request_element(rq, STR("BucketName"), row.name);
    }
    if (holds && row.versioning.len) {
        return fail(&rq->ctx, &S3_BUCKET_NOT_EMPTY,
                    "The bucket you tried to delete is not empty. You must delete all versions in the bucket.");
    }
    return holds ? s3_fail(rq, &S3_BUCKET_NOT_EMPTY) : bucket_rows_delete(&rq->ctx, rq->db, row.name);
}

struct err s3_head_bucket(struct request *rq, const struct s3_head_bucket_in *in, struct s3_head_bucket_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    out->bucket_region = row.region;
    out->bucket_arn = str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(row.name));
    out->access_point_alias = (struct opt_bool)SOME(false);
    return ERR_OK;
}

/* spec: the answer is the region alone, as text of the root; nothing for us-east-1. */
struct err s3_get_bucket_location(struct request *rq, const struct s3_get_bucket_location_in *in, struct s3_get_bucket_location_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    TRY(bucket_need_anywhere(rq, in->bucket, in->expected_bucket_owner, &row));
    const bool oldest = str_equal(row.region, US_EAST_1);
    out->location_constraint = oldest ? STR_NONE : row.region;
    rq->extra.body = str_format(rq->ctx.arena,
                                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">%" STR_FMT "</LocationConstraint>",
                                STR_ARG(oldest ? STR("") : row.region));
    return ERR_OK;
}

/* --- listing --- */

struct err s3_list_buckets(struct request *rq, const struct s3_list_buckets_in *in, struct s3_list_buckets_out *out)
{
    struct arena *arena = rq->ctx.arena;
    const size_t max = in->max_buckets.set ? (size_t)in->max_buckets.v : LIST_MAX;
    struct bucket_row *rows = NULL;
    struct str after = STR_NONE;
    size_t count = 0;
    if (in->continuation_token.ptr && !str_unbase64(arena, in->continuation_token, &after)) {
        return s3_invalid_argument(rq, "continuation-token", in->continuation_token, "The continuation token provided is incorrect");
    }
    TRY(bucket_rows_list(&rq->ctx, rq->db, rq->account, after, in->prefix, in->bucket_region, max + 1, &rows, &count));
    const bool more = count > max;
    count = more ? max : count;
    const bool paged = in->max_buckets.set || in->prefix.ptr || in->bucket_region.ptr;
    out->owner = owner_of_account(arena, rq->account);
    out->prefix = in->prefix;
    out->continuation_token = more ? str_base64(arena, rows[count - 1].name) : STR_NONE;
    out->buckets.items = ARENA_ARRAY(arena, struct s3_bucket, count + 1);
    out->buckets.count = count;
    for (size_t i = 0; i < count; i++) {
        out->buckets.items[i] = (struct s3_bucket){ .name = rows[i].name, .creation_date = SOME(rows[i].created_ms),
                                                    .bucket_arn = paged ? str_format(arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(rows[i].name)) : STR_NONE,
                                                    .bucket_region = paged ? rows[i].region : STR_NONE };
    }
    return ERR_OK;
}
