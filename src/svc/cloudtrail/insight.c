#include "svc/cloudtrail/insight.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/scan.h"
#include "crypto/random.h"
#include "store/checkpoint.h"
#include "svc/cloudtrail/insight_parts.h"
#include "svc/cloudtrail/rows.h"
#include "svc/cloudtrail/rows_insight.h"

enum { READ_MAX = 4096, READ_BYTES = 4 << 20, READS_MAX = 16, WATCHES_MAX = 256, JITTER_PERIODS = 2, LAG_MAX_MS = 5000 };
#define CHECKPOINT STR("insights")

struct insights {
    struct rates *rates; /* NULL: nobody wants any, or they have to be read again */
    journal_place place;
    int64_t period_ms, judged;
    bool warming; /* history is read that nobody is to be told of */
    bool full;    /* said once */
};

/* A trail that wants Insights; or, found by asking, an account and Region whose calls they are of. */
struct watch {
    struct str account, region, organization; /* region absent: all */
    bool calls, errors;
};

struct looking {
    struct ctx *ctx;
    struct store_conn *db;
    const struct delivery_options *options;
    struct insights *insights;
    struct insight_scan scan;
    struct watch trails[WATCHES_MAX], known[WATCHES_MAX];
    size_t trail_count, known_count;
    struct journal_entry *entries, **last;
    bool more;
};

struct insights *insights_open(void)
{
    return memory_new(sizeof(struct insights));
}

static void forget(struct insights *insights)
{
    rates_close(insights->rates);
    insights->rates = NULL;
}

void insights_close(struct insights *insights)
{
    if (insights) {
        forget(insights);
        memory_free(insights);
    }
}

/* --- who wants them --- */

static struct err list_trails(struct looking *looking)
{
    struct trail_row *rows = NULL;
    size_t count = 0;
    TRY(store_begin(looking->ctx, looking->db, STORE_READ));
    const struct err err = trail_rows_list(looking->ctx, looking->db, STR_NONE, &rows, &count);
    store_rollback(looking->db);
    TRY(err);
    for (size_t i = 0; i < count && looking->trail_count < WATCHES_MAX; i++) {
        const struct trail_row *row = &rows[i];
        if (row->logging && row->insights.ptr) {
            looking->trails[looking->trail_count++] = (struct watch){
                .account = row->account, .region = row->trail->is_multi_region_trail.v ? STR_NONE : row->region,
                .organization = row->organization, .calls = str_search(row->insights, STR("\"ApiCallRateInsight\"")) != STR_MISSING,
                .errors = str_search(row->insights, STR("\"ApiErrorRateInsight\"")) != STR_MISSING,
            };
        }
    }
    return ERR_OK;
}

static struct err ask_organization(struct looking *looking, struct str account, struct str *id)
{
    *id = STR_NONE;
    TRY(store_begin(looking->ctx, looking->db, STORE_READ));
    const struct err err = looking->options->organization_of(looking->ctx, looking->db, account, id);
    store_rollback(looking->db);
    return err;
}

/* What is wanted of an account in a Region, found once a pass. */
static struct err watch_of(struct looking *looking, struct str account, struct str region, struct watch *out)
{
    for (size_t i = 0; i < looking->known_count; i++) {
        if (str_equal(looking->known[i].account, account) && str_equal(looking->known[i].region, region)) {
            *out = looking->known[i];
            return ERR_OK;
        }
    }
    struct str organization = STR_NONE;
    TRY(ask_organization(looking, account, &organization));
    *out = (struct watch){ .account = str_copy(looking->ctx->arena, account), .region = str_copy(looking->ctx->arena, region) };
    for (size_t i = 0; i < looking->trail_count; i++) {
        const struct watch *trail = &looking->trails[i];
        const bool ours = str_equal(trail->account, account)
            || (trail->organization.len && str_equal(trail->organization, organization));
        if (ours && (trail->region.ptr == NULL || str_equal(trail->region, region))) {
            out->calls = out->calls || trail->calls;
            out->errors = out->errors || trail->errors;
        }
    }
    if (looking->known_count < WATCHES_MAX) {
        looking->known[looking->known_count++] = *out;
    }
    return ERR_OK;
}

/* --- verdicts --- */

