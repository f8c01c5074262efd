/* auditd.c - Linux audit records: type=SYSCALL msg=audit(SECONDS.MS:SERIAL): key=value …
 * spec: auditd's audit.log(5) and the audit message dictionary. Values of some keys are hexadecimal when they hold blanks or
 * quotes; msg='…' of user space messages holds further keys. */
#include "ingest/reader_parts.h"

static const struct {
    struct str key;
    enum field field;
} known[] = {
    { STR_INIT("node"), FIELD_HOST },       { STR_INIT("acct"), FIELD_USER_NAME }, { STR_INIT("auid"), FIELD_PRINCIPAL_ID },
    { STR_INIT("exe"), FIELD_PROCESS },     { STR_INIT("comm"), FIELD_NAME },      { STR_INIT("key"), FIELD_RULE },
    { STR_INIT("addr"), FIELD_IP },         { STR_INIT("success"), FIELD_STATUS }, { STR_INIT("res"), FIELD_STATUS },
    { STR_INIT("op"), FIELD_METHOD },       { STR_INIT("syscall"), FIELD_SUBRESOURCE },
    { STR_INIT("proctitle"), FIELD_MESSAGE }, { STR_INIT("name"), FIELD_KEY },
};
static const struct str encoded[] = { STR_INIT("proctitle"), STR_INIT("comm"), STR_INIT("exe"), STR_INIT("name"),
                                      STR_INIT("cwd"), STR_INIT("acct"), STR_INIT("cmd"), STR_INIT("key") };
enum { ENCODED_MAX = 4096 };

struct pair {
    struct str key, value;
};

static struct str decoded(struct arena *arena, struct str key, struct str value)
{
    bool may = value.len >= 2 && value.len % 2 == 0 && value.len <= ENCODED_MAX;
    bool named = false;
    for (size_t i = 0; i < COUNT_OF(encoded); i++) {
        named = named || str_equal(key, encoded[i]);
    }
    unsigned char *bytes = may && named ? arena_alloc_raw(arena, value.len / 2) : NULL;
    if (bytes == NULL || !str_unhex(value, bytes, value.len / 2)) {
        return value;
    }
    for (size_t i = 0; i < value.len / 2; i++) {
        bytes[i] = bytes[i] ? bytes[i] : ' ';
    }
    const struct str text = { (const char *)bytes, value.len / 2 };
    return str_utf8_valid(text) ? text : value;
}

/* The next key=value; what holds no = is passed over. False at the end. */
static bool next_pair(struct arena *arena, struct str *rest, struct pair *out)
{
    for (;;) {
        size_t at = 0;
        while (at < rest->len && (rest->ptr[at] == ' ' || rest->ptr[at] == '\'' || rest->ptr[at] == '\x1d')) {
            at++;
        }
        *rest = str_from(*rest, at);
        size_t end = 0;
        while (end < rest->len && rest->ptr[end] != '=' && rest->ptr[end] != ' ') {
            end++;
        }
        if (rest->len == 0) {
            return false;
        }
        if (end < rest->len && rest->ptr[end] == '=') {
            out->key = str_slice(*rest, 0, end);
            *rest = str_from(*rest, end + 1);
            break;
        }
        *rest = str_from(*rest, end);
    }
    if (str_starts(*rest, STR("'"))) { /* its keys come next */
        *rest = str_from(*rest, 1);
        return next_pair(arena, rest, out);
    }
    const bool quoted = str_starts(*rest, STR("\""));
    const struct str text = str_from(*rest, quoted);
    size_t end = 0;
    while (end < text.len && (quoted ? text.ptr[end] != '"' : text.ptr[end] != ' ' && text.ptr[end] != '\'')) {
        end++;
    }
    out->value = str_slice(text, 0, end);
    out->value = quoted ? out->value : decoded(arena, out->key, out->value);
    *rest = str_from(text, end + (quoted && end < text.len));
    return true;
}

static struct str behind(struct str line, struct str token)
{
    const size_t at = str_search(str_slice(line, 0, 512), token);
    return at == STR_MISSING ? STR_NONE : str_from(line, at + token.len);
}

static bool fits(struct reader *reader, struct str line)
{
    (void)reader;
    const struct str start = str_starts(line, STR("node=")) ? str_trim(behind(line, STR(" "))) : line;
    return str_starts(start, STR("type=")) && behind(line, STR(" msg=audit(")).ptr != NULL;
}

/* saddr of SOCKADDR records: family (little endian), port (big endian), address.
 * spec: Linux, struct sockaddr_in. */
static void read_address(struct event *ev, struct str saddr)
{
    unsigned char bytes[8];
    if (saddr.len < 16 || !str_unhex(str_slice(saddr, 0, 16), bytes, sizeof(bytes)) || bytes[0] != 2 || bytes[1] != 0) {
        return;
    }
    ev->fields[FIELD_IP] = str_format(ev->arena, "%u.%u.%u.%u", bytes[4], bytes[5], bytes[6], bytes[7]);
    ev->fields[FIELD_PORT] = str_format(ev->arena, "%u", (unsigned)bytes[2] << 8 | bytes[3]);
}

static enum line_verdict read_line(struct reader *reader, struct str line)
{
    if (!fits(reader, line)) {
        return LINE_FOREIGN;
    }
    reader_event_begin(reader, SOURCE_AUDITD, line);
    struct event *ev = &reader->event;
    struct str rest = behind(line, STR(" msg=audit("));
    ev->fields[FIELD_EVENT_ID] = str_cut(rest, ')', &rest);
    struct str serial = STR_NONE;
    if (rest.ptr == NULL || !format_time(str_cut(ev->fields[FIELD_EVENT_ID], ':', &serial), &ev->at_ms)) {
        return LINE_BROKEN;
    }
    if (str_starts(line, STR("node="))) {
        ev->fields[FIELD_HOST] = str_cut(str_from(line, 5), ' ', &serial);
    }
    ev->fields[FIELD_ACTION] = str_cut(behind(line, STR("type=")), ' ', &serial);
    ev->fields[FIELD_EVENT_TYPE] = ev->fields[FIELD_ACTION];
    rest = str_starts(rest, STR(":")) ? str_from(rest, 1) : rest;
    for (struct pair pair; next_pair(ev->arena, &rest, &pair);) {
        if (str_equal(pair.key, STR("saddr"))) {
            read_address(ev, pair.value);
        }
        for (size_t i = 0; i < COUNT_OF(known); i++) {
            if (str_equal(pair.key, known[i].key) && !str_equal(pair.value, STR("?")) && !str_equal(pair.value, STR("(null)"))) {
                ev->fields[known[i].field] = pair.value;
            }
        }
    }
    const struct str status = ev->fields[FIELD_STATUS];
    const bool failed = str_equal(status, STR("no")) || str_equal(status, STR("failed"));
    ev->fields[FIELD_OUTCOME] = failed ? STR("Failure") : STR("Success");
    return LINE_RECORD;
}

static void render(struct reader *reader, struct json_writer *w)
{
    const struct event *ev = &reader->event;
    json_member_str(w, STR("type"), ev->fields[FIELD_ACTION]);
    struct str rest = behind(ev->raw, STR("):"));
    for (struct pair pair; next_pair(ev->arena, &rest, &pair);) {
        json_member_str(w, pair.key, pair.value);
    }
}

const struct text_format FORMAT_AUDITD = { .source = SOURCE_AUDITD, .fits = fits, .line = read_line, .render = render };
