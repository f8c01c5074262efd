#include "detect/occurrence.h"

#include "base/clock.h"
#include "detect/body.h"
#include "detect/catalogue.h"

struct parts {
    struct arena *arena;
    const struct event *ev;
    const struct detection *detection;
    const struct verdict *verdict;
    const struct json *record; /* NULL when it can't be parsed strictly: names stay unknown, the finding is still made */
    const struct catalogue_entry *entry;
    struct finding *finding;
};

struct str_pair {
    struct str name, value;
};

static struct str or_else(struct str first, struct str second) { return first.len > 0 ? first : second; }

/* Whatever a log holds, a finding stays small: AWS itself cuts these at 1 KB. */
enum { MEMBER_MAX = 1024 };

static void members(struct json_writer *w, const struct str_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].value.len > 0) {
            json_member_str(w, pairs[i].name, record_short(w->text.arena, pairs[i].value, MEMBER_MAX));
        }
    }
}
#define MEMBERS(w, ...) \
    members((w), (const struct str_pair[]){ __VA_ARGS__ }, sizeof((const struct str_pair[]){ __VA_ARGS__ }) / sizeof(struct str_pair))

static struct str partition_of(struct str region)
{
    if (str_starts(region, STR("cn-"))) {
        return STR("aws-cn");
    }
    return str_starts(region, STR("us-gov-")) ? STR("aws-us-gov") : STR("aws");
}

static void write_access_key(struct json_writer *w, const struct event *ev)
{
    json_key(w, STR("accessKeyDetails"));
    json_open_object(w);
    MEMBERS(w, { STR("accessKeyId"), event_get(ev, FIELD_ACCESS_KEY) }, { STR("principalId"), event_get(ev, FIELD_PRINCIPAL_ID) },
            { STR("userName"), event_get(ev, FIELD_USER_NAME) }, { STR("userType"), event_get(ev, FIELD_IDENTITY) });
    json_close_object(w);
}

static void write_bucket(struct json_writer *w, const struct parts *p)
{
    const struct str name = p->finding->resource_id;
    const struct str arn = str_format(p->arena, "arn:%" STR_FMT ":s3:::%" STR_FMT, STR_ARG(partition_of(p->finding->region)), STR_ARG(name));
    json_key(w, STR("s3BucketDetails"));
    json_open_array(w);
    json_open_object(w);
    MEMBERS(w, { STR("arn"), arn }, { STR("name"), name }, { STR("type"), STR("Destination") });
    json_close_object(w);
    json_close_array(w);
}

static void write_details(struct json_writer *w, struct str member, struct str key, struct str value)
{
    json_key(w, member);
    json_open_object(w);
    json_member_str(w, key, value);
    json_close_object(w);
}

static struct str resource_arn(const struct parts *p, const char *service, const char *kind)
{
    const struct finding *f = p->finding;
    if (str_starts(f->resource_id, STR("arn:"))) {
        return f->resource_id;
    }
    return str_format(p->arena, "arn:%" STR_FMT ":%s:%" STR_FMT ":%" STR_FMT ":%s/%" STR_FMT, STR_ARG(partition_of(f->region)),
                      service, STR_ARG(f->region), STR_ARG(f->account), kind, STR_ARG(f->resource_id));
}

static void write_named(struct json_writer *w, const struct parts *p)
{
    const struct str type = p->finding->resource_type;
    const struct str name = p->finding->resource_id;
    if (str_equal(type, STR("S3Bucket"))) {
        write_bucket(w, p);
    }
    if (str_equal(type, STR("Instance")) || (str_equal(type, STR("AccessKey")) && str_starts(name, STR("i-")))) {
        write_details(w, STR("instanceDetails"), STR("instanceId"), name);
    }
    if (str_equal(type, STR("RDSDBInstance"))) {
        write_details(w, STR("rdsDbInstanceDetails"), STR("dbInstanceIdentifier"), name);
    }
    if (str_equal(type, STR("Lambda"))) {
        write_details(w, STR("lambdaDetails"), STR("functionName"), name);
    }
    if (str_equal(type, STR("EBSSnapshot"))) {
        write_details(w, STR("ebsSnapshotDetails"), STR("snapshotArn"), resource_arn(p, "ec2", "snapshot"));
    }
    if (str_equal(type, STR("EC2Image"))) {
        write_details(w, STR("ec2ImageDetails"), STR("imageArn"), resource_arn(p, "ec2", "image"));
    }
}

