/* database.c - connections in the logs of PostgreSQL and MySQL: who came from where, and who was refused, or only looked in ("probe"). Other lines of
 * these logs, and continuations of them, are passed over in silence.
 * spec: PostgreSQL manual, error reporting and logging (log_connections, log_line_prefix '%m [%p] ' and RDS's
 * '%t:%r:%u@%d:[%p]:'); MySQL manual, error log and general query log; MariaDB audit plugin as RDS has it. */
#include "ingest/reader_parts.h"

static struct str behind(struct str text, struct str token)
{
    const size_t at = str_search(text, token);
    return at == STR_MISSING ? STR_NONE : str_from(text, at + token.len);
}

/* What follows a token up to a character. */
static struct str between(struct str text, struct str token, char end)
{
    struct str rest = STR_NONE;
    return str_cut(behind(text, token), end, &rest);
}

static void refused(struct event *ev, struct str action)
{
    ev->fields[FIELD_ACTION] = action;
    ev->fields[FIELD_OUTCOME] = STR("Failure");
    ev->fields[FIELD_ERROR] = action;
}

/* --- PostgreSQL --- */

/* The date and time at the start of a line, and what follows them. */
static bool postgresql_time(struct str line, int64_t *ms, struct str *rest)
{
    enum { DATE = 10, CLOCK = 19 };
    if (line.len < CLOCK + 2 || line.ptr[4] != '-' || line.ptr[DATE] != ' ') {
        return false;
    }
    size_t end = CLOCK;
    while (end < line.len && (line.ptr[end] == '.' || (line.ptr[end] >= '0' && line.ptr[end] <= '9'))) {
        end++;
    }
    *rest = str_from(line, end);
    return str_starts(*rest, STR(" ")) && format_time(str_slice(line, 0, end), ms);
}

/* Levels are followed by two spaces. */
static struct str postgresql_message(struct str rest)
{
    static const struct str levels[] = { STR_INIT("LOG:  "), STR_INIT("FATAL:  "), STR_INIT("ERROR:  "), STR_INIT("DETAIL:  "),
                                         STR_INIT("STATEMENT:  "), STR_INIT("WARNING:  "), STR_INIT("HINT:  "),
                                         STR_INIT("NOTICE:  "), STR_INIT("CONTEXT:  "), STR_INIT("PANIC:  ") };
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        const struct str message = behind(str_slice(rest, 0, 512), levels[i]);
        if (message.ptr) {
            return str_from(rest, (size_t)(message.ptr - rest.ptr));
        }
    }
    return STR_NONE;
}

static bool postgresql_fits(struct reader *reader, struct str line)
{
    (void)reader;
    int64_t ms = 0;
    struct str rest = STR_NONE;
    return postgresql_time(line, &ms, &rest) && postgresql_message(rest).ptr;
}

/* ":192.0.2.1(4711):user@database:[123]:" behind the time zone */
static void postgresql_prefix(struct event *ev, struct str rest)
{
    struct str part = STR_NONE;
    str_cut(rest, ':', &part);
    const struct str peer = str_cut(part, ':', &part);
    const struct str who = str_cut(part, ':', &part);
    if (!part.ptr || part.len == 0 || part.ptr[0] != '[') {
        return;
    }
    struct str port = STR_NONE;
    struct str database = STR_NONE;
    ev->fields[FIELD_IP] = str_cut(peer, '(', &port);
    ev->fields[FIELD_PORT] = port.len > 0 ? str_slice(port, 0, port.len - 1) : STR_NONE;
    ev->fields[FIELD_USER_NAME] = str_cut(who, '@', &database);
    ev->fields[FIELD_DATABASE] = database;
}

static void set(struct str *field, struct str value)
{
    *field = value.len > 0 ? value : *field;
}

/* What a scanner leaves behind: it connects and says nothing, or something that is no start of a session. */
static bool is_no_login(struct str message)
{
    return str_starts(message, STR("incomplete startup packet")) || str_starts(message, STR("invalid length of startup packet")) ||
           str_starts(message, STR("unsupported frontend protocol")) || str_starts(message, STR("no PostgreSQL user name specified"));
}

