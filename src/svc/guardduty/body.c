/* body.c - reading and changing the JSON body of a finding. */
#include "base/clock.h"
#include "svc/guardduty/finding.h"

/* What names the resource, per resourceType: its details object, and the member in it (of its first element, if a
 * list). */
static const struct {
    struct str type;
    struct str details;
    struct str member;
} RESOURCES[] = {
    { STR_INIT("AccessKey"), STR_INIT("accessKeyDetails"), STR_INIT("accessKeyId") },
    { STR_INIT("S3Bucket"), STR_INIT("s3BucketDetails"), STR_INIT("name") },
    { STR_INIT("S3Object"), STR_INIT("s3BucketDetails"), STR_INIT("name") },
    { STR_INIT("Instance"), STR_INIT("instanceDetails"), STR_INIT("instanceId") },
    { STR_INIT("EKSCluster"), STR_INIT("eksClusterDetails"), STR_INIT("name") },
    { STR_INIT("ECSCluster"), STR_INIT("ecsClusterDetails"), STR_INIT("name") },
    { STR_INIT("Container"), STR_INIT("containerDetails"), STR_INIT("id") },
    { STR_INIT("Lambda"), STR_INIT("lambdaDetails"), STR_INIT("functionName") },
    { STR_INIT("RDSDBInstance"), STR_INIT("rdsDbInstanceDetails"), STR_INIT("dbInstanceIdentifier") },
    { STR_INIT("RDSLimitlessDB"), STR_INIT("rdsLimitlessDbDetails"), STR_INIT("dbShardGroupIdentifier") },
    { STR_INIT("EBSSnapshot"), STR_INIT("ebsSnapshotDetails"), STR_INIT("snapshotArn") },
    { STR_INIT("EC2Image"), STR_INIT("ec2ImageDetails"), STR_INIT("imageArn") },
    { STR_INIT("RecoveryPoint"), STR_INIT("recoveryPointDetails"), STR_INIT("recoveryPointArn") },
};

static struct str or_empty(struct str s)
{
    return s.ptr ? s : STR("");
}

/* A console sign-in has no key: there the user stands for it. */
static struct str resource_id(const struct json *resource, struct str type)
{
    for (size_t i = 0; i < COUNT_OF(RESOURCES); i++) {
        if (str_equal(RESOURCES[i].type, type)) {
            const struct json *details = json_get(resource, RESOURCES[i].details);
            const bool list = details && details->kind == JSON_ARRAY;
            const struct str id = json_text(json_get(list ? details->child : details, RESOURCES[i].member));
            return or_empty(id.len > 0 ? id : json_text(json_get(details, STR("userName"))));
        }
    }
    return STR("");
}

static int64_t time_of(const struct json *j, int64_t otherwise)
{
    int64_t ms = 0;
    return clock_parse_iso8601(json_text(j), &ms) ? ms : otherwise;
}

bool finding_from_body(struct arena *arena, struct str body, struct finding_row *out)
{
    const struct json *finding = json_parse(arena, body, NULL);
    const struct json *resource = json_get(finding, STR("resource"));
    const struct str type = or_empty(json_text(json_get(resource, STR("resourceType"))));
    *out = (struct finding_row){
        .id = json_text(json_get(finding, STR("id"))),
        .type = json_text(json_get(finding, STR("type"))),
        .record_account = json_text(json_get(finding, STR("accountId"))),
        .region = json_text(json_get(finding, STR("region"))),
        .title = or_empty(json_text(json_get(finding, STR("title")))),
        .resource_type = type,
        .resource_id = resource_id(resource, type),
        .archived = json_is_true(json_path(finding, "service.archived")),
        .times = 1,
        .body = body,
    };
    (void)json_int(json_path(finding, "service.count"), &out->times);
    const bool timed = clock_parse_iso8601(json_text(json_get(finding, STR("createdAt"))), &out->created_ms) &&
                       clock_parse_iso8601(json_text(json_get(finding, STR("updatedAt"))), &out->updated_ms);
    out->first_ms = time_of(json_path(finding, "service.eventFirstSeen"), out->created_ms);
    out->last_ms = time_of(json_path(finding, "service.eventLastSeen"), out->updated_ms);
    return timed && json_double(json_get(finding, STR("severity")), &out->severity) && out->id.len > 0 &&
           out->type.ptr && out->record_account.ptr && out->region.ptr;
}

/* node with the value at path replaced or added; NULL node: an object made for it. */
static void write_changed(struct json_writer *w, const struct json *node, struct str path, struct str value)
{
    struct str rest = STR_NONE;
    const struct str head = str_cut(path, '.', &rest);
    const struct json *there = NULL;
    json_open_object(w);
    for (const struct json *child = node && node->kind == JSON_OBJECT ? node->child : NULL; child;
         child = child->next) {
        if (str_equal(child->key, head)) {
            there = child;
            continue;
        }
        json_key(w, child->key);
        json_write_tree(w, child);
    }
    json_key(w, head);
    if (rest.ptr) {
        write_changed(w, there, rest, value);
    } else {
        json_raw(w, value);
    }
    json_close_object(w);
}

struct str finding_change(struct arena *arena, struct str body, const struct finding_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json_writer writer = json_writer_new(arena);
        write_changed(&writer, json_parse(arena, body, NULL), str_of(changes[i].path), changes[i].json);
        body = json_done(&writer);
    }
    return body;
}

struct str finding_arn(struct arena *arena, struct str partition, struct rows rows, struct str detector_id,
                       struct str id)
{
    return str_format(
        arena, "arn:%" STR_FMT ":guardduty:%" STR_FMT ":%" STR_FMT ":detector/%" STR_FMT "/finding/%" STR_FMT,
        STR_ARG(partition), STR_ARG(rows.region), STR_ARG(rows.account), STR_ARG(detector_id), STR_ARG(id));
}