/* The members of an object given as text. */
static void write_members(struct json_writer *w, struct str object)
{
    const struct json *tree = json_parse(w->text.arena, object, NULL);
    for (const struct json *j = tree ? tree->child : NULL; j; j = j->next) {
        json_key(w, j->key);
        json_write_tree(w, j);
    }
}

static void write_whole(struct json_writer *w, struct str key, struct str object)
{
    if (object.len > 0) {
        json_key(w, key);
        json_raw(w, object);
    }
}

static void write_resource(struct json_writer *w, const struct parts *p)
{
    const struct str details = p->verdict->resource_details;
    json_key(w, STR("resource"));
    json_open_object(w);
    json_member_str(w, STR("resourceType"), p->finding->resource_type);
    if (details.len == 0 || str_equal(p->finding->resource_type, STR("AccessKey"))) {
        write_access_key(w, p->ev);
    }
    if (details.len == 0 && !str_equal(p->finding->resource_id, record_caller_key(p->ev))) {
        write_named(w, p);
    }
    write_members(w, details);
    json_close_object(w);
}

static bool is_address(struct str s)
{
    if (str_find(s, ':') != STR_MISSING) {
        return true;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '.' && (s.ptr[i] < '0' || s.ptr[i] > '9')) {
            return false;
        }
    }
    return s.len > 0;
}

static void write_remote(struct json_writer *w, struct str source)
{
    if (source.len == 0) {
        return;
    }
    const bool address = is_address(source);
    json_member_str(w, STR("callerType"), address ? STR("Remote IP") : STR("Domain"));
    if (address) {
        const bool six = str_find(source, ':') != STR_MISSING;
        write_details(w, STR("remoteIpDetails"), six ? STR("ipAddressV6") : STR("ipAddressV4"), source);
        return;
    }
    write_details(w, STR("domainDetails"), STR("domain"), source);
}

/* spec: CloudTrail record contents, resources: ARN and type, when the service gives them. */
static void write_affected(struct json_writer *w, const struct parts *p)
{
    enum { AFFECTED_MAX = 5 };
    const struct json *resources = p->record ? json_get(p->record, STR("resources")) : NULL;
    struct str seen[AFFECTED_MAX];
    size_t count = 0;
    json_key(w, STR("affectedResources"));
    json_open_object(w);
    for (const struct json *r = resources ? resources->child : NULL; r && count < AFFECTED_MAX; r = r->next) {
        const struct str type = json_text(json_get(r, STR("type")));
        const struct str arn = json_text(json_get(r, STR("ARN")));
        bool fresh = type.len > 0 && arn.len > 0;
        for (size_t i = 0; i < count; i++) {
            fresh = fresh && !str_equal(seen[i], type);
        }
        if (fresh) {
            seen[count++] = type;
            json_member_str(w, type, arn);
        }
    }
    json_close_object(w);
}

static void write_action(struct json_writer *w, const struct parts *p)
{
    const struct event *ev = p->ev;
    json_key(w, STR("action"));
    json_open_object(w);
    json_member_str(w, STR("actionType"), STR("AWS_API_CALL"));
    json_key(w, STR("awsApiCallAction"));
    json_open_object(w);
    MEMBERS(w, { STR("api"), event_get(ev, FIELD_ACTION) }, { STR("serviceName"), event_get(ev, FIELD_SERVICE) });
    write_remote(w, event_get(ev, FIELD_IP));
    MEMBERS(w, { STR("userAgent"), event_get(ev, FIELD_AGENT) }, { STR("errorCode"), event_get(ev, FIELD_ERROR) });
    const struct str caller = event_get(ev, FIELD_CALLER_ACCOUNT);
    if (caller.len > 0 && !str_equal(caller, p->finding->account)) {
        json_key(w, STR("remoteAccountDetails"));
        json_open_object(w);
        json_member_str(w, STR("accountId"), caller);
        json_member_bool(w, STR("affiliated"), false);
        json_close_object(w);
    }
    write_affected(w, p);
    json_close_object(w);
    json_close_object(w);
}