static bool postgresql_connection(struct event *ev, struct str message)
{
    struct str *fields = ev->fields;
    fields[FIELD_OUTCOME] = STR("Success");
    fields[FIELD_MESSAGE] = message;
    if (str_starts(message, STR("connection received: "))) {
        fields[FIELD_ACTION] = STR("connection received");
        set(&fields[FIELD_IP], between(message, STR("host="), ' '));
        set(&fields[FIELD_PORT], between(message, STR("port="), ' '));
        return true;
    }
    if (str_starts(message, STR("connection authorized: ")) || str_starts(message, STR("disconnection: "))) {
        fields[FIELD_ACTION] = message.ptr[0] == 'c' ? STR("connection authorized") : STR("disconnection");
        set(&fields[FIELD_USER_NAME], between(message, STR("user="), ' '));
        set(&fields[FIELD_DATABASE], between(message, STR("database="), ' '));
        set(&fields[FIELD_IP], between(message, STR("host="), ' '));
        set(&fields[FIELD_PORT], between(message, STR("port="), ' '));
        return true;
    }
    const struct str failed = behind(message, STR(" authentication failed for user \""));
    if (failed.ptr) {
        refused(ev, STR("authentication failed"));
        set(&fields[FIELD_USER_NAME], between(message, STR("for user \""), '"'));
        return true;
    }
    if (str_starts(message, STR("no pg_hba.conf entry for "))) {
        refused(ev, STR("no pg_hba.conf entry"));
        set(&fields[FIELD_IP], between(message, STR("host \""), '"'));
        set(&fields[FIELD_USER_NAME], between(message, STR("user \""), '"'));
        set(&fields[FIELD_DATABASE], between(message, STR("database \""), '"'));
        return true;
    }
    if (is_no_login(message)) {
        refused(ev, STR("probe"));
        return true;
    }
    const bool unknown = str_starts(message, STR("role \"")) || str_starts(message, STR("database \""));
    if (unknown && str_ends(str_trim(message), STR("does not exist"))) {
        refused(ev, STR("does not exist"));
        return true;
    }
    return false;
}

static enum line_verdict postgresql_line(struct reader *reader, struct str line)
{
    struct str rest = STR_NONE;
    int64_t ms = 0;
    if (!postgresql_time(line, &ms, &rest)) {
        return LINE_SILENT; /* a statement over several lines */
    }
    const struct str message = postgresql_message(rest);
    if (!message.ptr) {
        return LINE_FOREIGN;
    }
    reader_event_begin(reader, SOURCE_POSTGRESQL, line);
    reader->event.at_ms = ms;
    postgresql_prefix(&reader->event, str_slice(rest, 0, (size_t)(message.ptr - rest.ptr)));
    return postgresql_connection(&reader->event, message) ? LINE_RECORD : LINE_SILENT;
}

/* --- MySQL --- */

static bool mysql_time(struct str line, int64_t *ms, struct str *rest)
{
    size_t end = 0;
    while (end < line.len && end < 40 && line.ptr[end] != ' ' && line.ptr[end] != '\t') {
        end++;
    }
    *rest = str_from(line, end);
    return end >= 20 && line.ptr[10] == 'T' && format_time(str_slice(line, 0, end), ms);
}

static struct str skip_blanks(struct str s)
{
    size_t at = 0;
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t')) {
        at++;
    }
    return str_from(s, at);
}

/* The thread's number and what it did. */
static bool mysql_head(struct str line, int64_t *ms, struct str *rest)
{
    int64_t thread = 0;
    if (!mysql_time(line, ms, rest)) {
        return false;
    }
    *rest = skip_blanks(*rest);
    return str_to_int(str_cut(*rest, ' ', rest), &thread) && rest->ptr;
}

/* 20260105 01:02:03,server,user,host,connection,query,CONNECT,database,object,code; Aurora's time is microseconds */
enum { AUDIT_COLUMNS = 9 };
static bool mysql_audit(struct str line, int64_t *ms, struct str values[AUDIT_COLUMNS])
{
    struct str rest = line;
    for (int i = 0; i < AUDIT_COLUMNS; i++) {
        values[i] = str_cut(rest, ',', &rest);
        if (values[i].len >= 2 && values[i].ptr[0] == '\'') {
            values[i] = str_slice(values[i], 1, values[i].len - 2);
        }
    }
    int64_t id = 0;
    if (!rest.ptr || !str_to_int(values[4], &id) || !str_to_int(values[5], &id)) {
        return false;
    }
    const struct str at = values[0];
    if (at.len != 17 || at.ptr[8] != ' ') {
        return at.len == 16 && format_time(at, ms);
    }
    char shaped[] = "yyyy-mm-dd hh:mm:ss";
    memcpy(shaped, at.ptr, 4);
    memcpy(shaped + 5, at.ptr + 4, 2);
    memcpy(shaped + 8, at.ptr + 6, 2);
    memcpy(shaped + 10, at.ptr + 8, 9);
    return format_time((struct str){ shaped, sizeof(shaped) - 1 }, ms);
}

static bool mysql_fits(struct reader *reader, struct str line)
{
    (void)reader;
    int64_t ms = 0;
    struct str rest = STR_NONE;
    struct str values[AUDIT_COLUMNS];
    return mysql_head(line, &ms, &rest) || mysql_audit(line, &ms, values);
}

