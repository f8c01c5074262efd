/* trail_bucket.c - the bucket that receives a trail's logs is deleted.
 * spec: GuardDuty user guide, Stealth:IAMUser/CloudTrailLoggingDisabled: also raised when the S3 bucket of a trail goes;
 * CloudTrail user guide, bucket policy: CloudTrail asks for the bucket's ACL before it delivers.
 *
 * Which buckets these are is told by the calls that set a trail up, then its name is known too, and by CloudTrail's own calls
 * on the bucket, which do not name the trail. A bucket whose trail was deleted before receives nothing any more: that
 * deletion was the finding. */
#include "detect/detectors.h"

enum { BUCKETS_MAX = 32 }; /* an account has five trails a region; the oldest gives way */
#define SAME_ACT_MS ((int64_t)60 * 60 * 1000) /* a trail of unknown bucket and a bucket of unknown trail go together */

struct memory {
    struct {
        uint64_t name, trail; /* hashes; trail 0: not known, name 0: free */
    } buckets[BUCKETS_MAX];
    uint32_t next;
    int64_t unknown_gone_ms; /* when a trail was deleted whose bucket isn't known */
};

static bool is(const struct event *ev, enum field field, const char *value)
{
    return str_equal(event_get(ev, field), str_of(value));
}

static bool is_of_a_trail(const struct event *ev)
{
    return is(ev, FIELD_SERVICE, "cloudtrail.amazonaws.com") || is(ev, FIELD_INVOKED_BY, "cloudtrail.amazonaws.com");
}

static bool wants(const struct event *ev)
{
    return is(ev, FIELD_ACTION, "DeleteBucket") ? is(ev, FIELD_SERVICE, "s3.amazonaws.com") : is_of_a_trail(ev);
}

static struct str requested(const struct event *ev, const char *name)
{
    return json_text(json_get(json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL), str_of(name)));
}

/* FNV-1a: the same in every run, unlike str_hash. A trail is named or given by its ARN: what follows the slash counts. */
static uint64_t hash_of(struct str name)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < name.len; i++) {
        hash = name.ptr[i] == '/' ? 0xcbf29ce484222325U : (hash ^ (unsigned char)name.ptr[i]) * 0x100000001b3U;
    }
    return name.len > 0 ? hash | 1 : 0;
}

static void learn(struct memory *memory, uint64_t bucket, uint64_t trail)
{
    for (size_t i = 0; i < BUCKETS_MAX; i++) {
        if (memory->buckets[i].name == bucket) {
            memory->buckets[i].trail = trail ? trail : memory->buckets[i].trail;
            return;
        }
    }
    const uint32_t at = memory->next++ % BUCKETS_MAX;
    memory->buckets[at].name = bucket;
    memory->buckets[at].trail = trail;
}

static void forget(struct memory *memory, uint64_t trail, int64_t at_ms)
{
    bool known = false;
    for (size_t i = 0; i < BUCKETS_MAX; i++) {
        if (memory->buckets[i].name != 0 && memory->buckets[i].trail == trail) {
            memory->buckets[i].name = 0;
            known = true;
        }
    }
    if (!known) {
        memory->unknown_gone_ms = at_ms;
    }
}

static bool receives(const struct memory *memory, uint64_t bucket, int64_t at_ms)
{
    const int64_t since = at_ms - memory->unknown_gone_ms;
    const bool gone = memory->unknown_gone_ms != 0 && since >= 0 && since < SAME_ACT_MS;
    for (size_t i = 0; i < BUCKETS_MAX; i++) {
        if (memory->buckets[i].name == bucket) {
            return memory->buckets[i].trail != 0 || !gone;
        }
    }
    return false;
}

static bool inspect(const struct event *ev, void *state, const struct intel *intel, struct verdict *verdict)
{
    (void)intel;
    if (is(ev, FIELD_ACTION, "DeleteTrail")) {
        forget(state, hash_of(requested(ev, "name")), ev->at_ms);
        return false;
    }
    const bool by_trail = is(ev, FIELD_SERVICE, "cloudtrail.amazonaws.com");
    const struct str bucket = requested(ev, by_trail ? "s3BucketName" : "bucketName");
    if (bucket.len == 0) {
        return false;
    }
    if (!is(ev, FIELD_ACTION, "DeleteBucket")) {
        learn(state, hash_of(bucket), by_trail ? hash_of(requested(ev, "name")) : 0);
        return false;
    }
    verdict->resource = bucket;
    verdict->why = STR("CloudTrail delivered logs to this bucket");
    return receives(state, hash_of(bucket), ev->at_ms);
}

const struct detector TRAIL_BUCKET_DELETED = {
    .detection = {
        .id = STR_INIT("trail-bucket-deleted"),
        .type = STR_INIT("Stealth:IAMUser/CloudTrailLoggingDisabled"),
        .severity = 2,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("The bucket ${resource} of a CloudTrail trail was deleted."),
        .description = STR_INIT("${caller} called ${eventName} on the bucket ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_ACTION, "DeleteBucket" }, { FIELD_ACTION, "CreateTrail" }, { FIELD_ACTION, "UpdateTrail" },
              { FIELD_ACTION, "DeleteTrail" },
              { FIELD_ACTION, "GetBucketAcl" }, { FIELD_ACTION, "PutObject" } },
    .wants = wants,
    .key = FIELD_ACCOUNT,
    .memory = sizeof(struct memory),
    .inspect = inspect,
};
