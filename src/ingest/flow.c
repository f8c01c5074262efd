/* flow.c - VPC flow logs: text with a header line or in a known order, CSV, and JSON.
 * spec: VPC user guide, available fields of flow log records, versions 2 to 10; records with NODATA or SKIPDATA have - for
 * what they don't know. */
#include "ingest/flow.h"

#include <endian.h>
#include <stddef.h>
#include <stdlib.h>

#include "ingest/reader_parts.h"
#include "match/network.h"

enum kind { KIND_TEXT, KIND_NUMBER, KIND_ADDRESS, KIND_VERDICT, KIND_STATUS };
enum { NOWHERE = 0xFF };

struct column {
    struct str name;
    uint8_t kind;
    uint8_t field;  /* of the event; NOWHERE */
    uint8_t width;  /* of its member of struct event_flow, in bytes; 0: it has none */
    uint8_t offset; /* of that member */
    uint64_t most;  /* of a number */
    const char *begins; /* how its values begin, for guessing */
};

/* In the order of the versions that brought them. */
static const struct column columns[] = {
    { STR_INIT("version"), KIND_NUMBER, NOWHERE, 0, 0, INT64_MAX, NULL },
    { STR_INIT("account-id"), KIND_TEXT, FIELD_ACCOUNT, 0, 0, 0, NULL },
    { STR_INIT("interface-id"), KIND_TEXT, FIELD_INTERFACE, 0, 0, 0, "eni-" },
    { STR_INIT("srcaddr"), KIND_ADDRESS, FIELD_IP, 16, offsetof(struct event_flow, source), 0, NULL },
    { STR_INIT("dstaddr"), KIND_ADDRESS, FIELD_TARGET_IP, 16, offsetof(struct event_flow, target), 0, NULL },
    { STR_INIT("srcport"), KIND_NUMBER, FIELD_PORT, 2, offsetof(struct event_flow, source_port), UINT16_MAX, NULL },
    { STR_INIT("dstport"), KIND_NUMBER, FIELD_TARGET_PORT, 2, offsetof(struct event_flow, target_port), UINT16_MAX, NULL },
    { STR_INIT("protocol"), KIND_NUMBER, FIELD_PROTOCOL, 1, offsetof(struct event_flow, protocol), UINT8_MAX, NULL },
    { STR_INIT("packets"), KIND_NUMBER, FIELD_PACKETS, 8, offsetof(struct event_flow, packets), INT64_MAX, NULL },
    { STR_INIT("bytes"), KIND_NUMBER, FIELD_BYTES, 8, offsetof(struct event_flow, bytes), INT64_MAX, NULL },
    { STR_INIT("start"), KIND_NUMBER, FIELD_START, 8, offsetof(struct event_flow, start), FLOW_LAST_SECOND, NULL },
    { STR_INIT("end"), KIND_NUMBER, FIELD_END, 8, offsetof(struct event_flow, end), FLOW_LAST_SECOND, NULL },
    { STR_INIT("action"), KIND_VERDICT, FIELD_VERDICT, 0, 0, 0, NULL },
    { STR_INIT("log-status"), KIND_STATUS, FIELD_STATUS, 0, 0, 0, NULL },
    { STR_INIT("vpc-id"), KIND_TEXT, FIELD_VPC, 0, 0, 0, "vpc-" },
    { STR_INIT("subnet-id"), KIND_TEXT, FIELD_SUBNET, 0, 0, 0, "subnet-" },
    { STR_INIT("instance-id"), KIND_TEXT, FIELD_INSTANCE, 0, 0, 0, "i-" },
    { STR_INIT("tcp-flags"), KIND_NUMBER, FIELD_FLAGS, 1, offsetof(struct event_flow, tcp_flags), UINT8_MAX, NULL },
    { STR_INIT("type"), KIND_TEXT, FIELD_TYPE, 0, 0, 0, NULL },
    { STR_INIT("pkt-srcaddr"), KIND_ADDRESS, FIELD_ORIGIN_IP, 0, 0, 0, NULL },
    { STR_INIT("pkt-dstaddr"), KIND_ADDRESS, FIELD_FINAL_IP, 0, 0, 0, NULL },
    { STR_INIT("region"), KIND_TEXT, FIELD_REGION, 0, 0, 0, NULL },
    { STR_INIT("az-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("sublocation-type"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("sublocation-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("pkt-src-aws-service"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("pkt-dst-aws-service"), KIND_TEXT, FIELD_SERVICE, 0, 0, 0, NULL },
    { STR_INIT("flow-direction"), KIND_TEXT, FIELD_DIRECTION, 0, 0, 0, NULL },
    { STR_INIT("traffic-path"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-cluster-arn"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-cluster-name"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-container-instance-arn"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-container-instance-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-container-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-second-container-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-service-name"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-task-definition-arn"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-task-arn"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("ecs-task-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("reject-reason"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("resource-id"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT("encryption-status"), KIND_TEXT, NOWHERE, 0, 0, 0, NULL },
    { STR_INIT(""), KIND_TEXT, NOWHERE, 0, 0, 0, NULL }, /* a column of a later version, or of another kind of flow log */
};
enum { VERSION, ACCOUNT, INTERFACE, SOURCE_ADDRESS, TARGET_ADDRESS, SOURCE_PORT, TARGET_PORT, PROTOCOL, PACKETS, BYTES, START, END,
       ACTION, STATUS, VPC, SUBNET, INSTANCE, FLAGS, TYPE, ORIGIN, FINAL };
enum { UNNAMED = COUNT_OF(columns) - 1, DEFAULT_COUNT = STATUS + 1 };
_Static_assert(COUNT_OF(columns) <= FLOW_COLUMNS_MAX, "every column of every version fits a layout");

static size_t column_named(struct str name)
{
    for (size_t i = 0; i < UNNAMED; i++) {
        const struct str known = columns[i].name;
        bool same = known.len == name.len;
        for (size_t j = 0; j < name.len && same; j++) {
            same = known.ptr[j] == name.ptr[j] || (known.ptr[j] == '-' && name.ptr[j] == '_');
        }
        if (same) {
            return i;
        }
    }
    return UNNAMED;
}

static struct str next_value(struct str *rest, char separator)
{
    if (separator == ' ') {
        *rest = str_trim(*rest);
    }
    const struct str value = str_cut(*rest, separator, rest);
    const bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
    return quoted ? str_slice(value, 1, value.len - 2) : value;
}

static bool begins_with_version_2(const struct flow_layout *layout)
{
    bool same = layout->count >= DEFAULT_COUNT && layout->separator == ' ';
    for (size_t i = 0; i < DEFAULT_COUNT && same; i++) {
        same = layout->columns[i] == i;
    }
    return same;
}

bool flow_header(struct flow_layout *layout, struct str line)
{
    struct flow_layout found = { .from_header = true };
    found.separator = str_find(line, ' ') == STR_MISSING ? ',' : ' ';
    size_t known = 0;
    for (struct str rest = line; rest.ptr && rest.len > 0;) {
        if (found.count == FLOW_COLUMNS_MAX) {
            return false;
        }
        const size_t column = column_named(next_value(&rest, found.separator));
        known += column != UNNAMED;
        found.columns[found.count++] = (uint8_t)column;
    }
    const bool is_header = known >= 2 && known * 2 > found.count;
    found.begins_with_version_2 = begins_with_version_2(&found);
    *layout = is_header ? found : *layout;
    return is_header;
}

static bool is_number(struct str value)
{
    bool digits = value.len > 0 && value.len <= 20;
    for (size_t i = 0; i < value.len && digits; i++) {
        digits = value.ptr[i] >= '0' && value.ptr[i] <= '9';
    }
    return digits;
}

static bool is_status(struct str value)
{
    return str_equal(value, STR("OK")) || str_equal(value, STR("NODATA")) || str_equal(value, STR("SKIPDATA"));
}

static bool fits_column(const struct column *column, struct str value)
{
    struct network address;
    if (str_equal(value, STR("-"))) {
        return column->kind != KIND_STATUS;
    }
    switch ((enum kind)column->kind) {
    case KIND_NUMBER:
        return is_number(value);
    case KIND_ADDRESS:
        return network_parse(value, &address);
    case KIND_VERDICT:
        return str_equal(value, STR("ACCEPT")) || str_equal(value, STR("REJECT"));
    case KIND_STATUS:
        return is_status(value);
    case KIND_TEXT:
    default:
        return column->begins == NULL || str_starts(value, str_of(column->begins));
    }
}

/* The guide's own example orders, which logs without a header line are often in. */
static const uint8_t by_flags[] = { VERSION, VPC, SUBNET, INSTANCE, INTERFACE, ACCOUNT, TYPE, SOURCE_ADDRESS, TARGET_ADDRESS,
                                    SOURCE_PORT, TARGET_PORT, ORIGIN, FINAL, PROTOCOL, BYTES, PACKETS, START, END, ACTION, FLAGS,
                                    STATUS };
static const uint8_t by_gateway[] = { VERSION, INTERFACE, ACCOUNT, VPC, SUBNET, INSTANCE, SOURCE_ADDRESS, TARGET_ADDRESS,
                                      SOURCE_PORT, TARGET_PORT, PROTOCOL, FLAGS, TYPE, ORIGIN, FINAL, ACTION, STATUS };

static bool fits_layout(const struct flow_layout *layout, struct str line)
{
    struct str rest = line;
    for (size_t i = 0; i < layout->count; i++) {
        if (!rest.ptr || !fits_column(&columns[layout->columns[i]], next_value(&rest, ' '))) {
            return false;
        }
    }
    return str_trim(rest).len == 0;
}

static bool try_layout(struct flow_layout *layout, const uint8_t *order, size_t count, struct str line)
{
    struct flow_layout found = { .count = count, .separator = ' ' };
    for (size_t i = 0; i < count; i++) {
        found.columns[i] = order ? order[i] : (uint8_t)i;
    }
    if (!fits_layout(&found, line)) {
        return false;
    }
    found.begins_with_version_2 = begins_with_version_2(&found);
    *layout = found;
    return true;
}

/* Without an order of its own a log has all columns in the order of the versions, as far as it goes. */
bool flow_guess(struct flow_layout *layout, struct str line)
{
    size_t values = 0;
    for (struct str rest = line; rest.ptr && rest.len > 0; values++) {
        next_value(&rest, ' ');
    }
    if (values >= DEFAULT_COUNT && values <= UNNAMED && try_layout(layout, NULL, values, line)) {
        return true;
    }
    return try_layout(layout, by_flags, COUNT_OF(by_flags), line) || try_layout(layout, by_gateway, COUNT_OF(by_gateway), line);
}

/* Where a value ends, eight bytes a step. */
ALWAYS_INLINE const char *value_end(const char *at, const char *end, char separator)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t pattern = ones * (unsigned char)separator;
    for (; end - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, sizeof(word));
        word = le64toh(word) ^ pattern;
        const uint64_t hit = (word - ones) & ~word & (ones << 7);
        if (hit) {
            return at + __builtin_ctzll(hit) / 8;
        }
    }
    while (at < end && *at != separator) {
        at++;
    }
    return at;
}

/* What follows takes the value at `at` and gives the place behind it; NULL when it is wrong. Inlined, so that the columns of
 * version 2 become straight code. */

/* - is no number. */
ALWAYS_INLINE const char *take_number(const char *at, const char *end, const struct column *column, struct event_flow *flow)
{
    const char *const start = at;
    uint64_t number = 0;
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    char *const member = (char *)flow + column->offset;
    if (column->width == 8) {
        memcpy(member, &number, sizeof(number));
    } else if (column->width == 2) {
        memcpy(member, &(uint16_t){ (uint16_t)number }, 2);
    } else if (column->width == 1) {
        *member = (char)(unsigned char)number;
    }
    if (at == start) {
        return at < end && *at == '-' ? at + 1 : NULL;
    }
    return at - start <= 19 && number <= column->most ? at : NULL; /* 19 digits can't overflow */
}

ALWAYS_INLINE const char *take_v4(const char *at, const char *end, unsigned char out[4])
{
    for (int part = 0; part < 4; part++) {
        const char *const start = at;
        unsigned number = 0;
        for (; at < end && (unsigned char)(*at - '0') <= 9; at++) {
            number = number * 10 + (unsigned)(*at - '0');
        }
        if (at == start || at - start > 3 || number > 255 || (part < 3 && (at == end || *at++ != '.'))) {
            return NULL;
        }
        out[part] = (unsigned char)number;
    }
    return at;
}

static bool other_address(struct str value, unsigned char out[16])
{
    struct network network;
    memset(out, 0, 16);
    if (value.len == 1 && value.ptr[0] == '-') {
        return true;
    }
    if (str_find(value, '/') != STR_MISSING || !network_parse(value, &network)) {
        return false;
    }
    const uint64_t words[2] = { htobe64(network.high), htobe64(network.low) };
    memcpy(out, words, sizeof(words));
    return true;
}

ALWAYS_INLINE const char *take_address(const char *at, const char *end, char separator, const struct column *column,
                                              struct event_flow *flow)
{
    unsigned char unused[16];
    unsigned char *const out = column->width ? (unsigned char *)flow + column->offset : unused;
    const char *const behind = take_v4(at, end, out + 12);
    if (behind) {
        out[10] = 0xFF;
        out[11] = 0xFF;
        return behind;
    }
    const char *const other = value_end(at, end, separator);
    return other_address((struct str){ at, (size_t)(other - at) }, out) ? other : NULL;
}

ALWAYS_INLINE const char *take(const char *at, const char *end, char separator, const struct column *column,
                                      struct event_flow *flow)
{
    if (column->kind == KIND_NUMBER) {
        return take_number(at, end, column, flow);
    }
    if (column->kind == KIND_ADDRESS) {
        return take_address(at, end, separator, column, flow);
    }
    const char *const behind = value_end(at, end, separator);
    if (behind == at) {
        return NULL;
    }
    if (column->kind == KIND_VERDICT) {
        flow->rejected = *at == 'R';
    }
    if (column->kind == KIND_STATUS) {
        flow->status = *at == 'N' ? FLOW_NO_DATA : *at == 'S' ? FLOW_SKIPPED : FLOW_OK;
        return is_status((struct str){ at, (size_t)(behind - at) }) ? behind : NULL;
    }
    return behind;
}

ALWAYS_INLINE void put_field(struct event *ev, const struct column *column, const char *at, const char *behind)
{
    if (column->field != NOWHERE) {
        const bool none = behind - at == 1 && *at == '-';
        ev->fields[column->field] = none ? STR_NONE : (struct str){ at, (size_t)(behind - at) };
    }
}

/* One column and the separator behind it. */
ALWAYS_INLINE const char *take_column(const char *at, const char *end, char separator, const struct column *column,
                                             struct event *ev)
{
    while (separator == ' ' && at < end && *at == ' ') {
        at++;
    }
    const char *const behind = take(at, end, separator, column, &ev->flow);
    if (behind == NULL || (behind < end && *behind != separator)) {
        return NULL;
    }
    put_field(ev, column, at, behind);
    return behind + (behind < end);
}

/* The columns of version 2 in their order, which most logs begin with. */
static const char *take_version_2(const char *at, const char *end, struct event *ev)
{
#pragma GCC unroll 14
    for (int i = 0; i < DEFAULT_COUNT; i++) {
        at = take_column(at, end, ' ', &columns[i], ev);
        if (at == NULL) {
            return NULL;
        }
    }
    return at;
}

/* CSV puts any value in quotes. */
static const char *take_quoted(const char *at, const char *end, const struct column *column, struct event *ev)
{
    const char *const close = value_end(at + 1, end, '"');
    if (close == end || take(at + 1, close, '"', column, &ev->flow) != close) {
        return NULL;
    }
    put_field(ev, column, at + 1, close);
    return close + 1 + (close + 1 < end);
}

bool flow_line(const struct flow_layout *layout, struct str line, struct event *ev, bool *ascii)
{
    const char *at = line.ptr;
    const char *const end = line.ptr + line.len;
    memset(&ev->flow, 0, sizeof(ev->flow));
    size_t i = 0;
    *ascii = false;
    if (layout->begins_with_version_2) {
        const char *const fast = flow_version_2(at, end, ev, ascii);
        at = fast ? fast : take_version_2(at, end, ev);
        i = DEFAULT_COUNT;
    }
    for (; i < layout->count && at; i++) {
        const struct column *column = &columns[layout->columns[i]];
        const bool quoted = layout->separator == ',' && at < end && *at == '"';
        at = quoted ? take_quoted(at, end, column, ev) : take_column(at, end, layout->separator, column, ev);
    }
    if (at == NULL) {
        return false;
    }
    ev->at_ms = (ev->flow.start ? ev->flow.start : ev->flow.end) * 1000;
    return (at >= end || str_trim((struct str){ at, (size_t)(end - at) }).len == 0);
}

static bool fits(struct reader *reader, struct str line)
{
    if (flow_header(&reader->flow, line)) {
        return true;
    }
    return (reader->flow.count > 0 && reader->flow.from_header && fits_layout(&reader->flow, line)) || flow_guess(&reader->flow, line);
}

static enum line_verdict read_line(struct reader *reader, struct str line)
{
    struct event *ev = &reader->event;
    if (line.len > 0 && (line.ptr[0] < '0' || line.ptr[0] > '9') && flow_header(&reader->flow, line)) {
        ev->source = SOURCE_UNKNOWN; /* so that no field of the former columns stays */
        return LINE_SILENT;
    }
    if (reader->flow.count == 0) {
        return LINE_FOREIGN;
    }
    if (ev->source != SOURCE_FLOW) {
        reader_event_begin(reader, SOURCE_FLOW, line);
        reader->block_begun = false;
    }
    arena_reset(reader->event_arena);
    bool ascii = false;
    if (flow_line(&reader->flow, line, ev, &ascii)) {
        ev->raw = line;
        ev->file = reader->file;
        return ascii ? LINE_ASCII_RECORD : LINE_RECORD;
    }
    ev->source = SOURCE_UNKNOWN;
    return LINE_FOREIGN;
}

/* Named as AWS names the columns where names may not hold a hyphen. */
static void render(struct reader *reader, struct json_writer *w)
{
    struct str rest = reader->event.raw;
    for (size_t i = 0; i < reader->flow.count; i++) {
        const struct column *column = &columns[reader->flow.columns[i]];
        const struct str value = next_value(&rest, reader->flow.separator);
        if (column->name.len == 0 || str_equal(value, STR("-"))) {
            continue;
        }
        char name[32];
        memcpy(name, column->name.ptr, column->name.len);
        for (size_t j = 0; j < column->name.len; j++) {
            name[j] = name[j] == '-' ? '_' : name[j];
        }
        json_key(w, (struct str){ name, column->name.len });
        if (column->kind == KIND_NUMBER) {
            json_write_int(w, strtoll(str_cstr(reader->event_arena, value), NULL, 10));
            continue;
        }
        json_str(w, value);
    }
}

/* Numbers may have come as "80", 80 or 80.0. */
static void finish_column(struct event *ev, uint8_t column)
{
    struct str *field = &ev->fields[columns[column].field];
    const size_t point = columns[column].kind == KIND_NUMBER ? str_find(*field, '.') : STR_MISSING;
    if (str_equal(*field, STR("-"))) {
        *field = STR_NONE;
    }
    if (point != STR_MISSING) {
        field->len = point;
    }
    if (field->len == 0) {
        return;
    }
    const char *const end = field->ptr + field->len;
    if (take(field->ptr, end, ' ', &columns[column], &ev->flow) != end) {
        memset((char *)&ev->flow + columns[column].offset, 0, columns[column].width);
    }
}

static void flow_finish(struct event *ev)
{
    memset(&ev->flow, 0, sizeof(ev->flow));
    for (uint8_t i = 0; i < UNNAMED; i++) {
        if (columns[i].field != NOWHERE) {
            finish_column(ev, i);
        }
    }
}

const struct text_format FORMAT_FLOW = { .source = SOURCE_FLOW, .fits = fits, .line = read_line, .render = render };

const struct json_format FORMAT_FLOW_JSON = {
    .source = SOURCE_FLOW,
    .marks = { "srcaddr", "dstaddr" },
    .times = { "start", "end" },
    .paths = {
        { FIELD_ACCOUNT, "account_id" },
        { FIELD_INTERFACE, "interface_id" },
        { FIELD_IP, "srcaddr" },
        { FIELD_TARGET_IP, "dstaddr" },
        { FIELD_PORT, "srcport" },
        { FIELD_TARGET_PORT, "dstport" },
        { FIELD_PROTOCOL, "protocol" },
        { FIELD_PACKETS, "packets" },
        { FIELD_BYTES, "bytes" },
        { FIELD_START, "start" },
        { FIELD_END, "end" },
        { FIELD_VERDICT, "action" },
        { FIELD_STATUS, "log_status" },
        { FIELD_VPC, "vpc_id" },
        { FIELD_SUBNET, "subnet_id" },
        { FIELD_INSTANCE, "instance_id" },
        { FIELD_FLAGS, "tcp_flags" },
        { FIELD_TYPE, "type" },
        { FIELD_ORIGIN_IP, "pkt_srcaddr" },
        { FIELD_FINAL_IP, "pkt_dstaddr" },
        { FIELD_REGION, "region" },
        { FIELD_DIRECTION, "flow_direction" },
        { FIELD_SERVICE, "pkt_dst_aws_service" },
    },
    .finish = flow_finish,
};