static struct err tell(struct looking *looking, struct rate *rate, bool start)
{
    struct journal_entry *entry = NULL;
    TRY(insight_event(looking->ctx, looking->options->journal, rate, start, looking->insights->period_ms, &looking->scan, &entry));
    *looking->last = entry;
    looking->last = &entry->next;
    return ERR_OK;
}

static struct err judge_rate(struct looking *looking, struct rate *rate, int64_t period)
{
    struct rates *rates = looking->insights->rates;
    struct watch watch = { .calls = false };
    switch (rate_judge(rates, rate, period)) {
    case RATE_USUAL:
    case RATE_GOES_ON: return ERR_OK;
    case RATE_STARTS: break;
    case RATE_ENDS:
        TRY(tell(looking, rate, false));
        rate->insight.id = STR("");
        rate->insight_changed = true;
        return ERR_OK;
    }
    TRY(watch_of(looking, rate->key.account, rate->key.region, &watch));
    if (rate->key.error.len ? !watch.errors : !watch.calls) {
        return ERR_OK;
    }
    rate->insight.id = rates_keep(rates, random_uuid(looking->ctx));
    rate->insight_changed = true;
    return tell(looking, rate, true);
}

/* Of a long pause only the end is looked at: what went on before it is over. */
static struct err judge_to(struct looking *looking, int64_t period)
{
    struct insights *insights = looking->insights;
    const int64_t from = period - RATE_RECENT + JITTER_PERIODS;
    insights->judged = insights->judged < from ? from : insights->judged;
    while (insights->judged < period) {
        insights->judged++;
        for (size_t i = 0; i < rates_count(insights->rates) && !insights->warming; i++) {
            struct rate *rate = rates_at(insights->rates, i);
            if (rate->insight.id.len || rate_has_recent(rate, insights->judged)) {
                TRY(judge_rate(looking, rate, insights->judged));
            }
        }
    }
    return ERR_OK;
}

/* --- counting --- */

static void count(struct looking *looking, const struct rate_key *key, int64_t period)
{
    struct insights *insights = looking->insights;
    struct rate *rate = rates_need(insights->rates, key);
    if (rate) {
        rate_add(insights->rates, rate, period);
    } else if (!insights->full) {
        insights->full = true;
        log_warn(looking->ctx, "Insights watch no further operations", LOG_INT("operations", RATES_MAX));
    }
}

/* spec: ApiCallRateInsight is of management events that write, ApiErrorRateInsight of all of them. */
static struct err take(struct looking *looking, struct str payload)
{
    struct ctx *ctx = looking->ctx;
    const struct insight_scan *scan = &looking->scan;
    struct watch watch = { .calls = false };
    size_t used = 0;
    int64_t at_ms = 0;
    if (!scan_document(scan->scan, payload, &used)
        || !clock_parse_iso8601(scan_text(ctx->arena, scan_get(scan->scan, scan->time)), &at_ms)
        || !str_equal(scan_text(ctx->arena, scan_get(scan->scan, scan->category)), STR("Management"))) {
        return ERR_OK;
    }
    struct rate_key key = {
        scan_text(ctx->arena, scan_get(scan->scan, scan->account)), scan_text(ctx->arena, scan_get(scan->scan, scan->region)),
        scan_text(ctx->arena, scan_get(scan->scan, scan->source)), scan_text(ctx->arena, scan_get(scan->scan, scan->name)), STR(""),
    };
    const struct str error = scan_text(ctx->arena, scan_get(scan->scan, scan->error));
    const bool writes = scan_get(scan->scan, scan->read_only)->kind == SCAN_FALSE;
    const int64_t period = at_ms / looking->insights->period_ms;
    TRY(watch_of(looking, key.account, key.region, &watch));
    if (!looking->insights->warming && period - JITTER_PERIODS > looking->insights->judged) {
        TRY(judge_to(looking, period - JITTER_PERIODS));
    }
    if (watch.calls && writes) {
        count(looking, &key, period);
    }
    if (watch.errors && error.len) {
        key.error = error;
        count(looking, &key, period);
    }
    return ERR_OK;
}

