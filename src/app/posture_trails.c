/* posture_trails.c - trails, and what they recorded of the root user. */
#include "app/posture.h"

enum { SECOND_MS = 1000 };

static struct err is_logging(struct ctx *ctx, struct posture *posture, struct str arn, struct posture_items *out, bool *logging, bool *known)
{
    struct posture_answer answer;
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("Name"), arn);
    json_close_object(&w);
    TRY(posture_cloudtrail(ctx, posture, "GetTrailStatus", json_done(&w), &answer));
    *known = answer.code.ptr == NULL;
    if (!*known) {
        posture_trouble(ctx, out, "whether a trail is on", "cloudtrail:GetTrailStatus", &answer);
    }
    *logging = json_is_true(json_get(answer.json, STR("IsLogging")));
    return ERR_OK;
}

static struct err add_trail(struct ctx *ctx, struct posture *posture, const struct json *trail, struct posture_items *out)
{
    const struct str arn = json_text(json_get(trail, STR("TrailARN")));
    bool logging = false;
    bool known = false;
    TRY(is_logging(ctx, posture, arn, out, &logging, &known));
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("trail"));
    json_member_str(&w, STR("arn"), arn);
    if (known) {
        json_member_bool(&w, STR("logging"), logging);
    }
    json_member_bool(&w, STR("all_regions"), json_is_true(json_get(trail, STR("IsMultiRegionTrail"))));
    json_member_bool(&w, STR("validation"), json_is_true(json_get(trail, STR("LogFileValidationEnabled"))));
    json_member_bool(&w, STR("encrypted"), json_text(json_get(trail, STR("KmsKeyId"))).len > 0);
    json_close_object(&w);
    posture_add(ctx, out, arn, &w);
    return ERR_OK;
}

struct err posture_look_trails(struct ctx *ctx, struct posture *posture, struct json_writer *account, struct posture_items *out)
{
    struct posture_answer answer;
    int64_t trails = 0;
    int64_t wide = 0;
    TRY(posture_cloudtrail(ctx, posture, "DescribeTrails", STR("{}"), &answer));
    if (answer.code.ptr) {
        posture_trouble(ctx, out, "trails", "cloudtrail:DescribeTrails", &answer);
        return ERR_OK;
    }
    const struct json *list = json_get(answer.json, STR("trailList"));
    for (const struct json *trail = list ? list->child : NULL; trail; trail = trail->next) {
        TRY(add_trail(ctx, posture, trail, out));
        trails++;
        wide += json_is_true(json_get(trail, STR("IsMultiRegionTrail")));
    }
    json_member_int(account, STR("trails"), trails);
    json_member_int(account, STR("trails_of_all_regions"), wide);
    return ERR_OK;
}

/* The newest of the last 90 days' events of the root user. */
struct err posture_root_use(struct ctx *ctx, struct posture *posture, struct json_writer *root, struct posture_items *out)
{
    struct posture_answer answer;
    double seconds = 0;
    TRY(posture_cloudtrail(ctx, posture, "LookupEvents",
                           STR("{\"LookupAttributes\":[{\"AttributeKey\":\"Username\",\"AttributeValue\":\"root\"}],\"MaxResults\":1}"),
                           &answer));
    if (answer.code.ptr) {
        posture_trouble(ctx, out, "use of the root user", "cloudtrail:LookupEvents", &answer);
        return ERR_OK;
    }
    const struct json *events = json_get(answer.json, STR("Events"));
    if (events && events->child && json_double(json_get(events->child, STR("EventTime")), &seconds)) {
        json_member_int(root, STR("idle_days"), posture_days(ctx, (int64_t)(seconds * SECOND_MS)));
    }
    return ERR_OK;
}
