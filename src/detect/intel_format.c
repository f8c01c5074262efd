#include "detect/intel_format.h"

#include "detect/intel_columns.h"

enum { LINE_MAX_LENGTH = 4096, NO_COLUMN = COLUMNS_MAX };

/* A text being read line by line. */
struct reading {
    const struct intel_format_sink *sink;
    size_t line;
    struct str text; /* of the line */
};

static void broken(const struct reading *reading, const char *reason)
{
    reading->sink->broken(reading->sink->self, reading->line, reading->text, reason);
}

static void take(const struct reading *reading, struct str indicator, struct str threat)
{
    const char *reason = reading->sink->entry(reading->sink->self, indicator, threat);
    if (reason) {
        broken(reading, reason);
    }
}

static bool is_comment(struct str line)
{
    return line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';' || line.ptr[0] == '!' || str_starts(line, STR("//"));
}

/* Gives the lines that say something; false at the end. Overlong ones are told as broken. */
static bool next_line(struct reading *reading, struct str *rest)
{
    while (rest->ptr) {
        struct str line = str_cut(*rest, '\n', rest);
        reading->line++;
        line = reading->line == 1 && str_starts(line, STR("\xEF\xBB\xBF")) ? str_from(line, 3) : line;
        reading->text = str_trim(line);
        if (is_comment(reading->text)) {
            continue;
        }
        if (reading->text.len <= LINE_MAX_LENGTH) {
            return true;
        }
        reading->text = str_slice(reading->text, 0, 64);
        broken(reading, "longer than a line of a list can be");
    }
    return false;
}

static struct str word_of(struct str line, struct str *rest)
{
    size_t len = 0;
    while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t' && line.ptr[len] != '#') {
        len++;
    }
    *rest = len < line.len && line.ptr[len] != '#' ? str_trim(str_from(line, len)) : STR("");
    return str_slice(line, 0, len);
}

static void read_txt(struct reading *reading, struct str rest)
{
    while (next_line(reading, &rest)) {
        struct str more = STR_NONE;
        const struct str word = word_of(reading->text, &more);
        take(reading, word, STR_NONE);
    }
}

static bool is_nowhere(struct str word)
{
    return str_equal(word, STR("0.0.0.0")) || str_equal(word, STR("127.0.0.1")) || str_equal(word, STR("::")) ||
           str_equal(word, STR("::1"));
}

/* "0.0.0.0 evil.example other.example": names of this machine itself are no indicators. */
static bool read_hosts_line(struct reading *reading)
{
    struct str rest = STR_NONE;
    if (!is_nowhere(word_of(reading->text, &rest)) || rest.len == 0) {
        return false;
    }
    while (rest.len > 0 && rest.ptr[0] != '#') {
        const struct str name = word_of(rest, &rest);
        if (str_find(name, '.') != STR_MISSING && !is_nowhere(name) && !str_equal(name, STR("localhost.localdomain"))) {
            take(reading, name, STR_NONE);
        }
    }
    return true;
}

static bool is_one_of(struct str word, const char *const *words)
{
    for (; *words; words++) {
        if (str_equal_nocase(word, str_of(*words))) {
            return true;
        }
    }
    return false;
}

/* The first of the words that is the name of a column. */
static size_t column_of(const struct columns *columns, const char *const *words)
{
    for (; *words; words++) {
        for (size_t i = 0; i < columns->count; i++) {
            if (str_equal_nocase(columns->items[i], str_of(*words))) {
                return i;
            }
        }
    }
    return NO_COLUMN;
}

static char separator_of(struct str line)
{
    static const char order[] = { '\t', ',', ';' };
    for (size_t i = 0; i < sizeof(order); i++) {
        if (str_find(line, order[i]) != STR_MISSING) {
            return order[i];
        }
    }
    return ' ';
}

static const char *const INDICATOR_NAMES[] = { "indicator", "value", "ioc", "ioc_value", "ip", "ip_address", "ipaddress", "address", "dst_ip",
                                               "domain", "host", "hostname", "fqdn", "sha256", "sha256_hash", "network", "cidr", NULL };
static const char *const THREAT_NAMES[] = { "threat", "malware", "malware_printable", "malware_family", "signature", "trail", "description",
                                            "comment", "threat_type", "category", NULL };

/* Indicators but hashes and keys have dots or colons, names of columns have none. */
static bool may_name_columns(struct str line)
{
    return str_find(line, '.') == STR_MISSING && str_find(line, ':') == STR_MISSING;
}

