/* record.c - the door through which detections come in, and the summary that tables show. */
#include "detect/finding.h"
#include "svc/guardduty/filter.h"
#include "svc/guardduty/finding.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/publish.h"
#include "svc/guardduty/rows_member.h"

/* What names an event that a finding rests on: its id, else where it stands. */
static struct str event_name(struct arena *arena, const struct json *event)
{
    const struct str id = json_text(json_get(event, STR("id")));
    const struct json *offset = json_get(event, STR("offset"));
    if (id.len > 0 || offset == NULL) {
        return id;
    }
    const struct str file = json_text(json_get(event, STR("file")));
    return str_format(arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(file), STR_ARG(offset->text));
}

static const struct json *events_of(struct arena *arena, const struct finding *finding)
{
    const struct json *tree = json_parse(arena, finding->json, NULL);
    const struct str why = json_text(json_path(tree, "service.additionalInfo.value"));
    return why.len > 0 ? json_get(json_parse(arena, why, NULL), STR("events")) : NULL;
}

/* Whether all of it was counted before: a log that is read again. Only a finding that lists every event it counts can be
 * told; where some events are new and some are not, merging sees to it. */
static struct err is_replay(struct rows rows, const struct finding *finding, bool *out)
{
    const struct json *events = events_of(rows.ctx->arena, finding);
    size_t known = 0;
    for (const struct json *event = events ? events->child : NULL; event; event = event->next) {
        const struct str name = event_name(rows.ctx->arena, event);
        bool fresh = true;
        if (name.len > 0) {
            TRY(rows_occurrence_add(rows, finding->id, name, &fresh));
        }
        known += !fresh;
    }
    *out = known > 0 && (int64_t)known == finding->count;
    return ERR_OK;
}

static struct err record_for(struct rows rows, const struct finding *finding)
{
    struct ctx *ctx = rows.ctx;
    struct finding_row row = { .archived = false };
    struct str body = finding->json;
    bool found = false;
    bool replay = false;
    TRY(is_replay(rows, finding, &replay));
    if (replay) {
        return ERR_OK;
    }
    TRY(rows_finding_get(rows, finding->id, &row, &found));
    if (found) {
        body = finding_merge(ctx->arena, row.body, finding->json);
    }
    if (body.ptr == NULL || !finding_from_body(ctx->arena, body, &row) || !str_equal(row.id, finding->id)) {
        return fail(ctx, &FAULT_INVALID, "what %" STR_FMT " raised is no finding", STR_ARG(finding->type));
    }
    TRY(found ? rows_finding_put(rows, &row) : filter_finding(rows, &row));
    return publish_finding(rows, &row, found);
}

static bool is_one_of(const struct str *items, size_t count, struct str item)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(items[i], item)) {
            return true;
        }
    }
    return false;
}

/* Records it for one account, and for its administrator; each once. */
static struct err record_with_administrator(struct rows rows, const struct finding *finding, struct str *done, size_t *count)
{
    struct member_row administrator = { .other = STR_NONE };
    bool found = false;
    if (!is_one_of(done, *count, rows.account)) {
        done[(*count)++] = rows.account;
        TRY(record_for(rows, finding));
    }
    TRY(rows_administrator_get(rows, &administrator, &found));
    if (!found || !str_equal(administrator.status, STR("Enabled")) || is_one_of(done, *count, administrator.other)) {
        return ERR_OK;
    }
    rows.account = done[(*count)++] = administrator.other;
    return record_for(rows, finding);
}

/* The owner has it, and the account that it tells of where that one has a detector here; so have their administrators.
 * spec: GuardDuty user guide, relationship between administrator and member accounts. */
struct err guardduty_record_finding(struct ctx *ctx, struct store_conn *db, struct str owner,
                                    const struct finding *finding)
{
    struct rows rows = { ctx, db, owner, finding->region };
    struct detector_row detector = { .enabled = false };
    struct str done[4];
    size_t count = 0;
    bool here = false;
    TRY(record_with_administrator(rows, finding, done, &count));
    if (finding->account.len == 0 || str_equal(finding->account, owner)) {
        return ERR_OK;
    }
    rows.account = finding->account;
    TRY(rows_detector_get(rows, &detector, &here));
    return here ? record_with_administrator(rows, finding, done, &count) : ERR_OK;
}

struct err guardduty_findings_newest(struct ctx *ctx, struct store_conn *db, struct str owner, struct str region,
                                     size_t limit, struct guardduty_summary **out, size_t *count)
{
    struct finding_row *rows = NULL;
    TRY(rows_finding_newest((struct rows){ ctx, db, owner, region }, limit, &rows, count));
    *out = ARENA_ARRAY(ctx->arena, struct guardduty_summary, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = (struct guardduty_summary){
            .id = rows[i].id,
            .type = rows[i].type,
            .title = rows[i].title,
            .region = rows[i].region,
            .record_account = rows[i].record_account,
            .resource_type = rows[i].resource_type,
            .resource_id = rows[i].resource_id,
            .severity = rows[i].severity,
            .count = rows[i].times,
            .first_ms = rows[i].first_ms,
            .last_ms = rows[i].last_ms,
            .updated_ms = rows[i].updated_ms,
            .archived = rows[i].archived,
            .json = rows[i].body,
        };
    }
    return ERR_OK;
}
