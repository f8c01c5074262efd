#include "svc/cloudtrail/delivery.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "svc/cloudtrail/delivery_parts.h"
#include "svc/cloudtrail/usage.h"
#include "wire/gzip.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { GROUPS_MAX = 512, SEGMENTS_MAX = 2, READ_MAX = 1024, READ_BYTES = 4 << 20, FILE_BYTES = 8 << 20 };

/* Events of one account and Region on their way into a file. */
struct group {
    struct str account, region;
    bool insight;
    struct text text;
    int64_t oldest_ms, newest_ms;
    size_t files; /* already written */
};

/* One trail's pass. */
struct passing {
    const struct delivery_options *options;
    struct store_conn *db;
    const struct trail_row *trail;
    int64_t end; /* of the journal, for this pass */
    struct delivery_row row;
    struct trail_filter *filter;
    struct group groups[GROUPS_MAX];
    size_t group_count;
    struct file_row *files;
    size_t file_count, file_capacity;
    bool others; /* events that were not caused by delivering */
    struct trail_usages usage;
};

struct str delivery_folder(struct arena *arena, const struct trail_row *trail, struct str account, const char *kind,
                           struct str region, int64_t at_ms)
{
    const struct civil_time t = clock_civil(at_ms);
    const struct str prefix = trail->trail->s3_key_prefix;
    return str_format(arena, "%" STR_FMT "%sAWSLogs/%" STR_FMT "%s%" STR_FMT "/%s/%" STR_FMT "/%04lld/%02d/%02d/",
                      STR_ARG(prefix), prefix.len ? "/" : "", STR_ARG(trail->organization), trail->organization.len ? "/" : "",
                      STR_ARG(account), kind, STR_ARG(region), (long long)t.year, t.month, t.day);
}

static const char *kind_of(const struct group *group)
{
    return group->insight ? "CloudTrail-Insight" : "CloudTrail";
}

/* The 16 characters that end a file's name: the same whenever the same file is written. */
static struct str name_end(struct arena *arena, const struct passing *passing, const struct group *group)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char digest[HASH_SHA256_SIZE];
    char *out = arena_alloc(arena, 17);
    hash_sha256(str_format(arena, "%" STR_FMT "|%lld|%lld|%" STR_FMT "|%" STR_FMT "|%s|%zu",
                           STR_ARG(passing->trail->trail->trail_arn), (long long)passing->row.place,
                           (long long)passing->row.planned, STR_ARG(group->account), STR_ARG(group->region), kind_of(group),
                           group->files), digest);
    for (size_t i = 0; i < 16; i++) {
        out[i] = alphabet[digest[i] % 62];
    }
    return (struct str){ out, 16 };
}

static struct str file_key(struct arena *arena, const struct passing *passing, const struct group *group)
{
    const struct civil_time t = clock_civil(passing->row.planned_ms);
    const struct str folder = delivery_folder(arena, passing->trail, group->account, kind_of(group), group->region,
                                              passing->row.planned_ms);
    return str_format(arena, "%" STR_FMT "%" STR_FMT "_%s_%" STR_FMT "_%04lld%02d%02dT%02d%02dZ_%" STR_FMT ".json.gz",
                      STR_ARG(folder), STR_ARG(group->account), kind_of(group), STR_ARG(group->region), (long long)t.year, t.month, t.day,
                      t.hour, t.minute, STR_ARG(name_end(arena, passing, group)));
}

static void note_file(struct ctx *ctx, struct passing *passing, const struct file_row *file)
{
    if (passing->file_count == passing->file_capacity) {
        const size_t more = passing->file_capacity ? passing->file_capacity * 2 : 16;
        passing->files = arena_grow(ctx->arena, passing->files, passing->file_capacity * sizeof(*file), more * sizeof(*file));
        passing->file_capacity = more;
    }
    passing->files[passing->file_count++] = *file;
}

/* Counts belong to the day on which files are written. */
static void note_usage(struct ctx *ctx, struct passing *passing, const struct trail_usage *kind)
{
    struct trail_usage today = *kind;
    today.day_ms = passing->row.planned_ms - passing->row.planned_ms % DAY_MS;
    trail_usage_note(ctx->arena, &passing->usage, &today);
}