static struct err read_on(struct looking *looking)
{
    struct insights *insights = looking->insights;
    struct journal_found *entries = ARENA_ARRAY(looking->ctx->arena, struct journal_found, READ_MAX);
    size_t count = READ_MAX;
    for (size_t i = 0; i < READS_MAX && count > 0; i++) {
        TRY(journal_read(looking->ctx, looking->options->journal, insights->place, entries, READ_MAX, READ_BYTES, &count,
                         &insights->place));
        for (size_t j = 0; j < count; j++) {
            TRY(take(looking, entries[j].payload));
        }
    }
    looking->more = count > 0;
    return ERR_OK;
}

/* --- kept in the store --- */

static struct err load(struct looking *looking)
{
    struct insights *insights = looking->insights;
    struct ctx *ctx = looking->ctx;
    struct str value = STR_NONE, rest = STR_NONE;
    int64_t place = 0, judged = 0, period_ms = 0;
    TRY(store_begin(ctx, looking->db, STORE_READ));
    struct err err = store_checkpoint_read(ctx, looking->db, CHECKPOINT, &value);
    insights->rates = rates_open();
    const bool known = !err.fault && str_to_int(str_cut(value, ' ', &rest), &place) && str_to_int(str_cut(rest, ' ', &rest), &judged)
        && str_to_int(rest, &period_ms) && period_ms == insights->period_ms
        && (journal_place)place <= journal_end(looking->options->journal);
    insights->place = known ? (journal_place)place : 0;
    insights->judged = known ? judged : 0;
    insights->warming = !known;
    if (known) {
        err = insight_rows_load(ctx, looking->db, insights->rates);
    }
    store_rollback(looking->db);
    return err;
}

static struct err keep(void *argument, struct store_conn *db)
{
    struct looking *looking = argument;
    const struct insights *insights = looking->insights;
    struct ctx *ctx = looking->ctx;
    TRY(insight_rows_forget(ctx, db, insights->judged / RATE_PERIODS - RATE_HOURS));
    for (size_t i = 0; i < rates_count(insights->rates); i++) {
        const struct rate *rate = rates_at(insights->rates, i);
        if (rate->oldest_changed || rate->insight_changed || rate->insight.id.len) {
            TRY(insight_rows_put(ctx, db, rate));
        }
    }
    return store_checkpoint_write(ctx, db, CHECKPOINT,
                                  str_format(ctx->arena, "%llu %lld %lld", (unsigned long long)insights->place,
                                             (long long)insights->judged, (long long)insights->period_ms));
}

static struct err commit(struct looking *looking)
{
    const struct journal_entry *entries = looking->entries;
    TRY(store_writer_wait_recorded(looking->ctx, looking->options->writer, keep, looking, &entries));
    for (size_t i = 0; i < rates_count(looking->insights->rates); i++) {
        struct rate *rate = rates_at(looking->insights->rates, i);
        rate->oldest_changed = 0;
        rate->insight_changed = false;
    }
    return ERR_OK;
}

static struct err look(struct looking *looking)
{
    struct insights *insights = looking->insights;
    const int64_t lag_ms = insights->period_ms < LAG_MAX_MS ? insights->period_ms : LAG_MAX_MS;
    const int64_t over = (looking->ctx->now_ms - lag_ms) / insights->period_ms - 1;
    if (insights->rates == NULL) {
        TRY(load(looking));
    }
    if (over <= insights->judged && !insights->warming) {
        return ERR_OK;
    }
    TRY(read_on(looking));
    if (!looking->more) {
        TRY(judge_to(looking, over));
        insights->warming = false;
    }
    return commit(looking);
}

struct err insights_pass(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                         struct insights *insights, bool *again)
{
    struct looking *looking = ARENA_NEW(ctx->arena, struct looking);
    *looking = (struct looking){ .ctx = ctx, .db = db, .options = options, .insights = insights };
    looking->last = &looking->entries;
    insights->period_ms = options->insight_ms;
    TRY(list_trails(looking));
    if (looking->trail_count == 0) {
        forget(insights);
        return ERR_OK;
    }
    insight_scan_open(&looking->scan);
    const struct err err = look(looking);
    insight_scan_close(&looking->scan);
    if (err.fault) {
        forget(insights); /* what was counted but not stored is counted again */
    }
    *again = *again || (!err.fault && looking->more);
    return err;
}
