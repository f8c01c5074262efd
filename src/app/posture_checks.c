#include "app/posture.h"
#include "detect/embedded.h"
#include "match/eventbridge.h"
#include "match/match.h"

enum { CHECKS_MAX = 256 };

struct posture_checks {
    struct posture_check *checks;
    size_t count;
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
};

static struct err read_check(struct ctx *ctx, struct str text, struct str language, struct posture_check *check, struct str *pattern)
{
    static const char *const words[] = { "low", "medium", "high", "critical" };
    struct json_error error = { .offset = 0 };
    const struct json *json = json_parse(ctx->arena, text, &error);
    const struct json *said = json_get(json, language);
    const struct json *matched = json_get(json, STR("pattern"));
    const struct str severity = json_text(json_get(json, STR("severity")));
    size_t level = 0;
    while (level < COUNT_OF(words) && !str_equal(severity, str_of(words[level]))) {
        level++;
    }
    if (said == NULL || matched == NULL || level == COUNT_OF(words)) {
        return fail(ctx, &FAULT_INVALID, "a check lacks its pattern, its severity or its texts: %s", error.reason ? error.reason : "");
    }
    *check = (struct posture_check){ json_text(json_get(json, STR("id"))), (enum severity)level,
                                     json_text(json_get(said, STR("title"))), json_text(json_get(said, STR("remediation"))),
                                     json_get(json, STR("tests")) };
    *pattern = matched->text;
    return ERR_OK;
}

static struct err add_check(struct ctx *ctx, struct posture_checks *checks, struct match_builder *builder, struct str text,
                            struct str language)
{
    const struct predicate *predicate = NULL;
    struct str pattern = STR_NONE;
    TRY(read_check(ctx, text, language, &checks->checks[checks->count], &pattern));
    TRY(eventbridge_parse(ctx, pattern, &predicate, NULL));
    return match_builder_add(ctx, builder, (uint32_t)checks->count++, predicate);
}

static struct err add_all(struct ctx *ctx, struct posture_checks *checks, struct match_builder *builder, struct str language)
{
    for (size_t i = 0; i < AUDIT_CHECKS_COUNT; i++) {
        TRY(add_check(ctx, checks, builder, AUDIT_CHECKS[i].value, language));
    }
    return ERR_OK;
}

struct err posture_checks_open(struct ctx *ctx, struct str language, struct posture_checks **out)
{
    struct posture_checks *checks = memory_new(sizeof(*checks));
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    *out = checks;
    checks->checks = ARENA_ARRAY(ctx->arena, struct posture_check, AUDIT_CHECKS_COUNT);
    const struct err added = add_all(ctx, checks, builder, language);
    if (added.fault) {
        match_builder_close(builder);
        projection_free(projection_end(paths));
        return added;
    }
    const struct err compiled = match_compile(ctx, builder, paths, &checks->set);
    checks->projection = projection_end(paths);
    TRY(compiled);
    checks->scan = scan_open(checks->projection);
    checks->scratch = match_scratch_open();
    return ERR_OK;
}

void posture_checks_close(struct posture_checks *checks)
{
    if (checks) {
        match_scratch_close(checks->scratch);
        if (checks->scan) {
            scan_close(checks->scan);
        }
        if (checks->projection) {
            projection_free(checks->projection);
        }
        match_set_free(checks->set);
        memory_free(checks);
    }
}

size_t posture_checks_count(const struct posture_checks *checks)
{
    return checks->count;
}

const struct posture_check *posture_check_at(const struct posture_checks *checks, size_t at)
{
    return &checks->checks[at];
}

size_t posture_judge(struct posture_checks *checks, struct str item, const struct posture_check **out)
{
    uint32_t ids[CHECKS_MAX];
    size_t used = 0;
    if (!scan_document(checks->scan, item, &used)) {
        return 0;
    }
    const size_t count = match_run(checks->set, checks->scratch, checks->scan, ids, CHECKS_MAX);
    for (size_t i = 0; i < count; i++) {
        out[i] = &checks->checks[ids[i]];
    }
    return count;
}