static void read_any(struct reading *reading, struct str rest)
{
    size_t indicator = 0;
    size_t threat = 1;
    bool first = true;
    while (next_line(reading, &rest)) {
        if (read_hosts_line(reading)) {
            first = false;
            continue;
        }
        struct columns columns;
        columns_cut(reading->text, separator_of(reading->text), &columns);
        const size_t named = first && may_name_columns(reading->text) ? column_of(&columns, INDICATOR_NAMES) : NO_COLUMN;
        first = false;
        if (named != NO_COLUMN) {
            indicator = named;
            threat = column_of(&columns, THREAT_NAMES);
            continue;
        }
        struct str more = STR_NONE;
        const struct str word = word_of(columns_at(&columns, indicator), &more);
        const struct str said = separator_of(reading->text) == ' ' ? STR_NONE : columns_at(&columns, threat);
        take(reading, word, str_is_number(said) ? STR_NONE : said);
    }
}

/* spec: GuardDuty user guide, list formats: Indicator type, Indicator, Description. */
static void read_otx(struct reading *reading, struct str rest)
{
    static const char *const KINDS[] = { "IPv4", "IPv6", "CIDR", "domain", "hostname", "FileHash-SHA256", "FileHash-SHA1",
                                         "FileHash-MD5", NULL };
    while (next_line(reading, &rest)) {
        struct columns columns;
        columns_cut(reading->text, ',', &columns);
        if (str_equal_nocase(columns.items[0], STR("indicator type"))) {
            continue;
        }
        if (columns.count < 2 || !is_one_of(columns.items[0], KINDS)) {
            broken(reading, columns.count < 2 ? "wants: indicator type, indicator, description" : "indicators of this type are not matched");
            continue;
        }
        take(reading, columns.items[1], columns_at(&columns, 2));
    }
}

/* spec: GuardDuty user guide, list formats: address#reliability#risk#type#country#city#coordinates#n. */
static void read_alien_vault(struct reading *reading, struct str rest)
{
    while (next_line(reading, &rest)) {
        struct columns columns;
        columns_cut(reading->text, '#', &columns);
        take(reading, columns.items[0], columns_at(&columns, 3));
    }
}

/* spec: GuardDuty user guide, list formats: ip, category, score, first seen, last seen, ports. */
static void read_proof_point(struct reading *reading, struct str rest)
{
    while (next_line(reading, &rest)) {
        struct columns columns;
        columns_cut(reading->text, ',', &columns);
        if (!is_one_of(columns.items[0], INDICATOR_NAMES)) {
            const struct str category = columns_at(&columns, 1);
            take(reading, columns.items[0], str_is_number(category) ? STR_NONE : category);
        }
    }
}

/* spec: GuardDuty user guide, list formats: a header of many columns, of which cidr, ip, domain and sha256 are indicators. */
static void read_fire_eye(struct reading *reading, struct str rest)
{
    static const char *const NAMES[][2] = { { "cidr", NULL }, { "ip", NULL }, { "domain", NULL }, { "sha256", NULL } };
    static const char *const FAMILY[] = { "malwareFamily", NULL };
    size_t places[COUNT_OF(NAMES)] = { NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN };
    size_t family = NO_COLUMN;
    bool headed = false;
    while (next_line(reading, &rest)) {
        struct columns columns;
        columns_cut(reading->text, ',', &columns);
        if (!headed) {
            for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
                places[i] = column_of(&columns, NAMES[i]);
                headed = headed || places[i] != NO_COLUMN;
            }
            family = column_of(&columns, FAMILY);
            if (!headed) {
                broken(reading, "wants a first line that names the columns, one of cidr, ip, domain and sha256 among them");
                return;
            }
            continue;
        }
        bool any = false;
        for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
            const struct str value = columns_at(&columns, places[i]);
            if (value.len > 0) {
                any = true;
                take(reading, value, columns_at(&columns, family));
            }
        }
        if (!any) {
            broken(reading, "holds no cidr, ip, domain or sha256");
        }
    }
}

/* Elements that hold indicators, whatever their namespace's prefix; Value is that of domain names only. */
static bool holds_indicators(struct str tag)
{
    if (str_starts(tag, STR("/"))) {
        return false;
    }
    const size_t colon = str_find(tag, ':');
    const struct str local = colon == STR_MISSING ? tag : str_from(tag, colon + 1);
    return str_equal(local, STR("Address_Value")) || str_equal(local, STR("Simple_Hash_Value")) ||
           (str_equal(local, STR("Value")) && str_starts(tag, STR("DomainName")));
}

static void take_separated(struct reading *reading, struct str values)
{
    const struct str comma = STR("##comma##");
    while (values.len > 0) {
        const size_t at = str_search(values, comma);
        const struct str value = str_trim(str_slice(values, 0, at == STR_MISSING ? values.len : at));
        reading->text = str_slice(value, 0, 64);
        take(reading, value, STR_NONE);
        values = at == STR_MISSING ? STR("") : str_from(values, at + comma.len);
    }
}