static struct err write_file(struct ctx *ctx, struct passing *passing, struct group *group)
{
    const struct trail_row *trail = passing->trail;
    if (group->text.len == 0) {
        return ERR_OK;
    }
    text_add(&group->text, STR("]}"));
    const struct str plain = text_str(&group->text);
    const struct str packed = gzip_pack(ctx->arena, plain);
    const struct file_row file = {
        .log_account = group->account, .log_region = group->region,
        .bucket = trail->trail->s3_bucket_name, .object = file_key(ctx->arena, passing, group),
        .hash = hash_hex(ctx->arena, HASH_SHA256, plain),
        .oldest_ms = group->oldest_ms, .newest_ms = group->newest_ms, .written_ms = passing->row.planned_ms,
    };
    TRY(passing->options->sink.put(passing->options->sink.self, ctx, &(const struct trail_object){
        .account = trail->account, .region = trail->region, .trail_arn = trail->trail->trail_arn, .bucket = file.bucket,
        .key = file.object, .body = packed, .kms_key = trail->trail->kms_key_id }));
    note_file(ctx, passing, &file);
    group->files++;
    text_reset(&group->text);
    note_usage(ctx, passing, &(const struct trail_usage){ .category = TRAIL_USAGE_FILE, .events = 1, .bytes = (int64_t)packed.len });
    return ERR_OK;
}

static struct group *group_of(struct ctx *ctx, struct passing *passing, const struct taken *taken)
{
    for (size_t i = 0; i < passing->group_count; i++) {
        struct group *group = &passing->groups[i];
        if (group->insight == taken->insight && str_equal(group->account, taken->account)
            && str_equal(group->region, taken->region)) {
            return group;
        }
    }
    if (passing->group_count == GROUPS_MAX) {
        return NULL;
    }
    struct group *group = &passing->groups[passing->group_count++];
    *group = (struct group){ .account = str_copy(ctx->arena, taken->account), .region = str_copy(ctx->arena, taken->region),
                             .insight = taken->insight, .text = text_new(ctx->arena) };
    return group;
}

static struct err add_event(struct ctx *ctx, struct passing *passing, const struct taken *taken, struct str event)
{
    struct group *group = group_of(ctx, passing, taken);
    if (group == NULL) {
        return fail(ctx, &FAULT_INTERNAL, "one trail takes events of more than %d accounts and Regions at once", GROUPS_MAX);
    }
    const bool first = group->text.len == 0;
    group->oldest_ms = first || taken->at_ms < group->oldest_ms ? taken->at_ms : group->oldest_ms;
    group->newest_ms = first || taken->at_ms > group->newest_ms ? taken->at_ms : group->newest_ms;
    text_add(&group->text, first ? STR("{\"Records\":[") : STR(","));
    text_add(&group->text, event);
    return group->text.len < FILE_BYTES ? ERR_OK : write_file(ctx, passing, group);
}

struct err delivery_is_ours(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                            const struct trail_row *trail, struct str account, bool *out)
{
    struct str id = STR_NONE;
    *out = str_equal(account, trail->account);
    if (*out || trail->organization.len == 0) {
        return ERR_OK;
    }
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = options->organization_of(ctx, db, account, &id);
    store_rollback(db);
    *out = id.ptr && str_equal(id, trail->organization);
    return err;
}

static struct err is_ours(struct ctx *ctx, struct passing *passing, struct str account, bool *out)
{
    *out = false;
    for (size_t i = 0; i < passing->group_count && !*out; i++) {
        *out = str_equal(passing->groups[i].account, account);
    }
    return *out ? ERR_OK : delivery_is_ours(ctx, passing->db, passing->options, passing->trail, account, out);
}