static struct str why_json(const struct parts *p)
{
    struct json_writer w = json_writer_new(p->arena);
    json_open_object(&w);
    MEMBERS(&w, { STR("rule"), p->detection->id }, { STR("ruleFile"), p->detection->file },
            { STR("signal"), p->detection->signal }, { STR("why"), p->verdict->why }, { STR("principal"), p->finding->principal },
            { STR("resource"), p->finding->resource_id });
    write_members(&w, p->verdict->facts);
    json_key(&w, STR("events"));
    json_open_array(&w);
    json_open_object(&w);
    MEMBERS(&w, { STR("id"), event_get(p->ev, FIELD_EVENT_ID) });
    json_member_int(&w, STR("at"), p->ev->at_ms);
    MEMBERS(&w, { STR("file"), p->ev->file });
    json_member_int(&w, STR("offset"), (int64_t)p->ev->offset);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    return json_done(&w);
}

static void write_evidence(struct json_writer *w, const struct parts *p)
{
    if (p->verdict->list.len == 0) {
        return;
    }
    json_key(w, STR("evidence"));
    json_open_object(w);
    json_key(w, STR("threatIntelligenceDetails"));
    json_open_array(w);
    json_open_object(w);
    json_member_str(w, STR("threatListName"), p->verdict->list);
    if (p->verdict->threat.len > 0) {
        json_key(w, STR("threatNames"));
        json_open_array(w);
        json_str(w, record_short(w->text.arena, p->verdict->threat, MEMBER_MAX));
        json_close_array(w);
    }
    json_close_object(w);
    json_close_array(w);
    json_close_object(w);
}

static void write_service(struct json_writer *w, const struct parts *p)
{
    const struct finding *f = p->finding;
    json_key(w, STR("service"));
    json_open_object(w);
    json_member_str(w, STR("serviceName"), STR("guardduty"));
    json_member_str(w, STR("detectorId"), finding_detector_id(p->arena, f->account, f->region));
    write_whole(w, STR("action"), p->verdict->action);
    const bool is_call = !body_has_no_call(p->ev) && !str_starts(f->type, STR("AttackSequence:"));
    if (p->verdict->action.len == 0 && is_call) {
        write_action(w, p);
    }
    write_whole(w, STR("detection"), p->verdict->detection);
    write_whole(w, STR("runtimeDetails"), p->verdict->runtime_details);
    write_members(w, p->verdict->service_details);
    json_member_str(w, STR("resourceRole"), or_else(p->verdict->role, STR("TARGET")));
    json_key(w, STR("additionalInfo"));
    json_open_object(w);
    json_member_str(w, STR("value"), why_json(p));
    json_member_str(w, STR("type"), STR("default"));
    json_close_object(w);
    write_evidence(w, p);
    json_member_str(w, STR("eventFirstSeen"), clock_format_iso8601(p->arena, f->first_ms));
    json_member_str(w, STR("eventLastSeen"), clock_format_iso8601(p->arena, f->last_ms));
    json_member_bool(w, STR("archived"), false);
    json_member_int(w, STR("count"), f->count);
    json_member_str(w, STR("featureName"), p->entry && p->entry->feature.len > 0 ? p->entry->feature : STR("CLOUD_TRAIL"));
    json_close_object(w);
}

static struct str finding_json(const struct parts *p)
{
    const struct finding *f = p->finding;
    const struct str partition = partition_of(f->region);
    const struct str detector = finding_detector_id(p->arena, f->account, f->region);
    struct json_writer w = json_writer_new(p->arena);
    json_open_object(&w);
    json_member_str(&w, STR("schemaVersion"), STR("2.0"));
    json_member_str(&w, STR("accountId"), f->account);
    json_member_str(&w, STR("region"), f->region);
    json_member_str(&w, STR("partition"), partition);
    json_member_str(&w, STR("id"), f->id);
    json_member_str(&w, STR("arn"),
                    str_format(p->arena, "arn:%" STR_FMT ":guardduty:%" STR_FMT ":%" STR_FMT ":detector/%" STR_FMT "/finding/%" STR_FMT,
                               STR_ARG(partition), STR_ARG(f->region), STR_ARG(f->account), STR_ARG(detector), STR_ARG(f->id)));
    json_member_str(&w, STR("type"), f->type);
    write_resource(&w, p);
    write_service(&w, p);
    json_key(&w, STR("severity"));
    json_write_double(&w, f->severity);
    json_member_str(&w, STR("createdAt"), clock_format_iso8601_ms(p->arena, f->first_ms));
    json_member_str(&w, STR("updatedAt"), clock_format_iso8601_ms(p->arena, f->last_ms));
    json_member_str(&w, STR("title"), f->title);
    json_member_str(&w, STR("description"), f->description);
    json_close_object(&w);
    return json_done(&w);
}

