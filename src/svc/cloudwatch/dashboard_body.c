/* dashboard_body.c - whether a dashboard's body is one.
 * spec: CloudWatch user guide, "Dashboard body structure and syntax"; messages as AWS words them. */
#include "svc/cloudwatch/dashboard.h"

enum { WIDGETS_MAX = 500, SHOWN_MAX = 10 };

#define METRICS_FORM "Field \"metrics\" has to be an array of array of strings, with an optional metricRenderer object as last element"
#define REGION_NEEDED "The metric widget should have specified a region and a data source or an alarm annotation"

/* A member of an object: its kind and, of numbers, from where to where. */
struct member_rule {
    const char *name;
    enum json_kind kind;
    bool required;
    double least, most; /* most 0: any */
};

#define ENDS_RULES { .name = NULL, .kind = JSON_NULL }
static const struct member_rule WIDGET[] = {
    { .name = "type", .kind = JSON_STRING, .required = true }, { .name = "x", .kind = JSON_NUMBER, .most = 23 },
    { .name = "y", .kind = JSON_NUMBER, .most = INT32_MAX }, { .name = "width", .kind = JSON_NUMBER, .least = 1, .most = 24 },
    { .name = "height", .kind = JSON_NUMBER, .least = 1, .most = 1000 }, { .name = "properties", .kind = JSON_OBJECT, .required = true },
    ENDS_RULES,
};
static const struct member_rule METRIC[] = {
    { .name = "metrics", .kind = JSON_ARRAY }, { .name = "region", .kind = JSON_STRING }, { .name = "annotations", .kind = JSON_OBJECT },
    { .name = "title", .kind = JSON_STRING }, { .name = "stat", .kind = JSON_STRING }, { .name = "view", .kind = JSON_STRING },
    { .name = "period", .kind = JSON_NUMBER, .least = 1, .most = INT32_MAX }, { .name = "stacked", .kind = JSON_TRUE }, ENDS_RULES,
};
static const struct member_rule TEXT[] = { { .name = "markdown", .kind = JSON_STRING, .required = true }, ENDS_RULES };
static const struct member_rule LOG[] = {
    { .name = "query", .kind = JSON_STRING, .required = true }, { .name = "region", .kind = JSON_STRING, .required = true }, ENDS_RULES,
};
static const struct member_rule ALARM[] = { { .name = "alarms", .kind = JSON_ARRAY, .required = true }, ENDS_RULES };
static const struct member_rule EXPLORER[] = {
    { .name = "metrics", .kind = JSON_ARRAY, .required = true }, { .name = "labels", .kind = JSON_ARRAY, .required = true }, ENDS_RULES,
};
static const struct member_rule CUSTOM[] = { { .name = "endpoint", .kind = JSON_STRING, .required = true }, ENDS_RULES };
static const struct member_rule ANY[] = { ENDS_RULES };
static const struct {
    const char *type;
    const struct member_rule *rules;
} TYPES[] = { { "metric", METRIC }, { "text", TEXT }, { "log", LOG }, { "alarm", ALARM }, { "explorer", EXPLORER }, { "custom", CUSTOM },
              { "chart", ANY } };

struct checking {
    struct arena *arena;
    struct dashboard_problems *out;
};

static void report(const struct checking *c, struct str path, struct str message)
{
    if (c->out->count++ >= SHOWN_MAX) {
        return;
    }
    json_open_object(&c->out->shown);
    JSON_MEMBER(&c->out->shown, "dataPath", path);
    JSON_MEMBER(&c->out->shown, "message", message);
    json_close_object(&c->out->shown);
}

static bool is_kind(const struct checking *c, struct str path, const struct json *value, enum json_kind kind)
{
    static const char *const words[] = { [JSON_TRUE] = "boolean", [JSON_NUMBER] = "number", [JSON_STRING] = "string",
                                         [JSON_ARRAY] = "array", [JSON_OBJECT] = "object" };
    if (value->kind == kind || (kind == JSON_TRUE && value->kind == JSON_FALSE)) {
        return true;
    }
    report(c, path, str_format(c->arena, "Should be %s", words[kind]));
    return false;
}

static void check_number(const struct checking *c, struct str path, const struct json *value, const struct member_rule *rule)
{
    double number = 0;
    if (!json_double(value, &number) || number < rule->least) {
        report(c, path, str_format(c->arena, "Should be >= %.0f", rule->least));
    } else if (number > rule->most) {
        report(c, path, str_format(c->arena, "Should be <= %.0f", rule->most));
    }
}