static struct err take_events(struct ctx *ctx, struct passing *passing, const struct journal_found *entries, size_t count)
{
    for (size_t i = 0; i < count && (int64_t)entries[i].at < passing->row.planned; i++) {
        struct taken taken = { .at_ms = 0 };
        bool ours = false;
        if (trail_filter_takes(ctx->arena, passing->filter, entries[i].payload, &taken)) {
            TRY(is_ours(ctx, passing, taken.account, &ours));
        }
        if (ours) {
            passing->others = passing->others || !taken.own;
            note_usage(ctx, passing, &(const struct trail_usage){ .selector = taken.selector, .category = taken.category,
                                                                  .source = taken.source, .bucket = taken.bucket, .events = 1,
                                                                  .bytes = (int64_t)entries[i].payload.len });
            TRY(add_event(ctx, passing, &taken, entries[i].payload));
        }
    }
    return ERR_OK;
}

static struct err write_planned(struct ctx *ctx, struct passing *passing)
{
    journal_place at = (journal_place)passing->row.place;
    struct journal_found *entries = ARENA_ARRAY(ctx->arena, struct journal_found, READ_MAX);
    size_t count = 1;
    while (count > 0 && (int64_t)at < passing->row.planned) {
        TRY(journal_read(ctx, passing->options->journal, at, entries, READ_MAX, READ_BYTES, &count, &at));
        TRY(take_events(ctx, passing, entries, count));
    }
    for (size_t i = 0; i < passing->group_count && (passing->others || passing->file_count > 0); i++) {
        TRY(write_file(ctx, passing, &passing->groups[i]));
    }
    return ERR_OK;
}

/* What delivering itself caused waits for something else to go with: it would never end. */
static bool is_echo(const struct passing *passing)
{
    return passing->group_count > 0 && !passing->others && passing->file_count == 0;
}

struct err delivery_note(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct delivery_row *row)
{
    struct trail_row still = { .logging = false };
    bool found = false;
    TRY(trail_rows_get(ctx, db, trail->account, trail->region, trail->name, &still, &found));
    return found && still.created_ms == trail->created_ms ? trail_rows_delivery_put(ctx, db, trail, row) : ERR_OK;
}

struct change {
    struct ctx ctx;
    const struct passing *passing;
};

static struct err store_change(void *argument, struct store_conn *db)
{
    struct change *change = argument;
    const struct passing *passing = change->passing;
    for (size_t i = 0; i < passing->file_count && passing->trail->trail->log_file_validation_enabled.v; i++) {
        TRY(trail_rows_file_put(&change->ctx, db, passing->trail, &passing->files[i]));
    }
    TRY(trail_usage_add(&change->ctx, db, passing->trail, &passing->usage));
    return delivery_note(&change->ctx, db, passing->trail, &passing->row);
}

static struct err commit(struct ctx *ctx, const struct passing *passing)
{
    struct change change = { *ctx, passing };
    const struct err err = store_writer_wait(&change.ctx, passing->options->writer, store_change, &change);
    memcpy(ctx->reason, change.ctx.reason, sizeof(ctx->reason));
    return err;
}

bool delivery_rested(const struct delivery_options *options, int64_t attempted_ms, int64_t now_ms)
{
    return attempted_ms > now_ms || now_ms - attempted_ms >= options->interval_ms;
}

/* How far the next files reach: to the end, or a piece of it after a long pause. */
static int64_t plan(const struct passing *passing)
{
    const int64_t far = ((passing->row.place >> 32) + SEGMENTS_MAX) << 32;
    return passing->end < far ? passing->end : far;
}

/* Without a word in the journal's own language a trail begins where it was made; the filter looks at the times. */
static struct err begin(struct ctx *ctx, struct passing *passing, bool *due, bool *more)
{
    struct delivery_row *row = &passing->row;
    if (row->place > passing->end) { /* of a journal that is no more: data put back from a backup without it */
        row->place = row->planned = 0;
    }
    *due = row->planned != 0;
    *more = false;
    if (*due) {
        return ERR_OK; /* what was under way when we were killed, or failed */
    }
    if (!delivery_rested(passing->options, row->attempted_ms, ctx->now_ms) || passing->end <= row->place) {
        return ERR_OK;
    }
    row->planned = plan(passing);
    *more = row->planned < passing->end;
    row->planned_ms = row->attempted_ms = ctx->now_ms;
    *due = true;
    return commit(ctx, passing);
}

