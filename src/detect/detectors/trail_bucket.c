/* trail_bucket.c - the bucket that receives a trail's logs is deleted.
 * spec: GuardDuty user guide, Stealth:IAMUser/CloudTrailLoggingDisabled: also raised when the S3 bucket of a trail goes;
 * CloudTrail user guide, bucket policy: CloudTrail asks for the bucket's ACL before it delivers.
 *
 * Which buckets these are is told by the calls that set a trail up and by CloudTrail's own calls on the bucket. */
#include "detect/detectors.h"

enum { BUCKETS_MAX = 32 }; /* an account has five trails a region; the oldest gives way */

struct memory {
    uint64_t buckets[BUCKETS_MAX]; /* hashes of names; 0: free */
    uint32_t next;
};

static bool is(const struct event *ev, enum field field, const char *value)
{
    return str_equal(event_get(ev, field), str_of(value));
}

static bool names_a_trail_bucket(const struct event *ev)
{
    return is(ev, FIELD_SERVICE, "cloudtrail.amazonaws.com") || is(ev, FIELD_INVOKED_BY, "cloudtrail.amazonaws.com");
}

static bool wants(const struct event *ev)
{
    return is(ev, FIELD_ACTION, "DeleteBucket") ? is(ev, FIELD_SERVICE, "s3.amazonaws.com") : names_a_trail_bucket(ev);
}

static struct str bucket_of(const struct event *ev)
{
    const struct json *request = json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL);
    const struct str name = json_text(json_get(request, STR("bucketName")));
    return name.len > 0 ? name : json_text(json_get(request, STR("s3BucketName")));
}

/* FNV-1a: the same in every run, unlike str_hash. */
static uint64_t hash_of(struct str name)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.ptr[i]) * 0x100000001b3U;
    }
    return hash | 1;
}

static bool knows(const struct memory *memory, uint64_t bucket)
{
    for (size_t i = 0; i < BUCKETS_MAX; i++) {
        if (memory->buckets[i] == bucket) {
            return true;
        }
    }
    return false;
}

static void learn(struct memory *memory, uint64_t bucket)
{
    if (!knows(memory, bucket)) {
        memory->buckets[memory->next++ % BUCKETS_MAX] = bucket;
    }
}

static bool inspect(const struct event *ev, void *state, const struct intel *intel, struct verdict *verdict)
{
    (void)intel;
    const struct str name = bucket_of(ev);
    const uint64_t bucket = hash_of(name);
    if (name.len == 0) {
        return false;
    }
    if (!is(ev, FIELD_ACTION, "DeleteBucket")) {
        learn(state, bucket);
        return false;
    }
    verdict->resource = name;
    verdict->why = STR("CloudTrail delivered logs to this bucket");
    return knows(state, bucket);
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
              { FIELD_ACTION, "GetBucketAcl" }, { FIELD_ACTION, "PutObject" } },
    .wants = wants,
    .key = FIELD_ACCOUNT,
    .memory = sizeof(struct memory),
    .inspect = inspect,
};
