#include "svc/guardduty/publish.h"

#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/rows_hidden.h"
#include "svc/guardduty/rows_publish.h"
#include "svc/guardduty/rows_usage.h"
#include "svc/guardduty/suppression.h"

enum { BATCH = 256 };
#define MINUTE_MS ((int64_t)60000)
#define HOUR_MS (60 * MINUTE_MS)
/* spec: GuardDuty user guide, findings are kept for 90 days. */
#define KEPT_MS (90 * 24 * HOUR_MS)

static bool publishing;

void guardduty_set_publish(bool on)
{
    publishing = on;
}

/* Who is to hear of a finding of this region. */
struct audience {
    bool subscribers;
    struct str detector;
    struct destination_row *destinations;
    size_t count;
};

/* A detector that is switched off keeps silent; where there is none, subscribers get the finding as it waits. */
static struct err find_audience(struct rows rows, struct audience *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    *out = (struct audience){ .subscribers = false };
    TRY(rows_detector_get(rows, &detector, &found));
    if (found && !detector.enabled) {
        return ERR_OK;
    }
    out->subscribers = publishing;
    out->detector = found ? detector.id : STR_NONE;
    return found ? rows_destination_list(rows, &out->destinations, &out->count) : ERR_OK;
}

static struct str shown(struct rows rows, struct str detector, const struct finding_row *row)
{
    if (detector.ptr == NULL) {
        return row->body;
    }
    const struct str arn = finding_arn(rows.ctx->arena, STR("aws"), rows, detector, row->id);
    const struct finding_change changes[] = {
        { "arn", str_format(rows.ctx->arena, "\"%" STR_FMT "\"", STR_ARG(arn)) },
        { "service.detectorId", str_format(rows.ctx->arena, "\"%" STR_FMT "\"", STR_ARG(detector)) },
    };
    return finding_change(rows.ctx->arena, row->body, changes, COUNT_OF(changes));
}

static struct err send(struct rows rows, const struct audience *audience, const struct finding_row *row)
{
    struct arena *arena = rows.ctx->arena;
    const struct str payload = shown(rows, audience->detector, row);
    if (audience->subscribers) {
        TRY(store_outbox_add(rows.ctx, rows.db, rows.account, STR("guardduty.finding"), payload));
    }
    for (size_t i = 0; i < audience->count && !row->archived; i++) {
        const struct str topic = str_format(arena, GUARDDUTY_EXPORT "/%" STR_FMT "/%" STR_FMT, STR_ARG(rows.region),
                                            STR_ARG(audience->destinations[i].id));
        TRY(store_outbox_add(rows.ctx, rows.db, rows.account, topic, payload));
    }
    return rows_publish_sent(rows, row->id);
}

struct err publish_finding(struct rows rows, const struct finding_row *row, bool repeat)
{
    struct audience audience;
    TRY(find_audience(rows, &audience));
    if (!audience.subscribers && audience.count == 0) {
        return ERR_OK;
    }
    if (repeat) {
        return rows_publish_wait(rows, row->id);
    }
    return row->archived ? ERR_OK : send(rows, &audience, row);
}

/* spec: GuardDuty user guide, Exporting findings: after unarchiving, export goes on with the next interval. */
struct err publish_unarchived(struct rows rows, struct str id)
{
    struct audience audience;
    TRY(rows_hidden_delete(rows, id));
    TRY(find_audience(rows, &audience));
    if (!audience.subscribers && audience.count == 0) {
        return ERR_OK;
    }
    TRY(rows_publish_sent(rows, id));
    return rows_publish_wait(rows, id);
}

static int64_t interval_of(struct str frequency)
{
    return str_equal(frequency, STR("FIFTEEN_MINUTES")) ? 15 * MINUTE_MS
           : str_equal(frequency, STR("ONE_HOUR"))      ? HOUR_MS
                                                        : 6 * HOUR_MS;
}