/* spec: STIX 2.1, §9, comparisons of Cyber-observable object paths; what else a pattern compares is no indicator here. */
static bool compares_indicators(struct str path)
{
    static const struct str ends[] = { STR_INIT("ipv4-addr:value"), STR_INIT("ipv6-addr:value"), STR_INIT("domain-name:value"),
                                       STR_INIT("'MD5'"), STR_INIT(".MD5"), STR_INIT("'SHA-1'"), STR_INIT("'SHA-256'") };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (str_ends(path, ends[i])) {
            return true;
        }
    }
    return false;
}

/* What a bundle's patterns compare with; JSON leaves single quotes as they are. */
static void read_bundle(struct reading *reading, struct str rest)
{
    reading->line = 1;
    for (size_t at = str_find(rest, '='); at != STR_MISSING; at = str_find(rest, '=')) {
        const struct str path = str_trim(str_slice(rest, 0, at));
        for (size_t i = 0; i < at; i++) {
            reading->line += rest.ptr[i] == '\n';
        }
        rest = str_from(rest, at + 1);
        const struct str value = str_trim(str_slice(rest, 0, rest.len < 256 ? rest.len : 256));
        const size_t end = str_starts(value, STR("'")) ? str_find(str_from(value, 1), '\'') : STR_MISSING;
        if (end != STR_MISSING && compares_indicators(path)) {
            reading->text = str_slice(value, 1, end);
            take(reading, reading->text, STR_NONE);
        }
    }
}

/* spec: STIX 1.x and CybOX 2: observables of type AddressObject, DomainNameObj and FileObj. Their nesting says nothing about what
 * is an indicator here, so it is not looked at. */
static void read_package(struct reading *reading, struct str rest)
{
    reading->line = 1;
    bool any = false;
    while (rest.len > 0) {
        const size_t open = str_find(rest, '<');
        if (open == STR_MISSING) {
            break;
        }
        any = true;
        for (size_t i = 0; i < open; i++) {
            reading->line += rest.ptr[i] == '\n';
        }
        rest = str_from(rest, open + 1);
        size_t name = 0;
        while (name < rest.len && rest.ptr[name] != '>' && rest.ptr[name] != ' ' && rest.ptr[name] != '\n' && rest.ptr[name] != '\t') {
            name++;
        }
        const struct str tag = str_slice(rest, 0, name);
        const size_t close = str_find(rest, '>');
        if (close != STR_MISSING && holds_indicators(tag)) {
            const struct str content = str_from(rest, close + 1);
            const size_t end = str_find(content, '<');
            take_separated(reading, str_slice(content, 0, end == STR_MISSING ? content.len : end));
        }
    }
    if (!any) {
        broken(reading, "is no XML");
    }
}

/* GuardDuty takes version 1, which is XML; version 2 is JSON. */
static void read_stix(struct reading *reading, struct str text)
{
    if (str_starts(str_trim(text), STR("{"))) {
        read_bundle(reading, text);
    } else {
        read_package(reading, text);
    }
}

static const struct {
    struct str word;
    void (*read)(struct reading *reading, struct str text);
} FORMATS[] = {
    [INTEL_FORMAT_ANY] = { STR_INIT("ANY"), read_any },
    [INTEL_FORMAT_TXT] = { STR_INIT("TXT"), read_txt },
    [INTEL_FORMAT_STIX] = { STR_INIT("STIX"), read_stix },
    [INTEL_FORMAT_OTX_CSV] = { STR_INIT("OTX_CSV"), read_otx },
    [INTEL_FORMAT_ALIEN_VAULT] = { STR_INIT("ALIEN_VAULT"), read_alien_vault },
    [INTEL_FORMAT_PROOF_POINT] = { STR_INIT("PROOF_POINT"), read_proof_point },
    [INTEL_FORMAT_FIRE_EYE] = { STR_INIT("FIRE_EYE"), read_fire_eye },
};

bool intel_format_of(struct str word, enum intel_format *out)
{
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
        if (str_equal(FORMATS[i].word, word)) {
            *out = (enum intel_format)i;
            return true;
        }
    }
    return false;
}

void intel_format_read(enum intel_format format, struct str text, const struct intel_format_sink *sink)
{
    struct reading reading = { .sink = sink };
    const struct str begin = str_trim(text);
    if (format == INTEL_FORMAT_ANY && (str_starts(begin, STR("{")) || str_starts(begin, STR("<")))) {
        format = INTEL_FORMAT_STIX;
    }
    FORMATS[format].read(&reading, text);
}