static void check_members(const struct checking *c, struct str path, const struct json *object, const struct member_rule *rules)
{
    for (const struct member_rule *rule = rules; rule->name; rule++) {
        const struct json *value = json_get(object, str_of(rule->name));
        const struct str own = str_format(c->arena, "%" STR_FMT "/%s", STR_ARG(path), rule->name);
        if (value == NULL && rule->required) {
            report(c, path, str_format(c->arena, "Should have required property '%s'", rule->name));
        } else if (value && is_kind(c, own, value, rule->kind) && rule->kind == JSON_NUMBER) {
            check_number(c, own, value, rule);
        }
    }
}

static bool is_metric(const struct json *metric)
{
    for (const struct json *part = metric->child; part; part = part->next) {
        if (part->kind != JSON_STRING && (part->kind != JSON_OBJECT || part->next)) {
            return false;
        }
    }
    return true;
}

static void check_metrics(const struct checking *c, struct str path, const struct json *properties)
{
    const struct json *metrics = json_get(properties, STR("metrics"));
    const struct json *annotations = json_get(properties, STR("annotations"));
    size_t number = 0;
    if (metrics == NULL && annotations == NULL) {
        report(c, path, STR("Should have required property 'metrics'"));
        report(c, path, STR("Should have required property 'annotations'"));
    }
    if ((metrics == NULL || json_get(properties, STR("region")) == NULL) && json_get(annotations, STR("alarms")) == NULL) {
        report(c, path, STR(REGION_NEEDED));
    }
    for (const struct json *metric = metrics && metrics->kind == JSON_ARRAY ? metrics->child : NULL; metric; metric = metric->next) {
        const struct str own = str_format(c->arena, "%" STR_FMT "/metrics/%zu", STR_ARG(path), number++);
        if (!is_kind(c, own, metric, JSON_ARRAY) || !is_metric(metric)) {
            report(c, own, STR(METRICS_FORM));
        }
    }
}

static void check_widget(const struct checking *c, const struct json *widget, size_t number)
{
    const struct str path = str_format(c->arena, "/widgets/%zu", number);
    const struct str inner = str_format(c->arena, "%" STR_FMT "/properties", STR_ARG(path));
    const struct json *properties = json_get(widget, STR("properties"));
    const struct str type = json_text(json_get(widget, STR("type")));
    if (!is_kind(c, path, widget, JSON_OBJECT)) {
        return;
    }
    check_members(c, path, widget, WIDGET);
    for (size_t i = 0; type.ptr && i <= COUNT_OF(TYPES); i++) {
        if (i == COUNT_OF(TYPES)) {
            report(c, str_format(c->arena, "%" STR_FMT "/type", STR_ARG(path)), STR("Should be equal to one of the allowed values"));
        } else if (str_equal(type, str_of(TYPES[i].type))) {
            if (properties && properties->kind == JSON_OBJECT) {
                check_members(c, inner, properties, TYPES[i].rules);
                TYPES[i].rules == METRIC ? check_metrics(c, inner, properties) : (void)0;
            }
            return;
        }
    }
}

void cloudwatch_dashboard_check(struct arena *arena, struct str body, struct dashboard_problems *out)
{
    static const struct member_rule whole[] = {
        { .name = "widgets", .kind = JSON_ARRAY, .required = true }, { .name = "start", .kind = JSON_STRING },
        { .name = "end", .kind = JSON_STRING }, { .name = "periodOverride", .kind = JSON_STRING },
        { .name = "variables", .kind = JSON_ARRAY }, ENDS_RULES,
    };
    const struct checking c = { arena, out };
    const struct json *root = json_parse(arena, body, NULL);
    const struct json *widgets = json_get(root, STR("widgets"));
    size_t number = 0;
    *out = (struct dashboard_problems){ .shown = json_writer_new(arena) };
    json_open_array(&out->shown);
    if (root == NULL || root->kind != JSON_OBJECT) {
        report(&c, STR(""), STR("The field DashboardBody must be a valid JSON object"));
    } else {
        check_members(&c, STR(""), root, whole);
    }
    if (widgets && widgets->count > WIDGETS_MAX) {
        report(&c, STR("/widgets"), STR("Should NOT have more than 500 items"));
    }
    for (const struct json *widget = widgets && widgets->kind == JSON_ARRAY ? widgets->child : NULL; widget && number < WIDGETS_MAX;
         widget = widget->next) {
        check_widget(&c, widget, number++);
    }
    json_close_array(&out->shown);
}