static bool mysql_audited(struct event *ev, const struct str values[AUDIT_COLUMNS])
{
    const struct str what = values[6];
    const bool failed = str_equal(what, STR("FAILED_CONNECT"));
    if (!failed && !str_equal(what, STR("CONNECT")) && !str_equal(what, STR("DISCONNECT"))) {
        return false;
    }
    ev->fields[FIELD_OUTCOME] = STR("Success");
    ev->fields[FIELD_ACTION] = what;
    if (failed) {
        refused(ev, what);
    }
    ev->fields[FIELD_HOST] = values[1];
    ev->fields[FIELD_USER_NAME] = values[2];
    ev->fields[FIELD_IP] = values[3];
    ev->fields[FIELD_DATABASE] = values[7];
    return true;
}

static bool mysql_connection(struct event *ev, struct str rest)
{
    struct str *fields = ev->fields;
    const struct str denied = behind(rest, STR("Access denied for user '"));
    fields[FIELD_OUTCOME] = STR("Success");
    fields[FIELD_MESSAGE] = skip_blanks(rest);
    if (denied.ptr) {
        refused(ev, STR("Access denied"));
        fields[FIELD_USER_NAME] = between(rest, STR("for user '"), '\'');
        fields[FIELD_IP] = between(denied, STR("'@'"), '\'');
        return true;
    }
    if (behind(rest, STR("Aborted connection ")).ptr && behind(rest, STR("user: 'unauthenticated'")).ptr) {
        refused(ev, STR("probe"));
        fields[FIELD_IP] = between(rest, STR("host: '"), '\'');
        return true;
    }
    if (!str_starts(rest, STR("Connect\t")) && !str_starts(rest, STR("Quit"))) {
        return false;
    }
    struct str who = STR_NONE;
    fields[FIELD_ACTION] = str_cut(str_trim(rest), '\t', &who);
    struct str host = STR_NONE;
    fields[FIELD_USER_NAME] = str_cut(str_cut(who, ' ', &who), '@', &host);
    fields[FIELD_IP] = host;
    fields[FIELD_DATABASE] = between(who, STR("on "), ' ');
    return true;
}

static enum line_verdict mysql_line(struct reader *reader, struct str line)
{
    int64_t ms = 0;
    struct str rest = STR_NONE;
    struct str values[AUDIT_COLUMNS];
    if (mysql_audit(line, &ms, values)) {
        reader_event_begin(reader, SOURCE_MYSQL, line);
        reader->event.at_ms = ms;
        return mysql_audited(&reader->event, values) ? LINE_RECORD : LINE_SILENT;
    }
    if (!mysql_head(line, &ms, &rest)) {
        return mysql_time(line, &ms, &rest) ? LINE_FOREIGN : LINE_SILENT;
    }
    reader_event_begin(reader, SOURCE_MYSQL, line);
    reader->event.at_ms = ms;
    return mysql_connection(&reader->event, rest) ? LINE_RECORD : LINE_SILENT;
}

static void render(struct reader *reader, struct json_writer *w)
{
    static const struct {
        struct str name;
        enum field field;
    } names[] = { { STR_INIT("action"), FIELD_ACTION },     { STR_INIT("user"), FIELD_USER_NAME },
                  { STR_INIT("remote_host"), FIELD_IP },    { STR_INIT("remote_port"), FIELD_PORT },
                  { STR_INIT("dbname"), FIELD_DATABASE },   { STR_INIT("message"), FIELD_MESSAGE },
                  { STR_INIT("outcome"), FIELD_OUTCOME } };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (reader->event.fields[names[i].field].len > 0) {
            json_member_str(w, names[i].name, reader->event.fields[names[i].field]);
        }
    }
}

const struct text_format FORMAT_POSTGRESQL = { .source = SOURCE_POSTGRESQL, .fits = postgresql_fits, .line = postgresql_line,
                                               .render = render };
const struct text_format FORMAT_MYSQL = { .source = SOURCE_MYSQL, .fits = mysql_fits, .line = mysql_line, .render = render };

static void finish(struct event *ev)
{
    struct str message = ev->fields[FIELD_MESSAGE];
    if (!postgresql_connection(ev, message)) {
        ev->fields[FIELD_ACTION] = STR("message");
    }
}

const struct json_format FORMAT_POSTGRESQL_JSON = {
    .source = SOURCE_POSTGRESQL,
    .marks = { "error_severity", "pid" },
    .times = { "timestamp" },
    .paths = {
        { FIELD_MESSAGE, "message" },
        { FIELD_USER_NAME, "user" },
        { FIELD_DATABASE, "dbname" },
        { FIELD_IP, "remote_host" },
        { FIELD_PORT, "remote_port" },
        { FIELD_SEVERITY, "error_severity" },
        { FIELD_PROCESS, "backend_type" },
    },
    .finish = finish,
};
