#include "svc/guardduty/sample.h"

#include "base/clock.h"
#include "detect/catalogue.h"
#include "detect/finding.h"
#include "svc/guardduty/filter.h"
#include "svc/guardduty/finding.h"
#include "svc/guardduty/publish.h"
#include "wire/codec.h"

static enum sample_malware malware_of(const struct catalogue_entry *entry)
{
    const bool backup = str_equal(entry->resource_type, STR("RecoveryPoint")) ||
                        str_equal(entry->resource_type, STR("EBSSnapshot")) ||
                        str_equal(entry->resource_type, STR("EC2Image"));
    if (str_equal(entry->feature, STR("EBS_MALWARE_PROTECTION"))) {
        return SAMPLE_VOLUME_SCAN;
    }
    if (str_equal(entry->resource_type, STR("S3Object"))) {
        return SAMPLE_OBJECT_SCAN;
    }
    return backup ? SAMPLE_BACKUP_SCAN : SAMPLE_NO_MALWARE;
}

static struct sample_type type_of(const struct catalogue_entry *entry)
{
    const bool sequence = str_starts(entry->type, STR("AttackSequence:"));
    const bool outward =
        str_equal(entry->action_type, STR("DNS_REQUEST")) || str_equal(entry->action_type, STR("NETWORK_CONNECTION"));
    return (struct sample_type){
        .name = entry->type,
        .resource_type = sequence ? STR("AttackSequence") : entry->resource_type,
        .role = outward ? STR("ACTOR") : STR("TARGET"),
        .action = entry->action_type,
        .title = entry->title,
        .description = entry->description,
        .severity = entry->severity,
        .malware = malware_of(entry),
        .runtime = !sequence && str_equal(entry->feature, STR("RUNTIME_MONITORING")),
        .sequence = sequence,
    };
}

static const struct guardduty_service *service_of(const struct sample_place *place, const struct sample_type *type,
                                                  int64_t count, bool archived)
{
    static const struct guardduty_service_additional_info SAMPLE = {
        .value = STR_INIT("{\"sample\":true}"),
        .type = STR_INIT("default"),
    };
    const struct str now = clock_format_iso8601_ms(place->arena, place->now_ms);
    struct guardduty_service *service = ARENA_NEW(place->arena, struct guardduty_service);
    *service = (struct guardduty_service){
        .action = sample_action(type->action),
        .additional_info = &SAMPLE,
        .archived = SOME(archived),
        .count = SOME(count < INT32_MAX ? (int32_t)count : INT32_MAX),
        .event_first_seen = now,
        .event_last_seen = now,
        .feature_name = type->sequence                        ? STR("Correlation")
                        : type->malware == SAMPLE_VOLUME_SCAN ? STR("EbsVolumeScan")
                                                              : STR_NONE,
        .resource_role = type->role,
        .service_name = STR("guardduty"),
    };
    sample_evidence(place, type, service);
    return service;
}

/* The JSON of one sample; old: the one of the same type that is there already, or NULL. */
static struct str body_of(const struct sample_place *place, const struct sample_type *type, struct str id,
                          const struct finding_row *old)
{
    static const struct finding_change MARK = { "service.additionalInfo.sample", STR_INIT("true") };
    const struct guardduty_finding finding = {
        .account_id = place->account,
        .created_at = clock_format_iso8601_ms(place->arena, old ? old->created_ms : place->now_ms),
        .updated_at = clock_format_iso8601_ms(place->arena, place->now_ms),
        .description = type->description,
        .id = id,
        .partition = place->partition,
        .region = place->region,
        .resource = sample_resource(place, type),
        .schema_version = STR("2.0"),
        .service = service_of(place, type, old ? old->times + 1 : 1, old && old->archived),
        .severity = SOME(type->severity),
        .title = str_format(place->arena, "[SAMPLE] %" STR_FMT, STR_ARG(type->title)),
        .type = type->name,
    };
    struct json_writer writer = json_writer_new(place->arena);
    wire_json_write(&writer, GUARDDUTY_SHAPE_FINDING, &finding);
    return finding_change(place->arena, json_done(&writer), &MARK, 1);
}

/* A sample made again counts as a repeat of the first: same id, count one higher. */
static struct err create_sample(struct request *rq, const struct catalogue_entry *entry)
{
    const struct sample_place place = { rq->ctx.arena, rq->partition, rq->region, rq->account, rq->ctx.now_ms };
    const struct sample_type type = type_of(entry);
    const struct str id =
        finding_id(rq->ctx.arena, (const struct str[]){ STR("sample"), rq->account, rq->region, type.name }, 4);
    struct finding_row row = { .archived = false }, old = { .archived = false };
    bool found = false;
    TRY(rows_finding_get(rows_of(rq), id, &old, &found));
    if (!finding_from_body(rq->ctx.arena, body_of(&place, &type, id, found ? &old : NULL), &row)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the sample of %" STR_FMT " is no finding", STR_ARG(type.name));
    }
    TRY(found ? rows_finding_put(rows_of(rq), &row) : filter_finding(rows_of(rq), &row));
    return publish_finding(rows_of(rq), &row, found);
}

/* CreateSampleFindings makes one finding per type asked for, of every type by default. */
struct err guardduty_create_sample_findings(struct request *rq, const struct guardduty_create_sample_findings_in *in,
                                            struct guardduty_create_sample_findings_out *out)
{
    (void)out;
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    for (size_t i = 0; i < in->finding_types.count; i++) {
        const struct catalogue_entry *entry = catalogue_find(in->finding_types.items[i]);
        if (entry == NULL) {
            return detector_refuse(&rq->ctx, "findingTypes");
        }
        TRY(create_sample(rq, entry));
    }
    for (size_t i = 0; in->finding_types.count == 0 && i < catalogue_count(); i++) {
        TRY(create_sample(rq, catalogue_at(i)));
    }
    return ERR_OK;
}