struct err guardduty_chores_due(struct ctx *ctx, struct store_conn *db, const struct guardduty_chores *chores, bool *out)
{
    struct detector_place *places = NULL;
    size_t count = 0;
    bool over = false;
    TRY(suppression_over(ctx, db, &over));
    *out = over || ctx->now_ms - chores->purged_ms >= HOUR_MS;
    TRY(rows_detector_places(ctx, db, &places, &count));
    for (size_t i = 0; i < count && !*out; i++) {
        const struct rows rows = { ctx, db, places[i].account, places[i].region };
        struct str *ids = NULL;
        size_t due = 0;
        TRY(rows_publish_due(rows, ctx->now_ms - interval_of(places[i].frequency), 1, &ids, &due));
        *out = due > 0;
    }
    return ERR_OK;
}

/* News of one finding: as it is now, whatever happened in between. */
static struct err send_news(struct rows rows, const struct audience *audience, struct str id)
{
    struct finding_row row = { .archived = false };
    bool found = false, hidden = false;
    TRY(rows_finding_get(rows, id, &row, &found));
    if (found) {
        TRY(rows_hidden_get(rows, id, &hidden));
    }
    return found && !(hidden && row.archived) ? send(rows, audience, &row) : rows_publish_sent(rows, id);
}

static struct err send_due(struct rows rows, const struct detector_place *place)
{
    struct audience audience;
    struct str *ids = NULL;
    size_t count = 0;
    TRY(find_audience(rows, &audience));
    TRY(rows_publish_due(rows, rows.ctx->now_ms - interval_of(place->frequency), BATCH, &ids, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(send_news(rows, &audience, ids[i]));
    }
    return ERR_OK;
}

static struct err purge(struct rows rows, bool *more)
{
    struct str *ids = NULL;
    size_t count = 0;
    TRY(rows_finding_stale(rows, rows.ctx->now_ms - KEPT_MS, BATCH, &ids, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(rows_finding_delete(rows, ids[i]));
    }
    *more = *more || count == BATCH;
    return ERR_OK;
}

struct err guardduty_chores_do(struct ctx *ctx, struct store_conn *db, struct guardduty_chores *chores)
{
    struct detector_place *places = NULL;
    size_t count = 0;
    bool more = false;
    const bool purging = ctx->now_ms - chores->purged_ms >= HOUR_MS;
    TRY(suppression_end(ctx, db));
    TRY(rows_detector_places(ctx, db, &places, &count));
    for (size_t i = 0; i < count; i++) {
        const struct rows rows = { ctx, db, places[i].account, places[i].region };
        TRY(send_due(rows, &places[i]));
        if (purging) {
            TRY(purge(rows, &more));
            TRY(rows_usage_purge(rows, (ctx->now_ms - KEPT_MS) / (24 * HOUR_MS)));
        }
    }
    chores->purged_ms = purging && !more ? ctx->now_ms : chores->purged_ms;
    return ERR_OK;
}

struct err guardduty_destination_find(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                      struct str id, struct guardduty_destination_place *out, bool *found)
{
    struct destination_row row = { .failed_ms = 0 };
    TRY(rows_destination_get((struct rows){ ctx, db, account, region }, id, &row, found));
    if (*found) {
        *out = (struct guardduty_destination_place){ row.arn, row.kms_key, row.bucket_owner };
    }
    return ERR_OK;
}

/* Its state is written only where it changes: a destination that works is not touched for each object. */
struct err guardduty_destination_note(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                      struct str id, bool works)
{
    const struct rows rows = { ctx, db, account, region };
    const struct str status = works ? STR("PUBLISHING") : STR("UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY");
    struct destination_row row = { .failed_ms = 0 };
    bool found = false;
    TRY(rows_destination_get(rows, id, &row, &found));
    if (!found || str_equal(row.status, status)) {
        return ERR_OK;
    }
    row.status = status;
    row.failed_ms = works ? 0 : ctx->now_ms;
    return rows_destination_put(rows, &row);
}
