#include "ingest/format.h"

#include "base/clock.h"

const struct json_format *const JSON_FORMAT[JSON_FORMATS] = {
    &FORMAT_DNS,        &FORMAT_KUBERNETES,      &FORMAT_WAF,  &FORMAT_FLOW_JSON, &FORMAT_SURICATA,
    &FORMAT_FALCO,      &FORMAT_POSTGRESQL_JSON, &FORMAT_OCSF, &FORMAT_GUARDDUTY, &FORMAT_SECURITY_HUB,
    &FORMAT_CONFIG,     &FORMAT_BEDROCK,         &FORMAT_TETRAGON_EXEC, &FORMAT_TETRAGON_KPROBE, &FORMAT_TETRAGON_LSM,
    &FORMAT_TETRAGON_EXIT, &FORMAT_TETRAGON_CONNECT, &FORMAT_TETRAGON_DNS, &FORMAT_TETRAGON_LOADER, &FORMAT_MALWARE_SCAN, &FORMAT_S3_ACCESS_JSON,
};

const struct text_format *const TEXT_FORMAT[TEXT_FORMATS] = {
    &FORMAT_FLOW, &FORMAT_S3_ACCESS, &FORMAT_AUDITD, &FORMAT_POSTGRESQL, &FORMAT_MYSQL, &FORMAT_CLAMAV,
};

static const struct {
    const char *name;
    const char *products; /* of a Sigma logsource, separated by spaces; NULL: any */
    const char *kinds;    /* services or categories; NULL: any */
} sources[SOURCE_COUNT] = {
    [SOURCE_UNKNOWN] = { "unknown", "", "" },
    [SOURCE_CLOUDTRAIL] = { "cloudtrail", "aws", "cloudtrail" },
    [SOURCE_FLOW] = { "vpcflow", NULL, "vpcflow vpc_flow vpcflowlogs vpc-flow-logs firewall network_connection" },
    [SOURCE_DNS] = { "dns", NULL, "dns route53 route53_resolver dns_query vpcdnsquerylogs" },
    [SOURCE_KUBERNETES] = { "kubernetes", "kubernetes", NULL },
    [SOURCE_S3_ACCESS] = { "s3access", NULL, "s3access s3_access s3_server_access s3serveraccess" },
    [SOURCE_WAF] = { "waf", NULL, "waf wafv2 webserver" },
    [SOURCE_AUDITD] = { "auditd", NULL, "auditd" },
    [SOURCE_SURICATA] = { "suricata", NULL, "suricata ids networkfirewall network-firewall" },
    [SOURCE_FALCO] = { "falco", "falco", NULL },
    [SOURCE_POSTGRESQL] = { "postgresql", "postgresql postgres", NULL },
    [SOURCE_MYSQL] = { "mysql", "mysql mariadb", NULL },
    [SOURCE_OCSF] = { "ocsf", "ocsf", NULL },
    [SOURCE_GUARDDUTY] = { "guardduty", NULL, "guardduty" },
    [SOURCE_SECURITY_HUB] = { "securityhub", NULL, "securityhub" },
    [SOURCE_CONFIG] = { "config", "aws", "config" },
    [SOURCE_BEDROCK] = { "bedrock", NULL, "bedrock" },
    [SOURCE_TETRAGON] = { "tetragon", "tetragon", NULL },
    [SOURCE_MALWARE] = { "malware", NULL, "clamav malware antivirus" },
};

const char *source_name(enum source source)
{
    return sources[source].name;
}

static bool among(struct str word, const char *list)
{
    struct str rest = str_of(list);
    while (rest.ptr && word.len > 0) {
        if (str_equal_nocase(str_cut(rest, ' ', &rest), word)) {
            return true;
        }
    }
    return false;
}

uint32_t sources_of_logsource(struct str product, struct str category, struct str service)
{
    if (product.len + category.len + service.len == 0) {
        return UINT32_MAX;
    }
    uint32_t bits = 0;
    for (size_t i = 1; i < SOURCE_COUNT; i++) {
        const bool product_fits = sources[i].products == NULL || among(product, sources[i].products);
        const bool kind_fits = sources[i].kinds == NULL || among(service, sources[i].kinds) || among(category, sources[i].kinds);
        bits |= product_fits && kind_fits ? UINT32_C(1) << i : 0;
    }
    if (str_equal_nocase(product, STR("aws")) && among(service, "eks kubernetes")) {
        bits |= UINT32_C(1) << SOURCE_KUBERNETES;
    }
    if (str_equal_nocase(category, STR("runtime"))) { /* whatever sees processes: a category of ours */
        bits |= UINT32_C(1) << SOURCE_FALCO | UINT32_C(1) << SOURCE_TETRAGON | UINT32_C(1) << SOURCE_AUDITD;
    }
    return bits ? bits : UINT32_C(1) << SOURCE_CLOUDTRAIL;
}

struct format_slots format_project(const struct json_format *format, struct projection_builder *builder)
{
    struct format_slots slots = { .marks = { 0 } };
    for (size_t i = 0; i < FORMAT_MARKS_MAX && format->marks[i]; i++) {
        slots.marks[i] = projection_slot(builder, str_of(format->marks[i]));
    }
    for (size_t i = 0; i < FORMAT_TIMES_MAX && format->times[i]; i++) {
        slots.times[i] = projection_slot(builder, str_of(format->times[i]));
    }
    for (size_t i = 0; i < FORMAT_PATHS_MAX && format->paths[i].path; i++) {
        slots.paths[i] = projection_slot(builder, str_of(format->paths[i].path));
    }
    return slots;
}

/* Digits and perhaps a fraction of a second or an exponent of none. */
static bool number_time(struct str text, int64_t *ms)
{
    double value = 0;
    if (!str_to_double(text, &value) || value < 0 || value > 9e18) {
        return false;
    }
    double scaled = value * 1000; /* seconds up to the year 5138, and so on */
    if (value >= 1e11) {
        scaled = value >= 1e17 ? value / 1e6 : value >= 1e14 ? value / 1e3 : value;
    }
    *ms = (int64_t)(scaled + 0.5);
    return true;
}

bool format_time(struct str text, int64_t *ms)
{
    enum { DATE = 10, CLOCK = 19, LONGEST = 48 };
    if (text.len < DATE || text.len > LONGEST || text.ptr[4] != '-') {
        return number_time(text, ms);
    }
    if (clock_parse_iso8601(text, ms)) {
        return true;
    }
    char shaped[LONGEST + 8];
    memcpy(shaped, text.ptr, text.len);
    size_t len = text.len;
    if (len < CLOCK || (shaped[DATE] != ' ' && shaped[DATE] != 'T')) {
        return false;
    }
    shaped[DATE] = 'T';
    if (str_ends(text, STR(" UTC"))) {
        len -= 4;
    }
    const char sign = len > CLOCK + 5 ? shaped[len - 5] : ' ';
    if (sign == '+' || sign == '-') { /* +0900 */
        memmove(shaped + len - 1, shaped + len - 2, 2);
        shaped[len - 2] = ':';
        return clock_parse_iso8601((struct str){ shaped, len + 1 }, ms);
    }
    shaped[len] = 'Z';
    return clock_parse_iso8601((struct str){ shaped, len + 1 }, ms);
}