/* The first of the paths that leads somewhere. */
static struct str first_name(struct arena *arena, const struct detection *detection, const struct json *record)
{
    for (struct str rest = detection->name; rest.len > 0;) {
        const struct str path = str_cut(rest, '|', &rest);
        const struct str name = record_text(arena, record, path);
        if (name.len > 0) {
            return name;
        }
    }
    return STR_NONE;
}

/* Flow records may not name their region, but the object they lie in does.
 * spec: VPC user guide, flow log files: AWSLogs/[o-…/]ACCOUNT/SERVICE/REGION/…. */
static struct str region_of_key(struct str file)
{
    const size_t start = str_search(file, STR("AWSLogs/"));
    struct str rest = start == STR_MISSING ? STR_NONE : str_from(file, start + 8);
    struct str part = str_cut(rest, '/', &rest);
    if (str_starts(part, STR("o-"))) {
        part = str_cut(rest, '/', &rest);
    }
    part = str_cut(rest, '/', &rest);
    part = str_cut(rest, '/', &rest);
    const bool named = rest.ptr && part.len >= 9 && part.len <= 20 && str_find(part, '-') != STR_MISSING;
    return named && part.ptr[part.len - 1] >= '1' && part.ptr[part.len - 1] <= '9' ? part : STR_NONE;
}

/* Both become parts of ARNs and of keys in S3: what is no account or region is not taken for one. */
static struct str account_of(const struct occurrence_home *home, const struct event *ev)
{
    const struct str account = or_else(event_get(ev, FIELD_ACCOUNT), home->account);
    bool sound = account.len == 12;
    for (size_t i = 0; sound && i < account.len; i++) {
        sound = account.ptr[i] >= '0' && account.ptr[i] <= '9';
    }
    return sound ? account : STR("000000000000");
}

static struct str region_of(const struct occurrence_home *home, const struct event *ev)
{
    const struct str region = event_get(ev, FIELD_REGION);
    bool sound = region.len > 0 && region.len <= 32;
    for (size_t i = 0; sound && i < region.len; i++) {
        const char c = region.ptr[i];
        sound = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return sound ? region : or_else(region_of_key(ev->file), or_else(home->region, STR("us-east-1")));
}

const struct json *occurrence_name(const struct occurrence_home *home, const struct event *ev, const struct detection *detection,
                                   const struct verdict *verdict, struct finding *out)
{
    struct arena *arena = ev->arena;
    const bool in_record = verdict->resource.len == 0 && detection->name.len > 0;
    const struct json *record = in_record ? json_parse(arena, ev->raw, NULL) : NULL;
    const struct str named = in_record ? first_name(arena, detection, record) : STR_NONE;
    const struct str caller = record_caller_key(ev);
    *out = (struct finding){
        .type = or_else(verdict->type, detection->type),
        .severity = verdict->severity > 0 ? verdict->severity : detection->severity,
        .account = account_of(home, ev),
        .region = region_of(home, ev),
        .principal = or_else(event_get(ev, FIELD_PRINCIPAL), caller),
        .resource_type = or_else(verdict->resource_type, detection->resource),
        .resource_id = or_else(verdict->resource, or_else(named, caller)),
        .first_ms = ev->at_ms,
        .last_ms = ev->at_ms,
        .count = 1,
        .has_event = true,
        .event = { .id = record_short(arena, event_get(ev, FIELD_EVENT_ID), MEMBER_MAX), .at = ev->at_ms,
                   .file = record_short(arena, ev->file, MEMBER_MAX), .offset = (int64_t)ev->offset },
    };
    const struct str parts[] = { out->type, detection->signal, out->account, out->region, out->resource_type, out->resource_id,
                                 or_else(verdict->role, STR("TARGET")), or_else(verdict->caller, caller), verdict->list, verdict->related };
    out->id = finding_id(arena, parts, sizeof(parts) / sizeof(parts[0]));
    return record;
}

void occurrence_words(struct arena *arena, const struct event *ev, const struct detection *detection, const struct verdict *verdict,
                      const struct json *record, struct finding *out)
{
    const struct parts p = { arena, ev, detection, verdict, record ? record : json_parse(arena, ev->raw, NULL),
                             catalogue_find(out->type), out };
    const struct record_words words = { out->resource_id, verdict->why };
    out->title = record_fill(arena, detection->title, ev, p.record, &words);
    out->description = record_fill(arena, detection->description, ev, p.record, &words);
    out->json = finding_json(&p);
}