static struct err deliver(struct ctx *ctx, struct passing *passing, bool *again)
{
    bool due = false, more = false;
    TRY(begin(ctx, passing, &due, &more));
    if (!due) {
        return ERR_OK;
    }
    TRY(trail_filter_open(ctx, passing->trail, &passing->filter));
    const struct err err = write_planned(ctx, passing);
    trail_filter_close(passing->filter);
    passing->row.attempted_ms = more ? 0 : ctx->now_ms;
    if (err.fault) {
        passing->file_count = passing->usage.count = 0;
        passing->row.error = str_of(err.fault->code);
        log_warn(ctx, "a trail's log files are not delivered", LOG_STR("trail", passing->trail->trail->trail_arn),
                 LOG_STR("reason", str_of(ctx->reason)));
        return commit(ctx, passing);
    }
    if (is_echo(passing)) {
        passing->usage.count = 0;
    } else {
        passing->row.place = passing->row.planned;
    }
    passing->row.planned = 0;
    passing->row.error = STR("");
    passing->row.delivered_ms = passing->file_count ? ctx->now_ms : passing->row.delivered_ms;
    *again = *again || more;
    return commit(ctx, passing);
}

/* A failed trail isn't tried again before its time. */
static bool waits(const struct passing *passing, int64_t now_ms)
{
    return passing->row.error.len > 0 && !delivery_rested(passing->options, passing->row.attempted_ms, now_ms);
}

static struct err pass_trail(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                             const struct trail_row *trail, int64_t end, bool *again)
{
    struct passing *passing = ARENA_NEW(ctx->arena, struct passing);
    *passing = (struct passing){ .options = options, .db = db, .trail = trail, .end = end,
                                 .usage = { ARENA_ARRAY(ctx->arena, struct trail_usage, TRAIL_USAGE_MAX + 1), 0 } };
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = trail_rows_delivery_get(ctx, db, trail, &passing->row);
    store_rollback(db);
    TRY(err);
    if (trail->started_ms == 0) {
        return ERR_OK;
    }
    const int64_t place = passing->row.place;
    if (!waits(passing, ctx->now_ms)) {
        TRY(deliver(ctx, passing, again));
    }
    TRY(delivery_logs(ctx, db, options, trail, &passing->row, place, end, again));
    return delivery_digests(ctx, db, options, trail, &passing->row, again);
}

struct err delivery_pass(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options, bool *again)
{
    struct trail_row *trails = NULL;
    size_t count = 0;
    /* First the end, then the trails: what selectors say counts for every event that came after they were set. */
    const int64_t end = (int64_t)journal_end(options->journal);
    *again = false;
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = trail_rows_list(ctx, db, STR_NONE, &trails, &count);
    store_rollback(db);
    TRY(err);
    for (size_t i = 0; i < count && !(options->stopping && options->stopping(options->self)); i++) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
        struct ctx inner = ctx_new(arena, ctx->now_ms);
        if (pass_trail(&inner, db, options, &trails[i], end, again).fault) {
            log_warn(&inner, "a trail has to wait", LOG_STR("trail", trails[i].trail->trail_arn),
                     LOG_STR("reason", str_of(inner.reason)));
        }
    }
    return ERR_OK;
}

struct err delivery_place(struct ctx *ctx, struct store_conn *db, struct journal *journal, journal_place *out)
{
    struct trail_row *trails = NULL;
    size_t count = 0;
    *out = journal_end(journal);
    TRY(store_begin(ctx, db, STORE_READ));
    struct err err = trail_rows_list(ctx, db, STR_NONE, &trails, &count);
    for (size_t i = 0; i < count && !err.fault; i++) {
        struct delivery_row row = { .place = 0 };
        err = trail_rows_delivery_get(ctx, db, &trails[i], &row);
        *out = trails[i].started_ms && (journal_place)row.place < *out ? (journal_place)row.place : *out;
        *out = row.logs_place && (journal_place)row.logs_place < *out ? (journal_place)row.logs_place : *out;
    }
    store_rollback(db);
    return err;
}
